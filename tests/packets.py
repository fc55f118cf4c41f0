"""What a clip holds, packet by packet: equal for two runs of one request, whose signatures differ by design."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av

Packets = list[tuple[int, int | None, int | None, str]]


def packets_of(path: Path) -> Packets:
    """Stream, pts, dts and digest of every packet, in order; and the container's tags as the last entry."""
    with av.open(str(path)) as container:
        found = [
            (packet.stream.index, packet.pts, packet.dts, hashlib.sha256(bytes(packet)).hexdigest())
            for packet in container.demux()
            if packet.size
        ]
        tags = repr(sorted(container.metadata.items()))
    return [*found, (-1, None, None, tags)]
