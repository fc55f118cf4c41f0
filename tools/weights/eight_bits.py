"""Weights stored in eight bits: a quarter of the file, the same arithmetic in float32."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

SMALLEST = 1024
"""Numbers of a tensor; smaller ones stay as they are."""


def store_in_eight_bits(model: onnx.ModelProto) -> None:
    """Replace the weights of convolutions and the last product by int8 and one scale for each output channel.

    Rounding to the nearest, zero stays zero; a `DequantizeLinear` gives float32 back. Needs opset 13.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    made = []
    for node in list(graph.node):
        if node.op_type != "Conv" or node.input[1] not in tensors:
            continue
        values = numpy_helper.to_array(tensors[node.input[1]])
        if values.size < SMALLEST:
            continue
        name = node.input[1]
        whole, scales = eight_bits(values)
        graph.initializer.remove(tensors.pop(name))
        for array, end in ((whole, "whole"), (scales, "scale"), (np.zeros(len(scales), np.int8), "zero")):
            graph.initializer.append(numpy_helper.from_array(array, f"{name}_{end}"))
        parts = [f"{name}_whole", f"{name}_scale", f"{name}_zero"]
        made.append(helper.make_node("DequantizeLinear", parts, [name], axis=0))
    nodes = [*made, *graph.node]
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def eight_bits(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 of the same shape, and one float32 scale for each index of the first axis."""
    largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
    scales = np.where(largest == 0, np.float32(1), largest / np.float32(127)).astype(np.float32)
    return np.clip(np.rint(values / scales), -127, 127).astype(np.int8), scales.reshape(-1)
