"""What a command loads once before its work, without detours: half of a short run's time would go there."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from facefusion.pipeline.report import RunReport

_LINEAR_ALGEBRA = "scipy.linalg.cython_blas"
"""What numba looks for when it starts, so that compiled loops may multiply matrices; none of ours does."""


def load_engine() -> Callable[..., RunReport]:
    """The engine's `run`. What is loaded stays for good, so that no search for garbage goes through it again."""
    with _without_collections():
        from facefusion.pipeline.engine import run

        with _left_out(_LINEAR_ALGEBRA), suppress(ImportError):
            importlib.import_module("numba.np.arraymath")
    return run


@contextmanager
def _without_collections() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Importing `module` fails meanwhile, unless it was imported before."""
    is_ours = module not in sys.modules
    if is_ours:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if is_ours:
            del sys.modules[module]
