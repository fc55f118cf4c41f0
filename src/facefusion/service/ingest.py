"""A file that came in: what it really is, what it holds, and whether it is there already."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import puremagic

from facefusion.errors import FaceFusionError
from facefusion.media import probe
from facefusion.media.image_header import read_image_header, sniff_image
from facefusion.service.problems import Problem

_IMAGES: Final = {
    "png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff",
    "tif": "image/tiff", "bmp": "image/bmp", "gif": "image/gif", "exr": "image/x-exr", "avif": "image/avif",
}  # fmt: skip
_CLIPS: Final = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska",
    ".webm": "video/webm", ".avi": "video/x-msvideo", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".ts": "video/mp2t",
    ".m2ts": "video/mp2t", ".mts": "video/mp2t", ".wmv": "video/x-ms-wmv", ".mxf": "application/mxf",
    ".ogv": "video/ogg", ".3gp": "video/3gpp", ".flv": "video/x-flv",
}  # fmt: skip
_REFUSED_TRAILERS: Final = (
    (b"PK\x05\x06", "zip archive"), (b"7z\xbc\xaf\x27\x1c", "7z archive"), (b"Rar!\x1a\x07", "rar archive"),
    (b"<html", "web page"), (b"<script", "script"), (b"%PDF-1.", "PDF document"),
)  # fmt: skip
_TAIL_BYTES: Final = 66_000
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is, by its content. facts: width, height, frames, fps, seconds."""

    kind: str
    media_type: str
    suffix: str
    facts: dict[str, Any]


def sniffed(path: Path, name: str) -> Sniffed:
    """Look into a file. Raises Problem for what is neither a picture nor a clip, or also something else."""
    if path.stat().st_size == 0:
        raise Problem("unsupported-type", f"{name}: is empty")
    _check_polyglot(path, name)
    picture = sniff_image(path)
    found = _image(path, name, picture) if picture is not None else _clip(path, name)
    try:
        facts = _facts(path)
    except FaceFusionError as error:
        raise Problem("unsupported-type", str(error).replace(str(path), name)) from None
    return Sniffed(found[0], found[1], found[2], facts)


def _image(path: Path, name: str, picture: str) -> tuple[str, str, str]:
    media_type = _IMAGES.get(picture.lower())
    if media_type is None:
        raise Problem("unsupported-type", f"{name}: {picture} pictures are not taken; send PNG, JPEG, WebP or TIFF")
    try:
        is_moving = read_image_header(path, name=picture).is_animated
    except FaceFusionError as error:
        raise Problem("unsupported-type", str(error).replace(str(path), name)) from None
    suffix = {"jpeg": ".jpg", "tiff": ".tif"}.get(picture.lower(), f".{picture.lower()}")
    return ("video" if is_moving else "image"), media_type, suffix


def _clip(path: Path, name: str) -> tuple[str, str, str]:
    try:
        found = [one.extension for one in puremagic.magic_file(path)]
    except (puremagic.PureError, ValueError, OSError):
        found = []
    suffix = next((one for one in found if one in _CLIPS), None)
    own = Path(name).suffix.lower()
    if own in _CLIPS and (suffix is None or _same_family(own, suffix)):
        suffix = own
    if suffix is None:
        raise Problem("unsupported-type", f"{name}: is neither a picture nor a clip; send a JPEG, PNG, MP4 or MOV, say")
    return "video", _CLIPS[suffix], suffix


def _same_family(first: str, second: str) -> bool:
    families = ({".mp4", ".m4v", ".mov", ".3gp"}, {".mkv", ".webm"}, {".ts", ".m2ts", ".mts"}, {".mpg", ".mpeg"})
    return any({first, second} <= family for family in families) or first == second


def _facts(path: Path) -> dict[str, Any]:
    info = probe(path)
    facts: dict[str, Any] = {"width": info.width, "height": info.height, "is_clip": info.is_clip}
    if info.is_clip:
        facts["fps"] = f"{info.average_fps.numerator}/{info.average_fps.denominator}"
        facts["frames"] = info.num_frames_from_header
        facts["has_audio"] = info.has_audio
        facts["bit_depth"] = info.bit_depth
        if info.num_frames_from_header:
            facts["seconds"] = round(float(info.num_frames_from_header / info.average_fps), 3)
    return facts


def _check_polyglot(path: Path, name: str) -> None:
    """Refuse a file that is a picture to one program and an archive or a page to another."""
    with path.open("rb") as file:
        head = file.read(_TAIL_BYTES)
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read()
    for mark, what in _REFUSED_TRAILERS:
        is_page = mark.startswith(b"<")
        if mark in head.lower() if is_page else mark in tail or mark in head:
            raise Problem("unsupported-type", f"{name}: is also a {what}; save it again as a plain picture or clip")


def plain_name(name: str) -> str:
    """A file name without folders, control codes or surprises: what people see, and workers use."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(letter if _is_plain(letter) else "_" for letter in last).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    short = f"{stem[: _LONGEST_NAME - len(suffix) - 1]}{dot}{suffix[:12]}" if dot else kept[:_LONGEST_NAME]
    return short or "unnamed"


def _is_plain(letter: str) -> bool:
    """Letters, digits and a few signs; no percent (a numbered sequence) and no comma (a list of photos)."""
    return letter.isalnum() or letter in "._-+() "


def digest_of(path: Path) -> str:
    """SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
