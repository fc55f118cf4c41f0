"""What the environment says, read here and passed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def models_folder() -> Path:
    """Where the user's own weights lie: FACEFUSION_MODELS, else a folder of the user's."""
    given = os.environ.get("FACEFUSION_MODELS")
    return Path(given).expanduser() if given else _user_folder() / "models"


def cache_folder() -> Path:
    """Where work is kept that can be done again: FACEFUSION_CACHE, else a folder of the user's."""
    given = os.environ.get("FACEFUSION_CACHE")
    if given:
        return Path(given).expanduser()
    if sys.platform == "win32":
        return _user_folder() / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "FaceFusion"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facefusion"


def _user_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "FaceFusion"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "FaceFusion"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "facefusion"
