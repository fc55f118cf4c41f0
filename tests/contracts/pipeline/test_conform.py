"""An edit in, its shots processed with handles, the edit out with a track of results."""

from __future__ import annotations

import re
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import make_clip, number_of
from facefusion.errors import InvalidInput, NoFaceFound, UsageError
from facefusion.media import open_media
from facefusion.media.otio import read_timeline
from facefusion.media.otio_edits import Result, placed, used_parts
from facefusion.pipeline.conform import Conform
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport

otio = pytest.importorskip("opentimelineio")
RATE = 25.0


def span(start: float, frames: float) -> Any:
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(start, RATE), time(frames, RATE))


def clip(name: str, url: str, start: float, frames: float, *, clock: float = 0, length: float = 40) -> Any:
    media = otio.schema.ExternalReference(target_url=url, available_range=span(clock, length))
    return otio.schema.Clip(name=name, media_reference=media, source_range=span(clock + start, frames))


@pytest.fixture
def edit(tmp_path: Path) -> Path:
    """b[10, 15), a gap, b[30, 36) dissolving into nobody[2, 8), with the media on a clock that starts at 90000."""
    make_clip(tmp_path / "b.mkv", frames=40)
    make_clip(tmp_path / "nobody.mkv", frames=12)
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    track.append(clip("first", "b.mkv", 10, 5, clock=90_000))
    track.append(otio.schema.Gap(source_range=span(0, 7)))
    track.append(clip("second", (tmp_path / "b.mkv").resolve().as_uri(), 30, 6))
    track.append(otio.schema.Transition(
        transition_type="SMPTE_Dissolve", in_offset=otio.opentime.RationalTime(3, RATE),
        out_offset=otio.opentime.RationalTime(3, RATE),
    ))  # fmt: skip
    track.append(clip("third", "nobody.mkv", 2, 6, length=12))
    timeline = otio.schema.Timeline(name="cut")
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    return tmp_path / "cut.otio"


def copied(plan: Plan, progress: Any = None) -> RunReport:
    """In place of a run: the frames of the request as they are; nobody is in `nobody`."""
    if plan.target.name == "nobody.mkv":
        raise NoFaceFound("nobody")
    assert plan.start is not None
    assert plan.end is not None
    with open_media(plan.target) as reader:
        frames = list(reader.frames(start=plan.start.frame or 0, stop=plan.end.frame))
    plan.output.write_bytes(bytes(number_of(frame.pixels) for frame in frames))
    counts: dict[str, Any] = {one.name: 0 for one in fields(RunReport) if one.type == "int"}
    return RunReport(output=plan.output, seconds=0.0, warnings=(), **counts)


