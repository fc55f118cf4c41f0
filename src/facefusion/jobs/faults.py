"""Errors of a task as people read them: a short type, a title, and the line that says what would work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from facefusion import errors

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "NoFaceFound": ("no-face", "No face where one is needed"),
    "SeveralFacesFound": ("several-faces", "Several people in a picture that must show one"),
    "MediaUnreadable": ("unreadable", "A file cannot be read"),
    "InvalidInput": ("invalid-input", "A file cannot be used"),
    "RefusedByPolicy": ("refused-by-policy", "The rules of this project do not allow it"),
    "UsageError": ("bad-request", "The request does not fit together"),
    "SettingsError": ("bad-request", "The request does not fit together"),
    "ModelMissing": ("model-missing", "Weights are missing on the worker"),
    "ModelInvalid": ("model-invalid", "Weights on the worker do not fit their card"),
    "OutputFailed": ("output-failed", "The result could not be written"),
    "OtherVersion": ("other-version", "Workers run different versions"),
}


def fault_of(error: Exception, folder: Path) -> dict[str, Any]:
    """What is stored of an error. folder: the worker's own, whose name is left out."""
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in TITLES), "")
    kind, title = TITLES.get(name, ("unexpected", "Something unexpected went wrong"))
    text = str(error) if isinstance(error, errors.FaceFusionError) else f"{type(error).__name__}: {error}"
    said: dict[str, Any] = {"type": kind, "title": title, "detail": _without(text, folder)}
    if isinstance(error, errors.RefusedByPolicy) and error.decision:
        said["decision"] = error.decision
    return said


def is_final(error: Exception) -> bool:
    """Whether trying again would end the same way."""
    return isinstance(error, errors.FaceFusionError) and not isinstance(error, errors.OutputFailed)


def _without(text: str, folder: Path) -> str:
    """`text` with file names in place of whole paths of the worker's folder."""
    words = []
    for word in text.split(" "):
        place = word.find(str(folder))
        words.append(word if place < 0 else word[:place] + word[place:].rpartition("/")[2])
    return " ".join(words)[:2000]
