"""Opening a medium: which reader reads it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from facefusion.media.description import MediaInfo
from facefusion.media.policy import ReadPolicy
from facefusion.media.reader import MediaReader


def open_media(
    path: str | Path, *, threads: int = 0, frame_rate: Fraction | None = None, policy: ReadPolicy | None = None
) -> MediaReader:
    """Open a clip, an image, a numbered pattern (`frame.%04d.png`) or a folder of images.

    threads: for decoding, 0 is automatic. frame_rate: of patterns and folders; by default what an EXR
    says of itself, or 25.
    policy: what is done about damaged frames and interlaced pictures.
    Animated images open as clips. Raises InvalidInput or MediaUnreadable with one line.
    """
    from facefusion.media import probing

    path = Path(path)
    kind = probing.kind_of(path)
    if kind == "video":
        from facefusion.media.libav_reader import LibavReader

        return LibavReader(path, threads=threads, policy=policy)
    if kind == "animation":
        from facefusion.media.animation import AnimationReader

        return AnimationReader(path)
    from facefusion.media import sequences

    return sequences.open_pictures(path, kind, frame_rate, policy)


def probe(path: str | Path, *, frame_rate: Fraction | None = None) -> MediaInfo:
    """What the header and the first picture tell about a medium; errors as `open_media`."""
    with open_media(path, threads=1, frame_rate=frame_rate) as reader:
        return reader.info
