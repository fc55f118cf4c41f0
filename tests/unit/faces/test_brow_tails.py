"""Brows that run into the hair."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32
from facefusion.faces.brow_tails import with_brow_tails

LEFT = {46: (40, 74), 53: (50, 70), 52: (60, 68), 105: (60, 62), 63: (50, 63), 70: (40, 68), 66: (72, 63), 65: (72, 68)}


def brows() -> Float32:
    """Both brows of an upright crop of 192 pixels, mirror images of each other."""
    right = {46: 276, 53: 283, 52: 282, 105: 334, 63: 293, 70: 300, 66: 296, 65: 295}
    xy = np.zeros((478, 2), np.float32)
    for index, (x, y) in LEFT.items():
        xy[index], xy[right[index]] = (x, y), (191 - x, y)
    return xy


def hair(*, tail: bool = False) -> Float32:
    """Hair down the left side of the face; `tail`: with the brow's end taken for a part of it."""
    seen = np.ones((192, 192), np.float32)
    seen[20:150, 30:40] = 0
    if tail:
        seen[66:75, 40:50] = 0
    return seen


def test_the_tail_is_given_back_and_the_hair_stays() -> None:
    np.testing.assert_array_equal(with_brow_tails(hair(tail=True), brows(), surely_seen=0.9), hair())


def test_what_hides_the_middle_too_stays() -> None:
    rim = hair(tail=True)
    rim[60:72, 40:90] = 0
    np.testing.assert_array_equal(with_brow_tails(rim, brows(), surely_seen=0.9), rim)


def test_a_hand_stays() -> None:
    hand = np.ones((192, 192), np.float32)
    hand[50:120, 30:56] = 0
    np.testing.assert_array_equal(with_brow_tails(hand, brows(), surely_seen=0.9), hand)


def test_what_is_far_from_the_brows_stays() -> None:
    thin = np.ones((192, 192), np.float32)
    thin[120:124, 60:130] = 0
    np.testing.assert_array_equal(with_brow_tails(thin, brows(), surely_seen=0.9), thin)
