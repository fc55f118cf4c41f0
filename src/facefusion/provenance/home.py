"""The folder in which a user's keys, consent records, audit log and manifests lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "FACEFUSION_HOME"


def home() -> Path:
    """FACEFUSION_HOME, else the platform's folder for an application's data; it need not exist yet."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "facefusion" / "home"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "facefusion"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "facefusion"
