"""A film of three segments, what an uninterrupted run makes of it, and a folder to work in."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest

from clips import Sound
from facefusion.pipeline.workfolder import work_folder_of
from packets import Packets, packets_of
from portraits import make_film
from resuming import FRAMES, LOOK, OUTPUT, SEGMENTS, swap


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of three segments, with sound."""
    path = tmp_path_factory.mktemp("film") / "clip.mp4"
    make_film(path, frames=FRAMES, look=LOOK, sounds=[Sound(seconds=2.4)])
    return path


@pytest.fixture(scope="session")
def whole(film: Path) -> Packets:
    """What an uninterrupted run writes."""
    with chdir(film.parent):
        report = swap(film, OUTPUT)
        assert (report.segments, report.segments_kept, report.frames) == (SEGMENTS, 0, FRAMES)
        assert not work_folder_of(OUTPUT).exists()
        return packets_of(OUTPUT)


@pytest.fixture(scope="session")
def whole_bytes(film: Path, whole: Packets) -> int:
    """How long the file is that it writes."""
    return (film.parent / OUTPUT).stat().st_size


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every output has the same relative name: the marks carry a digest of the request, names and all."""
    monkeypatch.chdir(tmp_path)
