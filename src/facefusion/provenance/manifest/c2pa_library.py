"""The one place that speaks to the C2PA library: loaded on first use, offline, without thumbnails."""

from __future__ import annotations

from errno import EDQUOT, ENOSPC
from typing import Any, BinaryIO

_SETTINGS: dict[str, Any] = {
    "version": 1,
    "core": {"merkle_tree_chunk_size_in_kb": 16384},
    "builder": {
        "thumbnail": {"enabled": False},
        "actions": {
            "auto_opened_action": {"enabled": False},
            "auto_created_action": {"enabled": False},
            "auto_placed_action": {"enabled": False},
        },
    },
    "verify": {"verify_after_sign": False, "verify_trust": True, "ocsp_fetch": False, "remote_manifest_fetch": False},
}
"""Chunks of 16 MB: a large MP4 is bound piece by piece, so that it never lies in memory as a whole."""


def library() -> Any:
    """The module `c2pa`; about 20 MB of memory and 0.1 s on first use."""
    import c2pa

    return c2pa


def context(anchors: str = "") -> Any:
    """Settings for signing and reading: nothing is fetched. anchors: PEM of the authorities that are trusted."""
    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    return library().Context.from_dict({**_SETTINGS, **trust})


class Watched:
    """A binary file that remembers the first error of the disk: the library says no more than that there was one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    @property
    def is_full(self) -> bool:
        """Whether the disk was full."""
        return self.error is not None and self.error.errno in (ENOSPC, EDQUOT)

    def read(self, size: int = -1) -> bytes:
        return self._tried(self._file.read, size)

    def write(self, data: bytes) -> int:
        return self._tried(self._file.write, data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._tried(self._file.seek, offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._tried(self._file.flush)

    def _tried(self, step: Any, *values: Any) -> Any:
        try:
            return step(*values)
        except OSError as error:
            self.error = self.error or error
            raise
