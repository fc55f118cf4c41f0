"""How well a face is seen, cheaply: sharpness, how much is covered, where the light comes from; and a picture's grain.

Everything is read from a few thousand pixels, so that it costs little beside the networks: 4 % of an analysis. Light
changes slowly, and what is covered needs a network of its own: they are measured in every `LIGHT_EVERY`th and
`HIDDEN_EVERY`th frame and interpolated between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from facefusion.core import Box, Face, FaceMeasures, Float32, Landmarks, Pixels, Track, snapped
from facefusion.core.arrays import PIXEL_MAX
from facefusion.faces.parse import OcclusionParser
from facefusion.geometry.mesh import LIPS_INNER, canonical_mesh

LIGHT_EVERY = 4
HIDDEN_EVERY = 6 * LIGHT_EVERY
_CHIP = 64
_BLURRED, _SHARP = 0.45, 1.1
"""Ratio of the two finest octaves of a face that is blurred away and of a sharp one."""
_TILE, _TILES_A_SIDE = 32, 5
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SECOND = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


class FaceMeter:
    """Measures the faces of one stretch of a clip as it is read; hand `with_measures` the tracks at the end."""

    def __init__(self, parser: OcclusionParser | None = None) -> None:
        self._parser = parser
        self._found: dict[tuple[int, Box], FaceMeasures] = {}

    def see(self, index: int, pixels: Pixels, faces: Sequence[Face]) -> None:
        """Measure those of `faces` that were read (score above 0) in frame `index`, (H, W, 3) RGB."""
        faces = [face for face in faces if face.score > 0]
        with_light = index % LIGHT_EVERY == 0
        for face in map(_as_kept, faces) if with_light else faces:
            hidden = self._hidden(index, pixels, face)
            self._found[index, face.box] = measured(pixels, face, hidden, with_light=with_light)

    def with_measures(self, track: Track) -> Track:
        """`track` with what was measured in its columns, NaN elsewhere."""
        boxes = (Box(*(float(side) for side in row)) for row in track.columns.boxes)
        unknown, places = FaceMeasures(), zip(track.frames.tolist(), boxes, strict=True)
        rows = [self._found.get(place, unknown) for place in places]
        return _with_columns(track, [(one.sharpness, one.hidden, *one.light) for one in rows])

    def _hidden(self, index: int, pixels: Pixels, face: Face) -> float:
        if self._parser is None or face.landmarks is None or index % HIDDEN_EVERY:
            return float("nan")
        return self._parser.hidden_share(pixels, face.landmarks)


def _as_kept(face: Face) -> Face:
    """`face` with its landmarks as a track gives them back."""
    if face.landmarks is None:
        return face
    xyz = snapped(face.landmarks.xyz)
    return replace(face, landmarks=Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2]))


def interpolated(track: Track) -> Track:
    """`track` with its measures filled where they are NaN, from the rows before and after."""
    columns = track.columns
    values = np.column_stack([columns.sharpness, columns.hidden, columns.light]).astype(np.float64)
    if np.isfinite(values).all():
        return track
    return _with_columns(track, np.column_stack([_filled(track.frames, column) for column in values.T]))


def measured(pixels: Pixels, face: Face, hidden: float = float("nan"), *, with_light: bool = True) -> FaceMeasures:
    """What can be told of one face of `pixels` (H, W, 3) RGB without a network."""
    if face.landmarks is None:
        return FaceMeasures()
    light = light_of(pixels, face.landmarks.xyz) if with_light else FaceMeasures().light
    return FaceMeasures(sharpness_of(pixels, face.box), hidden, light)


def sharpness_of(pixels: Pixels, box: Box) -> float:
    """In [0, 1]: how much the finest octave of the face has of what the next one has; contrast does not matter."""
    height, width = pixels.shape[:2]
    (x, y), reach = box.center, max(box.width, box.height, 8.0) / 2
    rows = slice(max(int(y - reach), 0), min(int(y + reach), height))
    region = pixels[rows, max(int(x - reach), 0) : min(int(x + reach), width)]
    if not region.size:
        return 0.0
    gray = cv2.cvtColor(region, cv2.COLOR_RGB2GRAY)
    chip = cv2.resize(gray, (_CHIP, _CHIP), interpolation=cv2.INTER_AREA).astype(np.float32)
    once, twice = cv2.GaussianBlur(chip, (0, 0), 1.0), cv2.GaussianBlur(chip, (0, 0), 2.0)
    fine, coarse = float((chip - once).std()), float((once - twice).std())
    ratio = fine / coarse if coarse > 1e-6 else 0.0
    return float(np.clip((ratio - _BLURRED) / (_SHARP - _BLURRED), 0, 1))


def light_of(pixels: Pixels, xyz: Float32) -> tuple[float, float, float, float]:
    """Ambient level and direction of the light on a face, as in `FaceMeasures.light`.

    Luma at the mesh's points (K, 3) is fitted by a + b · n over their normals n (a first-order irradiance model,
    Ramamoorthi and Hanrahan 2001). All 0 where less than 20 points lie in the picture.
    """
    height, width = pixels.shape[:2]
    triangles, skin = _skin()
    spots = np.rint(xyz[skin, :2]).astype(int)
    inside = (spots >= 0).all(axis=1) & (spots[:, 0] < width) & (spots[:, 1] < height)
    if inside.sum() < 20:
        return (0.0, 0.0, 0.0, 0.0)
    normals = _normals(xyz, triangles)[skin][inside]
    colours = pixels[spots[inside, 1], spots[inside, 0]].astype(np.float32) / np.float32(PIXEL_MAX[pixels.dtype.name])
    rows = np.column_stack([np.ones(len(normals)), normals])
    held = rows.T @ rows + np.diag([0, 1, 1, 1])
    level, right, down, towards = np.linalg.solve(held, rows.T @ (colours @ _LUMA))
    return (float(level), float(right), float(down), float(-towards))


def grain_of(pixels: Pixels) -> float:
    """Standard deviation of the noise of (H, W, 3) RGB, in [0, 1] (Immerkær 1996; the calmest quarter of 25 tiles)."""
    height, width = pixels.shape[:2]
    if min(height, width) < _TILE:
        return float("nan")
    rows = np.linspace(0, height - _TILE, _TILES_A_SIDE).astype(int)
    columns = np.linspace(0, width - _TILE, _TILES_A_SIDE).astype(int)
    tiles = [pixels[y : y + _TILE, x : x + _TILE] for y in rows for x in columns]
    gray = np.stack(tiles).astype(np.float32) @ _LUMA / np.float32(PIXEL_MAX[pixels.dtype.name])
    second = cv2.filter2D(gray.reshape(-1, _TILE), -1, _SECOND).reshape(gray.shape)[:, 1:-1, 1:-1]
    rough = np.abs(second).mean(axis=(1, 2)) * np.sqrt(np.pi / 2) / 6
    return float(np.sort(rough)[len(rough) // 4])


def _with_columns(track: Track, rows: ArrayLike) -> Track:
    """rows: (n, 6), sharpness, hidden, light."""
    values = np.array(rows, np.float16).reshape(-1, 6)
    columns = replace(
        track.columns, sharpness=values[:, 0].copy(), hidden=values[:, 1].copy(), light=values[:, 2:].copy()
    )
    return replace(track, columns=columns)


def _filled(frames: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(values)
    return np.interp(frames, frames[known], values[known]) if known.any() else values


def _normals(xyz: Float32, triangles: NDArray[np.int32]) -> Float32:
    """(468, 3) float32 unit normals, away from the head; x right, y down, z away from the camera."""
    corners = xyz[triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.column_stack(
        [np.bincount(triangles.ravel(), np.repeat(areas[:, axis], 3), minlength=468) for axis in range(3)]
    )
    return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)).astype(np.float32)


@cache
def _skin() -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """All triangles, and the points whose colour tells of the light: skin away from eyes and mouth."""
    mesh = canonical_mesh()
    openings = [mesh.groups[name] for name in mesh.groups if name not in ("skin", "lips")]
    left_out = {int(point) for group in openings for point in group.ravel()} | set(LIPS_INNER)
    return mesh.triangles, np.array([point for point in range(468) if point not in left_out], np.intp)
