"""A folder of miniature weights, as a user would have the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import miniatures
from facefusion.models.lock import Entry, Lock
from facefusion.models.sessions import close_sessions
from facefusion.models.store import ModelStore, sha256_of

SWAP_TERMS = 0.02


def trusted(folder: Path) -> None:
    """Take every file of `folder` as it is, under the name of its card, with its licence."""
    store, lock = ModelStore((folder,)), Lock(folder)
    for path in folder.glob("*.onnx"):
        card = store.card_of(path)
        assert card is not None, path
        lock.remember(path.name, Entry.of(path, sha256_of(path), "import"))
        store.accept_licence(card.name, who="tests")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The miniatures of the whole zoo."""
    place = tmp_path_factory.mktemp("models")
    for name, make in BUILDERS.items():
        make(place / name)
    trusted(place)
    yield place
    close_sessions()


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "inswapper_128.onnx": lambda path: miniatures.swapper(path, size=128, template="arcface_128", emap=True),
    "arcface_w600k_r50.onnx": miniatures.recogniser,
}
