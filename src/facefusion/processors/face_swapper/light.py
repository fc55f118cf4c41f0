"""The target's illumination on the source's albedo.

Light is smooth over a head: it is fitted with second-order spherical harmonics of the surface normal (Ramamoorthi and
Hanrahan, 2001) plus a smooth remainder for cast shadows, on plain skin only, in linear light and robustly. Whatever is
not plain skin (lips, brows, beard, highlights, a hand) is left out of the fit, so it can neither take nor give colour.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.core.arrays import frozen
from facefusion.geometry.color import luma
from facefusion.geometry.uv_maps import uv_maps

_FLOOR = np.float32(2e-3)
_LEAST_LIPS = 12
"""Texels of the lips that must be seen before their colour is believed."""
_CLOSE, _BROAD = ((0.14, 0.05),), ((0.15, 0.05),)
"""Cast shadows and glow are followed closely, the tint of the skin broadly."""
_STRIDE = 3
"""Light is smooth: every third texel is enough to fit it."""


def harmonics(normals: Float32) -> Float32:
    """(…, 9) second-order spherical harmonics (unnormalised) of (…, 3) unit normals."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    one = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], axis=-1)


def fit_shading(values: Float32, normals: Float32, weight: Float32, *, terms: int = 9) -> Float32:
    """Smooth shading that explains `values` on weighted pixels.

    values: (N,) positive float32. normals: (N, 3). weight: (N,) in [0, 1]. Returns (terms,) coefficients of
    `harmonics` for log(values), fitted by iteratively reweighted least squares (Cauchy weights).
    """
    return _fitted(values, np.ascontiguousarray(harmonics(normals)[:, :terms], np.float64), weight)


