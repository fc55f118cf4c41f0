"""Weights for a machine without a network: one archive with files, cards, hashes and accepted licences."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from facefusion.errors import ModelInvalid, OutputExists, UsageError
from facefusion.models.card import ModelCard, read_card
from facefusion.models.card_text import card_text
from facefusion.models.catalog import MODELS
from facefusion.models.lock import Entry, Lock, write_whole
from facefusion.models.sniffing import check_file
from facefusion.models.store import ModelStore, sha256_of
from facefusion.models.writing import check_room, not_written, written

_CONTENTS = "facefusion-bundle.json"


def export_bundle(store: ModelStore, names: Sequence[str], path: Path, *, overwrite: bool = False) -> tuple[str, ...]:
    """Write the models `names`, and those they need, to the archive `path`; the names of all that it holds.

    Raises OutputExists, and what `ModelStore.path` raises.
    """
    if path.exists() and not overwrite:
        raise OutputExists(f"{path}: is there already; choose another name or overwrite it")
    held = list(dict.fromkeys(one for name in names for one in (name, *store.card(name).needs)))
    held = [name for name in held if not store.card(name).bundled]
    if not held:
        raise UsageError("export: these models come with the package; nothing is left to put into a bundle")
    files = {name: store.path(name) for name in held}
    contents = {name: {"file": place.name, "sha256": store.sha256(name)} for name, place in files.items()}
    licences = {name: one for folder in store.folders for name, one in Lock(folder).licences().items() if name in held}
    part = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_CONTENTS, json.dumps({"version": 1, "models": contents, "licences": licences}, indent=1))
            for name, place in files.items():
                archive.write(place, place.name)
                if name not in MODELS:
                    archive.writestr(f"{name}.toml", card_text(store.card(name)))
        os.replace(part, path)
    except OSError as error:
        raise not_written(path, error, "name another place with --output") from None
    finally:
        part.unlink(missing_ok=True)
    return tuple(held)


def import_bundle(store: ModelStore, path: Path) -> tuple[str, ...]:
    """Take every model out of an archive of `export_bundle`, checked; their names.

    Raises ModelInvalid for a damaged archive, DiskFull, OutputFailed, and UsageError where a file of yours with another
    content is in the way; what was taken before stays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read(_CONTENTS))
            models = {str(name): (str(one["file"]), str(one["sha256"])) for name, one in said["models"].items()}
            licences = said.get("licences", {})
            with written(store.folders[0]):
                check_room(store.folders[0], sum(one.file_size for one in archive.infolist()), path.name)
                return tuple(_taken(store, archive, name, *one, licences) for name, one in models.items())
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelInvalid(f"{path}: is no bundle of models, or damaged ({error}); make it again") from None
    except OSError as error:
        raise ModelInvalid(f"{path}: cannot be read ({error.strerror})") from None


def is_bundle(path: Path) -> bool:
    """Whether a file is such an archive. Raises ModelInvalid for what is called one and is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = _CONTENTS in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        found = False
    if path.suffix.lower() == ".zip" and path.is_file() and not found:
        raise ModelInvalid(
            f"{path}: is no bundle of `facefusion models export`, or one that was cut off; copy it again, or unpack it "
            "and import the models in it"
        )
    return found


def _taken(
    store: ModelStore, archive: zipfile.ZipFile, name: str, file: str, digest: str, licences: dict[str, dict[str, str]]
) -> str:
    folder, card = store.folders[0], _card(store, archive, name)
    if file != card.file or Path(file).name != file:
        raise ModelInvalid(f"{archive.filename}: {name} is in a file called {file!r}, expected {card.file}")
    if (folder / file).exists() and sha256_of(folder / file) != digest:
        raise UsageError(
            f"{folder / file}: is another file than the bundle's {name}; `facefusion models remove {name}` first"
        )
    published = {one for one in (card.sha256, *card.other_sha256) if one}
    number, part = tempfile.mkstemp(dir=folder, prefix=f".{file}.")
    try:
        with archive.open(file) as source, os.fdopen(number, "wb") as target:
            shutil.copyfileobj(source, target)
        with open(part, "rb") as whole:
            found = hashlib.file_digest(whole, "sha256").hexdigest()
        if found != digest:
            raise ModelInvalid(f"{archive.filename}: {file} is not what the bundle says (sha256 {found[:12]}…)")
        check_file(Path(part))
        os.chmod(part, 0o644)
        os.replace(part, folder / file)
    finally:
        Path(part).unlink(missing_ok=True)
    if name not in MODELS:
        write_whole(folder / f"{name}.toml", card_text(card).encode())
    lock = Lock(folder)
    lock.remember(file, Entry.of(folder / file, found, "card" if found in published else "import"))
    if name in licences and {"licence", "by", "at"} <= set(licences[name]):
        lock.accept(name, {key: str(licences[name][key]) for key in ("licence", "by", "at")})
    return name


def _card(store: ModelStore, archive: zipfile.ZipFile, name: str) -> ModelCard:
    if name in MODELS:
        return store.card(name)
    if Path(name).name != name or name.startswith("."):
        raise ModelInvalid(f"{archive.filename}: holds a model called {name!r}, which is no name")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "card.toml"
        place.write_bytes(archive.read(f"{name}.toml"))
        card = read_card(place)
    if card.name != name or card.bundled:
        raise ModelInvalid(f"{archive.filename}: the card of {name} is of another model")
    return card
