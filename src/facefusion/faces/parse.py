"""What is in front of a face: hands, hair, glasses, microphones, anything that is not the face itself.

A small network of our own (see `tools/train_face_occlusion`) looks at an upright crop together with the mesh's texture
coordinates, so that it knows which part of a face each pixel should show. Its answer is brought to the picture's own
resolution by a guided filter (He, Sun and Tang, 2010), so that thin things keep their edges.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Landmarks, Pixels, to_unit
from facefusion.faces.crops import cut
from facefusion.geometry.color import luma
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize
from facefusion.models import ModelStore, Session, open_session

INPUT_SIZE = 128
_FACE_SHARE = 0.72
"""The mesh's longer side in the network's crop."""
_DOUBT, _SURE = 0.45, 0.8
"""Below the first the face counts as covered, above the second as seen."""
_GUIDE_NOISE = 4e-4


class OcclusionParser:
    """Finds what is in front of faces. Thread-safe."""

    def __init__(
        self, *, providers: Sequence[str] = ("cpu",), threads: int = 1, store: ModelStore | None = None
    ) -> None:
        self._session: Session = open_session("face_occlusion", store=store, providers=providers, threads=threads)

    def visible(self, pixels: Pixels, landmarks: Landmarks) -> Float32:
        """(H, W) float32 in [0, 1]: 1 where the face itself is seen, 0 where something is in front of it.

        pixels: (H, W, 3) RGB, a picture or a crop. landmarks: 478 points in its pixels. Away from the face the answer
        is 1: nothing was looked for there.
        """
        matrix = upright_matrix(landmarks.xy)
        seen, _ = self._seen(pixels, landmarks, matrix)
        return _at_full_size(pixels, seen, matrix)

    def hidden_share(self, pixels: Pixels, landmarks: Landmarks) -> float:
        """In [0, 1]: how much of the face something is in front of; as `visible`, without its full size."""
        seen, on_mesh = self._seen(pixels, landmarks, upright_matrix(landmarks.xy))
        return float((seen[on_mesh] < _DOUBT).mean()) if on_mesh.any() else 0.0

    def _seen(self, pixels: Pixels, landmarks: Landmarks, matrix: Float32) -> tuple[Float32, NDArray[np.bool_]]:
        """The network's answer, (128, 128) float32, and where the mesh lies in its crop."""
        crop = cut(pixels, matrix, INPUT_SIZE)
        guide = mesh_guide(landmarks, matrix)
        planes = np.concatenate([crop, guide], axis=2).transpose(2, 0, 1)[None]
        return self._session.run(np.ascontiguousarray(planes, np.float32))[0][0, 0], guide[..., 0] > 0


def upright_matrix(xy: Float32) -> Float32:
    """(2, 3) float32, picture pixels → pixels of the network's crop: eyes level, the mesh centred."""
    across = xy[263] - xy[33]
    turn = float(np.arctan2(across[1], across[0]))
    linear = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    level = xy[:468] @ linear.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = _FACE_SHARE * INPUT_SIZE / max(float((high - low).max()), 1e-3)
    shift = INPUT_SIZE / 2 - scale * (low + high) / 2
    return np.column_stack([linear * scale, shift]).astype(np.float32)


def mesh_guide(landmarks: Landmarks, matrix: Float32) -> Float32:
    """(128, 128, 3) float32: 1 on the mesh, and the texture coordinates u and v in [0, 1], 0 off the mesh."""
    mesh = canonical_mesh()
    xyz = landmarks.xyz[:468]
    xy = (xyz[:, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    uv, covered = rasterize(xy, xyz[:, 2], mesh.triangles, mesh.uv, (INPUT_SIZE, INPUT_SIZE))
    return np.dstack([covered.astype(np.float32), uv])


def _at_full_size(pixels: Pixels, seen: Float32, matrix: Float32) -> Float32:
    """The network's answer on the picture's own pixels, its edges moved to the picture's edges."""
    height, width = pixels.shape[:2]
    inverse = cv2.invertAffineTransform(matrix)
    large = cv2.warpAffine(
        seen, inverse, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
    )
    if float(large.min()) > _SURE:
        return np.ones((height, width), np.float32)
    scale = float(np.sqrt(abs(np.linalg.det(inverse[:, :2]))))
    if scale > 0.7:
        large = _guided(luma(to_unit(pixels)), large, max(round(1.6 * scale), 2))
    return np.clip((large - _DOUBT) / (_SURE - _DOUBT), 0.0, 1.0)


def _guided(guide: Float32, values: Float32, radius: int) -> Float32:
    """Values (H, W) smoothed along the edges of `guide` (H, W) in windows of 2 · radius + 1 pixels."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(array: Float32) -> Float32:
        return cv2.blur(array, size, borderType=cv2.BORDER_REFLECT)

    center, level = mean(guide), mean(values)
    spread = mean(guide * guide) - center * center + np.float32(_GUIDE_NOISE)
    slope = ((mean(guide * values) - center * level) / spread).astype(np.float32)
    offset = (level - slope * center).astype(np.float32)
    return np.clip(mean(slope) * guide + mean(offset), 0.0, 1.0)
