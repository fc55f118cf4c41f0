"""The layers of one frame of a turnover, taken down while it is rendered and worked out when it is finished."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Box, Cutout, Face, Float32, Frame, Patch, to_unit
from facefusion.geometry.mesh import NUM_MESH, canonical_mesh
from facefusion.geometry.raster import rasterize
from facefusion.media.scene_space import LINEAR_REC709, WORKING, SceneSpace, linear_709_of
from facefusion.pipeline.cutting import Cutting
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.render_context import RenderContext
from facefusion.provenance.watermark import Watermark

_MOVED = 1 / 512
"""Pixels that differ from the plate by more were moved by the processor, where its own base says so."""
_GAP_PX = 5
Layers = dict[str, NDArray[Any]]
"""Channels of an EXR by their name; `RGBA` and `RGB` stand for those of the picture itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """What was laid on one face."""

    face: Face
    patch: Patch


@dataclass(eq=False)
class LayerLog:
    """What was laid down and cut out, by frame, until somebody takes it. Safe in threads."""

    _laid: dict[int, list[Laid]] = field(default_factory=dict)
    _cut: dict[int, Float32] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watching(self, renderer: RangeRenderer) -> RangeRenderer:
        """The renderer, telling this log."""
        cutting = renderer.cutting
        told = None
        if cutting is not None:
            told = _ToldCutting(**{one.name: getattr(cutting, one.name) for one in fields(Cutting)}, log=self)
        return replace(renderer, context=self._told(renderer.context), cutting=told)

    def take(self, index: int) -> tuple[list[Laid], Float32 | None]:
        """What was laid on the faces of a frame, in order, and its matte; once."""
        with self._lock:
            return self._laid.pop(index, []), self._cut.pop(index, None)

    def lay(self, index: int, face: Face, patch: Patch) -> None:
        """Take down one patch."""
        with self._lock:
            self._laid.setdefault(index, []).append(Laid(face, patch))

    def cut(self, index: int, alpha: Float32) -> None:
        """Take down the matte of a frame."""
        with self._lock:
            self._cut[index] = alpha

    def _told(self, context: RenderContext) -> RenderContext:
        variants = {values: replace(one, laid=self.lay) for values, one in context.variants.items()}
        return replace(context, laid=self.lay, variants=variants)


