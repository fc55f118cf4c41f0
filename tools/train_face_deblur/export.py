"""Write the network for ONNX Runtime: any size, large weights as 8-bit numbers, widened when the file is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

_LARGE = 1000
"""Weights with fewer numbers stay as they are."""


def export(net: nn.Module, path: Path) -> None:
    """`net` as an ONNX file at `path`; both sides of the picture are free, in multiples of its blocks."""
    free = {"picture": {0: "n", 2: "h", 3: "w"}, "restored": {0: "n", 2: "h", 3: "w"}}
    torch.onnx.export(
        net.eval(), (torch.zeros(1, 3, 64, 64),), path, input_names=["picture"], output_names=["restored"],
        opset_version=17, dynamic_axes=free, dynamo=False,
    )  # fmt: skip
    net.train()
    onnx.save(narrowed(onnx.load(path)), path)


def narrowed(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` with large weights stored as int8, each with a scale for every output channel: a quarter of the file.

    Cast and Mul widen them; ONNX Runtime folds both when it loads the file, so that it computes in float32.
    """
    graph, widening = model.graph, []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _LARGE:
            continue
        values = numpy_helper.to_array(weight)
        scale = np.maximum(np.abs(values).max(axis=(1, 2, 3), keepdims=True) / 127, 1e-12).astype(np.float32)
        stored = np.rint(values / scale).astype(np.int8)
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(stored, f"{weight.name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{weight.name}.scale"))
        widening.append(
            helper.make_node("Cast", [f"{weight.name}.int8"], [f"{weight.name}.wide"], to=TensorProto.FLOAT)
        )
        widening.append(helper.make_node("Mul", [f"{weight.name}.wide", f"{weight.name}.scale"], [weight.name]))
    for number, node in enumerate(widening):
        graph.node.insert(number, node)
    onnx.checker.check_model(model)
    return model
