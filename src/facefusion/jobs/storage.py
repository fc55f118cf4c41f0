"""Where files lie: a folder, or a bucket of any S3-compatible store. Nothing half-written is ever seen."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facefusion.errors import DiskFull, InvalidInput, OutputFailed, UsageError
from facefusion.pipeline.durable import disk_errors

_PIECE = 1 << 20
_MARK = ".facefusion-storage"


class StorageDown(OutputFailed):
    """The storage does not answer; asking again later is right."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies under a key."""

    key: str
    size: int
    sha256: str


class Storage(Protocol):
    """Files by key. Keys are ours: lower-case words, digits, dots, dashes and slashes."""

    def put(self, key: str, file: Path) -> Stored:
        """Keep the content of `file`, which stays. Raises DiskFull, StorageDown."""
        ...

    def pieces(self, key: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes [start, stop) of a key. Raises InvalidInput when there is none, StorageDown."""
        ...

    def local(self, key: str, folder: Path, *, sha256: str = "") -> Path:
        """A file of this machine with the content of `key`; `folder`: for copies. sha256: what it must be."""
        ...

    def remove(self, key: str) -> None:
        """Forget a key; none is no error."""
        ...

    def prepare(self) -> None:
        """For a server that starts: make what is missing."""
        ...

    def check(self) -> None:
        """Raises StorageDown when nothing could be kept now."""
        ...


def storage_at(place: str, *, folder: Path) -> Storage:
    """The storage of an address: empty for a folder below `folder`, a path, or s3://bucket/prefix?endpoint=….

    Raises UsageError.
    """
    if place.startswith("s3://"):
        return BucketStorage.at(place)
    if "://" in place and not place.startswith("file://"):
        raise UsageError(f"storage: got {place.partition(':')[0]!r}, supported are a folder and s3://bucket/prefix")
    return FolderStorage(Path(place.removeprefix("file://")) if place else folder / "storage")


class FolderStorage:
    """Files in a folder. A mark in it tells the folder from the empty place where its disk is not mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / _MARK).touch()

    def put(self, key: str, file: Path) -> Stored:
        place = self.folder / checked_key(key)
        self._check_there()
        with disk_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
            try:
                with os.fdopen(number, "wb") as out, file.open("rb") as source:
                    digest = hashlib.sha256()
                    while data := source.read(_PIECE):
                        digest.update(data)
                        out.write(data)
                    out.flush()
                    os.fsync(out.fileno())
                os.replace(name, place)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise
        return Stored(key, place.stat().st_size, digest.hexdigest())

    def pieces(self, key: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        place = self.folder / checked_key(key)
        try:
            file = place.open("rb")
        except FileNotFoundError:
            self._check_there()
            raise InvalidInput(f"{key}: is not in the storage any more") from None
        except OSError as error:
            raise StorageDown(f"storage: {self.folder} cannot be read ({error.strerror})") from None
        with file:
            file.seek(start)
            left = (1 << 62) if stop is None else stop - start
            while left > 0 and (data := file.read(min(_PIECE, left))):
                left -= len(data)
                yield data

    def local(self, key: str, folder: Path, *, sha256: str = "") -> Path:
        place = self.folder / checked_key(key)
        if not place.is_file():
            self._check_there()
            raise InvalidInput(f"{key}: is not in the storage any more")
        return place

    def remove(self, key: str) -> None:
        with suppress(OSError):
            (self.folder / checked_key(key)).unlink(missing_ok=True)

    def check(self) -> None:
        self._check_there()
        if not os.access(self.folder, os.W_OK):
            raise StorageDown(f"storage: {self.folder} cannot be written")

    def _check_there(self) -> None:
        if not (self.folder / _MARK).is_file():
            raise StorageDown(f"storage: {self.folder} is not there, or not the one that was; is its disk mounted?")


class BucketStorage:
    """Objects of a bucket, by the S3 protocol."""

    def __init__(self, store: Any, name: str) -> None:
        self._store, self._name = store, name

    @staticmethod
    def at(place: str) -> BucketStorage:
        """s3://bucket/prefix?endpoint=https://host:9000&region=eu-1; keys are taken from the environment."""
        from urllib.parse import parse_qs, urlsplit

        from obstore.store import S3Store

        parts = urlsplit(place)
        if not parts.netloc:
            raise UsageError(f"storage: got {place!r}, supported is s3://bucket/prefix")
        said = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = set(said) - {"endpoint", "region"}
        if unknown:
            raise UsageError(f"storage: unknown {', '.join(sorted(unknown))}; supported are endpoint and region")
        options: dict[str, Any] = {"client_options": {"allow_http": True, "timeout": "60s", "connect_timeout": "5s"}}
        options["retry_config"] = {"max_retries": 2}
        if "endpoint" in said:
            options |= {"endpoint": said["endpoint"], "virtual_hosted_style_request": False}
        store = S3Store(parts.netloc, prefix=parts.path.strip("/") or None, region=said.get("region"), **options)
        return BucketStorage(store, f"s3://{parts.netloc}")

    def put(self, key: str, file: Path) -> Stored:
        import obstore

        checked_key(key)
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        with self._answering():
            obstore.put(self._store, key, file)
        return Stored(key, file.stat().st_size, digest)

    def pieces(self, key: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        import obstore

        if stop is not None and stop <= start:
            return
        with self._answering(key):
            size = obstore.head(self._store, checked_key(key))["size"]
            end = size if stop is None else min(stop, size)
        for begin in range(start, end, 4 * _PIECE):
            with self._answering(key):
                data = obstore.get_range(self._store, key, start=begin, end=min(begin + 4 * _PIECE, end))
            yield bytes(data)

    def local(self, key: str, folder: Path, *, sha256: str = "") -> Path:
        place = folder / f"{hashlib.sha256(key.encode()).hexdigest()}{Path(key).suffix}"
        if place.is_file():
            with suppress(OSError):
                os.utime(place)
            return place
        with disk_errors(place):
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free < 64 << 20:
                raise DiskFull(f"{folder}: the disk is full; free some space")
            number, name = tempfile.mkstemp(dir=folder, prefix=".new-")
            digest = hashlib.sha256()
            try:
                with os.fdopen(number, "wb") as out:
                    for data in self.pieces(key):
                        digest.update(data)
                        out.write(data)
                if sha256 and digest.hexdigest() != sha256:
                    raise InvalidInput(f"{key}: the storage gave other bytes than were kept; restore it from a backup")
                os.replace(name, place)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise
        return place

    def remove(self, key: str) -> None:
        import obstore

        with suppress(InvalidInput), self._answering(key):
            obstore.delete(self._store, checked_key(key))

    def prepare(self) -> None:
        """A bucket is made by whoever owns it."""

    def check(self) -> None:
        import obstore

        with self._answering():
            next(iter(obstore.list(self._store, chunk_size=1)), None)

    def _answering(self, key: str = "") -> _Answering:
        return _Answering(self._name, key)


class _Answering:
    """Turns the store's errors into ours."""

    def __init__(self, name: str, key: str) -> None:
        self._name, self._key = name, key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None or not isinstance(error, Exception):
            return
        from obstore.exceptions import NotFoundError

        if isinstance(error, FileNotFoundError | NotFoundError):
            raise InvalidInput(f"{self._key}: is not in the storage any more") from None
        if type(error).__module__.startswith("obstore") or isinstance(error, OSError):
            words = " ".join(str(error).split())[:200]
            raise StorageDown(f"storage: {self._name} does not answer ({words})") from None


def checked_key(key: str) -> str:
    """`key`, when it is one of ours. Raises ValueError."""
    good = all(part and not part.startswith(".") for part in key.split("/"))
    if not good or not set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-/"):
        raise ValueError(f"storage key: got {key!r}, supported are lower-case words between slashes")
    return key
