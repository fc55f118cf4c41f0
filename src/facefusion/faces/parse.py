"""What is in front of a face: hands, hair, glasses, microphones, anything that is not the face itself.

A small network of our own (see `tools/train_face_occlusion`) looks at an upright crop together with the mesh's texture
coordinates, so that it knows which part of a face each pixel should show. Its answer is brought to the picture's own
resolution by a guided filter, so that thin things keep their edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Landmarks, Pixels, to_unit
from facefusion.faces.brow_tails import with_brow_tails
from facefusion.faces.crops import cut
from facefusion.geometry import transforms
from facefusion.geometry.edge_filter import follow_edges
from facefusion.geometry.mesh import EYE_CORNERS, NUM_MESH, canonical_mesh
from facefusion.geometry.raster import rasterize
from facefusion.models import ModelStore, Session, open_session

INPUT_SIZE = 192
_MARGIN = 1.3
"""The crop's side, in longer sides of the mesh."""
_HIDDEN, _SEEN = 0.65, 0.9
"""Refined answers up to the first leave a pixel untouched; from the second on the face counts as seen."""
_CLEAR = 0.6
"""When the network is this sure everywhere, nothing is in front of the face."""
_KNOWN_PX = 3
"""The network was taught to answer this far outside of the mesh, in its own pixels."""
_REACH_PX = 16
"""A swap moves what is around the mesh this far, in the network's pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """The network's answer for one face.

    seen: (192, 192) float32 in [0, 1], 1 where the face itself is seen. matrix: (2, 3) float32, the picture's pixels →
    the answer's.
    """

    seen: Float32
    matrix: Float32


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
        return self.shown(pixels, self.look(pixels, landmarks))

    def look(self, pixels: Pixels, landmarks: Landmarks) -> Looked:
        """The first half of `visible`: the network's answer."""
        matrix = upright_matrix(landmarks.xy)
        return Looked(self._seen(pixels, landmarks, matrix)[0], matrix)

    def shown(self, pixels: Pixels, looked: Looked) -> Float32:
        """The second half of `visible`: the answer with the edges of `pixels`."""
        return _at_full_size(pixels, looked.seen, looked.matrix)

    def roughly(self, looked: Looked, size: tuple[int, int]) -> Float32:
        """As `shown` for a picture of (height, width), with edges as soft as the network's: enough to measure light."""
        back, (height, width) = transforms.inverse(looked.matrix), size
        large = cv2.warpAffine(
            looked.seen, back, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
        )
        return _as_visible(large)

    def hidden_share(self, pixels: Pixels, landmarks: Landmarks) -> float:
        """In [0, 1]: how much of the face something is in front of; as `visible`, without its full size."""
        seen, on_mesh = self._seen(pixels, landmarks, upright_matrix(landmarks.xy))
        return float((seen[on_mesh] < _HIDDEN).mean()) if on_mesh.any() else 0.0

    def _seen(self, pixels: Pixels, landmarks: Landmarks, matrix: Float32) -> tuple[Float32, NDArray[np.bool_]]:
        """The network's answer, (192, 192) float32, and where the mesh lies in its crop."""
        planes, on_mesh = network_input(pixels, landmarks, matrix)
        seen: Float32 = self._session.run(planes)[0][0, 0]
        seen = with_brow_tails(seen, transforms.apply(matrix, landmarks.xy[:NUM_MESH]), surely_seen=_SEEN)
        return _on_face(seen, on_mesh), on_mesh


def network_input(pixels: Pixels, landmarks: Landmarks, matrix: Float32) -> tuple[Float32, NDArray[np.bool_]]:
    """(1, 6, 192, 192) float32, what the network is shown: RGB, then `mesh_guide`; and where the mesh lies.

    matrix: (2, 3) float32, the picture's pixels → the network's.
    """
    uv, on_mesh = _drawn(_in_crop(landmarks, matrix), INPUT_SIZE)
    planes = np.empty((1, 6, INPUT_SIZE, INPUT_SIZE), np.float32)
    cv2.split(cut(pixels, matrix, INPUT_SIZE), list(planes[0, :3]))
    planes[0, 3] = on_mesh
    cv2.split(uv, list(planes[0, 4:]))
    return planes, on_mesh


def upright_matrix(xy: Float32, size: int = INPUT_SIZE) -> Float32:
    """(2, 3) float32, picture pixels → the network's crop: eyes level, the mesh in the middle with a margin.

    xy: (468 or 478, 2) float32 pixels.
    """
    left, right = xy[EYE_CORNERS[0]], xy[EYE_CORNERS[3]]
    roll_deg = float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))
    turn = transforms.square_roi((0.0, 0.0), float(size), roll_deg, size)
    upright = transforms.apply(turn, xy[:NUM_MESH])
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = transforms.apply(transforms.inverse(turn), ((low + high) / 2)[None])[0]
    side = max(float((high - low).max()), 1.0) * _MARGIN
    return transforms.square_roi((float(x), float(y)), side, roll_deg, size)


