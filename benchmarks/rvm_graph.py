"""RobustVideoMatting out of its TensorFlow.js release as ONNX, in the contract of its own ONNX release.

python -m benchmarks.rvm_graph rvm.json rvm.onnx

Needs an environment with `tools/weights/requirements.txt`. The two conditions of the graph (is the picture shrunk
first, and is the matte refined then) are taken as true, which they are for any ratio but 1, where they change next to
nothing. What TensorFlow and ONNX Runtime give for noise is compared.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from tools.weights import tfjs

INPUTS = ("src", "r1i", "r2i", "r3i", "r4i", "downsample_ratio")
OUTPUTS = ("fgr", "pha", "r1o", "r2o", "r3o", "r4o")
_GIVEN = ["Identity:0", *(f"Identity_{number}:0" for number in range(1, 6))]
_MOST = 1e-3
_BRANCHES = ("Switch", "Merge")
Node = dict[str, Any]


def graph_def(source: Path) -> tf.compat.v1.GraphDef:
    """The graph without conditions, its inputs with ranks."""
    graph = tfjs.read_graph_def(source, plain=_unconditional)
    nodes = json.loads(source.read_text(encoding="utf-8"))["modelTopology"]["node"]
    branches = {node["name"] for node in nodes if node["op"] in _BRANCHES}
    for node in graph.node:
        names = [name.split(":")[0] for name in node.input]
        node.input[:] = [bare if bare in branches else name for bare, name in zip(names, list(node.input), strict=True)]
        if node.op == "Placeholder":
            shape = {"downsample_ratio": [-1], "src": [1, -1, -1, 3]}.get(node.name, [-1] * 4)
            node.attr["shape"].shape.CopyFrom(tf.TensorShape([None if one < 0 else one for one in shape]).as_proto())
    return graph


def _unconditional(node: Node) -> list[Node]:
    inputs = [name for name in node.get("input", []) if not name.startswith("^")]
    if node["op"] in _BRANCHES:
        kept = inputs[0] if node["op"] == "Switch" else inputs[1]
        return [{"name": node["name"], "op": "Identity", "input": [kept], "attr": {"T": node["attr"]["T"]}}]
    if node["op"] == "NoOp":
        return []
    if node["op"] == "FusedDepthwiseConv2dNative":
        first, *rest = tfjs.plain_nodes({**node, "op": "_FusedConv2D", "input": inputs})
        return [{**first, "op": "DepthwiseConv2dNative"}, *rest]
    return tfjs.plain_nodes({**node, "input": inputs})


def converted(graph: tf.compat.v1.GraphDef) -> onnx.ModelProto:
    """Pictures as NCHW, everything else as it is; the names of the project's own export."""
    fed = [f"{name}:0" for name in INPUTS]
    model, _ = tf2onnx.convert._convert_common(
        graph,
        name="rvm",
        opset=13,
        input_names=fed,
        output_names=_GIVEN,
        inputs_as_nchw=fed[:1],
        outputs_as_nchw=_GIVEN[:2],
    )
    names = dict(zip([*fed, *_GIVEN], [*INPUTS, *OUTPUTS], strict=True))
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*model.graph.input, *model.graph.output):
        value.name = names[value.name]
    return model


def difference(source: Path, path: Path) -> float:
    """The largest between TensorFlow with the conditions and ONNX Runtime without, for two frames of noise."""
    noise = np.random.default_rng(0).random((2, 1, 288, 512, 3), dtype=np.float32)
    graph, session, worst = tf.Graph(), onnxruntime.InferenceSession(str(path)), 0.0
    with graph.as_default():
        tf.import_graph_def(tfjs.read_graph_def(source, plain=_depthwise), name="")
    memory = [np.zeros((1, 1, 1, 1), np.float32)] * 4
    with tf.compat.v1.Session(graph=graph) as reference:
        for frame in noise:
            wanted = reference.run(
                _GIVEN, {**{f"{name}:0": one for name, one in zip(INPUTS[1:5], memory, strict=True)},
                         "src:0": frame, "downsample_ratio:0": np.float32(0.5)})  # fmt: skip
            fed = dict(zip(INPUTS, [frame.transpose(0, 3, 1, 2), *memory, np.array([0.5], np.float32)], strict=True))
            found = session.run(list(OUTPUTS), fed)
            found[:2] = [one.transpose(0, 2, 3, 1) for one in found[:2]]
            worst = max(worst, *(float(np.abs(a - b).max()) for a, b in zip(wanted, found, strict=True)))
            memory = found[2:]
    return worst


def _depthwise(node: Node) -> list[Node]:
    return _unconditional(node) if node["op"] == "FusedDepthwiseConv2dNative" else tfjs.plain_nodes(node)


def main() -> int:
    source, path = Path(sys.argv[1]), Path(sys.argv[2])
    onnx.save(converted(graph_def(source)), path)
    worst = difference(source, path)
    print(f"RVM: {worst:.2g} at most between TensorFlow and ONNX Runtime")
    return 0 if worst < _MOST else 1


if __name__ == "__main__":
    sys.exit(main())