def test_only_what_is_used_is_processed_and_comes_back_in_its_place(edit: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    values = {"processor": ["face_enhancer"]}
    done = Conform(edit, folder, values, handles=4).run(run=copied)
    assert done.left_out == ("third",)
    assert [list(path.read_bytes()) for path in done.outputs] == [list(range(6, 19)), list(range(26, 40))]
    before, after = read_timeline(edit), read_timeline(done.timeline)
    old, ours = after.video_tracks()
    assert old.name == before.video_tracks()[0].name
    assert ours.name == "FaceFusion"
    assert ours.duration() == old.duration()
    assert [type(item).__name__ for item in ours] == ["Clip", "Gap", "Clip", "Transition", "Gap"]
    for place, path, first in ((0, done.outputs[0], 10), (2, done.outputs[1], 30)):
        item = ours[place]
        assert ours.range_of_child(item) == old.range_of_child(old[place])
        shown = path.read_bytes()[int(item.source_range.start_time.value) :][: int(item.source_range.duration.value)]
        assert list(shown) == list(range(first, first + len(shown)))
        assert (folder / item.media_reference.target_url).is_file()
    assert "2 of 3" in ours.metadata["facefusion"]["made_by"]


def test_uses_are_counted_from_the_media_s_own_clock(edit: Path, tmp_path: Path) -> None:
    first, second, third = used_parts(read_timeline(edit), tmp_path)
    assert (first.first, first.num_frames, first.fps) == (10, 5, Fraction(25))
    assert (second.first, second.num_frames, second.tail) == (30, 6, 3)
    assert (third.first, third.num_frames, third.lead) == (2, 6, 3)


@pytest.mark.parametrize("code", ["01:00:00:00", None])
def test_an_edit_that_counts_by_timecode_needs_one(code: str | None, tmp_path: Path) -> None:
    make_clip(tmp_path / "t.mov", frames=20, metadata={"timecode": code} if code else {})
    media = otio.schema.ExternalReference(target_url="t.mov")
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    track.append(otio.schema.Clip(name="a", media_reference=media, source_range=span(90_000 + 5, 3)))
    timeline = otio.schema.Timeline(name="cut")
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    job = Conform(tmp_path / "cut.otio", tmp_path, {"processor": ["face_enhancer"]}, handles=1, suffix=".mkv")
    if code is None:
        with pytest.raises(InvalidInput, match="no timecode that leads there"):
            job.run(run=copied)
        return
    assert list(job.run(run=copied).outputs[0].read_bytes()) == [4, 5, 6, 7, 8]


def test_what_cannot_be_conformed_says_why(edit: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with pytest.raises(Exception, match="make it first"):
        Conform(edit, folder, {}).run(run=copied)
    folder.mkdir()
    with pytest.raises(UsageError, match="come from the edit"):
        Conform(edit, folder, {"start": "3f"}).run(run=copied)
    with pytest.raises(UsageError, match="handles"):
        Conform(edit, folder, {}, handles=-1).run(run=copied)
    (tmp_path / "cut.edl").write_text("TITLE: cut\n")
    with pytest.raises(UsageError, match="--edl-rate 25"):
        Conform(tmp_path / "cut.edl", folder, {}).run(run=copied)
    with pytest.raises(InvalidInput, match=r"uses no clip|no video track"):
        Conform(tmp_path / "cut.edl", folder, {}, edl_rate=Fraction(25)).run(run=copied)
    (tmp_path / "cut.edl").write_text(EDL)
    with pytest.raises(InvalidInput, match=r"at 10 frames a second .* its own rate with --edl-rate"):
        Conform(tmp_path / "cut.edl", folder, {}, edl_rate=Fraction(10)).run(run=copied)
    (tmp_path / "b.mkv").unlink()
    with pytest.raises(InvalidInput, match="name their folder"):
        Conform(edit, folder, {"processor": ["face_enhancer"]}).run(run=copied)
    (tmp_path / "broken.otio").write_text("{")
    with pytest.raises(InvalidInput, match="export it again"):
        read_timeline(tmp_path / "broken.otio")
    assert not np.any([path.suffix == ".otio" for path in folder.iterdir()])


EDL = """\
TITLE: cut
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:10 00:00:00:15 01:00:00:00 01:00:00:05
* FROM CLIP NAME: b.mkv
002  BL       V     C        00:00:00:00 00:00:00:07 01:00:00:05 01:00:00:12
003  AX       V     C        00:00:01:05 00:00:01:11 01:00:00:12 01:00:00:18
* FROM CLIP NAME: b.mkv
004  TAPE2    V     C        00:00:00:02 00:00:00:08 01:00:00:18 01:00:00:24
* FROM CLIP NAME: nobody.mkv
"""


def test_an_edl_is_read_with_handles_and_written_back(edit: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    (tmp_path / "cut.edl").write_text(EDL)
    done = Conform(tmp_path / "cut.edl", folder, {"processor": ["face_enhancer"]}, handles=4).run(run=copied)
    assert [list(path.read_bytes()) for path in done.outputs] == [list(range(6, 19)), list(range(26, 40))]
    assert done.left_out == ("nobody.mkv",)
    assert done.edl == folder / "cut.facefusion.edl"
    events = re.findall(r"^\d+ +\S+ +V +C +(\S+) (\S+) (\S+) (\S+)$", done.edl.read_text(), re.MULTILINE)
    before = re.findall(r"^\d+ +\S+ +V +C +(\S+) (\S+) (\S+) (\S+)$", EDL, re.MULTILINE)
    assert [event[2:] for event in events] == [event[2:] for event in before]
    assert events[0][:2] == ("00:00:00:04", "00:00:00:09")  # after four frames of handle
    assert events[3][:2] == before[3][:2]  # left as it was
    names = re.findall(r"FROM CLIP NAME: +(\S+)", done.edl.read_text())
    assert names[0] == done.outputs[0].name
    assert names[-1] == "nobody.mkv"
    ours = read_timeline(done.timeline).video_tracks()[1]
    assert [type(item).__name__ for item in ours] == ["Clip", "Gap", "Clip", "Gap"]


def test_results_are_counted_by_their_own_timecode() -> None:
    item = clip("a", "a.mov", 10, 5)
    placed(item, Result("r.mov", 4, 13, Fraction(50), clock=7_200))
    assert item.source_range.start_time == otio.opentime.RationalTime(3_602, RATE)
    assert item.source_range.duration.value == 5
    assert item.media_reference.available_range.start_time.value == 7_200
