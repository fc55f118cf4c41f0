"""Backgrounds of another length, rate, size and shape than the frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clips import Look, make_clip, number_of, picture
from facefusion.blend.background import BackgroundSettings
from facefusion.core import Cutout, Frame
from facefusion.errors import InvalidInput
from facefusion.pipeline.backdrops import Backdrop, blurred, fitted, place_in

ROOT = Path(__file__).parent


def test_a_short_background_begins_again_runs_back_or_stays() -> None:
    length = Fraction(2)
    assert place_in(Fraction(5, 2), length, "loop") == Fraction(1, 2)
    assert place_in(Fraction(1), length, "mirror") == 1
    assert place_in(Fraction(5, 2), length, "mirror") == pytest.approx(1.5, abs=1e-5)
    assert place_in(Fraction(9), length, "hold") == pytest.approx(2, abs=1e-5)
    assert place_in(Fraction(9), length, "hold") < 2


def test_fill_covers_fit_shows_all_and_stretch_distorts() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, :10], wide[:, 30:] = (255, 0, 0), (0, 0, 255)
    fill, fit, stretch = (fitted(wide, 20, 20, how) for how in ("fill", "fit", "stretch"))
    assert fill.shape == fit.shape == stretch.shape == (20, 20, 3)
    assert fill[10, 10].tolist() == [0, 0, 0]
    assert fill.max() < 128  # the coloured ends are cut off
    assert fit[10, 0, 0] > 200
    assert fit[1].max() == 0
    assert stretch[0, 0, 0] > 200
    assert stretch[19, 19, 2] > 200


def test_a_clip_of_another_rate_is_taken_by_time_and_looped(tmp_path: Path) -> None:
    make_clip(tmp_path / "b.mkv", frames=4, fps=Fraction(10), look=Look(codec="ffv1", pixel_format="bgr0", options={}))
    frame = Frame(np.zeros((72, 96, 3), np.uint8))
    cutout = Cutout(frame.pixels, np.zeros((72, 96), np.float32))
    settings = BackgroundSettings(background=str(tmp_path / "b.mkv"))
    with Backdrop(settings).pictures() as pictures:
        shown = [number_of(pictures.behind(frame, cutout, Fraction(n, 25))) for n in (0, 2, 3, 9, 10, 13, 1)]
    assert shown == [0, 0, 1, 3, 0, 1, 0]


def test_a_deep_frame_gets_a_deep_background() -> None:
    frame = Frame(np.zeros((8, 8, 3), np.uint16))
    cutout = Cutout(frame.pixels, np.zeros((8, 8), np.float32))
    with Backdrop(BackgroundSettings(background="#ff0000")).pictures() as pictures:
        behind = pictures.behind(frame, cutout, Fraction(0))
    assert behind.dtype == np.uint16
    assert behind[0, 0].tolist() == [65535, 0, 0]


def test_the_blurred_old_background_holds_nothing_of_the_person() -> None:
    pixels = np.full((60, 60, 3), 40, np.uint8)
    pixels[20:40, 20:40] = 255
    alpha = np.zeros((60, 60), np.float32)
    alpha[19:41, 19:41] = 1
    soft = blurred(Frame(pixels), alpha, 6.0)
    assert np.abs(soft.astype(int) - 40).max() <= 6


@pytest.mark.parametrize("name", ["missing.jpg", "."])
def test_what_is_no_picture_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no such file|no pictures"):
        Backdrop(BackgroundSettings(background=str(tmp_path / name)))


def test_pictures_of_another_size_carry_their_marks() -> None:
    assert number_of(fitted(picture(77, 300, 225), 96, 72, "fill")) == 77
