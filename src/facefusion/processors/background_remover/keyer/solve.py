"""Opacity and foreground colour of every pixel, with the background known.

A pixel is `C = a F + (1 - a) B` plus noise, B from the plate. The foreground's colour is expected to be like that of
sure foreground nearby, or neutral: Gaussian models whose brightness may vary more than their tint. The opacity is the
one that makes C likeliest; then F is the expected colour. After Chuang et al., "A Bayesian Approach to Digital Matting"
(CVPR 2001), with F integrated out. Vlahos' colour difference gives the bounds.
"""

from __future__ import annotations

import numba
import numpy as np

from facefusion.geometry.light import color_between

PLANES = 6
"""Of every cell: weight; colour (3); length of the colour, and its square; all times the weight but the first."""
_SUSPECT = 3.0
"""A fit worse than this may be of something that is not like the foreground nearby."""
_SMOOTH = 0.045
"""Over steps smaller than this the likelihood of an opacity is taken for a parabola."""
_NOTHING = 0.012
"""An opacity below this is none."""
MODEL = 5
"""Of every cell: expected colour (3), variance of its brightness, variance of its tint."""


@numba.njit(cache=True, nogil=True, fastmath=True)
def difference_key(whole, table, excess, cell, primary, out):  # type: ignore[no-untyped-def]
    """Vlahos: 1 - (C's excess / the plate's excess), at most 1; (H, W) float32. excess: (h, w), the cells'."""
    one, two = (0, 2) if primary == 1 else (0, 1)
    scale = np.float32(1.0 / cell)
    rows, columns = excess.shape
    line = np.empty(columns, np.float32)
    for y in range(out.shape[0]):
        row = min(max((y + np.float32(0.5)) * scale - np.float32(0.5), np.float32(0)), np.float32(rows - 1))
        above = int(row)
        below, share = min(above + 1, rows - 1), row - above
        for n in range(columns):
            line[n] = excess[above, n] * (1 - share) + excess[below, n] * share
        for x in range(out.shape[1]):
            mine = table[whole[y, x, primary]] - max(table[whole[y, x, one]], table[whole[y, x, two]])
            if mine <= 0:
                out[y, x] = 1
                continue
            column = min(max((x + np.float32(0.5)) * scale - np.float32(0.5), np.float32(0)), np.float32(columns - 1))
            left = int(column)
            part = column - left
            out[y, x] = 1 - mine / (line[left] * (1 - part) + line[min(left + 1, columns - 1)] * part)


