"""Reader of TensorFlow.js graph models, and their conversion to ONNX.

A graph model is a JSON file (the topology is a protobuf ``GraphDef`` in JSON form) beside
files of raw weights. The converter of TensorFlow.js fuses some operators and adds ``Prelu``,
which TensorFlow itself does not know; :func:`read_graph_def` undoes both, so that the result
is a plain ``GraphDef``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from google.protobuf import json_format

Node = dict[str, Any]


def read_weights(model_json: Path) -> dict[str, np.ndarray]:
    """The weights by node name, with quantisation undone (float16 -> float32 is exact; 8 bits have a scale)."""
    weights: dict[str, np.ndarray] = {}
    for group in json.loads(model_json.read_text())["weightsManifest"]:
        blob = b"".join((model_json.parent / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            quantised = entry.get("quantization", {})
            stored = quantised.get("dtype", entry["dtype"])
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(blob, dtype=stored, count=count, offset=offset)
            offset += values.nbytes
            plain = values.reshape(entry["shape"]).astype(entry["dtype"])
            if "scale" in quantised:
                plain = (plain * quantised["scale"] + quantised["min"]).astype(entry["dtype"])
            weights[entry["name"]] = plain
        if offset != len(blob):
            raise ValueError(f"{model_json.name}: {len(blob)} bytes of weights, {offset} declared")
    return weights


def read_graph_def(model_json: Path, plain: Callable[[Node], list[Node]] | None = None) -> tf.compat.v1.GraphDef:
    """The plain TensorFlow graph of a TF.js graph model, weights inside. plain: what a node becomes (`plain_nodes`)."""
    weights = read_weights(model_json)
    topology = json.loads(model_json.read_text())["modelTopology"]
    nodes: list[Node] = []
    for node in topology["node"]:
        nodes.extend((plain or plain_nodes)(node))
    graph = json_format.ParseDict({"node": nodes}, tf.compat.v1.GraphDef())
    for node_def in graph.node:
        if node_def.op == "Const":
            tensor = tf.make_tensor_proto(weights[node_def.name])
            node_def.attr["value"].tensor.CopyFrom(tensor)
    return graph


def to_onnx(model_json: Path, *, outputs: list[str], batch: int | None, opset: int) -> onnx.ModelProto:
    """Convert a TF.js graph model with one float32 image input (N, H, W, 3).

    ``outputs`` are tensor names of the graph, kept as the names of the ONNX outputs;
    ``batch`` None leaves the first dimension free.
    """
    graph = read_graph_def(model_json)
    (source,) = [node for node in graph.node if node.op == "Placeholder"]
    source.attr["shape"].shape.dim[0].size = -1 if batch is None else batch
    model, _ = tf2onnx.convert._convert_common(
        graph,
        name=model_json.stem,
        opset=opset,
        input_names=[f"{source.name}:0"],
        output_names=outputs,
    )
    return model


def plain_nodes(node: Node) -> list[Node]:
    """What TensorFlow itself knows of a node that the converter of TF.js made."""
    if node["op"] == "_FusedConv2D":
        return _unfused(node)
    if node["op"] == "Prelu":
        return _prelu(node["name"], node["input"][0], node["input"][1])
    return [node]


def _unfused(node: Node) -> list[Node]:
    """Conv2D, then each operator that the converter of TF.js had fused into it."""
    fused = [base64.b64decode(op).decode() for op in node["attr"]["fused_ops"]["list"]["s"]]
    kept = ("strides", "padding", "dilations", "data_format", "explicit_paddings")
    attr = {key: node["attr"][key] for key in kept if key in node["attr"]}
    attr["T"] = {"type": "DT_FLOAT"}
    extra = iter(node["input"][2:])
    current = f"{node['name']}/conv" if fused else node["name"]
    result = [{"name": current, "op": "Conv2D", "input": node["input"][:2], "attr": attr}]
    for index, op in enumerate(fused):
        name = node["name"] if index == len(fused) - 1 else f"{node['name']}/fused_{index}"
        if op == "Prelu":
            result += _prelu(name, current, next(extra))
        elif op == "BiasAdd":
            result.append(_float_node(name, op, [current, next(extra)]))
        else:
            result.append(_float_node(name, op, [current]))
        current = name
    return result


def _prelu(name: str, source: str, alpha: str) -> list[Node]:
    """max(x, 0) - alpha * max(-x, 0), which is x where x > 0 and alpha * x elsewhere."""
    return [
        _float_node(f"{name}/positive", "Relu", [source]),
        _float_node(f"{name}/minus", "Neg", [source]),
        _float_node(f"{name}/below", "Relu", [f"{name}/minus"]),
        _float_node(f"{name}/scaled", "Mul", [f"{name}/below", alpha]),
        _float_node(name, "Sub", [f"{name}/positive", f"{name}/scaled"]),
    ]


def _float_node(name: str, op: str, inputs: list[str]) -> Node:
    return {"name": name, "op": op, "input": inputs, "attr": {"T": {"type": "DT_FLOAT"}}}
