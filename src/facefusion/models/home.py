"""Where the user's own weights lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "FACEFUSION_MODELS"


def models_folder() -> Path:
    """FACEFUSION_MODELS, else a folder of the user's; it need not exist yet."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else user_folder() / "models"


def user_folder() -> Path:
    """The platform's folder for an application's data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "FaceFusion"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "FaceFusion"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "facefusion"