@numba.njit(cache=True, nogil=True, fastmath=True)
def gather_front(whole, table, solid, cell, cells):  # type: ignore[no-untyped-def]
    """Colours of sure foreground by cells of `cell` pixels, some sixteen of each. solid: (H, W), sure above 0.5."""
    height, width = solid.shape
    step = max(cell // 4, 1)
    for y in range(step // 2, height, step):
        for x in range(step // 2, width, step):
            if solid[y, x] <= 0.5:
                continue
            r, g, b = table[whole[y, x, 0]], table[whole[y, x, 1]], table[whole[y, x, 2]]
            length = np.sqrt(r * r + g * g + b * b)
            row, column = y // cell, x // cell
            cells[row, column, 0] += 1
            cells[row, column, 1] += r
            cells[row, column, 2] += g
            cells[row, column, 3] += b
            cells[row, column, 4] += length
            cells[row, column, 5] += length * length


@numba.njit(cache=True, nogil=True, fastmath=True)
def describe(cells, models):  # type: ignore[no-untyped-def]
    """What a front is expected to be, of every cell: mean colour (3), variance of its brightness, of its tint."""
    for row in range(cells.shape[0]):
        for column in range(cells.shape[1]):
            weight = cells[row, column, 0]
            r, g, b = (cells[row, column, 1] / weight, cells[row, column, 2] / weight, cells[row, column, 3] / weight)
            mean, square = cells[row, column, 4] / weight, cells[row, column, 5] / weight
            scatter = max(square - mean * mean, 0.0)
            models[row, column, 0], models[row, column, 1], models[row, column, 2] = r, g, b
            models[row, column, 3] = scatter + 0.0004 + 0.02 * square
            around = max(square - (r * r + g * g + b * b) - scatter, 0.0)
            models[row, column, 4] = 0.5 * around + 0.0001 + 0.0015 * square


@numba.njit(cache=True, nogil=True, fastmath=True)
def _terms(c, b, f, direction):  # type: ignore[no-untyped-def]
    """What a residual is made of: C - a F - (1 - a) B = d + a e. Their products, and their parts along `direction`."""
    d0, d1, d2 = c[0] - b[0], c[1] - b[1], c[2] - b[2]
    e0, e1, e2 = b[0] - f[0], b[1] - f[1], b[2] - f[2]
    along = d0 * direction[0] + d1 * direction[1] + d2 * direction[2]
    more = e0 * direction[0] + e1 * direction[1] + e2 * direction[2]
    return (
        d0 * d0 + d1 * d1 + d2 * d2,
        2 * (d0 * e0 + d1 * e1 + d2 * e2),
        e0 * e0 + e1 * e1 + e2 * e2,
        along,
        more,
    )


@numba.njit(cache=True, nogil=True, fastmath=True)
def _fit(a, terms, tint, bright, noise):  # type: ignore[no-untyped-def]
    """The squared residual of the opacity `a`, in standard deviations; three are expected."""
    square = a * a
    q, ray = square * tint + noise, square * bright
    along = terms[3] + a * terms[4]
    return (terms[0] + a * (terms[1] + a * terms[2]) - ray * along * along / (q + ray)) / q


@numba.njit(cache=True, nogil=True, fastmath=True)
def _unlikely(a, terms, tint, bright, noise, bound):  # type: ignore[no-untyped-def]
    """-2 log likelihood of the opacity `a`; more above `bound`, which only spilled light lets it pass."""
    square = a * a
    q, ray = square * tint + noise, square * bright
    p = q + ray
    along = terms[3] + a * terms[4]
    over = max(a - bound, 0.0)
    both = q * p
    fit = ((terms[0] + a * (terms[1] + a * terms[2])) * p - ray * along * along) / both
    return fit + np.log(q * both) + 400.0 * over * over


@numba.njit(cache=True, nogil=True, fastmath=True)
def _best(terms, tint, bright, noise, bound):  # type: ignore[no-untyped-def]
    """The likeliest opacity and its -2 log likelihood, for a front that varies along one direction."""
    low, high = 0.3 * bound, min(bound + 0.08, 1.0)
    steps = 3 if high - low < 0.2 else 5
    step = (high - low) / steps
    best, least = low, _unlikely(low, terms, tint, bright, noise, bound)
    if low < _NOTHING and least < _unlikely(low + 0.5 * step, terms, tint, bright, noise, bound):
        return low, least
    for n in range(1, steps + 1):
        a = low + n * step
        value = _unlikely(a, terms, tint, bright, noise, bound)
        if value < least:
            least, best = value, a
    step *= 0.5
    while True:
        under, over = max(best - step, 0.0), min(best + step, 1.0)
        less, more = (
            _unlikely(under, terms, tint, bright, noise, bound),
            _unlikely(over, terms, tint, bright, noise, bound),
        )
        if step < _SMOOTH:
            return _lowest(under, best, over, less, least, more)
        if less < least:
            least, best = less, under
        if more < least:
            least, best = more, over
        step *= 0.5


@numba.njit(cache=True, nogil=True, fastmath=True)
def _lowest(a, b, c, u, v, w):  # type: ignore[no-untyped-def]
    """The lowest point of the parabola through (a, u), (b, v) and (c, w), between a and c, and its height."""
    left, right = (b - a) * (v - w), (b - c) * (v - u)
    if v > u or v > w or abs(left - right) < 1e-12:
        return (a, u) if u < w and u < v else ((c, w) if w < v else (b, v))
    place = b - 0.5 * ((b - a) * left - (b - c) * right) / (left - right)
    return min(max(place, a), c), v


@numba.njit(cache=True, nogil=True, fastmath=True)
def solve(whole, table, plate, cell, models, key, calm, solid, noise, usual, alpha, front):  # type: ignore[no-untyped-def]
    """Fill `alpha` (H, W), and `front` (H, W, 3), linear light, where that is neither 0 nor 1.

    key: of `difference_key`; calm: its means over 3 × 3 pixels. solid: (H, W), 1 where all is foreground. models: of
    `describe`. noise: of the screen's excess, as a share, where its green or blue is `usual`.
    """
    height, width = key.shape
    scale = 1.0 / cell
    c, b, f, direction = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    dim, grey = np.full(3, 0.25), np.full(3, 1 / np.sqrt(3.0))
    for y in range(height):
        for x in range(width):
            if solid[y, x] >= 1.0 or key[y, x] >= 1.0:
                alpha[y, x] = 1.0
                continue
            if calm[y, x] <= 0.72 * noise and key[y, x] <= 2.4 * noise:
                alpha[y, x] = 0.0
                continue
            for k in range(3):
                c[k] = table[whole[y, x, k]]
            loud = noise * min(max(np.sqrt(usual / max(c[1], c[2], 1e-4)), 0.6), 2.5)
            if calm[y, x] <= 1.2 * loud and key[y, x] <= 4 * loud:
                alpha[y, x] = 0.0
                continue
            row, column = (y + 0.5) * scale - 0.5, (x + 0.5) * scale - 0.5
            color_between(plate, row, column, b)
            color_between(models, row, column, f)
            bright, tint = models[y // cell, x // cell, 3], models[y // cell, x // cell, 4]
            length = np.sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2])
            for k in range(3):
                direction[k] = f[k] / length if length > 1e-3 else grey[k]
            sigma = loud * (0.12 * (c[0] + c[1] + c[2] + b[0] + b[1] + b[2]) + 0.004)
            q = sigma * sigma
            bound = min(max(key[y, x], 0.0), 1.0)
            terms = _terms(c, b, f, direction)
            a, unlikely = _best(terms, tint, bright, q, bound)
            if _fit(a, terms, tint, bright, q) > _SUSPECT:
                other, elsewise = _best(_terms(c, b, dim, grey), 0.0009, 0.08, q, bound)
                if elsewise + 2.0 < unlikely:
                    a, tint, bright = other, 0.0009, 0.08
                    f[:] = dim
                    direction[:] = grey
            if a < _NOTHING:
                alpha[y, x] = 0.0
                continue
            if a > 0.985:
                alpha[y, x] = 1.0
                continue
            alpha[y, x] = a + (1 - a) * solid[y, x]
            _expect(a, c, b, f, direction, tint, bright, q, front[y, x])


@numba.njit(cache=True, nogil=True, fastmath=True)
def _expect(a, c, b, f, direction, tint, bright, noise, out):  # type: ignore[no-untyped-def]
    """The expected front of opacity `a`. Its green or blue falls no lower than the model's tint has it."""
    q = a * a * tint + noise
    ray = a * a * bright
    r0 = c[0] - a * f[0] - (1 - a) * b[0]
    r1 = c[1] - a * f[1] - (1 - a) * b[1]
    r2 = c[2] - a * f[2] - (1 - a) * b[2]
    along = r0 * direction[0] + r1 * direction[1] + r2 * direction[2]
    plain = a * tint / q
    more = (a * (bright + tint) / (q + ray) - plain) * along
    out[0] = max(f[0] + plain * r0 + more * direction[0], 0.0)
    out[1] = max(f[1] + plain * r1 + more * direction[1], 0.0)
    out[2] = max(f[2] + plain * r2 + more * direction[2], 0.0)
    for k in range(1, 3):
        others = out[0] + out[3 - k]
        out[k] = max(out[k], 0.8 * others * f[k] / max(f[0] + f[3 - k], 1e-6))
