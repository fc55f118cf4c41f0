"""Read the training pictures once: landmarks, hair labels, who wears glasses → one .npz beside the training.

    python -m tools.train_face_occlusion.prepare --pictures PORTRAITS --output prepared/faces.npz

Runs in the environment of FaceFusion itself (it needs the bundled landmarks, no torch).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tools.train_face_occlusion.labels import label_hair

from facefusion.faces.landmark import LandmarkReader, Roi
from facefusion.models import open_session

LISTS = Path(__file__).parent / "lists"
SIZE = 256


def named(name: str) -> set[str]:
    """The file names in a list that a person made by looking at every picture."""
    return {line.strip() for line in (LISTS / f"{name}.txt").read_text().splitlines() if line.strip()}


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(256, 256, 3) uint8 RGB."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None or bgr.shape != (SIZE, SIZE, 3):
        raise SystemExit(f"{path}: not a picture of {SIZE}×{SIZE} pixels")
    return np.ascontiguousarray(bgr[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    reader = LandmarkReader(open_session("face_mesh_attention"))
    glasses = named("glasses")
    rows: dict[str, list[NDArray[np.generic]]] = {key: [] for key in ("pixels", "xyz", "visible", "weight")}
    names = []
    for path in sorted(options.pictures.glob("*/*.jpg")):
        pixels = read_picture(path)
        read = reader.read(pixels, [Roi(128, 140, SIZE, 0.0)], passes=3)[0]
        label = label_hair(pixels, read.landmarks.xyz)
        rows["pixels"].append(pixels)
        rows["xyz"].append(read.landmarks.xyz)
        rows["visible"].append((label.visible * 255).astype(np.uint8))
        rows["weight"].append((label.weight * 255).astype(np.uint8))
        names.append(path.name)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    wears = np.array([name in glasses for name in names])
    np.savez(options.output, names=np.array(names), glasses=wears, **{key: np.stack(rows[key]) for key in rows})
    print(f"{len(names)} pictures, {int(wears.sum())} with glasses")


if __name__ == "__main__":
    main()
