"""Measure the middle of many people's embeddings, which face templates subtract before they keep signs.

    python tools/make_embedding_centre.py FOLDER [FOLDER …] --number 250 --number 150

FOLDER holds portraits, one face each; of each folder so many are taken, drawn with a fixed seed. The result is an
average of 128 numbers: nothing of a single face is in it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import read_image

RESULT = Path(__file__).parents[1] / "src/facefusion/provenance/consent/embedding_centre.json"


def drawn(folders: Iterable[Path], numbers: Iterable[int]) -> list[Path]:
    """The pictures that are measured, in order."""
    random = np.random.default_rng(0)
    chosen = []
    for folder, number in zip(folders, numbers, strict=True):
        found = sorted(folder.rglob("*.jpg"))
        chosen += [found[place] for place in sorted(random.permutation(len(found))[:number])]
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--number", type=int, action="append", required=True, help="how many of each folder")
    options = parser.parse_args()
    analyser = FaceAnalyser()
    faces = [analyser.find(read_image(path).pixels) for path in drawn(options.folder, options.number)]
    write([found[0].embedding for found in faces if found and found[0].embedding is not None])


def write(embeddings: list[np.ndarray]) -> None:
    centre = [round(float(number), 6) for number in np.mean(embeddings, axis=0, dtype=np.float64)]
    told = {"encoder": "dlib_resnet_v1", "faces": len(embeddings), "centre": centre}
    RESULT.write_text(json.dumps(told, indent=1) + "\n")
    print(f"{RESULT}: the middle of {len(embeddings)} faces")


if __name__ == "__main__":
    main()
