"""The Gauss-Newton steps of a head pose, as one compiled loop: written in arrays, they took a hundred times as long.

A state is (scale, shift x, shift y, nearness); a step is (rotation vector, log scale, shift x, shift y, nearness).
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

NEARNESS = 1 / 70
"""One over the camera's distance that is held to, 1/cm."""
_NEAREST = 1 / 20
_STEPS = 6
_UNKNOWNS = 7


@numba.njit(cache=True, nogil=True)
def descend(
    model: Float64,
    seen: Float64,
    weight: Float64,
    depth_weight: float,
    prior: float,
    rotation: Float64,
    state: Float64,
) -> float:
    """Bring `rotation` (3, 3) and `state` (4,), which are changed, to where `model` (K, 3) lies best on `seen` (K, 3).

    weight: (K,), sums to 1. prior: how firmly the nearness is held, in pixels. All float64. Returns the weighted root
    mean square error before the last step, pixels.
    """
    count = len(model)
    turned, errors = np.empty((count, 3)), np.empty((count, 3))
    slopes = np.empty((count, 3, _UNKNOWNS))
    squares, right = np.empty((_UNKNOWNS, _UNKNOWNS)), np.empty(_UNKNOWNS)
    share = np.array([1.0, 1.0, depth_weight * depth_weight])
    residual = 0.0
    for _ in range(_STEPS):
        for k in range(count):
            for i in range(3):
                turned[k, i] = (
                    rotation[i, 0] * model[k, 0] + rotation[i, 1] * model[k, 1] + rotation[i, 2] * model[k, 2]
                )
        _linearise(turned, seen, weight, state, errors, slopes)
        squares[:], right[:], residual = 0.0, 0.0, 0.0
        for k in range(count):
            residual += weight[k] * (errors[k, 0] ** 2 + errors[k, 1] ** 2)
            for axis in range(3):
                part = weight[k] * share[axis]
                for i in range(_UNKNOWNS):
                    right[i] += part * slopes[k, axis, i] * errors[k, axis]
                    for j in range(i + 1):
                        squares[i, j] += part * slopes[k, axis, i] * slopes[k, axis, j]
        squares[6, 6] += prior * prior
        right[6] += (NEARNESS - state[3]) * prior * prior
        if not _solve(squares, right):
            break
        _turn(rotation, right)
        state[0] *= np.exp(min(max(right[3], -0.5), 0.5))
        state[1] += right[4]
        state[2] += right[5]
        state[3] = min(max(state[3] + right[6], 0.0), _NEAREST)
    return np.sqrt(residual)


@numba.njit(cache=True, nogil=True)
def _linearise(
    turned: Float64, seen: Float64, weight: Float64, state: Float64, errors: Float64, slopes: Float64
) -> None:
    """Fill errors (K, 3) and their derivatives (K, 3, 7); depths without their means."""
    scale, nearness = state[0], state[3]
    slopes[:] = 0.0
    mean_error, mean_slopes = 0.0, np.zeros(_UNKNOWNS)
    for k in range(len(turned)):
        x, y, z = turned[k, 0], turned[k, 1], turned[k, 2]
        f = scale / (1 + nearness * z)
        g = f * nearness / (1 + nearness * z)
        across, down, deep = slopes[k, 0], slopes[k, 1], slopes[k, 2]
        errors[k, 0], errors[k, 1] = seen[k, 0] - f * x - state[1], seen[k, 1] - f * y - state[2]
        errors[k, 2] = seen[k, 2] - scale * z
        # d(turned) = r × turned: dx = ry·z - rz·y, dy = rz·x - rx·z, dz = rx·y - ry·x
        across[0], across[1], across[2] = -g * x * y, f * z + g * x * x, -f * y
        down[0], down[1], down[2] = -f * z - g * y * y, g * x * y, f * x
        deep[0], deep[1] = scale * y, -scale * x
        across[3], down[3], deep[3] = f * x, f * y, scale * z
        across[4] = down[5] = 1.0
        across[6], down[6] = -f * x * z / (1 + nearness * z), -f * y * z / (1 + nearness * z)
        mean_error += weight[k] * errors[k, 2]
        for i in range(_UNKNOWNS):
            mean_slopes[i] += weight[k] * deep[i]
    for k in range(len(turned)):
        errors[k, 2] -= mean_error
        for i in range(_UNKNOWNS):
            slopes[k, 2, i] -= mean_slopes[i]


@numba.njit(cache=True, nogil=True)
def _solve(squares: Float64, right: Float64) -> bool:
    """Cholesky, from the lower half of `squares`; `right` becomes the solution. False where there is none."""
    count = len(right)
    for i in range(count):
        for j in range(i + 1):
            rest = squares[i, j]
            for k in range(j):
                rest -= squares[i, k] * squares[j, k]
            if i > j:
                squares[i, j] = rest / squares[j, j]
            elif rest > 0:
                squares[i, i] = np.sqrt(rest)
            else:
                return False
    for i in range(count):
        for k in range(i):
            right[i] -= squares[i, k] * right[k]
        right[i] /= squares[i, i]
    for i in range(count - 1, -1, -1):
        for k in range(i + 1, count):
            right[i] -= squares[k, i] * right[k]
        right[i] /= squares[i, i]
    return True


@numba.njit(cache=True, nogil=True)
def _turn(rotation: Float64, vector: Float64) -> None:
    """Turn `rotation` (3, 3) further by the rotation vector in the first three numbers of `vector`, radians."""
    angle = np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    if angle < 1e-12:
        return
    x, y, z = vector[0] / angle, vector[1] / angle, vector[2] / angle
    sine, rest = np.sin(angle), 1 - np.cos(angle)
    for column in range(3):
        a, b, c = rotation[0, column], rotation[1, column], rotation[2, column]
        along = rest * (x * a + y * b + z * c)
        rotation[0, column] = a * (1 - rest) + x * along + sine * (y * c - z * b)
        rotation[1, column] = b * (1 - rest) + y * along + sine * (z * a - x * c)
        rotation[2, column] = c * (1 - rest) + z * along + sine * (x * b - y * a)
