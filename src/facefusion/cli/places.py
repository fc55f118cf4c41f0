"""What the environment says, read here and passed on."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from facefusion.models.home import models_folder as models_folder
from facefusion.models.home import user_folder


def cache_folder() -> Path:
    """Where work is kept that can be done again: FACEFUSION_CACHE, else a folder of the user's."""
    given = os.environ.get("FACEFUSION_CACHE")
    if given:
        return Path(given).expanduser()
    if sys.platform == "win32":
        return user_folder() / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "FaceFusion"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facefusion"


def user_name() -> str:
    """Who sits there, as the system knows them; their number where it has no name for it (in a container, say)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
