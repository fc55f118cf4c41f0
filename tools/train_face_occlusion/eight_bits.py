"""The trained network in 8 bits, calibrated on portraits with shapes drawn over them.

python -m tools.train_face_occlusion.eight_bits --network run/face_occlusion.onnx --pictures PORTRAITS --output FILE

Needs the `onnx` package. Weights are kept to seven of their eight bits, so that processors without the newest
instructions add up the same sums and none overflows. The first layer, which sees the picture, and the last one, which
decides, stay in float32.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from facefusion.core import Float32, UInt8
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import network_input, upright_matrix
from facefusion.media import read_image

PICTURES, LONG_SIDE = 96, 900
COVERED = 0.6
"""Share of the portraits over which something is drawn."""
INPUT = "picture_and_guide"
FIRST, LAST = "/n/enter/enter.0/enter.0.0/Conv", "/n/leave/leave.0/Conv"


class Shown(CalibrationDataReader):  # type: ignore[misc]
    """What the network is shown: (1, 6, 192, 192) float32 each."""

    def __init__(self, inputs: Sequence[Float32]) -> None:
        self._left = iter(inputs)

    def get_next(self) -> dict[str, Float32] | None:
        planes = next(self._left, None)
        return None if planes is None else {INPUT: planes}


def inputs_of(folder: Path) -> Iterator[Float32]:
    """The network's input for portraits spread over `folder`; the same ones every time."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    random, analyser = np.random.default_rng(1), FaceAnalyser()
    for path in paths[:: max(len(paths) // PICTURES, 1)]:
        pixels = _reduced(read_image(path).pixels)
        faces = analyser.find(pixels) if pixels.dtype == np.uint8 else []
        for face in faces[:1]:
            if face.landmarks is not None:
                shown = pixels.copy()
                if random.random() < COVERED:
                    _cover(shown, np.array(face.box.center), face.box.width, random)
                yield network_input(shown, face.landmarks, upright_matrix(face.landmarks.xy))[0]


def _reduced(pixels: UInt8) -> UInt8:
    factor = LONG_SIDE / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else pixels


def _cover(pixels: UInt8, centre: Float32, width: float, random: np.random.Generator) -> None:
    """One or two shapes near the middle of a face: filled ones, or lines as thin as hair and as thick as a finger."""
    for _ in range(random.integers(1, 3)):
        middle = centre + random.normal(0, 0.35 * width, 2)
        points = (middle + random.normal(0, 0.3 * width, (6, 2))).astype(np.int32)
        colour = tuple(int(value) for value in random.integers(0, 255, 3))
        if random.random() < 0.5:
            cv2.fillConvexPoly(pixels, cv2.convexHull(points), colour, cv2.LINE_AA)
        else:
            cv2.polylines(pixels, [points], False, colour, int(random.integers(1, 8)), cv2.LINE_AA)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, required=True, help="what `train` wrote")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of portraits")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    quantize_static(
        str(options.network), str(options.output), Shown(list(inputs_of(options.pictures))),
        quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8, op_types_to_quantize=["Conv", "Add", "Resize", "Relu"],
        nodes_to_exclude=[FIRST, LAST], calibrate_method=CalibrationMethod.Percentile,
    )  # fmt: skip


if __name__ == "__main__":
    main()
