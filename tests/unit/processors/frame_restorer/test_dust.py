"""Dust is told from small things that fly, from what another scene shows, and from grain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import Analysis, Frame, Shot
from facefusion.processors.frame_restorer import FilmSurveyor, FrameRestorer, Settings
from facefusion.processors.frame_restorer.dust import filled, spots_of
from facefusion.processors.frame_restorer.kept import Kept
from facefusion.processors.frame_restorer.motion import motion_between, small_of
from facefusion.processors.frame_restorer.scratches import scratch_mask

WIDTH, HEIGHT, COUNT = 192, 128, 9
UInt8 = NDArray[np.uint8]
DUST_ONLY = Settings(deflicker=0.0, scratches=0.0, grain=0.0, deblock=0.0)


def wall(seed: int = 0) -> UInt8:
    """A soft, lively background."""
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 5)
    return np.clip((soft - soft.mean()) * 4 + 115, 0, 255).astype(np.uint8)


def disc(picture: UInt8, x: float, y: float, radius: float, color: tuple[int, int, int]) -> None:
    cv2.circle(picture, (round(x * 16), round(y * 16)), round(radius * 16), color, -1, cv2.LINE_AA, 4)


def restorer_of(frames: list[Frame], settings: Settings) -> FrameRestorer:
    surveyor = FilmSurveyor(settings, Analysis(len(frames), WIDTH, HEIGHT, shots=(Shot(0, len(frames)),)))
    for frame in frames:
        surveyor.look(frame)
    return FrameRestorer(settings, surveyor.found())


def flown(bounces: int) -> list[Frame]:
    """Snow that falls, a ball that flies and bounces at frame `bounces`, and one speck on frame 4."""
    pictures = [wall() for _ in range(COUNT)]
    for number, picture in enumerate(pictures):
        for flake in range(6):
            disc(picture, 15 + 28 * flake + 2 * number, 15 * flake + 5 * number + 8, 1.6, (250, 250, 250))
        disc(
            picture, 20 + 8 * number, 100 - 4 * (number - bounces) * (1 if number > bounces else -1), 3, (240, 230, 40)
        )
    disc(pictures[4], 170.5, 30.5, 3, (10, 10, 10))
    return [Frame(pixels, index=index) for index, pixels in enumerate(pictures)]


@pytest.mark.parametrize("at", [2, 4, 6])
@pytest.mark.parametrize("bounces", [9, 4])
def test_snow_and_balls_stay_and_a_speck_among_them_goes(at: int, bounces: int) -> None:
    frames = flown(bounces)
    after = restorer_of(frames, DUST_ONLY).process_window(frames, at).pixels.astype(int)
    flying = np.abs(frames[at].pixels.astype(int) - wall()).max(axis=2) > 60
    flying[20:40, 160:180] = False
    assert flying.sum() > 80
    assert np.abs(after - frames[at].pixels)[flying].mean() < 15
    if at == 4:
        assert np.abs(after[28:33, 168:173] - wall()[28:33, 168:173]).max() < 20


def test_dust_that_lies_somewhere_else_on_each_frame_is_no_flight() -> None:
    rng = np.random.default_rng(1)
    pictures = [wall() for _ in range(COUNT)]
    for picture in pictures:
        for _ in range(8):
            disc(picture, rng.uniform(5, WIDTH - 5), rng.uniform(5, HEIGHT - 5), rng.uniform(1.2, 4), (250, 250, 250))
    frames = [Frame(pixels, index=index) for index, pixels in enumerate(pictures)]
    restorer = restorer_of(frames, DUST_ONLY)
    left = [np.abs(restorer.process_window(frames, at).pixels.astype(int) - wall()).max(axis=2) > 40
            for at in range(2, 7)]  # fmt: skip
    before = [np.abs(frames[at].pixels.astype(int) - wall()).max(axis=2) > 40 for at in range(2, 7)]
    assert np.sum(left) < 0.12 * np.sum(before)


def test_a_cut_that_was_missed_brings_nothing_of_the_other_scene() -> None:
    rng = np.random.default_rng(2)
    pictures = [wall(0)] * 4 + [wall(1)] * 5
    noisy = [np.clip(one + rng.normal(0, 4, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8) for one in pictures]
    frames = [Frame(pixels, index=index) for index, pixels in enumerate(noisy)]
    restorer = restorer_of(frames, Settings())
    for at in (3, 4):
        after = restorer.process_window(frames, at).pixels.astype(int)
        assert np.abs(after - pictures[at]).max() < 25
        assert np.abs(after - pictures[at]).mean() < 3.5
    assert not motion_between(*(small_of(one[..., 1] / np.float32(255)) for one in (noisy[3], noisy[4]))).is_same
    assert motion_between(*(small_of(one[..., 1] / np.float32(255)) for one in (noisy[2], noisy[3]))).is_same


def test_two_plain_pictures_show_one_scene_when_they_are_as_bright() -> None:
    gray = np.full((40, 60), 0.5, np.float32)
    assert motion_between(small_of(gray), small_of(gray + np.float32(0.01))).is_same
    assert not motion_between(small_of(gray), small_of(gray - np.float32(0.4))).is_same


def test_what_only_one_neighbour_shows_is_not_filled_in() -> None:
    pixels = np.full((8, 8, 3), 0.9, np.float32)
    clean, dirty = np.full_like(pixels, 0.4), np.full_like(pixels, 0.95)
    spots = np.zeros((8, 8), np.float32)
    spots[2:5, 2:5] = 1
    near = [dirty, clean, clean, clean]
    after = filled(pixels, spots, near, [one[..., 0] for one in near])
    np.testing.assert_allclose(after[2:5, 2:5], 0.4, atol=1e-6)
    np.testing.assert_array_equal(after[spots == 0], pixels[spots == 0])


def test_where_no_neighbour_has_the_pixel_there_is_no_dust() -> None:
    gray = np.full((32, 32), 0.5, np.float32)
    gray[10:13, 10:13] = 1.0
    references = [np.full((32, 32), 0.5, np.float32)] * 2
    everywhere = np.ones((32, 32), np.uint8)
    assert spots_of(gray, references, 0.05, everywhere).labels[11, 11] == 1
    assert not spots_of(gray, references, 0.05, everywhere * 0).labels.any()


def test_heavy_grain_is_not_taken_for_dust() -> None:
    rng = np.random.default_rng(3)
    frames = [Frame(np.clip(wall() + rng.normal(0, 12, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8), index=index)
              for index in range(7)]  # fmt: skip
    disc(frames[3].pixels, 60, 60, 3, (250, 250, 250))
    found = restorer_of(frames, DUST_ONLY).damage(frames, 3)
    assert found[60, 60] == 1
    assert (found > 0.5).mean() < 0.03


def test_a_scratch_goes_on_where_it_is_lost_between_two_places() -> None:
    gray = np.full((240, 160), 0.5, np.float32)
    gray[:, 70:72] = 0.8
    gray[100:120, 60:90] = 0.8
    mask = scratch_mask(gray, 0.04, 0.002)
    assert mask[100:120, 70:72].all()
    gray[:100, 70:72] = 0.5
    assert not scratch_mask(gray, 0.04, 0.002).any()


def test_work_is_done_once_whichever_thread_asks() -> None:
    frames, calls = [Frame(np.zeros((4, 4, 3), np.uint8), index=index) for index in range(3)], []
    kept = Kept()
    kept.view(frames[:2])

    def made() -> int:
        calls.append(1)
        sleep(0.02)
        return len(calls)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: kept.get(frames[0], "name", made), range(4))) == [1] * 4
    assert kept.get(frames[1], "name", made) == 2
    with ThreadPoolExecutor(1) as pool:
        pool.submit(kept.view, frames[2:]).result()
        pool.submit(kept.get, frames[2], "name", made).result()
        kept.view(frames[1:2])
        assert kept.get(frames[1], "name", made) == 2
        assert kept.get(frames[0], "name", made) == 4
        assert kept.get(frames[2], "name", made) == 3
    kept.view(frames[1:2])
    assert kept.get(frames[2], "name", made) == 5
