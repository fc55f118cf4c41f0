"""Files made of named sections, each with its checksum; they appear whole or not at all.

Numbers are little-endian. 8 bytes `\\x89`, three letters that name the kind, `\\r\\n\\x1a\\n`; the version, uint32;
then the sections, each a name (16 bytes ASCII, padded with zeros), its length uint64, the BLAKE2b-256 of name, length
and content, and the content; last a section called `end` that holds the digests of all sections before it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from facefusion.errors import InvalidInput
from facefusion.media.paths import check_input, write_atomically

_NAME_BYTES = 16
_HEADER = struct.Struct(f"<{_NAME_BYTES}sQ32s")
_END = "end"


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file. letters: three of them. version: the one that is written and read. what: "an analysis", say.
    remedy: what to do when a file cannot be used."""

    letters: str
    version: int
    what: str
    remedy: str

    @property
    def magic(self) -> bytes:
        return b"\x89" + self.letters.encode("ascii") + b"\r\n\x1a\n"


def write_sections(path: Path, kind: FileKind, sections: Mapping[str, bytes], *, overwrite: bool) -> None:
    """Write the file in one step. Raises OutputExists, OutputFailed."""
    write_atomically(path, bytes_of(kind, sections), overwrite=overwrite)


def bytes_of(kind: FileKind, sections: Mapping[str, bytes]) -> bytes:
    """The content of the file."""
    parts, digests = [kind.magic, struct.pack("<I", kind.version)], []
    for name, content in sections.items():
        digests.append(_digest(name, content))
        parts += [_header(name, content), content]
    seal = b"".join(digests)
    return b"".join([*parts, _header(_END, seal), seal])


def read_sections(path: Path, kind: FileKind) -> dict[str, bytes]:
    """Every section by its name. Raises InvalidInput: no such kind, another version, cut short, damaged."""
    check_input(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{path}: cannot be read ({(error.strerror or str(error)).lower()}); copy it again"
        ) from None
    return _sections(data, path, kind)


def _sections(data: bytes, path: Path, kind: FileKind) -> dict[str, bytes]:
    start = len(kind.magic)
    if data[:start] != kind.magic[: len(data)]:
        raise InvalidInput(f"{path}: is not {kind.what} of FaceFusion; {kind.remedy}")
    if len(data) < start + 4:
        raise _short(path, kind)
    (version,) = struct.unpack_from("<I", data, start)
    if version != kind.version:
        raise InvalidInput(
            f"{path}: is {kind.what} of version {version}, this program reads version {kind.version}; {kind.remedy}"
        )
    found, digests, at = {}, [], start + 4
    while True:
        name, content, at = _next(data, at, path, kind)
        if name == _END:
            break
        found[name] = content
        digests.append(_digest(name, content))
    if content != b"".join(digests) or at != len(data):
        raise InvalidInput(f"{path}: sections were added or taken away by another program; {kind.remedy}")
    return found


def _next(data: bytes, at: int, path: Path, kind: FileKind) -> tuple[str, bytes, int]:
    """Name and content of the section at `at`, and where the next begins."""
    if at + _HEADER.size > len(data):
        raise _short(path, kind)
    padded, length, digest = _HEADER.unpack_from(data, at)
    name = padded.rstrip(b"\0").decode("ascii", errors="replace")
    begin = at + _HEADER.size
    if length > len(data) - begin:
        raise _short(path, kind)
    content = data[begin : begin + length]
    if _digest(name, content) != digest:
        raise InvalidInput(f"{path}: its part {name!r} is damaged (checksum differs); copy it again, or {kind.remedy}")
    return name, content, begin + length


def _short(path: Path, kind: FileKind) -> InvalidInput:
    return InvalidInput(f"{path}: ends too early, so it was not copied whole; copy it again, or {kind.remedy}")


def _header(name: str, content: bytes) -> bytes:
    padded = name.encode("ascii")
    if len(padded) > _NAME_BYTES:
        raise ValueError(f"section: got the name {name!r}, supported are {_NAME_BYTES} letters")
    return _HEADER.pack(padded.ljust(_NAME_BYTES, b"\0"), len(content), _digest(name, content))


def _digest(name: str, content: bytes) -> bytes:
    found = hashlib.blake2b(digest_size=32)
    found.update(f"{name} {len(content)}\n".encode("ascii", errors="replace"))
    found.update(content)
    return found.digest()
