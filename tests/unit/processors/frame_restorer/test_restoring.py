"""Old film made by code: what is dirt is found and filled, what jumps is evened out, what is clean stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import Analysis, Frame, Shot, to_unit
from facefusion.core.settings import SettingsError
from facefusion.geometry.color import luma
from facefusion.processors.frame_restorer import FilmSurveyor, FrameRestorer, Settings
from facefusion.processors.frame_restorer.blocks import Blocks, blocks_of, deblocked
from facefusion.processors.frame_restorer.curves import smooth, tone_step
from facefusion.processors.frame_restorer.scratches import across, scratch_mask
from facefusion.processors.frame_restorer.survey import FilmSurvey

WIDTH, HEIGHT, COUNT = 160, 120, 9
UInt8 = NDArray[np.uint8]


def scene(number: int, *, pan_px: float = 1.0) -> UInt8:
    """Soft blobs that drift slowly; nothing in it is thin."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    x = x - number * pan_px
    wave = np.sin(x / 11) * np.cos(y / 9) + 0.5 * np.sin((x + y) / 23)
    return np.clip(np.dstack([125 + 50 * wave, 120 + 45 * wave, 110 + 40 * wave]), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """Frames of one shot and the answer to them."""

    frames: list[Frame]
    survey: FilmSurvey

    @staticmethod
    def of(pictures: list[UInt8], settings: Settings) -> Film:
        frames = [Frame(pixels, index=index) for index, pixels in enumerate(pictures)]
        surveyor = FilmSurveyor(settings, Analysis(COUNT, WIDTH, HEIGHT, shots=(Shot(0, len(frames)),)))
        for frame in frames:
            surveyor.look(frame)
        return Film(frames, surveyor.found())

    def restored(self, at: int, settings: Settings) -> NDArray[np.int64]:
        return FrameRestorer(settings, self.survey).process_window(self.frames, at).pixels.astype(int)


def test_dust_is_filled_with_what_belongs_there() -> None:
    pictures = [scene(number) for number in range(COUNT)]
    dirty = [pixels.copy() for pixels in pictures]
    cv2.circle(dirty[4], (60, 50), 4, (250, 250, 250), -1)
    cv2.circle(dirty[4], (110, 90), 2, (5, 5, 5), -1)
    settings = Settings(grain=0.0)
    film = Film.of(dirty, settings)
    assert np.abs(film.restored(4, settings) - pictures[4]).max() <= 12
    found = FrameRestorer(settings, film.survey).damage(film.frames[2:7], 2)
    assert found[50, 60] == 1
    assert found[90, 110] == 1
    assert (found > 0.5).sum() < 220


def test_dust_on_a_neighbour_is_not_carried_over() -> None:
    pictures = [scene(number) for number in range(COUNT)]
    dirty = [pixels.copy() for pixels in pictures]
    cv2.circle(dirty[3], (60, 50), 4, (250, 250, 250), -1)
    settings = Settings()
    assert np.abs(Film.of(dirty, settings).restored(4, settings) - pictures[4]).max() <= 6


def test_a_clean_clip_stays_as_it_is() -> None:
    pictures = [scene(number) for number in range(COUNT)]
    settings = Settings()
    assert np.abs(Film.of(pictures, settings).restored(4, settings) - pictures[4]).max() <= 3


def test_flicker_becomes_a_tenth_and_a_fade_stays() -> None:
    jump = (0.9, 1.1, 0.95, 1.08, 0.9, 1.06, 0.97, 1.1, 0.92)
    fade = [1 - 0.03 * number for number in range(COUNT)]
    pictures = [np.clip(scene(0) * (f * j), 0, 255).astype(np.uint8) for f, j in zip(fade, jump, strict=True)]
    settings = Settings(dust=0.0, scratches=0.0, grain=0.0)
    film = Film.of(pictures, settings)
    means = np.array([film.restored(at, settings).mean() for at in range(2, 7)])
    before = np.array([pictures[at].mean() for at in range(2, 7)])
    assert np.abs(np.diff(means, 2)).max() < 0.1 * np.abs(np.diff(before, 2)).max()
    assert means[0] - means[4] == pytest.approx(scene(0).mean() * 0.12, abs=3)


def test_an_upright_line_through_the_frame_is_drawn_across() -> None:
    pixels = scene(0)
    dirty = pixels.copy()
    dirty[:, 70:72] = 240
    gray = dirty.astype(np.float32).mean(axis=2) / 255
    mask = scratch_mask(gray, 0.04, 0.002)
    assert mask[:, 70:72].mean() > 0.95
    assert mask.mean() < 0.03
    filled = across(dirty.astype(np.float32), cv2.dilate(mask, np.ones((1, 3), np.uint8)))
    assert np.abs(filled - pixels).mean() < 1
    half = pixels.copy()
    half[:50, 70:72] = 240
    assert not scratch_mask(half.astype(np.float32).mean(axis=2) / 255, 0.04, 0.002).any()


def test_grain_is_averaged_away_by_half() -> None:
    rng = np.random.default_rng(0)
    pictures = [scene(number, pan_px=0.0) for number in range(COUNT)]
    noisy = [np.clip(p + rng.normal(0, 8, p.shape), 0, 255).astype(np.uint8) for p in pictures]
    settings = Settings(grain=1.0, dust=0.0, scratches=0.0)
    found = Film.of(noisy, settings).restored(4, settings)
    assert np.std(found - pictures[4]) < 0.62 * np.std(noisy[4].astype(int) - pictures[4])


def test_weave_is_taken_out_and_levels_are_stretched() -> None:
    rng = np.random.default_rng(0)
    still = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 3) * 0.9 + 6
    shifts = rng.normal(0, 1.0, (COUNT, 2)).astype(np.float32)
    moves = [np.array([[1, 0, x], [0, 1, y]], np.float32) for x, y in shifts]
    pictures = [
        cv2.warpAffine(still, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT).astype(np.uint8) for move in moves
    ]
    settings = Settings(dust=0.0, scratches=0.0, grain=0.0, deflicker=0.0, stabilise=1.0)
    film = Film.of(pictures, settings)
    inner = np.s_[8:-8, 8:-8]
    after = np.std([film.restored(at, settings)[inner] for at in range(2, 7)], axis=0).mean()
    assert after < 0.4 * np.std([one[inner] for one in pictures[2:7]], axis=0).mean()
    settings = Settings(dust=0.0, scratches=0.0, grain=0.0, deflicker=0.0, levels=1.0)
    faded = [(scene(number) * 0.7 + 40).astype(np.uint8) for number in range(COUNT)]
    stretched = Film.of(faded, settings).restored(4, settings)
    assert stretched.mean(axis=2).min() < 12
    assert stretched.mean(axis=2).max() > 243


