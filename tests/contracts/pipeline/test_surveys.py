"""Clips measured in chunks: the same bytes for any number of workers, whole tracks, resumed and cached part by part."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from facefusion.core import Analysis, FrameRange, Progress, ProgressEvent
from facefusion.errors import Cancelled
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.track import FaceTracker
from facefusion.media import open_media
from facefusion.media.policy import ReadPolicy
from facefusion.pipeline import analysis_keys, clip_survey, measuring
from facefusion.pipeline.analyse import survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_sections import sections_of
from facefusion.pipeline.measuring import chunks_of, spans_of
from portraits import make_film, nobody, scene, somebody_else

SHARED_CLIPS = Path(__file__).parents[3].parent / "shared" / "media" / "clips"
FRAMES, CUT, CHUNK = 76, 45, 20


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head that wanders; then, after a cut, on another ground; then nobody."""
    path = tmp_path_factory.mktemp("survey") / "clip.mp4"
    make_film(path, draw=frame_of, frames=FRAMES)
    return path


def frame_of(number: int, width: int, height: int) -> np.ndarray:
    if number >= 70:
        return nobody(number, width, height)
    across, down = 12 * np.sin(number / 7), 6 * np.cos(number / 5)
    head = np.float32([[1, 0, width / 2 - 224 + across], [0, 1, height / 2 - 122 + down]])
    picture = cv2.warpAffine(somebody_else(), head, (width, height), borderValue=(90, 110, 90))
    return picture if number < CUT else np.ascontiguousarray(picture[:, ::-1] // 2 + np.uint8(60))


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "CHUNK_FRAMES", CHUNK)


def surveyed(path: Path, analyser: FaceAnalyser, progress: Progress | None = None, **more: Any) -> Analysis:
    with open_media(path) as reader:
        return survey(reader, FrameRange(0, reader.num_frames), analyser, progress or Progress(), **more)


def test_chunks_cover_every_frame_once_and_share_some() -> None:
    for length in (0, 1, 50, 120, 179, 180, 181, 1000):
        chunks = chunks_of(FrameRange(7, 7 + length))
        assert [index for chunk in chunks for index in range(chunk.body.start, chunk.body.stop)] == list(
            range(7, 7 + length)
        )
        assert all(len(chunk.shared) == (8 if chunk.number else 0) for chunk in chunks)
        assert all(60 <= len(chunk.body) <= 180 for chunk in chunks) or length < 60


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_spans_hold_every_chunk_once_and_only_neighbours(workers: int) -> None:
    chunks = [chunk for chunk in chunks_of(FrameRange(0, 3000)) if chunk.number not in (3, 4)]
    spans = spans_of(chunks, workers=workers)
    assert [chunk for span in spans for chunk in span] == chunks
    assert all(b.number == a.number + 1 for span in spans for a, b in pairwise(span))
    assert workers == 1 or len(spans) >= workers


@pytest.mark.usefixtures("short_chunks")
def test_any_number_of_workers_gives_the_same_bytes(clip: Path, analyser: FaceAnalyser) -> None:
    one, two, three = (sections_of(surveyed(clip, analyser, workers=workers)) for workers in (1, 2, 3))
    assert one == two == three


@pytest.mark.usefixtures("short_chunks")
def test_chunks_joined_are_as_good_as_one_pass(clip: Path, analyser: FaceAnalyser) -> None:
    found = surveyed(clip, analyser)
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, CUT), (CUT, 70), (70, FRAMES)]
    assert [(track.first, track.last, len(track)) for track in found.tracks] == [(0, CUT - 1, CUT), (CUT, 69, 25)]
    tracker = FaceTracker(analyser)
    with open_media(clip) as reader:
        for frame in reader:
            if frame.index in (CUT, 70):
                tracker.reset()
            tracker.update(frame.pixels, frame.index)
    for joined, whole in zip(found.tracks, tracker.tracks(), strict=True):
        eyes = whole.face(whole.first).eye_distance_px
        apart = np.linalg.norm(joined.landmarks()[..., :2] - whole.landmarks()[..., :2], axis=2).mean(axis=1)
        assert apart.mean() < 0.01 * eyes
        assert apart.max() < 0.03 * eyes
        assert jitter(joined) < 1.1 * jitter(whole)


