"""Runs that were killed, stopped or ran out of room continue, and give the bytes of a run that was not."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clips import Look
from facefusion.core import Progress, ProgressEvent
from facefusion.errors import Cancelled, DiskFull, OutputFailed
from facefusion.media import open_media
from facefusion.pipeline import segment_run
from facefusion.pipeline.durable import HashedFile
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.workfolder import work_folder_of
from packets import Packets, packets_of
from portraits import HEIGHT, WIDTH, make_film
from resuming import FRAMES, OUTPUT, SEGMENTS, finished, swap, swap_command

pytestmark = pytest.mark.usefixtures("own_folder")


def stopped_after(film: Path, output: Path, *, segments: int = 2, **more: Any) -> list[Path]:
    """A run of one worker that is cancelled when so many segments are finished; gives back their files."""
    progress: Progress

    def listen(event: ProgressEvent) -> None:
        if event.phase == "render" and event.done > segments * FRAMES // SEGMENTS:
            progress.cancel()

    progress = Progress(listen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_run, "_TOLD_AHEAD", 1)  # what is told keeps up with what is made
        with pytest.raises(Cancelled, match=r"finished segments? kept in .*: the same command continues"):
            swap(film, output, progress, workers=1, **more)
    assert not output.exists()
    assert len(finished(output)) == segments
    return finished(output)


def telling(said: list[str]) -> Progress:
    return Progress(lambda event: said.append(event.message) if event.message else None)


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_gives_the_same_bytes(workers: int, film: Path, whole: Packets, tmp_path: Path) -> None:
    output = OUTPUT
    swap(film, output, workers=workers)
    assert packets_of(output) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def _killed_when(condition: Callable[[], bool], film: Path, output: Path, workers: int) -> None:
    with subprocess.Popen(swap_command(film, output, workers)) as process:
        while process.poll() is None and not condition():
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no kill -9")
@pytest.mark.parametrize(("workers", "after"), [(1, 1), (2, 2)])
def test_after_a_kill_the_same_request_continues(
    workers: int, after: int, film: Path, whole: Packets, tmp_path: Path
) -> None:
    output = OUTPUT
    _killed_when(lambda: len(finished(output)) >= after, film, output, workers)
    assert not output.exists()
    kept = {path.name: path.stat().st_mtime_ns for path in finished(output)}
    assert len(kept) >= after
    report = swap(film, output, workers=workers, keep_work="always")
    assert report.segments_kept == len(kept)
    assert SEGMENTS - report.segments_kept <= SEGMENTS - after
    assert report.frames == FRAMES
    now = {path.name: path.stat().st_mtime_ns for path in finished(output)}
    assert len(now) == SEGMENTS
    assert kept.items() <= now.items(), "finished segments were left as they are"
    assert packets_of(output) == whole


def test_what_a_cancelled_run_finished_is_used(film: Path, whole: Packets, tmp_path: Path) -> None:
    output = OUTPUT
    stopped_after(film, output)
    report = swap(film, output)
    assert (report.segments, report.segments_kept) == (SEGMENTS, 2)
    assert "2 of 3 segments kept" in report.lines()[0]
    assert packets_of(output) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]


def test_the_marks_carry_the_time_of_the_first_run(film: Path, tmp_path: Path) -> None:
    output = OUTPUT
    stopped_after(film, output)
    plan = Plan.from_mapping({"target": str(film), "output": str(output), "processor": ["face_enhancer"]})
    run(plan)
    again = tmp_path / "again.mp4"
    swap(film, again)
    with open_media(output) as one, open_media(again) as other:
        assert set(one.info.metadata) == set(other.info.metadata)


def test_work_that_is_not_wanted_goes(film: Path, tmp_path: Path) -> None:
    progress: Progress
    progress = Progress(lambda event: progress.cancel() if event.phase == "render" and event.done > 30 else None)
    with pytest.raises(Cancelled) as caught:
        swap(film, tmp_path / "out.mp4", progress, workers=1, keep_work="never")
    assert "kept" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["flip", "cut", "empty"])
def test_segments_that_were_tampered_with_are_rendered_again(
    harm: str, film: Path, whole: Packets, tmp_path: Path
) -> None:
    output = OUTPUT
    first, _ = stopped_after(film, output)
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes({"flip": bytes(data), "cut": bytes(data[:-9]), "empty": b""}[harm])
    said: list[str] = []
    report = swap(film, output, telling(said))
    assert report.segments_kept == 1
    assert any("is damaged; it is rendered again" in line for line in said)
    assert packets_of(output) == whole


@pytest.mark.parametrize("change", ["plan", "clip", "folder"])
def test_work_of_another_request_is_not_used(change: str, film: Path, tmp_path: Path) -> None:
    output, copy = OUTPUT, tmp_path / "copy.mp4"
    shutil.copy(film, copy)
    stopped_after(copy, output)
    if change == "clip":
        make_film(copy, frames=FRAMES, look=Look(width=WIDTH, height=HEIGHT, options={"crf": "30"}))
    elif change == "folder":
        (work_folder_of(output) / "plan.json").write_text("{")
    said: list[str] = []
    more = {"face_enhancer_detail": 0.9} if change == "plan" else {}
    report = swap(copy, output, telling(said), **more)
    assert report.segments_kept == 0
    assert any("another request, clip or version; it is not used" in line for line in said)
    fresh = tmp_path / "fresh.mp4"
    swap(copy, fresh, **more)
    with open_media(output) as one, open_media(fresh) as other:
        assert all((a.pixels == b.pixels).all() for a, b in zip(one, other, strict=True))


def test_a_renamed_clip_is_the_same_clip(film: Path, whole: Packets, tmp_path: Path) -> None:
    output, copy = OUTPUT, tmp_path / "copy.mp4"
    shutil.copy(film, copy)
    stopped_after(copy, output)
    moved = copy.rename(tmp_path / "moved.mp4")
    assert swap(moved, output).segments_kept == 2
    assert len(packets_of(output)) == len(whole)


def test_a_second_run_of_the_same_output_refuses(film: Path, whole: Packets, tmp_path: Path) -> None:
    output, caught = OUTPUT, []

    def listen(event: ProgressEvent) -> None:
        if event.phase == "render" and event.done == 5:
            with pytest.raises(OutputFailed) as refused:
                swap(film, output)
            caught.append(str(refused.value))

    swap(film, output, Progress(listen))
    assert caught == [
        f"{output}: another run (process {os.getpid()}) is writing it; wait for it or choose another name"
    ]
    assert packets_of(output) == whole


def test_a_full_disk_pauses_the_run(
    film: Path, whole: Packets, whole_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, write, room = OUTPUT, HashedFile.write, [0]

    def limited(self: HashedFile, data: bytes, /) -> None:
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, data)

    monkeypatch.setattr(HashedFile, "write", limited)
    sizes: list[int] = []
    said: list[str] = []
    for _ in range(20):
        room[0] = whole_bytes // 3
        try:
            swap(film, output, workers=1)
            break
        except DiskFull as error:
            said.append(str(error))
        assert not output.exists()
        sizes.append(len(finished(output)))
    assert all("the disk is full" in line for line in said)
    assert "kept in" in said[-1]
    assert DiskFull.exit_code == 7
    assert len(sizes) > 1
    assert sizes == sorted(sizes)
    assert packets_of(output) == whole


def test_a_clip_that_cannot_be_sought_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = tmp_path / "old.avi"
    make_film(film, frames=30, look=Look("mpeg4", width=WIDTH, height=HEIGHT, options={"qscale": "3"}))
    with open_media(film) as reader:
        assert not reader.seeks
        kind = type(reader)
    begins: list[int] = []
    frames = kind.frames

    def counted(self: Any, *, start: int = 0, stop: int | None = None) -> Any:
        begins.append(start)
        return frames(self, start=start, stop=stop)

    monkeypatch.setattr(kind, "frames", counted)
    files = []
    for workers in (1, 3):
        begins.clear()
        swap(film, tmp_path / f"out{workers}.mp4", workers=workers)
        assert begins[-1] == 0
        assert len(begins) <= 3
        files.append(packets_of(tmp_path / f"out{workers}.mp4"))
    with open_media(tmp_path / "out1.mp4") as one, open_media(tmp_path / "out3.mp4") as other:
        assert all((a.pixels == b.pixels).all() for a, b in zip(one, other, strict=True))
        assert one.num_frames == 30
