"""Twenty files that are no model, or not the one they are said to be, and what is to be said of each."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import miniatures
from facefusion.models.graph_writer import Value, constant, model, node, write

PICTURE = Value("target", (1, 3, 128, 128))
OUT = Value("output", (1, 3, 128, 128))
SOURCE = Value("source", (1, 512))


def _swapper(path: Path) -> bytes:
    return miniatures.swapper(path, size=128, template="arcface_128", emap=True).read_bytes()


def _cut_off(path: Path) -> None:
    path.write_bytes(_swapper(path)[:-5000])


def _damaged(path: Path) -> None:
    data = bytearray(_swapper(path))
    data[len(data) - 3000 : len(data) - 1000] = b"\xff" * 2000
    path.write_bytes(bytes(data))


def _text(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


def _torch(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")


def _graph(nodes: list[bytes], *, constants: tuple[bytes, ...] = (), inputs: Any = (PICTURE, SOURCE), opset: int = 17,
           outputs: Any = (OUT,)) -> Callable[[Path], Any]:  # fmt: skip
    return lambda path: write(path, model(nodes, inputs, outputs, constants, opset=opset))


EMAP = constant("emap", np.eye(512, dtype=np.float32))
MEAN = [node("ReduceMean", ["source"], ["mean"], axes=[0, 1], keepdims=0), node("Add", ["target", "mean"], ["output"])]
NAN = [node("Sqrt", ["source"], ["root"]), node("ReduceMean", ["root"], ["mean"], axes=[0, 1], keepdims=0),
       node("Add", ["target", "mean"], ["output"])]  # fmt: skip
ELSEWHERE = [*MEAN[:1], node("Add", ["target", "far"], ["t"]), node("Add", ["t", "mean"], ["output"])]


def _far(name: str) -> tuple[bytes, ...]:
    return EMAP, constant("far", np.zeros(1, np.float32), external=name)


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (_text(b""), r"is empty \(0 bytes\); get it again"),
    "web_page": (_text(b"<!DOCTYPE html><html><body>log in</body></html>"), "is a web page, not a model"),
    "json": (_text(b'{"error": "not found", "code": 404}'), "is a text \\(JSON\\), not a model"),
    "words": (_text(b"this is only a text, and a rather long one at that"), "is no ONNX file"),
    "zeros": (_text(bytes(4096)), "is no ONNX file"),
    "random": (_text(np.random.default_rng(0).bytes(9000)), "is no ONNX file"),
    "pickle": (_text(pickle.dumps({"weights": [1, 2]})), "is a Python pickle, which can run anything"),
    "torch": (_torch, "is a zip archive or a PyTorch checkpoint"),
    "lfs": (_text(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"), "is a pointer of Git LFS"),
    "tflite": (_text(b"\x1c\0\0\0TFL3" + bytes(100)), "is a TensorFlow Lite file"),
    "keras": (_text(b"\x89HDF\r\n\x1a\n" + bytes(100)), "is an HDF5 file"),
    "safetensors": (_text((40).to_bytes(8, "little") + json.dumps({"__metadata__": {"a": "b"}}).encode() + bytes(99)),
                    "is a safetensors file"),
    "cut_off": (_cut_off, "is no ONNX file, or cut off .*bytes are missing"),
    "damaged": (_damaged, "holds values that are no numbers; damaged"),
    "unknown_operator": (_graph([node("Conjure", ["target", "source"], ["output"])], constants=(EMAP,)),
                         "uses the operator Conjure, which ONNX Runtime .* does not know"),
    "new_opset": (_graph(MEAN, constants=(EMAP,), opset=99), r"its opset 99 is newer than ONNX Runtime"),
    "data_outside": (_graph(ELSEWHERE, constants=_far("../../etc/weights")), "outside of its folder, which is never"),
    "data_beside": (_graph(ELSEWHERE, constants=_far("weights.bin")), "keeps its data in another file"),
    "other_shapes": (_graph(MEAN, constants=(EMAP,), inputs=(Value("target", (1, 3, 99, 99)), SOURCE),
                            outputs=(Value("output", (1, 3, 99, 99)),)),
                     r"takes target \(1, 3, 99, 99\) float32.*inswapper takes target \(1, 3, 128, 128\)"),
    "nan": (_graph(NAN, constants=(EMAP,)), r"gives values that are no numbers \(NaN or infinite\) in output"),
    "deaf": (_graph([node("Mul", ["target", "nothing"], ["output"])],
                    constants=(EMAP, constant("nothing", np.zeros(1, np.float32)))), "gives the same whatever it is"),
}  # fmt: skip
"""How to make each, and what is said of it when it is imported as inswapper_128."""
