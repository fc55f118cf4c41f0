"""Decoded pictures of one stream, by the decoder that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av

_WITHOUT_PTS = frozenset({"avi", "h264", "hevc", "m4v", "mpegvideo", "mjpeg"})
"""Formats with decoding times only, which frame threads would hand out one picture late."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""libav's own decoders of these drop the alpha that WebM keeps beside the picture."""


def pictures_of(container: Any, stream: Any, *, threads: int) -> Iterator[av.VideoFrame]:
    """Pictures from where the container stands, in presentation order. Raises av.error.FFmpegError on damage."""
    context = stream.codec_context
    decoder = _ALPHA_DECODERS.get(context.codec.canonical_name) if stream.metadata.get("alpha_mode") == "1" else None
    if decoder is None:
        stream.thread_type = "SLICE" if container.format.name in _WITHOUT_PTS else "AUTO"
        context.thread_count = threads
        yield from container.decode(stream)
        return
    with_alpha: Any = av.CodecContext.create(decoder, "r")
    with_alpha.thread_count = threads
    for packet in container.demux(stream):
        yield from with_alpha.decode(packet if packet.size else None)
