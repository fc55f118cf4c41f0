"""Detail of sharper pictures of the same face, laid on a blurred one through the mesh.

Each sharp sight is fetched pixel by pixel through the mesh, moved to where its content lies by optical flow, and
blurred until it looks like the frame: what that blur took from it is what the frame lacks. Only what agrees with the
frame in everything that the frame still shows is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry import transforms
from facefusion.geometry.color import luma
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize, vertex_normals
from facefusion.processors.face_enhancer.memory import Sight

_NEAREST = 3
"""Sights that are laid on one frame."""
_FLOW_EYES_PX = 90.0
_FARTHEST = 0.07
"""How far the flow may move, in eye distances; more is no misfit of the mesh but another face."""
_BLURS = (0.0, 0.4, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
"""Sigmas that are tried, in pixels at 140 between the eyes."""
_BLUR_EYES_PX = 140.0
_FLAT = 0.008
"""Texture below this cannot tell whether two pictures agree, in [0, 1]."""
_SCATTER = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """detail: (h, w, 3), what the frame lacks by one sight. trust: (h, w) in [0, 1]."""

    detail: Float32
    trust: Float32


def carried(pixels: Float32, xyz: Float32, scale_px: float, sights: Sequence[Sight], amount: float) -> Float32:
    """(h, w, 3) of `pixels` (h, w, 3) RGB in [0, 1] with the detail that `sights` show and it lacks.

    xyz: (478, 3) its landmarks in its pixels. scale_px: the eye distance. Depends on nothing else; safe in threads.
    """
    chosen = nearest(xyz, sights)
    if amount <= 0 or not chosen:
        return pixels
    gray = luma(pixels)
    laid = [_laid(pixels, gray, xyz, scale_px, sight, weight) for sight, weight in chosen]
    trusted = [one for one in laid if one is not None]
    if not trusted:
        return pixels
    detail, trust = _mean([one.detail for one in trusted], [one.trust for one in trusted])
    return np.clip(pixels + (np.float32(amount) * trust)[..., None] * detail, 0, 1)


def nearest(xyz: Float32, sights: Sequence[Sight]) -> list[tuple[Sight, float]]:
    """The sights that are most like `xyz` in pose and expression, with weights in [0, 1].

    A weight falls to 0 before its sight is left for another, so that nothing jumps between frames.
    """
    rated = sorted(((_worth(xyz, sight), place) for place, sight in enumerate(sights)), reverse=True)
    floor = rated[_NEAREST][0] if len(rated) > _NEAREST else 0.0
    top = max(rated[0][0] - floor, 1e-9) if rated else 1.0
    return [(sights[place], (worth - floor) / top) for worth, place in rated[:_NEAREST] if worth > floor]


def _worth(xyz: Float32, sight: Sight) -> float:
    back = transforms.similarity(sight.xyz[:468, :2], xyz[:468, :2])
    moved = transforms.apply(back, sight.xyz[:468, :2])
    size = max(float(np.linalg.norm(xyz[33, :2] - xyz[263, :2])), 1.0)
    apart = float(np.sqrt(np.square(moved - xyz[:468, :2]).sum(axis=1).mean())) / size
    return sight.quality / (0.02 + apart) ** 2


def _laid(pixels: Float32, gray: Float32, xyz: Float32, scale_px: float, sight: Sight, weight: float) -> _Laid | None:
    place, facing = _through_mesh(xyz, sight, gray.shape)
    if not facing.any():
        return None
    finer = float(np.linalg.norm(sight.xyz[33, :2] - sight.xyz[263, :2]) / np.linalg.norm(xyz[33, :2] - xyz[263, :2]))
    source = sight.unit
    if finer > 1.3:
        source = cv2.GaussianBlur(source, (0, 0), 0.4 * finer)
    seen = _fetched(source, place)
    seen = _lit_as(seen, pixels, facing, scale_px)
    flow, near = _flow(gray, luma(seen), facing, scale_px)
    seen = _lit_as(_fetched(source, _moved(place, flow)), pixels, facing, scale_px)
    alike = luma(seen)
    sigma, gain = _blur_between(alike, gray, facing * near, scale_px)
    if sigma <= 0:
        return None
    soft = cv2.GaussianBlur(seen, (0, 0), sigma)
    trust = facing * near * _agreement(gray, luma(soft), scale_px)
    lacking = float(np.clip((sigma * _BLUR_EYES_PX / scale_px - 0.35) / 0.45, 0, 1))
    return _Laid(np.float32(gain) * (seen - soft), trust * np.float32(weight * lacking))


def _through_mesh(xyz: Float32, sight: Sight, shape: tuple[int, ...]) -> tuple[Float32, Float32]:
    """(h, w, 2): where each pixel lies in the sight; (h, w) in [0, 1]: how well it shows it, softly 0 outside."""
    triangles = canonical_mesh().triangles
    there, here = sight.xyz[:468], xyz[:468]
    attributes = np.column_stack(
        [there[:, :2], -vertex_normals(there, triangles)[:, 2], -vertex_normals(here, triangles)[:, 2]]
    ).astype(np.float32)
    spread, covered = rasterize(here[:, :2], here[:, 2], triangles, attributes, (shape[0], shape[1]))
    shown, meant = np.clip(spread[..., 2], 0, 1), np.clip(spread[..., 3], 0.2, 1)
    facing = np.clip(1.4 * shown / meant - 0.3, 0, 1) * covered
    height, width = sight.pixels.shape[:2]
    x, y = spread[..., 0], spread[..., 1]
    facing *= (x > 0) & (y > 0) & (x < width - 1) & (y < height - 1)
    edge = max(1, round(0.06 * float(np.linalg.norm(xyz[33, :2] - xyz[263, :2]))))
    inside = cv2.erode(facing.astype(np.float32), np.ones((2 * edge + 1,) * 2, np.uint8), borderValue=1.0)
    return np.ascontiguousarray(spread[..., :2]), cv2.blur(inside, (2 * edge + 1,) * 2)


def _fetched(source: Float32, place: Float32) -> Float32:
    return cv2.remap(source, place, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _moved(place: Float32, flow: Float32) -> Float32:
    """`place` fetched from where `flow` says."""
    y, x = np.indices(flow.shape[:2], dtype=np.float32)
    return cv2.remap(place, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _lit_as(seen: Float32, pixels: Float32, facing: Float32, scale_px: float) -> Float32:
    """`seen` with the light and colour of `pixels`, which change slowly over a face."""
    sigma, weight = scale_px / 4, np.maximum(facing, np.float32(1e-3))
    low = _wide(weight, sigma)
    there, here = (_wide(one * weight[..., None], sigma) / low[..., None] for one in (seen, pixels))
    gain = np.clip((here + np.float32(0.02)) / (there + np.float32(0.02)), 0.4, 2.5)
    return np.asarray(seen * gain, np.float32)


def _wide(values: Float32, sigma: float) -> Float32:
    """A wide Gaussian, worked out on a smaller copy."""
    shrink = max(1, int(sigma // 4))
    height, width = values.shape[:2]
    small = cv2.resize(values, (max(width // shrink, 1), max(height // shrink, 1)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _flow(gray: Float32, seen: Float32, facing: Float32, scale_px: float) -> tuple[Float32, Float32]:
    """(h, w, 2): where each pixel of `gray` lies in `seen`; (h, w) in [0, 1]: 0 where that is too far to be true."""
    height, width = gray.shape
    shrink = min(1.0, _FLOW_EYES_PX / scale_px)
    size = (max(round(width * shrink), 16), max(round(height * shrink), 16))
    mask = facing > 0.02
    there = np.where(mask, seen, gray)
    pair = [_contrasted(cv2.resize(one, size, interpolation=cv2.INTER_AREA)) for one in (gray, there)]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = search.calc(pair[0], pair[1], np.zeros((*size[::-1], 2), np.float32))
    found = cv2.GaussianBlur(found, (0, 0), 0.03 * min(scale_px, _FLOW_EYES_PX))
    full = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR) / np.float32(shrink)
    length = np.linalg.norm(full, axis=2) / scale_px
    near: Float32 = np.clip(2 - 2 * length / _FARTHEST, 0, 1).astype(np.float32)
    return np.asarray(full, np.float32), near


def _contrasted(gray: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """8 bits of a picture freed of its slow light."""
    even = gray - cv2.GaussianBlur(gray, (0, 0), max(gray.shape) / 12)
    return np.asarray(np.clip(even * 400 + 128, 0, 255), np.uint8)


def _blur_between(sharp: Float32, soft: Float32, weight: Float32, scale_px: float) -> tuple[float, float]:
    """(sigma in pixels, gain): how much `sharp` has to be blurred and its contrast changed to look like `soft`."""
    unit = scale_px / _BLUR_EYES_PX
    base = max(8.0 * unit, 3.0)
    there = soft - cv2.GaussianBlur(soft, (0, 0), base)
    errors, gains = [], []
    for blur in _BLURS:
        one = sharp if blur * unit < 0.25 else cv2.GaussianBlur(sharp, (0, 0), blur * unit)
        one = one - cv2.GaussianBlur(one, (0, 0), base)
        gain = float((weight * one * there).sum() / max(float((weight * one * one).sum()), 1e-9))
        gain = float(np.clip(gain, 0.5, 1.3))
        errors.append(float((weight * np.square(there - gain * one)).sum()))
        gains.append(gain)
    at = int(np.argmin(errors))
    return _between(errors, at) * unit, gains[at]


def _between(errors: Sequence[float], at: int) -> float:
    """The blur of the least error, by a parabola through it and its neighbours."""
    if at in (0, len(_BLURS) - 1):
        return _BLURS[at]
    before, now, after = errors[at - 1 : at + 2]
    step = 0.5 * (before - after) / max(before - 2 * now + after, 1e-12)
    step = float(np.clip(step, -0.5, 0.5))
    other = _BLURS[at + 1] if step > 0 else _BLURS[at - 1]
    return _BLURS[at] + abs(step) * (other - _BLURS[at])


def _agreement(gray: Float32, soft: Float32, scale_px: float) -> Float32:
    """(h, w) in [0, 1]: whether two equally blurred pictures show the same, by correlation in windows."""
    wide, side = max(scale_px / 10, 2.0), 2 * max(2, round(scale_px / 16)) + 1
    a, b = (one - cv2.GaussianBlur(one, (0, 0), wide) for one in (gray, soft))

    def mean(plane: Float32) -> Float32:
        return cv2.blur(plane, (side, side))

    flat = np.float32(_FLAT**2)
    both = (mean(a * b) + flat) / np.sqrt((mean(a * a) + flat) * (mean(b * b) + flat))
    misfit = mean(np.square(a - b)) / (mean(a * a) + mean(b * b) + 2 * flat)
    trust = np.clip((both - 0.35) / 0.4, 0, 1) * np.clip(1.6 - 3 * misfit, 0, 1)
    return cv2.blur(trust.astype(np.float32), (side, side))


def _mean(details: Sequence[Float32], trusts: Sequence[Float32]) -> tuple[Float32, Float32]:
    """The detail that most agree on, and how far it is to be trusted; what is far from the mean counts less."""
    total = np.maximum(np.sum(trusts, axis=0, dtype=np.float32), np.float32(1e-4))
    best = np.max(trusts, axis=0)
    if len(details) == 1:
        return details[0], best
    middle = sum(trust[..., None] * one for one, trust in zip(details, trusts, strict=True)) / total[..., None]
    near = [
        trust * np.exp(-np.square(luma(one - middle) / _SCATTER)) for one, trust in zip(details, trusts, strict=True)
    ]
    total = np.maximum(np.sum(near, axis=0, dtype=np.float32), np.float32(1e-4))
    mean = sum(weight[..., None] * one for one, weight in zip(details, near, strict=True)) / total[..., None]
    return np.asarray(mean, np.float32), best
