"""Whether what a network answered are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.errors import UnusableOutput


def check_finite(model: str, names: Sequence[str], outputs: Sequence[NDArray[Any]]) -> None:
    """Raise UnusableOutput when one of the outputs of `model`, by their names, holds NaN or infinity.

    A sum tells in one pass; only where it is no number, each value is looked at.
    """
    for name, output in zip(names, outputs, strict=True):
        if output.dtype.kind == "f" and not _has_finite_sum(output):
            bad = output.size - int(np.isfinite(output).sum())
            if bad:
                raise UnusableOutput(
                    f"{model}: gives values that are no numbers (NaN or infinite) in {name}, {bad} of {output.size}"
                )


def _has_finite_sum(output: NDArray[Any]) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.add.reduce(output, axis=None, dtype=np.float32)))
