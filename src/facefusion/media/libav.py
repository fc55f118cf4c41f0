"""Opening containers with libav: local files only, errors in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error

from facefusion.errors import MediaUnreadable
from facefusion.media.paths import check_input

# demuxers that turn text into pictures or open other files
_REFUSED = {"tty", "image2", "image2pipe", "concat", "sdp", "lavfi", "bin", "xbin", "adf", "idf", "subviewer", "srt"}
_TS_PACKET_BYTES = 188


def address(path: Path) -> str:
    """A path that libav cannot mistake for another protocol."""
    return f"file:{path}"


def open_input(path: Path) -> Any:
    """An open input container. Raises InvalidInput, MediaUnreadable."""
    check_input(path)
    try:
        container = _opened(path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaUnreadable(f"{path}: {_why_not(path, error)}") from None
    if container.format.name in _REFUSED:
        container.close()
        raise MediaUnreadable(f"{path}: is not a clip or picture but text or data; give a video or image file")
    return container


def _opened(path: Path) -> Any:
    options: Any = {"container_options": {"protocol_whitelist": "file"}, "metadata_errors": "replace"}
    try:
        return av.open(address(path), **options)
    except (av.error.EOFError, av.error.InvalidDataError):
        if not _is_transport_stream(path):
            raise
        return av.open(address(path), format="mpegts", **options)


def _is_transport_stream(path: Path) -> bool:
    """Whether every packet of the beginning carries the mark of MPEG-TS; libav does not believe very short ones."""
    with path.open("rb") as file:
        start = file.read(16 * _TS_PACKET_BYTES)
    return len(start) % _TS_PACKET_BYTES == 0 and set(start[::_TS_PACKET_BYTES]) == {0x47}


def reason(error: BaseException) -> str:
    """libav's error as a few words."""
    text = getattr(error, "strerror", None) or str(error)
    return text.splitlines()[0].lower() if text else type(error).__name__


def _why_not(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if start[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov", b"skip"):
        return (
            "is a cut-off MP4/MOV (its index is missing or broken); copy it again or repair it with its camera's tool"
        )
    if isinstance(error, av.error.EOFError):
        return "ends before its first picture (zero length or cut off); export or copy it again"
    if _is_text(start):
        return "is text, not a clip or picture; give a video or image file"
    return f"is not a clip or picture that can be read ({reason(error)}); convert it to MP4, MOV, MKV or PNG"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and b"\x00" not in start and sum(c.isprintable() or c.isspace() for c in text) > 0.95 * len(text)