def _fitted(values: Float32, basis: NDArray[np.float64], weight: Float32) -> Float32:
    """As `fit_shading`, with the harmonics (N, terms) of the normals at hand."""
    terms = basis.shape[1]
    logs = np.log(np.maximum(values, _FLOOR)).astype(np.float64)
    ridge = np.array([1e-6, *([0.004] * 3), *([0.02] * 5)][:terms]) * max(float(weight.sum()), 1e-6)
    return _robust_fit(logs, basis, weight.astype(np.float64), ridge).astype(np.float32)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _robust_fit(
    logs: NDArray[np.float64], basis: NDArray[np.float64], weight: NDArray[np.float64], ridge: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients that explain `logs` (N,) by `basis` (N, K), which `ridge` (K,) holds near the weighted mean."""
    count, terms = basis.shape
    robust, sure = weight.copy(), weight > 0.1
    coefficients, residual = np.zeros(terms), np.empty(count)
    for _ in range(5):
        center = (robust * logs).sum() / max(robust.sum(), 1e-6)
        left, right = np.zeros((terms, terms)), np.zeros(terms)
        for n in range(count):
            for i in range(terms):
                part = basis[n, i] * robust[n]
                right[i] += part * (logs[n] - center)
                for j in range(i + 1):
                    left[i, j] += part * basis[n, j]
        for i in range(terms):
            left[i, i] += ridge[i]
        coefficients = _solved(left, right)
        coefficients[0] += center
        for n in range(count):
            residual[n] = logs[n]
            for i in range(terms):
                residual[n] -= basis[n, i] * coefficients[i]
        scale = 1.4826 * np.median(np.abs(residual[sure])) if sure.any() else 0.1
        robust = weight / (1.0 + (residual / (2.0 * max(scale, 0.04))) ** 2)
    return coefficients


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _solved(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """x of left · x = right for a positive definite matrix, by Cholesky; only its lower half is read. Overwrites."""
    terms = len(right)
    for i in range(terms):
        for j in range(i + 1):
            for k in range(j):
                left[i, j] -= left[i, k] * left[j, k]
            left[i, j] = np.sqrt(left[i, i]) if i == j else left[i, j] / left[j, j]
        for k in range(i):
            right[i] -= left[i, k] * right[k]
        right[i] /= left[i, i]
    for i in range(terms - 1, -1, -1):
        for k in range(i + 1, terms):
            right[i] -= left[k, i] * right[k]
        right[i] /= left[i, i]
    return right


def skin_weight(pixels: Float32, seen: Float32) -> Float32:
    """(S, S) float32: where plain skin is seen. pixels: (S, S, 3) float32 linear light; seen: (S, S) in [0, 1].

    The beard's region counts only as far as it looks like the cheeks: as light and as colourful.
    """
    maps = uv_maps(seen.shape[0])
    weight = maps.skin * seen
    cheeks, chin = (maps.cheeks * seen) > 0.3, (maps.beard * seen) > 0.3
    if cheeks.sum() < 32 or chin.sum() < 32:
        return weight
    logs = np.log(np.maximum(luma(pixels), _FLOOR))
    red, green, blue = cv2.split(pixels)
    least, most = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    colour = 1.0 - least / np.maximum(most, _FLOOR)
    darker = abs(_median(logs[cheeks]) - _median(logs[chin]))
    greyer = max(_median(colour[cheeks]) - _median(colour[chin]), 0.0)
    hair = float(np.clip((darker + 2.5 * greyer - 0.35) / 0.5, 0.0, 1.0))
    return weight * (1.0 - np.float32(0.9 * hair) * maps.beard)


@numba.njit(cache=True, nogil=True)
def _median(values: Float32) -> float:
    return float(np.median(values))


def light_ratio(target: Float32, source: Float32, normals: Float32, weight: Float32) -> Float32:
    """How much brighter, per channel, the target's skin is than the source's, as a smooth field.

    target, source: (S, S, 3) float32 linear light in the same texture space. normals: (S, S, 3) of the target.
    weight: (S, S) in [0, 1], plain visible skin. Returns (S, S, 3) float32 factors for linear light.
    """
    shape = weight.shape
    quotient: Float32 = (np.maximum(target, _FLOOR) / np.maximum(source, _FLOOR)).astype(np.float32)
    flat, used = normals.reshape(-1, 3), weight.ravel()
    picked = np.flatnonzero(used > 0.02)[::_STRIDE]
    if len(picked) < 32:
        return np.ones((*shape, 3), np.float32)
    brightness = luma(quotient)
    basis = harmonics(normals)
    smooth = basis @ fit_shading(brightness.ravel()[picked], flat[picked], used[picked])
    remainder = _smooth_remainder(np.log(np.maximum(brightness, _FLOOR)) - smooth, weight, _CLOSE)
    logs = np.repeat((smooth + remainder)[..., None], 3, axis=2)
    for channel in range(3):
        tint: Float32 = (quotient[..., channel] / np.maximum(brightness, _FLOOR)).astype(np.float32)
        fitted = fit_shading(tint.ravel()[picked], flat[picked], used[picked], terms=4)
        logs[..., channel] += basis[..., :4] @ fitted
    return np.exp(np.clip(logs, -3.0, 3.0)).astype(np.float32)


def skin_field(pixels: Float32, normals: Float32, weight: Float32) -> Float32 | None:
    """(S, S, 3) float32 linear light: the colour that plain skin has, or would have, at every texel; None when hardly
    any is seen.

    pixels: (S, S, 3) float32 linear light in texture space. normals: (S, S, 3). weight: (S, S) in [0, 1], plain visible
    skin; what lies under a beard, a brow or a hand is continued from it. Brightness is fitted closely, tint broadly,
    so that a blush or the shadow of a beard stays a feature of the person.
    """
    flat, used = normals.reshape(-1, 3), weight.ravel()
    picked = np.flatnonzero(used > 0.02)[::_STRIDE]
    brightness = np.maximum(luma(pixels), _FLOOR)
    if len(picked) < 32:
        return None
    basis = harmonics(normals)
    smooth = basis @ fit_shading(brightness.ravel()[picked], flat[picked], used[picked])
    logs = smooth + _smooth_remainder(np.log(brightness) - smooth, weight, _CLOSE)
    tint: Float32 = (np.maximum(pixels, _FLOOR) / brightness[..., None]).astype(np.float32)
    near, known = np.ascontiguousarray(harmonics(flat[picked])[:, :4], np.float64), used[picked]
    chosen = np.ascontiguousarray(tint.reshape(-1, 3)[picked])
    fits = [_fitted(chosen[:, channel], near, known) for channel in range(3)]
    fitted = basis[..., :4] @ np.stack(fits, axis=1)
    field = logs[..., None] + fitted + _smooth_remainder(np.log(tint) - fitted, weight[..., None], _BROAD, 0.15)
    return np.exp(np.clip(field, -7.0, 1.0)).astype(np.float32)


def lip_colour(pixels: Float32, seen: Float32) -> Float32 | None:
    """(3,) float32 linear light: the lips' median colour, or None when hardly anything of them is seen.

    pixels: (S, S, 3) float32 linear light in texture space. seen: (S, S) in [0, 1].
    """
    shown = (uv_maps(seen.shape[0]).lips * seen) > 0.4
    if shown.sum() < _LEAST_LIPS:
        return None
    return np.maximum(np.median(pixels[shown], axis=0), _FLOOR).astype(np.float32)


@lru_cache(maxsize=4)
def lip_share(size: int) -> Float32:
    """(size, size) float32: soft map of the lips, 1 inside and 0 a little beyond their rim."""
    return frozen(cv2.GaussianBlur(cv2.dilate(uv_maps(size).lips, np.ones((3, 3), np.uint8)), (0, 0), size / 80))


def _smooth_remainder(
    residual: Float32, weight: Float32, scales: tuple[tuple[float, float], ...], doubted: float = 0.35
) -> Float32:
    """What is left over, smoothed at each of `scales`, limited, and 0 where nothing is known.

    residual: (S, S) or (S, S, C) float32. weight: (S, S) or (S, S, 1).
    scales: (width of the smoothing in texture widths, how much unknown counts against known), coarse to fine. doubted:
    a residual of this size counts half.
    """
    known = weight / (1.0 + (residual / doubted) ** 2)
    limited = np.clip(residual, -0.8, 0.8)
    out = np.zeros_like(residual)
    for sigma, prior in scales:
        pixels = sigma * residual.shape[0]
        top = cv2.GaussianBlur((limited - out) * known, (0, 0), pixels)
        bottom = cv2.GaussianBlur(known, (0, 0), pixels)
        out = out + top / (bottom + np.float32(prior))
    return out.astype(np.float32)


def flatten(texture: Float32, normals: Float32, weight: Float32) -> Float32:
    """Factor that takes the photo's own light out of a texture.

    texture: (S, S, 3) float32 linear light. Returns (S, S) float32, mean 1 (in log) on weighted skin.
    """
    brightness = luma(texture)
    used = weight.ravel()
    picked = used > 0.02
    if picked.sum() < 32:
        return np.ones_like(brightness)
    coefficients = fit_shading(brightness.ravel()[picked], normals.reshape(-1, 3)[picked], used[picked])
    smooth = harmonics(normals) @ coefficients
    smooth -= float((smooth * weight).sum() / weight.sum())
    return np.exp(-0.8 * np.clip(smooth, -0.9, 0.9)).astype(np.float32)
