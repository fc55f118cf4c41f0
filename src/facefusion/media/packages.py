"""Packages of the extra `facefusion[film]`, loaded when a film format is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from facefusion.errors import UsageError


def film_package(module: str, *, what: str) -> Any:
    """The module, or UsageError that says how to get it. what: needs it, for the message ("EXR pictures")."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError(f"{what}: need packages that are not installed; pip install 'facefusion[film]'") from None
