"""Where the identity encoder looks on each picture for training: one file of matrices.

    python -m tools.train_face_restore.prepare --pictures FACES --output chips.npz

Pictures without a face that is found are left out. Runs with the package's own detector and landmarks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import chip_matrix

_MARGIN = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    analyser, names, matrices = FaceAnalyser(), [], []
    for path in sorted(one for one in options.pictures.rglob("*") if one.suffix.lower() in (".jpg", ".png")):
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1]
        wide = cv2.copyMakeBorder(picture, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_REFLECT_101)
        faces = analyser.find(np.ascontiguousarray(wide))
        if faces and faces[0].landmarks is not None:
            matrix = chip_matrix(faces[0].landmarks).copy()
            matrix[:, 2] += matrix[:, :2] @ np.full(2, _MARGIN, np.float32)
            names.append(path.relative_to(options.pictures).as_posix())
            matrices.append(matrix)
    np.savez(options.output, names=np.array(names), matrices=np.array(matrices, np.float32))
    print(f"{len(names)} faces")


if __name__ == "__main__":
    main()
