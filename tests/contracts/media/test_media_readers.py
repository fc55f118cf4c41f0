"""Every reader, every clip: the right pictures, in order, at the right times."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clips import MARKS, Clip, make_clip, number_of, remuxed
from facefusion.errors import InvalidInput
from facefusion.media import open_media
from named_clips import MAKERS

Get = Callable[[str], Clip]
COLOURLESS = {"gray.mkv"}


def numbers(frames: list, name: str) -> list[int]:
    if name not in COLOURLESS:
        return [number_of(frame.pixels) for frame in frames]
    painted = []
    for frame in frames:  # give the grey picture its marks back
        pixels = frame.pixels.copy()
        height, width = pixels.shape[:2]
        pixels[: height // 3] = MARKS[np.arange(width) * 4 // width]
        painted.append(number_of(pixels))
    return painted


@pytest.mark.parametrize("name", MAKERS)
def test_whole_clip(name: str, clips: Get) -> None:
    clip = clips(name)
    with open_media(clip.path) as reader:
        frames = list(reader)
        assert numbers(frames, name) == list(clip.numbers)
        assert [frame.index for frame in frames] == list(clip.numbers)
        assert {(frame.width, frame.height) for frame in frames} == {(clip.width, clip.height)}
        assert (reader.info.width, reader.info.height) == (clip.width, clip.height)
        assert reader.num_frames == len(clip.numbers)
        assert [time.seconds for time in reader.timestamps()] == [frame.timestamp.seconds for frame in frames]
        free = name.endswith((".ts", ".avi"))  # their clocks begin anywhere
        start = reader.info.start_seconds - clip.seconds[0] if free else Fraction(0)
        tolerance = 0 if name.endswith((".mp4", ".mov", ".ts", ".avi")) else Fraction(1, 1000)
        for frame, seconds in zip(frames, clip.seconds, strict=True):
            assert abs(frame.timestamp.seconds - start - seconds) <= tolerance


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (3, 7), (5, 6), (6, None)])
def test_range_is_exact(name: str, start: int, stop: int | None, clips: Get) -> None:
    clip = clips(name)
    if start >= len(clip.numbers):
        start, stop = len(clip.numbers) - 1, None
    with open_media(clip.path) as reader:
        frames = list(reader.frames(start=start, stop=stop))
        assert numbers(frames, name) == list(clip.numbers[start:stop])
        assert [frame.index for frame in frames] == list(clip.numbers[start:stop])


SOUGHT = ["plain.mp4", "hevc.mp4", "av1.mp4", "odd.webm", "old.avi", "broadcast.ts", "negative.ts"]


@pytest.mark.parametrize("name", SOUGHT)
def test_every_single_frame_can_be_sought(name: str, clips: Get) -> None:
    clip = clips(name)
    with open_media(clip.path) as reader:
        for index in [*reversed(clip.numbers), 0, 1, 2, 5, 4, 20, 22, 2]:
            assert number_of(reader.frame_at(index).pixels) == index
        with pytest.raises(InvalidInput, match=r"has no frame 24"):
            reader.frame_at(24)


@pytest.mark.parametrize("name", ["open_gop.mp4", "open_gop.ts", "open_gop_hevc.mkv"])
def test_frames_that_lean_on_the_group_before_are_whole_when_sought(name: str, clips: Get) -> None:
    """In an open group, pictures shown before the key frame need the group before it."""
    with open_media(clips(name).path) as reader:
        whole = [frame.pixels for frame in reader]
        assert len(whole) == 40
        for index in range(40):
            assert np.array_equal(next(iter(reader.frames(start=index))).pixels, whole[index]), index


@pytest.mark.parametrize("hidden", [1, 7, 8, 12])
def test_frames_that_an_edit_list_hides_are_not_shown(hidden: int, tmp_path: Path) -> None:
    """As phones trim: the pictures before the cut stay in the file, at negative times."""
    whole = make_clip(tmp_path / "whole.mp4")
    trimmed = remuxed(whole.path, tmp_path / "trimmed.mp4", earlier=Fraction(hidden, 25))
    with open_media(trimmed) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(hidden, 24))
        assert [time.seconds for time in reader.timestamps()] == [Fraction(n, 25) for n in range(24 - hidden)]
        assert number_of(reader.frame_at(23 - hidden).pixels) == 23
        assert number_of(reader.frame_at(0).pixels) == hidden


def test_iterations_do_not_disturb_one_another(clips: Get) -> None:
    with open_media(clips("plain.mp4").path) as reader:
        pairs = zip(reader.frames(start=4), reader.frames(start=9), strict=False)
        assert all(number_of(b.pixels) - number_of(a.pixels) == 5 for a, b in pairs)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_threads_do_not_change_pictures(threads: int, clips: Get) -> None:
    with open_media(clips("plain.mp4").path, threads=threads) as reader, open_media(clips("plain.mp4").path) as other:
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(reader, other, strict=True))


def test_depth_and_range(clips: Get) -> None:
    for name in ("tenbit.mp4", "tenbit.mov"):
        with open_media(clips(name).path) as reader:
            frame = reader.frame_at(0)
            assert reader.info.bit_depth == 10
            assert frame.pixels.dtype == np.uint16
            white = frame.pixels[5:19, -12:]
            assert white.min() > 64_000
            assert white.max() == 65_535 or white.mean() > 65_300


@pytest.mark.parametrize(
    ("name", "tags"), [("wide.mp4", (9, 16, 9, False)), ("full.mp4", (1, 1, 1, True)), ("plain.mp4", (2, 2, 2, None))]
)
def test_colour_tags(name: str, tags: tuple, clips: Get) -> None:
    with open_media(clips(name).path) as reader:
        color = reader.info.color
        assert (color.primaries, color.transfer, color.matrix, color.full_range) == tags


def test_rotation_is_told(clips: Get) -> None:
    for name, turn in (("turned90.mp4", 90), ("turned180.mov", 180), ("turned270.mp4", 270), ("plain.mp4", 0)):
        with open_media(clips(name).path) as reader:
            assert (reader.info.rotation_deg, reader.info.mirrored) == (turn, False)
    for turn in (0, 90, 180, 270):
        with open_media(clips(f"mirrored{turn}.mp4").path) as reader:
            assert (reader.info.rotation_deg, reader.info.mirrored) == (turn, True)


def test_seconds_become_a_range(clips: Get) -> None:
    with open_media(clips("late.mp4").path) as reader:
        chosen = reader.range_between(Fraction(1001 * 2, 30_000), Fraction(1001 * 5, 30_000))
        assert (chosen.start, chosen.stop) == (2, 5)
        assert reader.range_between(None, None).stop == 12
        assert len(reader.range_between(Fraction(100), None)) == 0