@dataclass(frozen=True, slots=True, eq=False)
class _ToldCutting(Cutting):
    log: LayerLog = field(default_factory=LayerLog)

    def cut(self, frame: Frame, faces: Sequence[Face]) -> Cutout:
        found = Cutting.cut(self, frame, faces)
        self.log.cut(frame.index, found.alpha)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class FrameLayers:
    """Works out the layers of frames of one size. space: linear light that everything is stored in.

    is_cut: whether the background is replaced or left out, so that nothing of the plate shows.
    asset_id: the number that the uncomposited render carries as well.
    """

    space: SceneSpace | None
    is_cut: bool
    asset_id: int

    def plate(self, before: Frame) -> NDArray[np.float16]:
        """(H, W, 3) float16: the untouched frame's light, as it is stored; (H, W, 4), premultiplied, with alpha."""
        light = self._placed(linear_709_of(before))
        if before.alpha is None:
            return light.astype(np.float16)
        alpha = _unit(before.alpha)[..., None]
        return np.concatenate([light * alpha, alpha], axis=2).astype(np.float16)

    def of(
        self, before: Frame, after: Frame, laid: Sequence[Laid], matte: Float32 | None, solid: Box | None
    ) -> tuple[NDArray[np.float16], Layers]:
        """The plate as stored, and all layers of a finished frame. solid: where the label lies."""
        size, plate = after.pixels.shape[:2], self.plate(before)
        coverage, mask, hidden = self._masks(to_unit(before.pixels), laid)
        alpha = np.ones(size, np.float32) if self.is_cut else coverage
        if self.is_cut and after.alpha is not None:
            alpha = _unit(after.alpha)
        if solid is not None:
            alpha = alpha.copy()
            alpha[int(solid.y0) : int(solid.y1), int(solid.x0) : int(solid.x1)] = 1
        if before.alpha is not None and after.alpha is not None and not self.is_cut:
            alpha = _over_glass(alpha, _unit(before.alpha), _unit(after.alpha), plate[..., 3].astype(np.float32))
        layers: Layers = {
            "RGBA": np.dstack([self._over(after, plate.astype(np.float32), alpha), alpha]).astype(np.float32),
            **_channels("render", "RGBA", self._render(size, laid).astype(np.float16)),
            "facemask.Y": mask.astype(np.float16),
            "occlusion.Y": hidden.astype(np.float16),
            **_channels("stmap", "RGB", self._st_map(size, laid)),
        }
        if matte is not None:
            layers["matte.Y"] = matte.astype(np.float16)
        return plate, layers

    def _over(self, after: Frame, plate: Float32, alpha: Float32) -> Float32:
        """(H, W, 3) float32: what gives the finished frame when it is laid over the plate, whatever alpha is."""
        done = self._placed(linear_709_of(after))
        if after.alpha is not None:
            done = done * _unit(after.alpha)[..., None]
            if self.is_cut:
                return done
        return done - (1 - alpha)[..., None] * plate[..., :3]

    def _masks(self, before: Float32, laid: Sequence[Laid]) -> tuple[Float32, Float32, Float32]:
        """(H, W) each: coverage (mask, and whatever else the processor moved), face mask, what is in front."""
        size = before.shape[:2]
        coverage, mask, hidden = (np.zeros(size, np.float32) for _ in range(3))
        for one in laid:
            patch = one.patch
            seen = np.ones_like(patch.mask) if patch.visible is None else patch.visible
            shows = in_frame(patch.mask * seen, patch.matrix, size)
            mask = np.maximum(mask, shows)
            hidden = np.maximum(hidden, in_frame(1 - seen, patch.matrix, size))
            coverage = np.maximum(coverage, shows)
            if patch.base is not None:
                inside = in_frame(np.ones_like(patch.mask), patch.matrix, size) >= 1
                moved = np.abs(in_frame(patch.base, patch.matrix, size) - before).max(axis=2) > _MOVED
                coverage = np.maximum(coverage, _softened(inside & moved & _is_native(patch)))
        return coverage, mask, hidden

    def _render(self, size: tuple[int, ...], laid: Sequence[Laid]) -> Float32:
        """(H, W, 4) premultiplied: faces as they were drawn, before any mask, marked as everything else."""
        pixels, alpha = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
        for one in laid:
            inside = in_frame(np.ones_like(one.patch.mask), one.patch.matrix, size)
            drawn = in_frame(one.patch.pixels, one.patch.matrix, size)
            pixels = np.where(inside[..., None] > 0, drawn, pixels)
            alpha = np.maximum(alpha, inside)
        height, width = size
        marked = Watermark(self.asset_id, width=width, height=height, color=WORKING).apply(pixels)
        light = self._placed(linear_709_of(Frame(marked, color=WORKING)))
        return np.dstack([light * alpha[..., None], alpha])

    def _st_map(self, size: tuple[int, ...], laid: Sequence[Laid]) -> Float32:
        """(H, W, 3): place on the unwrapped face, 0 to 1 from its lower left corner; blue is 1 on the face."""
        mesh, result = canonical_mesh(), np.zeros((*size, 3), np.float32)
        uv = np.column_stack([mesh.uv[:, 0], 1 - mesh.uv[:, 1], np.ones(len(mesh.uv), np.float32)])
        for face in {one.face.track_id: one.face for one in laid}.values():
            points = face.landmarks
            if points is None or points.z is None or len(points) < NUM_MESH:
                continue
            drawn, covered = rasterize(
                points.xy[:NUM_MESH], points.z[:NUM_MESH], mesh.triangles, uv, (size[0], size[1])
            )
            result[covered] = drawn[covered]
        return result

    def _placed(self, linear_709: Float32) -> Float32:
        return (self.space or LINEAR_REC709).from_linear_709(linear_709)


def in_frame(plane: Float32, matrix: Float32, size: tuple[int, ...]) -> Float32:
    """(h, w) or (h, w, 3) of a crop on the picture's own grid of `size` = (H, W), 0 outside. matrix: picture → crop."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, matrix, (size[1], size[0]), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def _softened(moved: NDArray[np.bool_]) -> Float32:
    """(H, W) in [0, 1]: 1 on pixels that moved and in the gaps between them, fading out around them."""
    closed = cv2.morphologyEx(moved.astype(np.float32), cv2.MORPH_CLOSE, np.ones((_GAP_PX, _GAP_PX), np.uint8))
    grown = cv2.dilate(closed, np.ones((_GAP_PX, _GAP_PX), np.uint8))
    return np.maximum(closed, cv2.GaussianBlur(grown, (0, 0), _GAP_PX / 3))


def _over_glass(alpha: Float32, before: Float32, after: Float32, stored: Float32) -> Float32:
    """(H, W): what, over a plate whose alpha is `stored`, gives the alpha `after`; `alpha` where the plate is solid.

    before: of the plate, exactly; where it is kept, nothing is added.
    """
    missing = 1 - stored
    added = np.clip((after - stored) / np.where(missing > 0, missing, 1), 0, 1)
    return np.where(missing > 0, np.where(after == before, 0, added), alpha).astype(np.float32)


def _is_native(patch: Patch) -> bool:
    """Whether the crop is the picture's own pixels: its base then tells what was moved, not what was resampled."""
    return bool(np.array_equal(patch.matrix[:, :2], np.eye(2, dtype=np.float32)))


def _channels(layer: str, names: str, planes: NDArray[Any]) -> Layers:
    return {f"{layer}.{name}": np.ascontiguousarray(planes[..., place]) for place, name in enumerate(names)}


def _unit(alpha: NDArray[Any]) -> Float32:
    return alpha if alpha.dtype == np.float32 else alpha.astype(np.float32) / np.float32(np.iinfo(alpha.dtype).max)