def jitter(track: Any) -> float:
    return float(np.abs(np.diff(track.landmarks()[..., :2], n=2, axis=0)).mean())


@pytest.mark.usefixtures("short_chunks")
def test_every_face_is_measured(clip: Path, analyser: FaceAnalyser) -> None:
    found = surveyed(clip, analyser)
    assert found.grain is not None
    assert np.isfinite(found.grain).all()
    for track in found.tracks:
        assert np.isfinite(track.columns.sharpness).all()
        assert np.isfinite(track.columns.light).all()
        assert np.isfinite(track.columns.hidden).all()
    assert set(found.samples) == {track.track_id for track in found.tracks}
    assert all(len(samples) >= 2 and samples.thumbnail for samples in found.samples.values())


@pytest.mark.usefixtures("short_chunks")
def test_finished_chunks_are_not_measured_again(clip: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    whole = surveyed(clip, analyser)
    stopping = Progress()
    stopping.listener = lambda event: stopping.cancel() if event.done >= 50 else None
    with pytest.raises(Cancelled):
        surveyed(clip, analyser, stopping, chunks=tmp_path / "chunks")
    kept = sorted(path.name for path in (tmp_path / "chunks").iterdir())
    assert kept == ["chunk_000000.ffc", "chunk_000001.ffc"]
    (tmp_path / "chunks" / kept[0]).write_bytes(b"damaged")
    seen = counted()
    again = surveyed(clip, analyser, seen.progress, chunks=tmp_path / "chunks")
    assert seen.measured == FRAMES - CHUNK
    assert sections_of(again) == sections_of(whole)


class counted:
    """A progress that tells how many frames were really measured, one at a time."""

    def __init__(self) -> None:
        self.measured, self._done = 0, 0
        self.progress = Progress(self._tell)

    def _tell(self, event: ProgressEvent) -> None:
        self.measured += event.done - self._done == 1
        self._done = event.done


def test_chunks_of_another_clip_are_not_used(clip: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    make_film(other, draw=scene, frames=12)
    surveyed(other, analyser, chunks=tmp_path / "chunks")
    make_film(other, draw=nobody, frames=12)
    assert surveyed(other, analyser, chunks=tmp_path / "chunks").is_empty


@pytest.fixture
def small(tmp_path: Path) -> Path:
    make_film(tmp_path / "small.mp4", draw=scene, frames=14)
    return tmp_path / "small.mp4"


def test_a_known_clip_is_not_measured_again(
    small: Path, analyser: FaceAnalyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = AnalysisCache(tmp_path / "cache")
    first = surveyed(small, analyser, cache=cache)
    small.rename(tmp_path / "renamed.mp4")
    monkeypatch.setattr("facefusion.pipeline.analyse.survey_clip", None)
    again = surveyed(tmp_path / "renamed.mp4", analyser, cache=cache)
    sections = [dict(sections_of(one)) for one in (first, again)]
    assert [one.pop("clip") != b"" for one in sections] == [True, True]
    assert sections[0] == sections[1]


def test_a_changed_clip_or_part_is_measured(small: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path / "cache")
    surveyed(small, analyser, cache=cache)
    make_film(small, draw=nobody, frames=14)
    assert surveyed(small, analyser, cache=cache).is_empty
    with open_media(small) as reader:
        part = survey(reader, FrameRange(2, 6), analyser, Progress(), cache=cache)
    assert part.part == FrameRange(2, 6)
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_another_way_of_reading_the_pictures_is_another_measurement() -> None:
    held, passed = (analysis_keys.keys_of(("cpu",), reading=ReadPolicy(damaged=how)) for how in ("hold", "pass"))
    assert analysis_keys.stale_parts(held, passed) == {"shots", "faces", "people", "measures"}
    assert analysis_keys.stale_parts(held, analysis_keys.keys_of(("cpu",))) == set()
    assert "shots" not in analysis_keys.stale_parts(held, analysis_keys.keys_of(("cuda", "cpu")))


@pytest.mark.parametrize(("height", "most"), [(360, 16), (720, 9), (1080, 4), (2160, 2), (4320, 1)])
def test_large_frames_get_fewer_workers(height: int, most: int) -> None:
    reader = SimpleNamespace(info=SimpleNamespace(width=height * 16 // 9, height=height, bit_depth=8))
    found = clip_survey._workers_for(reader)  # type: ignore[arg-type]
    assert min(found, 16) == most


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("part", ["shots", "faces", "people", "measures"])
def test_only_what_depends_on_a_change_is_measured_again(
    part: str, clip: Path, analyser: FaceAnalyser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = AnalysisCache(tmp_path / "cache")
    first = surveyed(clip, analyser, cache=cache)
    monkeypatch.setattr(analysis_keys, "_VERSIONS", {**analysis_keys._VERSIONS, part: 99})
    called = spied(monkeypatch)
    again = surveyed(clip, analyser, cache=cache)
    everything = ["survey_clip", "with_people"]
    expected = {"shots": everything, "faces": everything, "people": ["with_people"], "measures": ["measured_anew"]}
    assert called == expected[part]
    assert again.made_with != first.made_with
    assert sections_of(replace(again, made_with={})) == sections_of(replace(first, made_with={}))
    called.clear()
    surveyed(clip, analyser, cache=cache)
    assert called == []


def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    called: list[str] = []
    for name in ("survey_clip", "measured_anew", "with_people"):
        genuine = getattr(clip_survey, name)

        def spy(*given: Any, _name: str = name, _genuine: Any = genuine, **more: Any) -> Analysis:
            called.append(_name)
            return _genuine(*given, **more)  # type: ignore[no-any-return]

        monkeypatch.setattr(f"facefusion.pipeline.analyse.{name}", spy)
    return called


def test_a_cache_that_cannot_be_written_costs_a_line(small: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    said: list[str] = []
    progress = Progress(lambda event: said.append(event.message) if event.message else None)
    assert not surveyed(small, analyser, progress, cache=AnalysisCache(tmp_path / "cache")).is_empty
    assert len(said) == 1
    assert said[0].startswith("the analysis is not kept for another run: ")


def test_a_damaged_analysis_in_the_cache_is_measured_again(small: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path / "cache")
    first = surveyed(small, analyser, cache=cache)
    (path,) = (tmp_path / "cache").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    assert sections_of(surveyed(small, analyser, cache=cache)) == sections_of(first)
    assert path.read_bytes() == whole


def test_the_cache_forgets_what_was_used_least_lately(small: Path, analyser: FaceAnalyser, tmp_path: Path) -> None:
    first = surveyed(small, analyser)
    cache = AnalysisCache(tmp_path / "cache", most_bytes=4 * sum(map(len, sections_of(first).values())))
    assert first.media is not None
    oldest = replace(first.media, digest="0" * 64)
    for number in range(6):
        cache.keep(replace(first, media=replace(first.media, digest=str(number) * 64)))
        assert cache.load(oldest, FrameRange(0, 14)) is not None
    assert {path.name[0] for path in (tmp_path / "cache").iterdir()} == {"0", "4", "5"}


@pytest.mark.shared_media
@pytest.mark.slow
@pytest.mark.usefixtures("short_chunks")
def test_a_real_performance_in_chunks_is_one_track_as_steady_as_in_one_go(analyser: FaceAnalyser) -> None:
    path = SHARED_CLIPS / "lp_d0_green.mp4"
    if not path.is_file():
        pytest.skip("the shared media folder is not beside the repository")
    found = surveyed(path, analyser, workers=2)
    tracker = FaceTracker(analyser)
    with open_media(path) as reader:
        for frame in reader:
            tracker.update(frame.pixels, frame.index)
    (joined,), (whole,) = found.tracks, tracker.tracks()
    assert len(joined) == len(whole) == 78
    eyes = whole.face(0).eye_distance_px
    apart = np.linalg.norm(joined.landmarks()[..., :2] - whole.landmarks()[..., :2], axis=2).mean(axis=1)
    assert apart.max() < 0.01 * eyes
    assert jitter(joined) < 1.02 * jitter(whole)
