"""The flags about kept analyses, the same for every command that measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facefusion.cli.places import cache_folder
from facefusion.errors import UsageError

if TYPE_CHECKING:
    from facefusion.pipeline.analysis_cache import AnalysisCache

FOLDER = typer.Option(
    None,
    "--analysis-cache",
    help="The folder in which analyses of clips are kept, so that a second run need not measure again. "
    "Default: a folder of yours (FACEFUSION_CACHE moves it).",
)
SWITCHED_OFF = typer.Option(
    False, "--no-analysis-cache", help="Measure anew, and keep nothing for another run. Default: off."
)


def cache_of(folder: Path | None, *, is_off: bool) -> AnalysisCache | None:
    """Where analyses are looked for and kept; None where the cache is switched off. Raises UsageError."""
    from facefusion.pipeline.analysis_cache import AnalysisCache

    if is_off and folder is not None:
        raise UsageError("analysis-cache: given together with --no-analysis-cache; give one of them")
    return None if is_off else AnalysisCache(folder or cache_folder() / "analyses")
