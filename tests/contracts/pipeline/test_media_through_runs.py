"""Clips through whole runs that change nobody: every picture, time, tag and sound arrives, with the label on top."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from clips import Look, Sound, heard, lag_seconds, make_clip, number_of, packets_of, picture, spoiled
from facefusion.core import Frame
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media import open_media, probe, write_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.provenance import verify
from portraits import astronaut, write_png

Pass = Callable[..., RunReport]
WIDTH, HEIGHT = 640, 480
BIG = Look(width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Pass:
    """Runs a plan on a clip in which there is nobody."""
    source = write_png(tmp_path_factory.mktemp("source") / "astronaut.png", astronaut())

    def run_it(target: Path, output: Path, **more: Any) -> RunReport:
        values = {"source": [str(source)], "target": str(target), "output": str(output), "allow_no_face": True, **more}
        return run(Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()}))

    return run_it


def numbers_in(path: Path) -> list[int]:
    with open_media(path) as reader:
        return [number_of(frame.pixels) for frame in reader]


def seconds_in(path: Path) -> list[Fraction]:
    with open_media(path) as reader:
        return [time.seconds for time in reader.timestamps()]


TICKS = [0, 1001, 2002, 4004, 5005, 9009]
LOOKS = {
    "plain": BIG,
    "turned90": Look(width=480, height=640, rotation_deg=90),
    "turned180": Look(width=WIDTH, height=HEIGHT, rotation_deg=180),
    "turned270": Look(width=480, height=640, rotation_deg=270),
    "mirrored": Look(width=WIDTH, height=HEIGHT, mirrored=True),
    "anamorphic": Look(width=WIDTH, height=HEIGHT, sample_aspect_ratio=Fraction(4, 3)),
    "odd": Look(pixel_format="yuv444p", width=641, height=479),
    "hdr10": Look("libx265", "yuv420p10le", WIDTH, HEIGHT, primaries=9, transfer=16, matrix=9, color_range=1),
    "422": Look("ffv1", "yuv422p10le", WIDTH, HEIGHT, primaries=1, transfer=1, matrix=1, color_range=1),
}
QUIET = {"crf": "8", "x265-params": "log-level=none"}


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_arrives(name: str, passed: Pass, tmp_path: Path) -> None:
    look = LOOKS[name]
    look = replace(look, options={"libx265": QUIET, "ffv1": {}}.get(look.codec, look.options))
    suffix = ".mkv" if look.codec == "ffv1" else ".mp4"
    is_mp4 = suffix == ".mp4"
    ticks, base = (TICKS, Fraction(1, 30_000)) if is_mp4 else ([0, 33, 67, 133, 167, 300], Fraction(1, 1000))
    clip = make_clip(tmp_path / f"in{suffix}", ticks=ticks, time_base=base, look=look, sounds=[Sound(seconds=0.3)])
    output = tmp_path / f"out{suffix}"
    report = passed(clip.path, output)
    assert numbers_in(output) == list(range(6))
    assert seconds_in(output) == clip.seconds
    assert packets_of(output, "audio") == packets_of(clip.path, "audio")
    before, after = probe(clip.path), probe(output)
    assert (after.width, after.height) == (look.width, look.height)
    assert (after.rotation_deg, after.mirrored) == (0, False)
    for what in ("bit_depth", "chroma", "color", "sample_aspect_ratio"):
        assert getattr(after, what) == getattr(before, what), what
    assert report.frames == 6


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_clips_arrive(frames: int, passed: Pass, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=frames, look=BIG)
    passed(clip.path, tmp_path / "out.mp4")
    assert numbers_in(tmp_path / "out.mp4") == list(range(frames))


def test_a_part_is_exact_to_the_frame(passed: Pass, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=16, look=BIG, sounds=[Sound(seconds=0.8)])
    passed(clip.path, tmp_path / "out.mp4", start="5f", end="0.48")
    assert numbers_in(tmp_path / "out.mp4") == list(range(5, 12))
    assert seconds_in(tmp_path / "out.mp4") == [Fraction(n, 25) for n in range(7)]
    begin, samples = heard(tmp_path / "out.mp4")
    first, whole = heard(clip.path)
    assert abs(float(first - begin) + lag_seconds(samples, whole) - 0.2) < 0.001


def test_another_rate_keeps_length_and_sound(passed: Pass, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=10, look=BIG, sounds=[Sound(seconds=0.4)])
    passed(clip.path, tmp_path / "out.mp4", output_frame_rate="50")
    assert numbers_in(tmp_path / "out.mp4") == [n for n in range(10) for _ in "ab"]
    assert seconds_in(tmp_path / "out.mp4") == [Fraction(n, 50) for n in range(20)]
    assert packets_of(tmp_path / "out.mp4", "audio") == packets_of(clip.path, "audio")
    passed(clip.path, tmp_path / "pictures.%03d.png", output_frame_rate="12.5")
    assert numbers_in(tmp_path / "pictures.%03d.png") == [1, 3, 5, 7, 9]


def test_a_damaged_frame_is_held_passed_or_refused_by_name(passed: Pass, tmp_path: Path) -> None:
    look = Look(width=WIDTH, height=HEIGHT, options={"crf": "8", "g": "1", "preset": "fast"})
    path = spoiled(make_clip(tmp_path / "in.mp4", frames=8, look=look, sounds=[Sound(seconds=0.32)]), [5])
    report = passed(path, tmp_path / "held.mp4")
    line = "frame 5 (0.200 s) is damaged; the last whole picture is shown instead"
    assert [each for each in report.warnings if "damaged" in each] == [f"{path.name}: {line}"]
    again = passed(path, tmp_path / "held.mp4", keep_work="always", overwrite=True)
    kept = passed(path, tmp_path / "held.mp4", keep_work="always", overwrite=True)
    assert again.warnings == report.warnings
    assert set(report.warnings) <= set(kept.warnings)  # nothing is decoded again, and still it is named
    shutil.rmtree(tmp_path / ".held.mp4.facefusion")
    assert numbers_in(tmp_path / "held.mp4") == [0, 1, 2, 3, 4, 4, 6, 7]
    assert seconds_in(tmp_path / "held.mp4") == [Fraction(n, 25) for n in range(8)]
    assert packets_of(tmp_path / "held.mp4", "audio") == packets_of(path, "audio")
    with pytest.raises(MediaUnreadable, match=r"frame 5 \(0\.200 s\) is damaged"):
        passed(path, tmp_path / "stopped.mp4", damaged_frames="stop")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["held.mp4", "in.mp4", path.name]


def test_interlaced_clips_are_kept_made_whole_or_refused(passed: Pass, tmp_path: Path) -> None:
    look = Look(width=WIDTH, height=HEIGHT, options={"crf": "8", "x264-params": "bff=1"})
    path = make_clip(tmp_path / "in.mp4", frames=6, look=look).path
    assert probe(path).field_order == "bottom"
    for policy, order in (("keep", "bottom"), ("deinterlace", "progressive")):
        report = passed(path, tmp_path / f"{policy}.mp4", interlaced=policy)
        assert len([line for line in report.warnings if "interlaced" in line]) == 1
        assert probe(tmp_path / f"{policy}.mp4").field_order == order
        assert numbers_in(tmp_path / f"{policy}.mp4") == list(range(6))
    with pytest.raises(InvalidInput, match="is interlaced"):
        passed(path, tmp_path / "refused.mp4", interlaced="stop")
    assert not (tmp_path / "refused.mp4").exists()


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_a_clip_becomes_an_animation_and_a_clip_again(suffix: str, passed: Pass, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=8, look=BIG, sounds=[Sound(seconds=0.32)])
    output = tmp_path / f"out{suffix}"
    report = passed(clip.path, output, start="2f")
    assert any("carry no sound" in line for line in report.warnings)
    assert numbers_in(output) == list(range(2, 8))
    assert seconds_in(output) == [Fraction(n, 25) for n in range(6)]
    assert verify(output).is_marked
    passed(output, tmp_path / "back.mp4")
    assert numbers_in(tmp_path / "back.mp4") == list(range(2, 8))
    assert seconds_in(tmp_path / "back.mp4") == [Fraction(n, 25) for n in range(6)]


def test_a_sequence_becomes_a_sequence_with_its_numbers(passed: Pass, tmp_path: Path) -> None:
    for number in range(1001, 1006):
        write_image(tmp_path / f"in.{number}.png", Frame(picture(number - 1001, WIDTH, HEIGHT)))
    passed(tmp_path / "in.%04d.png", tmp_path / "out.%04d.png")
    names = sorted(path.name for path in tmp_path.glob("out.*"))
    assert names == ["out.####.png.c2pa", *(f"out.{number}.png" for number in range(1001, 1006))]
    assert numbers_in(tmp_path / "out.%04d.png") == list(range(5))
    passed(tmp_path / "in.%04d.png", tmp_path / "out.mov", output_frame_rate="23.976", end="4f")
    assert numbers_in(tmp_path / "out.mov") == list(range(4))
    assert seconds_in(tmp_path / "out.mov") == [Fraction(n * 1001, 24_000) for n in range(4)]
    (tmp_path / "in.1003.png").unlink()
    with pytest.raises(InvalidInput, match=r"in\.1003\.png: is missing from the sequence 1001–1005"):
        passed(tmp_path / "in.%04d.png", tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_a_clip_becomes_a_sequence_numbered_by_its_frames(passed: Pass, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=8, look=BIG)
    passed(clip.path, tmp_path / "out.%04d.png", start="3f")
    names = sorted(path.name for path in tmp_path.glob("out.*"))
    assert names == ["out.####.png.c2pa", *(f"out.{number:04d}.png" for number in range(4, 9))]
    assert numbers_in(tmp_path / "out.%04d.png") == list(range(3, 8))
