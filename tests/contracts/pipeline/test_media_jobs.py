"""Jobs side by side: names do not meet, and no side runs ahead of another without end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from clips import Look, make_clip, number_of, picture
from facefusion.core import Frame, Progress, ProgressEvent, Timestamp
from facefusion.errors import OutputExists
from facefusion.media import SequenceWriter, VideoWriter, open_media
from facefusion.media.libav_reader import LibavReader
from facefusion.media.picture_encoder import PictureEncoder
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from portraits import astronaut, write_png

BIG = Look(width=640, height=480)


def plan_for(source: Path, target: Path, output: Path, **more: Any) -> Plan:
    given = {"source": [str(source)], "target": str(target), "output": str(output), "allow-no-face": True}
    return Plan.from_mapping({**given, **more})


def numbers_in(path: Path) -> list[int]:
    with open_media(path) as reader:
        return [number_of(frame.pixels) for frame in reader]


def test_two_runs_on_clips_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """Both read `take.mp4`, and write `out` into one folder, at the same time."""
    source = write_png(tmp_path / "astronaut.png", astronaut())
    plans = []
    for place, (frames, suffix) in enumerate([(4, "mp4"), (6, "mkv")]):
        folder = tmp_path / f"day{place}"
        folder.mkdir()
        clip = make_clip(folder / "take.mp4", frames=frames, look=BIG)
        plans.append(plan_for(source, clip.path, tmp_path / f"out.{suffix}"))
    with ThreadPoolExecutor(2) as both:
        reports = list(both.map(run, plans))
    assert [report.frames for report in reports] == [4, 6]
    assert numbers_in(tmp_path / "out.mp4") == list(range(4))
    assert numbers_in(tmp_path / "out.mkv") == list(range(6))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["astronaut.png", "day0", "day1", "out.mkv", "out.mkv.c2pa", "out.mp4"]


def frame(number: int) -> Frame:
    return Frame(picture(number), number, Timestamp(number, Fraction(1, 25)), 1)


def test_two_writers_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """The second to finish is told; neither touches the other's frames."""
    like = open_media(make_clip(tmp_path / "in.mp4", frames=2).path).info
    first, second = (VideoWriter(tmp_path / "out.mp4", like=like) for _ in "ab")
    one, other = (SequenceWriter(tmp_path / "out.%03d.png") for _ in "ab")
    for number in range(6):
        first.write(frame(number))
        second.write(frame(number + 50))
        one.write(frame(number))
        other.write(frame(number + 50))
    second.close()
    other.close()
    with pytest.raises(OutputExists):
        first.close()
    with pytest.raises(OutputExists):
        one.close()
    assert numbers_in(tmp_path / "out.mp4") == list(range(50, 56))
    assert numbers_in(tmp_path / "out.%03d.png") == list(range(50, 56))
    assert len(list(tmp_path.iterdir())) == 8


def test_decoding_does_not_run_ahead_of_a_slow_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames wait in a bounded queue, so memory does not grow with the clip."""
    decoded, encoded, most = [0], [0], [0]
    real_frame, real_encode = LibavReader._frame, PictureEncoder.encode

    def counted_frame(*arguments: Any) -> Frame:
        decoded[0] += 1
        most[0] = max(most[0], decoded[0] - encoded[0])
        return real_frame(*arguments)

    def slow_encode(*arguments: Any) -> Iterator[Any]:
        time.sleep(0.01)
        encoded[0] += 1
        return real_encode(*arguments)

    def at_stage(event: ProgressEvent) -> None:
        if event.phase == "render" and event.done == 0:
            decoded[0] = most[0] = 0

    monkeypatch.setattr(LibavReader, "_frame", counted_frame)
    monkeypatch.setattr(PictureEncoder, "encode", slow_encode)
    source = write_png(tmp_path / "astronaut.png", astronaut())
    clip = make_clip(tmp_path / "in.mp4", frames=40, look=Look(width=160, height=120))
    run(plan_for(source, clip.path, tmp_path / "out.mp4", threads=2), Progress(at_stage))
    assert encoded[0] == 40
    assert 1 <= most[0] <= 16
