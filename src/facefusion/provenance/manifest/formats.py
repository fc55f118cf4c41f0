"""Which files hold a manifest themselves, and where it lies for the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PLAIN = "application/octet-stream"
"""What a file is called whose format holds no manifest: its every byte is bound."""
MANIFEST_SUFFIX = ".c2pa"
_HOLDERS = {
    ".png": "image/png", ".apng": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg",
    ".jfif": "image/jpeg", ".webp": "image/webp", ".tif": "image/tiff", ".tiff": "image/tiff", ".gif": "image/gif",
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime",
}  # fmt: skip
_DIGITS = re.compile(r"\d+")


def mime_of(path: Path) -> str | None:
    """What the format of `path` is called where it holds a manifest; by its suffix. None: it needs one beside it."""
    return _HOLDERS.get(path.suffix.lower())


def mime_in(head: bytes) -> str | None:
    """The same, told by the first 16 bytes of a file."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "image/tiff"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:10] == b"qt" else "video/mp4"
    return None


def manifest_beside(path: Path) -> Path:
    """`clip.mkv` → `clip.mkv.c2pa`, and for a sequence `shot.%04d.png` → `shot.####.png.c2pa`."""
    place = re.sub(r"%0?(\d*)d", lambda found: "#" * int(found[1] or 1), path.name)
    return path.with_name(place + MANIFEST_SUFFIX)


def manifests_of_sequence(picture: Path) -> Iterator[Path]:
    """The manifests that may list `picture`, as one of a sequence: those files that are there."""
    for number in _DIGITS.finditer(picture.name):
        for digits in range(len(number[0]), 0, -1):
            name = f"{picture.name[: number.start()]}{'#' * digits}{picture.name[number.end() :]}{MANIFEST_SUFFIX}"
            if (found := picture.with_name(name)).is_file():
                yield found
