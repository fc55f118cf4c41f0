"""Cut the training portraits out, mark natural hair, leave out those who seem to wear glasses.

    python -m tools.train_face_occlusion.prepare --pictures FOLDER --output FOLDER

pictures: portraits aligned to the ffhq_512 template at 256 pixels. There are no labels, so natural hair over forehead
and temples is found by colour: far from the cheeks' colour and joined to the mesh's outline; what is in doubt counts
neither way. Beards are part of the face.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.train_face_occlusion.canvas import SIZE

from facefusion.core import Float32, Landmarks
from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize
from facefusion.geometry.uv_maps import uv_maps
from facefusion.media import read_image

FACE_SHARE = 0.72
GLASSES_SCORE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    pictures, landmarks = _measured(arguments.pictures)
    kept = np.flatnonzero(_glasses_scores(pictures, landmarks) < GLASSES_SCORE)
    faces, placed = zip(*(_upright(pictures[k], landmarks[k]) for k in kept), strict=True)
    guides = [_guide(points) for points in placed]
    visible, ignored = zip(*(natural_hair(f, g) for f, g in zip(faces, guides, strict=True)), strict=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    np.save(arguments.output / "guides.npy", np.array(guides, np.float16))
    np.savez(
        arguments.output / "portraits.npz",
        faces=np.array(faces),
        landmarks=np.array(placed),
        visible=np.array(visible),
        ignored=np.array(ignored),
        pool=pictures,
    )
    print(f"{len(kept)} of {len(pictures)} portraits kept in {arguments.output}")


def _measured(folder: Path) -> tuple[NDArray[np.uint8], Float32]:
    analyser, pictures, landmarks = FaceAnalyser(), [], []
    for path in sorted(folder.rglob("*.jpg")):
        pixels = read_image(path).pixels
        found = analyser.find(pixels, embed=False)
        if found and found[0].landmarks is not None:
            pictures.append(pixels)
            landmarks.append(found[0].landmarks.xyz)
    return np.array(pictures), np.array(landmarks, np.float32)


def _glasses_scores(pictures: NDArray[np.uint8], landmarks: Float32) -> NDArray[np.float64]:
    """Standardised strength of horizontal edges across the nose bridge plus below the eyes."""
    found = []
    for picture, points in zip(pictures, landmarks, strict=True):
        grey = cv2.cvtColor(_eye_strip(picture, points), cv2.COLOR_RGB2GRAY).astype(np.float32)
        grey = (grey - grey.mean()) / (grey.std() + 1e-3)
        edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        below = edges[36:56, 34:54].max(axis=0).mean() + edges[36:56, 74:94].max(axis=0).mean()
        found.append((edges[14:30, 58:70].max(axis=0).mean(), below / 2))
    values = np.array(found)
    return np.asarray(((values - values.mean(axis=0)) / values.std(axis=0)).sum(axis=1))


def _eye_strip(picture: NDArray[np.uint8], points: Float32) -> NDArray[np.uint8]:
    """(64, 128, 3), the outer eye corners at (30, 26) and (98, 26)."""
    across = points[263, :2] - points[33, :2]
    scale, turn = 68 / float(np.hypot(*across)), float(np.arctan2(across[1], across[0]))
    linear = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    shift = np.array([30, 26]) - linear @ points[33, :2]
    return cv2.warpAffine(picture, np.column_stack([linear, shift]), (128, 64), flags=cv2.INTER_AREA)


def _upright(picture: NDArray[np.uint8], points: Float32) -> tuple[NDArray[np.uint8], Float32]:
    """The crop that the network sees, at SIZE, and the landmarks in it."""
    across = points[263, :2] - points[33, :2]
    turn = float(np.arctan2(across[1], across[0]))
    linear = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    level = points[:468, :2] @ linear.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = FACE_SHARE * SIZE / float((high - low).max())
    matrix = np.column_stack([linear * scale, SIZE / 2 - scale * (low + high) / 2]).astype(np.float32)
    crop = cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    xy = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return crop, np.column_stack([xy, points[:, 2] * scale]).astype(np.float32)


def _guide(points: Float32) -> Float32:
    mesh, marks = canonical_mesh(), Landmarks(points[:, :2].copy(), points[:, 2].copy())
    uv, covered = rasterize(marks.xy[:468], points[:468, 2], mesh.triangles, mesh.uv, (SIZE, SIZE))
    return np.dstack([covered.astype(np.float32), uv])


def natural_hair(face: NDArray[np.uint8], guide: Float32) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(visible uint8, ignored bool), both (SIZE, SIZE)."""
    lab = cv2.cvtColor(face, cv2.COLOR_RGB2LAB).astype(np.float32)
    covered, u, v = guide[..., 0] > 0, guide[..., 1], guide[..., 2]
    place = np.ascontiguousarray(guide[..., 1:]) * 255
    cheeks = covered & (cv2.remap(uv_maps(256).cheeks, place, None, cv2.INTER_LINEAR) > 0.8)
    if cheeks.sum() < 200:
        return np.ones((SIZE, SIZE), np.uint8), np.zeros((SIZE, SIZE), bool)
    usual = np.median(lab[cheeks], axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(lab[cheeks] - usual), axis=0), [9, 3, 3])
    off = np.abs(lab - usual) / spread
    distance = np.sqrt((off[..., 0] * 0.8) ** 2 + 0.5 * off[..., 1] ** 2 + 0.5 * off[..., 2] ** 2)
    distance = cv2.GaussianBlur(distance, (0, 0), 1.0)
    zone = covered & ((v < 0.24) | ((v < 0.55) & ((u < 0.17) | (u > 0.83))))
    edge = (cv2.erode(covered.astype(np.uint8), np.ones((5, 5))) == 0) | ~covered
    doubtful = (distance > 2.2) & zone
    _, labels = cv2.connectedComponents((doubtful | edge).astype(np.uint8))
    joined = np.isin(labels, np.setdiff1d(np.unique(labels[edge]), [0]))
    hair = (distance > 3.6) & zone & joined
    return 1 - hair.astype(np.uint8), doubtful & ~hair


if __name__ == "__main__":
    main()
