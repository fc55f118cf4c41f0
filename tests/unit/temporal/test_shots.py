"""Cuts are seen; pans, flashes and noise are not; pieces that overlap give the same cuts as the whole."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import Frame, Timestamp
from facefusion.temporal.shots import LAG, LEAD, ShotFinder, with_cuts

SHARED_CLIPS = Path(__file__).parents[3].parent / "shared" / "media" / "clips"
Picture = NDArray[np.generic]


def cuts_of(frames: list[Picture]) -> list[int]:
    finder = ShotFinder()
    told = [is_cut for frame in frames for is_cut in finder.push(frame)] + finder.finish()
    assert len(told) == len(frames)
    return [index for index, is_cut in enumerate(told) if is_cut]


def scene(seed: int, shift: int = 0, dtype: str = "uint8") -> Picture:
    """Blobs of colour, 640 × 360, moved sideways by `shift` pixels."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 24, 3))
    rows, columns = np.arange(360) // 60, (np.arange(640) + shift) // 60
    picture = small[rows][:, columns].astype(np.uint8)
    return (picture * {"uint8": 1.0, "uint16": 257.0, "float32": 1 / 255}[dtype]).astype(dtype)


def lit(frame: Picture, gain: float) -> Picture:
    return np.clip(frame.astype(np.float32) * gain, 0, 255).astype(np.uint8)


def two_shots(first: int = 9, then: int = 9) -> list[Picture]:
    return [scene(1, 2 * n) for n in range(first)] + [scene(2, 2 * n) for n in range(then)]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_cut_is_the_first_frame_of_the_new_shot(dtype: str) -> None:
    assert cuts_of([scene(1, 2 * n, dtype) for n in range(6)] + [scene(2, 2 * n, dtype) for n in range(6)]) == [6]


@pytest.mark.parametrize(("first", "then"), [(1, 8), (2, 8), (8, 1), (8, 2)])
def test_cuts_at_the_very_ends_are_seen(first: int, then: int) -> None:
    assert cuts_of(two_shots(first, then)) == [first]


def test_a_shot_of_five_frames_is_one() -> None:
    frames = [scene(1)] * 10 + [scene(2)] * 5 + [scene(3)] * 10
    assert cuts_of(frames) == [10, 15]


def test_a_fast_pan_is_no_cut() -> None:
    assert cuts_of([scene(1, 25 * n) for n in range(20)]) == []
    assert cuts_of([scene(1)] * 8 + [scene(1, 25 * n) for n in range(20)]) == []


def test_noise_is_no_cut() -> None:
    rng, base = np.random.default_rng(0), scene(3).astype(int)
    assert cuts_of([np.clip(base + rng.normal(0, 20, base.shape), 0, 255).astype(np.uint8) for _ in range(10)]) == []


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("level", [0, 255])
def test_white_and_black_frames_are_no_cut(length: int, level: int) -> None:
    frames = [scene(1, 2 * n) for n in range(20)]
    for index in range(8, 8 + length):
        frames[index] = np.full_like(frames[index], level)
    assert cuts_of(frames) == []


def test_a_flash_that_fades_and_a_light_switched_off_are_no_cut() -> None:
    frames = [scene(1, 2 * n) for n in range(30)]
    assert cuts_of([lit(f, 1 + 2 * np.exp(-(n - 10) / 4) if n >= 10 else 1) for n, f in enumerate(frames)]) == []
    assert cuts_of([lit(f, 0.3 if n >= 10 else 1) for n, f in enumerate(frames)]) == []


def test_nothing_and_one_frame_have_no_cut() -> None:
    assert cuts_of([]) == []
    assert cuts_of([scene(1)]) == [] == cuts_of([scene(1), scene(1)])


@pytest.mark.parametrize("seam", range(4, 26))
def test_pieces_that_overlap_give_the_cuts_of_the_whole(seam: int) -> None:
    frames = (
        [scene(1, 3 * n) for n in range(11)] + [scene(2, 3 * n) for n in range(7)] + [scene(3, n) for n in range(12)]
    )
    first = cuts_of(frames[: seam + LAG])
    begin = max(seam - LEAD, 0)
    second = [begin + cut for cut in cuts_of(frames[begin:])]
    joined = [cut for cut in first if cut < seam] + [cut for cut in second if cut >= seam]
    assert joined == cuts_of(frames) == [11, 18]


def test_frames_come_out_in_order_with_their_cut() -> None:
    frames = [Frame(pixels, index, Timestamp(index, Fraction(1, 25))) for index, pixels in enumerate(two_shots())]
    told = list(with_cuts(frames, ShotFinder()))
    assert [frame.index for frame, _ in told] == list(range(18))
    assert [frame.index for frame, is_cut in told if is_cut] == [9]


@pytest.mark.shared_media
@pytest.mark.slow
def test_every_cut_between_real_clips_is_found_and_none_inside() -> None:
    import av

    if not SHARED_CLIPS.is_dir():
        pytest.skip("the shared media folder is not beside the repository")
    clips = {}
    for path in sorted(SHARED_CLIPS.glob("*.mp4")):
        with av.open(str(path)) as clip:
            frames = [cv2.resize(f.to_ndarray(format="rgb24"), (320, 180)) for f in clip.decode(video=0)]
        assert cuts_of(frames) == [], path.name
        clips[path.name] = frames
    for one, other in permutations(clips, 2):
        assert cuts_of(clips[one][:20] + clips[other][30:50]) == [20], (one, other)
