"""A worker's own folder: copies of what a task reads, and where it writes before anything is handed over."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from facefusion.jobs.bundle import Bundle
from facefusion.jobs.storage import Storage
from facefusion.provenance.home import VARIABLE

_MOST_COPIES_BYTES = 20_000_000_000
_YOUNG_SECONDS = 60.0


class Workplace:
    """folder: of this machine; made where it is not there."""

    def __init__(self, folder: Path, storage: Storage) -> None:
        self.folder, self.storage = folder, storage
        self.copies = folder / "copies"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def desk(self, bundle: Bundle) -> Iterator[Path]:
        """An empty folder for one attempt, removed afterwards."""
        desk = self.folder / "desks" / bundle.lease.token
        desk.mkdir(mode=0o700, parents=True)
        try:
            yield desk
        finally:
            shutil.rmtree(desk, ignore_errors=True)
            self._prune()

    def inputs(self, bundle: Bundle) -> dict[str, Path]:
        """The files that a job reads, by asset, under the names that people know them by."""
        folder = self.folder / "inputs" / bundle.lease.job_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {}
        for asset_id, material in bundle.materials.items():
            place = folder / material.name
            real = self.storage.local(material.key, self.copies, sha256=material.sha256)
            if not place.exists():
                place.unlink(missing_ok=True)
                with suppress(FileExistsError):
                    place.symlink_to(real.resolve())
            found[asset_id] = place
        return found

    def opened(self, bundle: Bundle) -> Path:
        """An empty folder of this process, for a job that it keeps open from one task to the next."""
        folder = self.folder / "opened" / f"{os.getpid()}-{bundle.lease.token}"
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def tidy(self, tokens: Collection[str], jobs: Collection[str]) -> None:
        """Remove what killed workers left behind. tokens: of tasks that somebody works at; jobs: that have not ended.

        What is younger than a minute stays, as it may belong to a task that was lent after somebody looked.
        """
        for name, known in (("desks", tokens), ("inputs", jobs)):
            for path in _older(self.folder / name, seconds=_YOUNG_SECONDS):
                if path.name not in known:
                    shutil.rmtree(path, ignore_errors=True)
        for path in _older(self.folder / "opened", seconds=_YOUNG_SECONDS):
            if not _is_alive(path.name.partition("-")[0]):
                shutil.rmtree(path, ignore_errors=True)

    def fetched(self, key: str) -> Path:
        """A file of this machine with the content of `key`."""
        return self.storage.local(key, self.copies)

    def hand_over(self, bundle: Bundle, file: Path, name: str) -> dict[str, Any]:
        """Keep a file of an attempt for everybody; no other attempt writes under its key."""
        stored = self.storage.put(f"jobs/{bundle.lease.job_id}/{bundle.lease.token}/{name}", file)
        return {"key": stored.key, "size": stored.size, "sha256": stored.sha256}

    def artifact(self, bundle: Bundle, file: Path, kind: str, **more: Any) -> dict[str, Any]:
        """The same as something that people can download."""
        place = f"{kind}-{hashlib.sha256(file.name.encode()).hexdigest()[:12]}{_plain_suffix(file)}"
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        said = {"kind": kind, "name": file.name, "media_type": media_type, "more": more}
        return {**said, **self.hand_over(bundle, file, place)}

    def enter_project(self, bundle: Bundle, opened: Mapping[str, bytes]) -> None:
        """Give the engine the keys, records and log of the job's project. opened: template keys by record."""
        home = self.folder / "homes" / bundle.project_id
        (home / "consent").mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[VARIABLE] = str(home)
        for record, _ in bundle.consents:
            _write_record(home, record)
        from facefusion.provenance.consent.template_keys import keep_template_key

        for record_id, key in opened.items():
            keep_template_key(record_id, key)

    def _prune(self) -> None:
        """Forget the copies that were used least lately, when they are many."""
        if not self.copies.is_dir():
            return
        total = 0
        with suppress(OSError):
            files = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path in self.copies.iterdir()]
            for _, size, path in sorted(files, reverse=True):
                total += size
                if total > _MOST_COPIES_BYTES:
                    path.unlink(missing_ok=True)


def _older(folder: Path, *, seconds: float) -> list[Path]:
    with suppress(OSError):
        return [path for path in folder.iterdir() if time.time() - path.stat().st_mtime > seconds]
    return []


def _is_alive(pid: str) -> bool:
    """Whether there is such a process on this machine."""
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write_record(home: Path, record: Mapping[str, Any]) -> None:
    from facefusion.provenance.canonical import canonical

    record_id = record["record"]["id"]
    plain = {name: value for name, value in record.items() if name not in ("revocation", "template_key")}
    files = {f"{record_id}.json": plain}
    if "revocation" in record:
        files[f"{record_id}.revoked.json"] = record["revocation"]
    for name, value in files.items():
        place, data = home / "consent" / name, canonical(value) + b"\n"
        if not place.is_file() or place.read_bytes() != data:
            unfinished = place.with_name(f".{os.getpid()}.{name}")
            unfinished.write_bytes(data)
            os.replace(unfinished, place)


def _plain_suffix(file: Path) -> str:
    suffix = file.suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() else ""


def read_json(file: Path) -> Any:
    """The content of a JSON file of ours."""
    return json.loads(file.read_text(encoding="utf-8"))
