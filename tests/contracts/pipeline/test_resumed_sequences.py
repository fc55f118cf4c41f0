"""A sequence whose run was stopped, by a full disk or otherwise, goes on at the first picture that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path

import pytest

from facefusion.core import Progress, ProgressEvent
from facefusion.errors import DiskFull, InvalidInput, OutputFailed, UsageError
from facefusion.media import NumberedPattern
from facefusion.pipeline.durable import HashedFile
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.pipeline.workfolder import work_folder_of
from portraits import make_film

FRAMES = 6
CREATED = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_film(path, frames=FRAMES)
    return path


def enhance(clip: Path, output: Path) -> tuple[RunReport, int]:
    """The report, and how many frames were rendered."""
    rendered = 0

    def listen(event: ProgressEvent) -> None:
        nonlocal rendered
        rendered = max(rendered, event.done) if event.phase == "render" else rendered

    values = {"target": str(clip), "output": str(output), "processor": ["face_enhancer"], "threads": 1}
    return run(Plan.from_mapping(values), Progress(listen), created=CREATED), rendered


@contextmanager
def disk_that_takes(pictures: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Room for so many pictures."""
    original, room = HashedFile.write, [pictures]

    def write(self: HashedFile, data: bytes) -> None:
        if len(data) > 50_000:  # a picture, no plan and no analysis
            if not room[0]:
                raise OSError(ENOSPC, "No space left on device")
            room[0] -= 1
        original(self, data)

    with monkeypatch.context() as patched:
        patched.setattr(HashedFile, "write", write)
        yield


def contents(pattern: Path) -> dict[int, bytes]:
    parsed = NumberedPattern.parse(pattern)
    return {number: parsed.numbered(number).read_bytes() for number in parsed.numbers_on_disk()}


@pytest.mark.parametrize("suffix", [".png", ".exr"])
def test_a_full_disk_costs_only_the_picture_it_stopped_at(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    if suffix == ".exr":
        pytest.importorskip("OpenEXR")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    output, whole = tmp_path / "one" / f"f.%04d{suffix}", tmp_path / "two" / f"f.%04d{suffix}"
    with disk_that_takes(3, monkeypatch), pytest.raises(DiskFull, match="3 finished pictures kept"):
        enhance(clip, output)
    assert not contents(output)
    kept = sorted((work_folder_of(output) / "pictures").iterdir())
    assert len(kept) == 3
    if suffix == ".png":
        kept[2].write_bytes(b"damaged by a stray hand")
    report, rendered = enhance(clip, output)
    assert rendered == (4 if suffix == ".png" else 3)
    assert (report.frames, report.swapped) == (FRAMES, FRAMES)
    assert enhance(clip, whole)[1] == FRAMES
    assert contents(output) == contents(whole)
    assert len(contents(output)) == FRAMES
    assert not work_folder_of(output).exists()


def test_another_request_does_not_take_the_pictures(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "f.%04d.png"
    with disk_that_takes(2, monkeypatch), pytest.raises(DiskFull):
        enhance(clip, output)
    values = {"target": str(clip), "output": str(output), "processor": ["face_enhancer"], "blend-strength": 0.5}
    report = run(Plan.from_mapping(values), created=CREATED)
    assert report.frames == FRAMES
    assert len({len(data) for data in contents(output).values()}) > 1


def test_the_folder_of_a_sequence_is_made_and_goes_when_nothing_comes_of_it(clip: Path, tmp_path: Path) -> None:
    values = {"target": str(clip), "output": str(tmp_path / "matte" / "f.%04d.png"), "processor": ["face_enhancer"]}
    with pytest.raises(InvalidInput):
        run(Plan.from_mapping({**values, "start": "90f"}), created=CREATED)
    assert not list(tmp_path.iterdir())
    run(Plan.from_mapping({**values, "end": "1f"}), created=CREATED)
    assert "f.0001.png" in {path.name for path in (tmp_path / "matte").iterdir()}
    deep = {**values, "output": str(tmp_path / "no" / "matte" / "f.%04d.png")}
    with pytest.raises(OutputFailed, match="no such folder"):
        run(Plan.from_mapping(deep), created=CREATED)


def test_a_config_that_is_not_there_is_refused_though_no_space_is_named(clip: Path, tmp_path: Path) -> None:
    pytest.importorskip("PyOpenColorIO")
    values = {"target": str(clip), "output": str(tmp_path / "f.%04d.exr"), "processor": ["face_enhancer"]}
    with pytest.raises(UsageError, match="cannot be read"):
        run(Plan.from_mapping({**values, "ocio-config": str(tmp_path / "no.ocio")}), created=CREATED)
