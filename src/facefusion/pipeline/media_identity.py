"""Which medium an analysis is about: a digest of its whole content, and when its frames are shown."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from facefusion.core import MediaIdentity
from facefusion.errors import InvalidInput
from facefusion.media import MediaReader

_PIECE_BYTES = 1 << 22


def identity_of(reader: MediaReader) -> MediaIdentity:
    """The identity of what `reader` reads; every byte is read. Raises InvalidInput when a file cannot be read."""
    stamps = reader.timestamps()
    files = files_of(reader)
    digest = hashlib.blake2b(digest_size=32)
    total = sum(_fed(digest, path) for path in files)
    pts = np.array([stamp.pts for stamp in stamps], np.int64)
    time_base = stamps[0].time_base if stamps else reader.info.time_base
    return MediaIdentity(digest.hexdigest(), total, len(stamps), time_base, reader.info.path.name, pts)


def files_of(reader: MediaReader) -> list[Path]:
    """The files that hold the pictures, in order, each once."""
    count = reader.num_frames if reader.info.kind in ("sequence", "folder") else 1
    return list(dict.fromkeys(reader.path_of(index) for index in range(count)))


def _fed(digest: hashlib.blake2b, path: Path) -> int:
    """Feed the content of one file to `digest`, after its length; returns the length."""
    try:
        size = path.stat().st_size
        digest.update(size.to_bytes(8, "little"))
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise InvalidInput(
            f"{path}: cannot be read ({(error.strerror or str(error)).lower()}); copy it again"
        ) from None
    return size
