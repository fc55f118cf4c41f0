"""The screen's light on the foreground: taken off as the light that it is, so that nothing turns grey.

Spilled light adds some of the screen's colour to the foreground's own. It shows where the screen's channel is higher
than the material would have it: above the mean of the other two for skin, hair and cloth, above the higher of them for
what is yellow or cyan. What is taken off is the screen's whole colour, not the one channel.
"""

from __future__ import annotations

import numba
import numpy as np

from facefusion.geometry.light import encode


@numba.njit(cache=True, nogil=True, fastmath=True)
def _smooth(low, high, value):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@numba.njit(cache=True, nogil=True, fastmath=True)
def limit(primary, one, two):  # type: ignore[no-untyped-def]
    """The most of the screen's channel that a material has whose other channels are `one` and `two`."""
    high, low = max(one, two), min(one, two)
    mean = 0.5 * (high + low)
    pure = _smooth(0.72, 0.92, primary / max(high, 1e-6)) * _smooth(0.45, 0.15, low / max(high, 1e-6))
    return mean + (high - mean) * pure


@numba.njit(cache=True, nogil=True, fastmath=True)
def _despilled(color, hold, screen, primary, strength):  # type: ignore[no-untyped-def]
    """Take the light of `screen` (3,) off `color` (3,), in place; whether there was any."""
    one, two = (0, 2) if primary == 1 else (0, 1)
    p, a, b = color[primary], color[one], color[two]
    most = limit(p, a, b)
    if p <= most or strength <= 0.0:
        return False
    amount = (p - most) / (screen[primary] - 0.5 * (screen[one] + screen[two]))
    if hold > 0.0:
        amount *= 1.0 - hold * _smooth(0.2, 0.4, amount)
    amount *= strength
    for k in range(3):
        color[k] = max(color[k] - amount * screen[k], 0.0)
    return True


@numba.njit(cache=True, nogil=True, fastmath=True)
def write(front, alpha, hold, models, cell, whole, table, screen, primary, strength, encoding, top, out):  # type: ignore[no-untyped-def]
    """The foreground as whole display values in `out` (H, W, 3), without the screen's light.

    front: linear light, read where `alpha` is neither 0 nor 1; elsewhere it is `whole`, or what `models` expect. hold:
    (H, W), above 0 inside of the person, where strong green is a green thing and not light. top: the largest value.
    """
    color = np.empty(3)
    behind = np.empty((models.shape[0], models.shape[1], 3), out.dtype)
    for row in range(models.shape[0]):
        for column in range(models.shape[1]):
            for k in range(3):
                color[k] = models[row, column, k]
            _despilled(color, 0.0, screen, primary, strength)
            encode(color, encoding, top, behind[row, column])
    one, two = (0, 2) if primary == 1 else (0, 1)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            if a <= 0.0:
                for k in range(3):
                    out[y, x, k] = behind[y // cell, x // cell, k]
                continue
            if a >= 1.0:
                for k in range(3):
                    out[y, x, k] = whole[y, x, k]
                if 2 * whole[y, x, primary] <= whole[y, x, one] + whole[y, x, two]:
                    continue
                for k in range(3):
                    color[k] = table[whole[y, x, k]]
                if _despilled(color, hold[y, x], screen, primary, strength):
                    encode(color, encoding, top, out[y, x])
                continue
            for k in range(3):
                color[k] = front[y, x, k]
            _despilled(color, hold[y, x], screen, primary, strength)
            encode(color, encoding, top, out[y, x])
