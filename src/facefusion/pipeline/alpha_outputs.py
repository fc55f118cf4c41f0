"""Which outputs can hold transparency; a run that leaves it to another one is refused before any work."""

from __future__ import annotations

from facefusion.errors import UsageError
from facefusion.media import ANIMATION_SUFFIXES
from facefusion.pipeline.plan import Plan

HOLDING = (".png", ".tif", ".tiff", ".webp", *(suffix for suffix in ANIMATION_SUFFIXES if suffix != ".webp"))
"""Suffixes of pictures and animations that hold alpha; a folder keeps names, and a numbered sequence its suffix."""


def check_alpha_output(plan: Plan) -> None:
    """Raise UsageError when `plan` leaves transparency and its output cannot hold it."""
    suffix = plan.output.suffix.lower()
    if plan.leaves_alpha and suffix and suffix not in HOLDING:
        raise UsageError(
            f"{plan.output}: {suffix} cannot hold transparency; supported are {', '.join(HOLDING)}, as a picture or as "
            "a sequence like matte.%04d.png; or give a --background"
        )
