"""Contact sheets: every picture in its cell, every caption under it."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.quality import contact_sheet

GAP = 6
RED, GREEN, BLUE = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def flat(color: tuple[int, int, int], height: int = 40, width: int = 40) -> np.ndarray:
    return np.full((height, width, 3), color, np.uint8)


def test_pictures_lie_in_their_cells() -> None:
    sheet = contact_sheet([[flat(RED), flat(GREEN)], [None, flat(BLUE)]], cell_px=100)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * 106 + 6, 2 * 106 + 6, 3)
    centers = [(56, 56), (56, 162), (162, 162)]
    assert [tuple(sheet[c]) for c in centers] == [RED, GREEN, BLUE]
    assert np.ptp(sheet[112:212, 6:106]) == 0


def test_shape_is_kept_and_dtypes_agree() -> None:
    wide = contact_sheet([[flat(RED, 20, 80)]], cell_px=100)
    assert tuple(wide[56, 8]) == RED
    assert tuple(wide[20, 56]) != RED
    eight = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    small = [contact_sheet([[p]], cell_px=40) for p in (eight, eight.astype(np.uint16) * 257, eight / np.float32(255))]
    assert np.abs(small[0].astype(int) - small[1]).max() <= 1
    assert np.abs(small[0].astype(int) - small[2]).max() <= 1


def test_captions_are_drawn_under_the_cell_and_cut_to_it() -> None:
    rows = [[flat(RED), flat(GREEN)], [flat(BLUE)]]
    without = contact_sheet(rows, cell_px=120)
    captioned = contact_sheet(rows, [["one", "x" * 200], ["two"]], cell_px=120)
    strip = (captioned.shape[0] - without.shape[0]) // 2
    assert strip >= 12
    first = captioned[GAP + 120 : GAP + 120 + strip]
    assert first[:, GAP : GAP + 120].max() > 150
    assert first[:, GAP + 126 : GAP + 246].max() > 150
    assert np.ptp(first[:, GAP + 120 : GAP + 126]) == 0  # nothing crosses the gap
    assert np.ptp(captioned[-GAP:]) == 0
    assert tuple(captioned[GAP + 60, GAP + 60]) == RED


def test_nothing_is_refused() -> None:
    for rows in ([], [[]]):
        with pytest.raises(ValueError, match="no picture"):
            contact_sheet(rows)