def mesh_guide(landmarks: Landmarks, matrix: Float32, size: int = INPUT_SIZE) -> Float32:
    """(size, size, 3) float32: 1 on the mesh, and the mesh's u and v in [-1, 1]; all 0 off the mesh.

    matrix: (2, 3) float32, the landmarks' pixels → pixels of the crop.
    """
    return guide_of(_in_crop(landmarks, matrix), size)


def guide_of(xyz: Float32, size: int = INPUT_SIZE) -> Float32:
    """(size, size, 3) float32: as `mesh_guide`, for landmarks (468 or more, 3) in the crop's own pixels."""
    uv, covered = _drawn(xyz, size)
    return np.dstack([covered.astype(np.float32), uv])


def _in_crop(landmarks: Landmarks, matrix: Float32) -> Float32:
    xyz = landmarks.xyz
    return np.column_stack([transforms.apply(matrix, xyz[:, :2]), xyz[:, 2]])


def _drawn(xyz: Float32, size: int) -> tuple[Float32, NDArray[np.bool_]]:
    """The mesh's u and v in [-1, 1], (size, size, 2), and where it lies."""
    mesh = canonical_mesh()
    xy = np.ascontiguousarray(xyz[:NUM_MESH, :2], np.float32)
    depth = np.ascontiguousarray(xyz[:NUM_MESH, 2], np.float32)
    centred = np.ascontiguousarray(mesh.uv * np.float32(2) - np.float32(1))
    return rasterize(xy, depth, mesh.triangles, centred, (size, size))


def _on_face(seen: Float32, on_mesh: NDArray[np.bool_]) -> Float32:
    """The network's answer on the mesh; what is in front of its rim goes on beyond it, as far as a swap may reach."""
    covered = on_mesh.astype(np.uint8)
    known = cv2.dilate(covered, np.ones((2 * _KNOWN_PX + 1,) * 2, np.uint8)) > 0
    answer = np.where(known, seen, np.float32(1))
    if not (answer < _HIDDEN).any():
        return answer
    near = cv2.dilate(covered, np.ones((2 * _REACH_PX + 1,) * 2, np.uint8)) > 0
    beyond = _gone_on(seen, known)
    np.copyto(answer, beyond, where=near & ~known & (beyond < _HIDDEN))
    return answer


def _gone_on(seen: Float32, known: NDArray[np.bool_]) -> Float32:
    """The known answers near each pixel in the mean; so smooth that half the size is enough to find it."""
    weight = known.astype(np.float32)
    both = cv2.resize(cv2.merge([seen * weight, weight]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    total, weights = cv2.split(cv2.GaussianBlur(both, (0, 0), _REACH_PX / 4))
    mean = total / np.maximum(weights, np.float32(1e-3))
    return cv2.resize(mean, seen.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _at_full_size(pixels: Pixels, seen: Float32, matrix: Float32) -> Float32:
    """The network's answer on the picture's own pixels, its edges moved to the picture's edges."""
    height, width = pixels.shape[:2]
    visible = np.ones((height, width), np.float32)
    back = transforms.inverse(matrix)
    reach = transforms.scale_of(back)
    x0, y0, x1, y1 = _doubted(seen, back, reach, (height, width))
    if x0 >= x1 or y0 >= y1:
        return visible
    back[:, 2] -= np.array([x0, y0], np.float32)
    large = cv2.warpAffine(
        seen, back, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
    )
    if reach > 0.7:
        large = follow_edges(to_unit(pixels[y0:y1, x0:x1]), large, reach)
    visible[y0:y1, x0:x1] = _as_visible(large)
    return visible


def _as_visible(answers: Float32) -> Float32:
    return np.clip((answers - np.float32(_HIDDEN)) / np.float32(_SEEN - _HIDDEN), 0, 1)


def _doubted(seen: Float32, back: Float32, reach: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the picture's pixels where the face may be hidden, with room for the filter."""
    x, y, wide, high = cv2.boundingRect((seen < _CLEAR).view(np.uint8))
    if wide == 0:
        return 0, 0, 0, 0
    corners = [(u, v) for u in (x, x + wide - 1) for v in (y, y + high - 1)]
    spots = transforms.apply(back, np.array(corners, np.float32))
    room = 6 * reach + 4
    low = np.maximum(np.floor(spots.min(axis=0) - room), 0).astype(int)
    end = np.minimum(np.ceil(spots.max(axis=0) + room), (size[1], size[0])).astype(int)
    return int(low[0]), int(low[1]), int(end[0]), int(end[1])
