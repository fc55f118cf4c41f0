"""Runs that were killed when all was made: as the output appeared, and while the work was removed."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from facefusion.errors import OutputExists
from facefusion.pipeline.workfolder import work_folder_of
from facefusion.provenance import sidecar_path
from packets import Packets, packets_of
from resuming import CREATED, FRAMES, OUTPUT, SEGMENTS, finished, killed_when, swap

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no kill -9")
pytestmark = [pytest.mark.usefixtures("own_folder"), POSIX]
OWN = b"somebody's own"


@pytest.fixture(scope="module")
def appeared(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a run was killed as its output appeared."""
    folder = tmp_path_factory.mktemp("appeared")
    with chdir(folder):
        killed_when("it appeared", film)
    return folder


@pytest.fixture
def killed(appeared: Path, own_folder: None) -> None:
    """This test's folder holds what the killed run left."""
    shutil.copytree(appeared, ".", dirs_exist_ok=True)


@pytest.mark.parametrize("moment", ["it appeared", "half is removed", "before the last trace goes"])
def test_nothing_is_left_to_do(moment: str, film: Path, whole: Packets, tmp_path: Path) -> None:
    killed_when(moment, film)
    assert packets_of(OUTPUT) == whole
    assert work_folder_of(OUTPUT).is_dir()
    made = OUTPUT.stat()
    report = swap(film, OUTPUT)
    assert (report.segments, report.segments_kept, report.frames) == (SEGMENTS, SEGMENTS, FRAMES)
    assert report.swapped > 0
    assert (OUTPUT.stat().st_ino, OUTPUT.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]
    with pytest.raises(OutputExists):
        swap(film, OUTPUT)


def test_before_the_output_appears_no_segment_is_lost(film: Path, whole: Packets, tmp_path: Path) -> None:
    killed_when("before it appears", film)
    assert not OUTPUT.exists()
    assert swap(film, OUTPUT).segments_kept == SEGMENTS
    assert packets_of(OUTPUT) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def test_after_the_last_trace_the_folder_goes_too(film: Path, whole: Packets, tmp_path: Path) -> None:
    killed_when("the last trace is gone", film)
    assert work_folder_of(OUTPUT).is_dir()
    with pytest.raises(OutputExists):
        swap(film, OUTPUT)
    assert packets_of(OUTPUT) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def test_marks_beside_the_output_do_not_stop_the_next_run(film: Path, tmp_path: Path) -> None:
    output = Path("out.avi")
    killed_when("before it appears", film, output)
    assert sidecar_path(output).exists()
    assert swap(film, output).segments_kept == SEGMENTS
    assert {path.name for path in tmp_path.iterdir()} == {"out.avi", "out.avi.c2pa", "out.avi.xmp"}


def test_somebody_elses_marks_are_never_replaced(film: Path, tmp_path: Path) -> None:
    output = Path("out.avi")
    sidecar_path(output).write_bytes(OWN)
    with pytest.raises(OutputExists):
        swap(film, output)
    assert sidecar_path(output).read_bytes() == OWN


@pytest.mark.parametrize("change", ["another file", "one byte", "another request", "another time"])
def test_what_the_killed_run_did_not_make_is_never_touched(change: str, film: Path, killed: None) -> None:
    work, more = finished(OUTPUT), dict[str, Any](created=CREATED)
    if change == "another file":
        replaced(OWN)
    elif change == "one byte":
        made = OUTPUT.read_bytes()
        replaced(made[:-1] + bytes([made[-1] ^ 1]))
    elif change == "another request":
        more["face_enhancer_detail"] = 0.9
    else:
        more["created"] = datetime(2026, 1, 3, tzinfo=UTC)
    before = OUTPUT.read_bytes()
    with pytest.raises(OutputExists):
        swap(film, OUTPUT, **more)
    assert OUTPUT.read_bytes() == before
    assert len(work) == SEGMENTS
    assert finished(OUTPUT) == work


@pytest.mark.parametrize("harm", ["cut", "no digest", "no report"])
def test_a_record_that_was_tampered_with_proves_nothing(harm: str, film: Path, killed: None) -> None:
    plan = work_folder_of(OUTPUT) / "plan.json"
    said = json.loads(plan.read_text())
    record = {"cut": said["finished"], "no digest": {}, "no report": {**said["finished"], "report": None}}[harm]
    text = json.dumps({**said, "finished": record})
    plan.write_text(text[:-2] if harm == "cut" else text)
    before = OUTPUT.read_bytes()
    with pytest.raises(OutputExists):
        swap(film, OUTPUT)
    assert OUTPUT.read_bytes() == before


def test_where_overwriting_is_allowed_the_older_file_is_replaced(
    film: Path, whole: Packets, tmp_path: Path, killed: None
) -> None:
    replaced(OWN)
    assert swap(film, OUTPUT, overwrite=True).segments_kept == SEGMENTS
    assert packets_of(OUTPUT) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def test_work_that_is_always_kept_does_not_hide_that_the_output_is_there(film: Path) -> None:
    swap(film, OUTPUT, keep_work="always")
    with pytest.raises(OutputExists):
        swap(film, OUTPUT, keep_work="always")
    assert len(finished(OUTPUT)) == SEGMENTS


def replaced(content: bytes) -> None:
    """Another file in place of the output."""
    OUTPUT.unlink()
    OUTPUT.write_bytes(content)
