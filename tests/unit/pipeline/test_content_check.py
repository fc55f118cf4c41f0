"""Which frames the content check looks at, and that nobody decodes them twice."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest

from facefusion.core import FrameRange, Shot, Timestamp
from facefusion.media import open_media
from facefusion.pipeline import catalog
from facefusion.pipeline.content_check import ContentWatch, regular_frames
from facefusion.pipeline.permission import OPERATIONS
from facefusion.provenance.content import nudity
from facefusion.provenance.content.verdict import Sight, complaint
from facefusion.provenance.policy.policy import LABEL_PRESETS
from facefusion.provenance.settings import LabelPreset
from portraits import make_film


def times(count: int, base: Fraction = Fraction(1, 2)) -> list[Timestamp]:
    return [Timestamp(number, base) for number in range(count)]


def test_the_first_frame_and_one_every_two_seconds() -> None:
    assert list(regular_frames(FrameRange(0, 11), times(11))) == [0, 4, 8]
    assert list(regular_frames(FrameRange(3, 11), times(11))) == [3, 7]
    sparse = [Timestamp(ticks, Fraction(1)) for ticks in (0, 1, 7, 8, 9, 30)]
    assert list(regular_frames(FrameRange(0, 6), sparse)) == [0, 2, 4, 5]


def test_frames_are_scored_on_their_way_and_only_cuts_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_film(tmp_path / "film.mkv", frames=9, ticks=[500 * number for number in range(9)], time_base=Fraction(1, 1000))
    scored: list[Any] = []
    monkeypatch.setattr(nudity, "scores_of", lambda pictures: [scored.append(one) or 0.1 for one in pictures])
    with open_media(tmp_path / "film.mkv") as reader:
        read: list[int] = []
        monkeypatch.setattr(type(reader), "frame_at", lambda self, index: read.append(index) or next(self.frames()))
        watch = ContentWatch(reader, FrameRange(0, 9))
        assert [frame.index for frame in watch.watched().frames()] == list(range(9))
        assert len(scored) == 3
        list(watch.watched().frames())
        assert len(scored) == 3, "each is looked at once"
        sights = watch.sights([Shot(0, 4), Shot(4, 6), Shot(6, 9)])
    assert read == [6], "the one cut that is no regular frame"
    assert [sight.frame for sight in sights] == [0, 4, 6, 8]
    assert [sight.seconds for sight in sights] == [0.0, 2.0, 3.0, 4.0]


def test_a_preview_looks_at_its_frames_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_film(tmp_path / "film.mkv", frames=9)
    monkeypatch.setattr(nudity, "scores_of", lambda pictures: [0.1 for _ in pictures])
    with open_media(tmp_path / "film.mkv") as reader:
        watch = ContentWatch(reader, FrameRange(0, 9), [5])
        assert [sight.frame for sight in watch.sights([Shot(0, 3), Shot(3, 9)])] == [5]


def test_a_complaint_names_the_worst_frames_in_order() -> None:
    sights = [
        Sight("a.mp4", score, number, float(number)) for number, score in enumerate((0.9, 0.1, 0.99, 0.95, 0.91, 0.92))
    ]
    text = complaint(sights, threshold=0.85, policy="personal")
    assert "5 of 6" in text
    assert text.index("frame 2 at 0:02.000: 0.99") < text.index("frame 3") < text.index("frame 5")
    assert "frame 0" not in text, "four are named"
    assert complaint(sights, threshold=0.995, policy="personal") == ""


def test_every_processor_that_uses_somebodys_face_has_its_operation() -> None:
    assert {entry.name for entry in catalog.CATALOG if entry.needs_source} <= set(OPERATIONS)


def test_policies_know_every_preset_of_the_label() -> None:
    assert {"own", *LABEL_PRESETS} - {""} == set(get_args(LabelPreset))


def test_what_was_seen_before_a_run_was_stopped_is_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_film(tmp_path / "film.mkv", frames=9, ticks=[500 * number for number in range(9)], time_base=Fraction(1, 1000))
    kept, scored = tmp_path / "content.jsonl", []
    monkeypatch.setattr(nudity, "scores_of", lambda pictures: [scored.append(one) or 0.25 for one in pictures])
    with open_media(tmp_path / "film.mkv") as reader:
        first = ContentWatch(reader, FrameRange(0, 9), kept=kept).sights([Shot(0, 6), Shot(6, 9)])
        assert len(scored) == len(first) == 4
        again = ContentWatch(reader, FrameRange(0, 9), kept=kept)
        monkeypatch.setattr(type(reader), "frame_at", lambda self, index: pytest.fail("decoded again"))
        assert again.sights([Shot(0, 6), Shot(6, 9)]) == first
        assert len(scored) == 4


@pytest.mark.parametrize("line", ["[1, 0.2", "[1, 7.0]", "[1.0, 0.2]", '[1, "0.2"]', "[1, NaN]", "null", "[1]", "\x00"])
def test_a_score_that_is_none_is_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    make_film(tmp_path / "film.mkv", frames=2)
    (tmp_path / "content.jsonl").write_text(f"[0, 0.5]\n{line}\n")
    monkeypatch.setattr(nudity, "scores_of", lambda pictures: [0.25 for _ in pictures])
    with open_media(tmp_path / "film.mkv") as reader:
        watch = ContentWatch(reader, FrameRange(0, 2), [0, 1], kept=tmp_path / "content.jsonl")
        assert [sight.score for sight in watch.sights([])] == [0.5, 0.25]
