"""What is known of the files in a folder of weights: `facefusion-models.lock`, JSON beside them.

A file whose hash nobody published is trusted as it was first seen, and told from every other from then on. While a
file's size and time of change stay as they are written here, it is not read again to be hashed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from facefusion.errors import ModelInvalid
from facefusion.models.writing import written

NAME = "facefusion-models.lock"
How = Literal["card", "first use", "pull", "import"]
"""Why a hash is believed: the card publishes it; nobody does; it came from the card's address; the user said so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as it was seen. seen: when, ISO 8601. address: where it came from."""

    sha256: str
    num_bytes: int
    mtime_ns: int
    how: How
    seen: str
    address: str = ""

    @staticmethod
    def of(path: Path, sha256: str, how: How, *, address: str = "") -> Entry:
        status = path.stat()
        return Entry(
            sha256, status.st_size, status.st_mtime_ns, how, datetime.now(UTC).isoformat("T", "seconds"), address
        )

    def is_unchanged(self, path: Path) -> bool:
        """Whether size and time of change are those that were written down."""
        status = path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.num_bytes, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock file of one folder."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def entries(self) -> dict[str, Entry]:
        """By file name. Raises ModelInvalid when the lock file is damaged."""
        return {name: _entry(self.path, value) for name, value in self._read().get("files", {}).items()}

    def licences(self) -> dict[str, dict[str, str]]:
        """Accepted licences by model: what was accepted, by whom, when."""
        return dict(self._read().get("licences", {}))

    def remember(self, name: str, entry: Entry) -> None:
        """Write one file down. A folder that may not be written to is left as it is."""
        self._change(lambda said: said.setdefault("files", {}).update({name: asdict(entry)}))

    def forget(self, name: str) -> None:
        self._change(lambda said: said.setdefault("files", {}).pop(name, None))

    def restamp(self, name: str, entry: Entry, path: Path) -> None:
        """The same content with another time of change."""
        status = path.stat()
        self.remember(name, replace(entry, num_bytes=status.st_size, mtime_ns=status.st_mtime_ns))

    def accept(self, model: str, record: dict[str, str]) -> None:
        """Write an accepted licence down. Raises DiskFull, OutputFailed when that cannot be done."""
        with written(self.folder):
            self._change(lambda said: said.setdefault("licences", {}).update({model: record}), must=True)

    def _read(self) -> dict[str, Any]:
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelInvalid(f"{self.path}: cannot be read ({error}); move it away to trust the files anew") from None
        if not isinstance(said, dict):
            raise ModelInvalid(f"{self.path}: is no lock file; move it away to trust the files anew")
        return said

    def _change(self, change: Callable[[dict[str, Any]], Any], *, must: bool = False) -> None:
        try:
            with FileLock(str(self.path) + ".busy", timeout=30):
                said = self._read()
                change(said)
                write_whole(self.path, json.dumps({"version": 1, **said}, indent=1, sort_keys=True).encode())
        except OSError:
            if must:
                raise


def write_whole(path: Path, content: bytes) -> None:
    """`content` at `path` by rename: there altogether, or not at all. Raises OSError."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _entry(path: Path, value: Any) -> Entry:
    try:
        return Entry(**value)
    except TypeError:
        raise ModelInvalid(f"{path}: holds an entry that is not ours; move it away to trust the files anew") from None
