"""Decoded pictures of one stream, by the decoder that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import av.error

_WITHOUT_PTS = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo", "mjpeg"})
"""Formats with decoding times only, which frame threads would hand out one picture late."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""libav's own decoders of these drop the alpha that WebM keeps beside the picture."""


def pictures_of(container: Any, stream: Any, *, threads: int) -> Iterator[tuple[av.VideoFrame | None, bool]]:
    """(picture, is damaged) from where the container stands, in presentation order; (None, True) for none at all.

    Raises av.error.FFmpegError when the container itself cannot be read on. With several threads, damage near the end
    may take whole pictures with it: see whether the last one came.
    """
    context = _decoder(container, stream, threads)
    broken: set[int] = set()
    for packet in container.demux(stream):
        if packet.is_corrupt and packet.pts is not None:
            broken.add(packet.pts)
        try:
            pictures = context.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            yield None, True
            continue
        for picture in pictures:
            yield picture, picture.is_corrupt or picture.pts in broken


def _decoder(container: Any, stream: Any, threads: int) -> Any:
    context = stream.codec_context
    name = _ALPHA_DECODERS.get(context.codec.canonical_name) if stream.metadata.get("alpha_mode") == "1" else None
    if name is not None:
        with_alpha: Any = av.CodecContext.create(name, "r")
        with_alpha.thread_count = threads
        return with_alpha
    stream.thread_type = "SLICE" if container.format.name in _WITHOUT_PTS else "AUTO"
    context.thread_count = threads
    return context
