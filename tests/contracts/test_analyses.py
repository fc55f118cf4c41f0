"""`facefusion analyse`, and analyses that are kept: what they hold, when they are used, and when they are refused."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from command_line import call, contents, refused, succeeded
from facefusion.media import open_media
from facefusion.pipeline.analysis_file import read_analysis
from portraits import astronaut, make_film, nobody, scene, write_png


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_film(tmp_path / "clip.mp4", frames=8)
    return tmp_path / "clip.mp4"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_png(tmp_path / "source.png", astronaut())


def frames_of(path: Path) -> list[bytes]:
    with open_media(path) as reader:
        return [frame.pixels.tobytes() for frame in reader]


def test_an_analysis_says_what_is_in_the_clip(clip: Path) -> None:
    outcome = call("analyse", clip)
    file = clip.with_suffix(".ffa")
    assert f"{file}: 8 frames, 1 shot, 1 track, 8 faces, 1 person" in outcome.err
    found = read_analysis(file)
    assert (found.num_frames, len(found.shots), len(found.people)) == (8, 1, 1)
    assert found.media is not None
    assert found.media.name == "clip.mp4"
    assert np.ptp(np.diff(found.media.pts)) == 0
    assert float(found.media.time_base * int(found.media.pts[1] - found.media.pts[0])) == pytest.approx(1 / 25)
    track = found.tracks[0]
    assert track.landmarks().shape == (8, 478, 3)
    assert track.columns.poses[:, 0].std() < 3


@pytest.mark.parametrize("workers", ["1", "2", "5"])
def test_any_number_of_workers_writes_the_same_file(clip: Path, tmp_path: Path, workers: str) -> None:
    for name, count in (("a", "1"), ("b", workers)):
        succeeded("analyse", clip, "-o", tmp_path / f"{name}.ffa", "--workers", count, "--no-analysis-cache")
    assert (tmp_path / "a.ffa").read_bytes() == (tmp_path / "b.ffa").read_bytes()


def test_options_that_change_what_is_measured_are_taken_and_others_refused(clip: Path, tmp_path: Path) -> None:
    every_third = ("--temporal-key-frame-interval", "3")
    succeeded("analyse", clip, "-o", tmp_path / "a.ffa")
    succeeded("analyse", clip, "-o", tmp_path / "b.ffa", *every_third)
    plain, sparse = (read_analysis(tmp_path / f"{name}.ffa") for name in "ab")
    assert (plain.tracks[0].columns.scores > 0).all()
    assert (sparse.tracks[0].columns.scores == 0).sum() >= 4
    assert plain.made_with["shots"] == sparse.made_with["shots"]
    assert plain.made_with["faces"] != sparse.made_with["faces"]
    refused(tmp_path, 2, "mask-blur", "analyse", clip, "--mask-blur", "0.3")
    refused(tmp_path, 2, "1 to 25", "analyse", clip, "--temporal-key-frame-interval", "90")


def test_an_analysis_is_replaced_only_when_asked(clip: Path, tmp_path: Path) -> None:
    succeeded("analyse", clip, "-o", tmp_path / "a.ffa")
    refused(tmp_path, 7, "is there already", "analyse", clip, "-o", tmp_path / "a.ffa")
    succeeded("analyse", clip, "-o", tmp_path / "a.ffa", "--overwrite")


def test_a_picture_and_a_clip_with_nobody_are_analysed_too(tmp_path: Path) -> None:
    succeeded("analyse", write_png(tmp_path / "face.png", scene()))
    assert [len(track) for track in read_analysis(tmp_path / "face.ffa").tracks] == [1]
    make_film(tmp_path / "hills.mp4", draw=nobody, frames=3)
    outcome = succeeded("analyse", tmp_path / "hills.mp4", "--json")
    answer = json.loads(outcome.out[outcome.out.index("{\n") :])
    assert (answer["people"], answer["faces"], answer["frames"]) == (0, 0, 3)


@pytest.mark.usefixtures("one_number")
def test_a_second_run_does_not_measure_and_gives_the_same_frames(clip: Path, source: Path, tmp_path: Path) -> None:
    cache = ("--analysis-cache", tmp_path / "kept")
    for name in ("first", "second"):
        succeeded("run", "--source", source, "--target", clip, "--output", tmp_path / f"{name}.mp4", *cache)
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.suffix == ".ffa"
    assert frames_of(tmp_path / "first.mp4") == frames_of(tmp_path / "second.mp4")
    stamp = kept.read_bytes()
    fresh = tmp_path / "fresh.mp4"
    succeeded("run", "--source", source, "--target", clip, "--output", fresh, "--no-analysis-cache")
    assert frames_of(fresh) == frames_of(tmp_path / "first.mp4")
    assert kept.read_bytes() == stamp


def test_what_people_measured_serves_a_run(clip: Path, source: Path, tmp_path: Path) -> None:
    cache = ("--analysis-cache", tmp_path / "kept")
    succeeded("people", clip, *cache)
    before = contents(tmp_path / "kept")
    succeeded("--json", "run", "--source", source, "--target", clip, "--output", tmp_path / "o.mp4", *cache)
    assert contents(tmp_path / "kept") == before


def test_the_environment_places_the_cache(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFUSION_CACHE", str(tmp_path / "mine"))
    succeeded("analyse", clip, "--no-analysis-cache")
    assert not (tmp_path / "mine").exists()
    succeeded("analyse", clip, "--overwrite")
    assert len(list((tmp_path / "mine" / "analyses").iterdir())) == 1


def test_a_place_for_the_cache_and_none_contradict(clip: Path, tmp_path: Path) -> None:
    refused(tmp_path, 2, "give one of them", "analyse", clip, "--analysis-cache", tmp_path / "c", "--no-analysis-cache")


def test_a_cache_that_cannot_be_written_is_said_and_costs_nothing(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    outcome = succeeded("analyse", clip, "--analysis-cache", tmp_path / "file")
    assert "the analysis is not kept for another run" in outcome.err
    assert (tmp_path / "clip.ffa").is_file()


@pytest.fixture
def analysed(clip: Path) -> Path:
    succeeded("analyse", clip)
    return clip.with_suffix(".ffa")


def rendered(tmp_path: Path, source: Path, says: str) -> str:
    """What `facefusion render` says as it refuses with exit code 3."""
    arguments = ("render", tmp_path / "clip.ffa", "--source", source, "--output", tmp_path / "out.mp4")
    return refused(tmp_path, 3, re.escape(says), *arguments)


def test_an_analysis_of_another_clip_is_refused(analysed: Path, clip: Path, source: Path, tmp_path: Path) -> None:
    make_film(clip, frames=9)
    line = rendered(tmp_path, source, "was made from another clip (clip.mp4, 8 frames), or")
    assert "has changed since; analyse it again: facefusion analyse" in line


def test_a_clip_with_one_byte_changed_is_refused(analysed: Path, clip: Path, source: Path, tmp_path: Path) -> None:
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1
    clip.write_bytes(data)
    rendered(tmp_path, source, "has changed since")


def test_a_truncated_analysis_is_refused(analysed: Path, source: Path, tmp_path: Path) -> None:
    analysed.write_bytes(analysed.read_bytes()[:-1])
    rendered(tmp_path, source, "ends too early, so it was not copied whole; copy it again, or make one")


def test_an_analysis_of_another_version_is_refused(analysed: Path, source: Path, tmp_path: Path) -> None:
    data = analysed.read_bytes()
    analysed.write_bytes(data[:8] + struct.pack("<I", 2) + data[12:])
    rendered(tmp_path, source, "is an analysis of version 2, this program reads version 1; make one")


def test_a_damaged_analysis_is_refused(analysed: Path, source: Path, tmp_path: Path) -> None:
    data = bytearray(analysed.read_bytes())
    data[len(data) // 2] ^= 16
    analysed.write_bytes(data)
    rendered(tmp_path, source, "is damaged (checksum differs); copy it again, or make one")


def test_what_is_no_analysis_is_refused(analysed: Path, source: Path, tmp_path: Path) -> None:
    analysed.write_bytes(source.read_bytes())
    rendered(tmp_path, source, "is not an analysis of FaceFusion; make one")
    analysed.write_bytes(b"")
    rendered(tmp_path, source, "is empty")
    analysed.unlink()
    rendered(tmp_path, source, "no such file")


def test_a_clip_that_is_no_clip_leaves_no_analysis(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no clip at all")
    before = contents(tmp_path)
    assert call("analyse", tmp_path / "clip.mp4").code == 3
    assert contents(tmp_path) == before
