"""Measure how faces differ between people and how they move, for `facefusion.geometry.identity_shape`.

    python tools/train_shape.py --people FOLDER --clips FOLDER [--output FILE.npz]

people: a folder of pictures, one face each, of many people. clips: a folder of clips of people who speak and act.
Every face's 478 landmarks are turned to the front (`canonical_shape`). Σt is the covariance over people (it holds
expressions too), Σe the covariance inside clips around each clip's median. Both are taken in the 60 strongest joint
directions; people are Σi = Σt - 0.5 Σe with negative parts removed, and the shipped operator is Σi (Σi + 1.5 Σe)⁻¹.
Only these numbers are stored. The shipped file came from 1,480 public-domain portraits and machine-made faces and from
eight clips (seven machine-made or research clips and the actress clip of the demo).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Face
from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.canonical_shape import canonical_shape
from facefusion.media import open_media, read_image

DIRECTIONS, REMOVED, CAUTION, NOISE = 60, 0.5, 1.5, 1e-4
MOST_YAW_DEG, MOST_FRAMES = 25.0, 120
Float64 = NDArray[np.float64]


def people_shapes(folder: Path, analyser: FaceAnalyser) -> Float64:
    """(N, 1404) float64: the first face of every picture below `folder`."""
    shapes = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
        shapes += [
            s for face in analyser.find(read_image(path).pixels, embed=False)[:1] if (s := _shape(face)) is not None
        ]
    return np.stack(shapes)


def expression_shapes(folder: Path, analyser: FaceAnalyser) -> Float64:
    """(M, 1404) float64: every second frame of every clip, less the clip's median shape."""
    moved = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".mp4", ".mov", ".mkv"}):
        with open_media(path) as reader:
            frames = [frame.pixels for frame in reader if frame.index % 2 == 0]
        found = [analyser.find(pixels, embed=False)[:1] for pixels in frames]
        shapes = [s for faces in found for face in faces if (s := _shape(face)) is not None][:MOST_FRAMES]
        if shapes:
            moved.append(np.stack(shapes) - np.median(shapes, axis=0))
    return np.vstack(moved)


def operator(people: Float64, expressions: Float64) -> tuple[Float64, Float64]:
    """Orthonormal directions (K, 1404) and the Wiener weights (K, K) of the personal part."""
    centred = people - people.mean(axis=0)
    joint = np.vstack([centred / np.sqrt(len(centred)), expressions / np.sqrt(len(expressions))])
    basis = np.linalg.svd(joint, full_matrices=False)[2][:DIRECTIONS]
    total, moving = np.cov((centred @ basis.T).T), np.cov((expressions @ basis.T).T)
    values, vectors = np.linalg.eigh(total - REMOVED * moving)
    personal = (vectors * np.clip(values, 1e-6, None)) @ vectors.T
    weights = personal @ np.linalg.inv(personal + CAUTION * moving + NOISE * np.eye(len(basis)))
    return basis, weights


def _shape(face: Face) -> Float64 | None:
    if face.landmarks is None or face.pose is None or abs(face.pose.yaw_deg) > MOST_YAW_DEG:
        return None
    return canonical_shape(face.landmarks)[0].reshape(-1).astype(np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("src/facefusion/geometry/data/identity_shape.npz"))
    arguments = parser.parse_args()
    analyser = FaceAnalyser()
    basis, weights = operator(people_shapes(arguments.people, analyser), expression_shapes(arguments.clips, analyser))
    np.savez_compressed(arguments.output, basis=basis.astype(np.float16), weights=weights.astype(np.float32))
    print(f"wrote {arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