def test_a_still_alone_is_not_changed() -> None:
    frame = Frame(scene(0))
    settings = Settings()
    film = Film.of([scene(0)], settings)
    found = FrameRestorer(settings, film.survey).process_window([frame], 0)
    np.testing.assert_array_equal(found.pixels, frame.pixels)


def test_what_moved_does_not_count_for_brightness() -> None:
    rng = np.random.default_rng(0)
    before = rng.uniform(0.2, 0.8, 500)
    after = before * 1.1 - 0.02
    after[:120] = rng.uniform(0, 1, 120)
    gain, offset = tone_step(before, after)
    assert gain == pytest.approx(1.1, abs=0.01)
    assert offset == pytest.approx(-0.02, abs=0.01)


def test_a_straight_course_is_kept() -> None:
    line = np.linspace(3, 9, 40)[:, None]
    np.testing.assert_allclose(smooth(line, 8.0), line, atol=1e-9)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"dust: got 2, supported is 0\.0 to 1\.0"):
        FrameRestorer(Settings(dust=2))


def _coded(pixels: UInt8, quality: int = 20) -> UInt8:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("cut", [0, 3])
def test_blocks_become_ramps_wherever_the_grid_lies(cut: int) -> None:
    clean = [scene(number)[:, cut:] for number in range(COUNT)]
    coded = [np.ascontiguousarray(_coded(scene(number))[:, cut:]) for number in range(COUNT)]
    settings = Settings(deflicker=0.0, dust=0.0, scratches=0.0, grain=0.0)
    film = Film.of(coded, settings)
    found = blocks_of(luma(to_unit(coded[4])))
    assert (found.x, found.y) == ((8 - cut) % 8, 0)
    after = film.restored(4, settings)
    assert np.square(after - clean[4]).mean() < 0.87 * np.square(coded[4].astype(int) - clean[4]).mean()
    assert blocks_of(luma(after.astype(np.float32) / 255)).strength < 0.25 * found.strength


def test_edges_on_the_grid_and_pictures_without_one_stay() -> None:
    rng = np.random.default_rng(0)
    checks = np.kron(rng.integers(0, 2, (15, 20)), np.ones((8, 8))).astype(np.float32)
    picture = np.dstack([0.2 + 0.5 * checks] * 3).astype(np.float32)
    np.testing.assert_array_equal(deblocked(picture, Blocks(0.01, 0, 0), 1.0), picture)
    assert blocks_of(luma(to_unit(scene(0)))).strength == 0
    assert blocks_of(rng.normal(0.5, 0.05, (240, 320)).astype(np.float32)).strength == 0
    assert blocks_of(np.zeros((16, 16), np.float32)).strength == 0


def _window(frames: list[Frame], at: int) -> tuple[list[Frame], int]:
    """What a run hands over: as many frames on each side as are asked for."""
    first = max(at - FrameRestorer.margin, 0)
    return frames[first : at + FrameRestorer.margin + 1], at - first


def test_what_is_kept_for_neighbours_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    dirty = [np.clip(scene(number) + rng.normal(0, 5, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
             for number in range(COUNT)]  # fmt: skip
    film = Film.of(dirty, Settings())
    one = FrameRestorer(Settings(), film.survey)
    for at in (4, 2, 3, 0, 8, 4):
        fresh = FrameRestorer(Settings(), film.survey).process_window(*_window(film.frames, at))
        np.testing.assert_array_equal(one.process_window(*_window(film.frames, at)).pixels, fresh.pixels)
    assert all((frame.pixels == pixels).all() for frame, pixels in zip(film.frames, dirty, strict=True))


def test_opacity_is_held_still_with_the_picture() -> None:
    survey = replace(FilmSurvey.empty(), tone=np.array([[1.0, 0.0]]), shift_px=np.array([[3.0, 2.0]]),
                     black=np.zeros(1), white=np.ones(1), grain=np.zeros(1), blocks=np.zeros((1, 3)))  # fmt: skip
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[40:60, 50:70] = 255
    frame = Frame(scene(0), index=0, alpha=alpha)
    after = FrameRestorer(Settings(stabilise=1.0), survey).process_window([frame], 0)
    assert after.alpha is not None
    assert after.alpha.dtype == np.uint8
    np.testing.assert_array_equal(after.alpha[42:62, 53:73], 255)
    assert after.alpha[:38].max() == 0
