"""The benchmark of an analysis counts every byte and lets the largest clip decide."""

from __future__ import annotations

import numpy as np
from benchmarks.analysis_size import Size, held_bytes, result

from facefusion.core import Analysis, Box, Face, Landmarks, Track


def test_the_largest_clip_decides() -> None:
    sizes = [Size("a", 100, 1200.0, 1300.0, 90.0), Size("b", 50, 1900.0, 1100.0, 140.0)]
    found = result(sizes, 0.04, 1.8)
    assert found.figures["mb_for_ten_minutes"] == 28.5
    assert found.figures["mb_in_memory_for_an_hour"] == 117.0
    assert found.misses() == []
    assert found.figures["gain_of_two_workers"] == 1.8
    assert "gain_of_two_workers" not in result(sizes, 0.04).figures
    assert [bar.figure for bar in result(sizes, 0.2, 1.8).misses()] == ["measures_share"]


def test_what_a_track_holds_is_counted() -> None:
    face = Face(Box(0, 0, 9, 9), 1.0, Landmarks(np.zeros((5, 2), np.float32)))
    plain = Track.of(1, {0: face, 1: face})
    assert held_bytes(Analysis(2, 9, 9, tracks=(plain,))) == 2 * (8 + 16 + 40 + 4 + 4 + 12 + 2 + 2 + 8)
