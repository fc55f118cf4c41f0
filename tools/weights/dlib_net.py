"""dlib's serialised face-recognition ResNet, read without dlib and written as ONNX.

The format follows ``dlib/serialize.h`` (an integer is a control byte, whose low four bits count
the bytes and whose top bit is the sign, then little-endian bytes; a float is a mantissa and a
power of two) and ``dlib/dnn/core.h`` (a layer writes the layers below it first). The network is
the one of dlib's ``dnn_face_recognition_ex``: 29 convolutions, affine layers where training had
batch normalisation, and parameter-free shortcuts that are pooled and padded with zeros.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


@dataclass(frozen=True)
class Layer:
    """One layer as stored: its kind, its whole-number settings and its flat parameters."""

    kind: str
    numbers: tuple[int, ...] = ()
    params: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))


class Reader:
    """Cursor over the bytes of a dlib file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise ValueError(f"file ends at {len(self.data)}, {self.at + count} wanted")
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self) -> int:
        control = self.take(1)[0]
        value = int.from_bytes(self.take(control & 0x0F), "little")
        return -value if control & 0x80 else value

    def integers(self, count: int) -> tuple[int, ...]:
        return tuple(self.integer() for _ in range(count))

    def real(self) -> float:
        mantissa, exponent = self.integers(2)
        return math.ldexp(mantissa, exponent)

    def text(self) -> str:
        return self.take(self.integer()).decode("ascii")

    def flag(self) -> bool:
        return self.take(1) == b"1"

    def tensor(self) -> np.ndarray:
        version, *shape = self.integers(5)
        if version != 2:
            raise ValueError(f"tensor version {version}, 2 is known")
        count = int(np.prod(shape))
        return np.frombuffer(self.take(4 * count), "<f4").reshape(shape).copy()

    def alias(self) -> tuple[int, ...]:
        """The shape of a view into the parameters (version, then four dimensions)."""
        return self.integers(5)[1:]


def read_layers(data: bytes) -> list[Layer]:
    """All layers from the input to the output. Raises ValueError on an unknown layout."""
    reader = Reader(data)
    version, name = reader.integer(), reader.text()
    if (version, name) != (1, "loss_metric_2"):
        raise ValueError(f"not dlib's face-recognition network: {name} version {version}")
    reader.real(), reader.real()  # margin and threshold of the loss
    layers = _network(reader)
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes left over")
    return layers


def _network(reader: Reader) -> list[Layer]:
    versions = [reader.integer()]
    while versions[-1] != 3:  # the layer that holds the input is version 3
        versions.append(reader.integer())
    layers = [_input(reader)]
    for version in reversed(versions):  # innermost first
        if version == 1:
            layers.append(Layer("tag"))
            continue
        layers.append(_details(reader))
        reader.flag(), reader.flag(), reader.flag()
        for _ in range(3):  # gradients and cached output, empty
            reader.tensor()
        if version == 3:
            reader.integer()  # sample expansion factor
    return layers


def _input(reader: Reader) -> Layer:
    if (kind := reader.text()) != "input_rgb_image_sized":
        raise ValueError(f"unknown input layer {kind}")
    mean = np.array([reader.real() for _ in range(3)], np.float32)
    return Layer("input", reader.integers(2), mean)


def _details(reader: Reader) -> Layer:
    kind = reader.text()
    if kind == "con_4":
        params, numbers = reader.tensor(), reader.integers(7)
        reader.alias(), reader.alias(), [reader.real() for _ in range(4)]
        return Layer("con", numbers, params.ravel())
    if kind == "affine_":
        params = reader.tensor()
        reader.alias(), reader.alias(), reader.integer()
        return Layer("affine", (), params.ravel())
    if kind in ("max_pool_2", "avg_pool_2"):
        return Layer(kind[:8], reader.integers(6))
    if kind == "fc_2":
        numbers = reader.integers(2)
        params = reader.tensor()
        reader.alias(), reader.alias(), reader.integer(), [reader.real() for _ in range(4)]
        return Layer("fc", numbers, params.ravel())
    if kind in ("relu_", "add_prev_"):
        return Layer(kind.rstrip("_"))
    raise ValueError(f"unknown layer {kind} at byte {reader.at}")


class _Graph:
    """An ONNX graph under construction, with the feature map size followed layer by layer."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, op: str, inputs: list[str], **attributes: object) -> str:
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(values, name))
        return name


@dataclass
class _Feature:
    name: str
    channels: int
    size: int


def to_onnx(data: bytes, *, opset: int) -> onnx.ModelProto:
    """The whole network: images (N, 3, 150, 150), already normalised -> embeddings (N, 128).

    Affine layers are folded into the convolution before them.
    """
    layers = read_layers(data)
    graph = _Graph()
    side = layers[0].numbers[0]
    here = _Feature("image", 3, side)
    block_input = here
    index = 1
    while index < len(layers):
        layer = layers[index]
        if layer.kind == "con":
            here = _convolution(graph, here, layer, layers[index + 1])
            index += 1  # the affine layer is inside
        elif layer.kind == "tag" and layers[index + 1].kind == "tag":
            # tag2, skip1: the main branch is kept, the shortcut is pooled
            pooled = _pool(graph, "AveragePool", block_input, layers[index + 2])
            here = _padded_sum(graph, here, pooled)
            index += 3  # skip1, avg_pool, add_prev2
        elif layer.kind == "tag":
            block_input = here
        elif layer.kind == "add_prev":
            here = _padded_sum(graph, here, block_input)
        elif layer.kind == "relu":
            here = _Feature(graph.add("Relu", [here.name]), here.channels, here.size)
        elif layer.kind == "max_pool":
            here = _pool(graph, "MaxPool", here, layer)
        elif layer.kind == "avg_pool":
            here = _Feature(graph.add("GlobalAveragePool", [here.name]), here.channels, 1)
        elif layer.kind == "fc":
            _embedding(graph, here, layer)
        index += 1
    return _model(graph, side, layers[-1].numbers[0], opset)


def _convolution(graph: _Graph, source: _Feature, con: Layer, affine: Layer) -> _Feature:
    count, rows, columns, stride, _, pad, _ = con.numbers
    weight = con.params[:-count].reshape(count, source.channels, rows, columns)
    bias, (gamma, beta) = con.params[-count:], affine.params.reshape(2, count)
    number = sum(node.op_type == "Conv" for node in graph.nodes)
    folded = (weight.astype(np.float64) * gamma[:, None, None, None]).astype(np.float32)
    inputs = [
        source.name,
        graph.constant(f"weight_{number}", folded),
        graph.constant(f"bias_{number}", (bias * gamma + beta).astype(np.float32)),
    ]
    name = graph.add("Conv", inputs, kernel_shape=[rows, columns], strides=[stride] * 2, pads=[pad] * 4)
    return _Feature(name, count, (source.size + 2 * pad - rows) // stride + 1)


def _pool(graph: _Graph, op: str, source: _Feature, layer: Layer) -> _Feature:
    window, _, stride, _, pad, _ = layer.numbers
    name = graph.add(op, [source.name], kernel_shape=[window] * 2, strides=[stride] * 2, pads=[pad] * 4)
    size = (source.size + 2 * pad - window) // stride + 1
    return _Feature(name, source.channels, size)


def _padded_sum(graph: _Graph, left: _Feature, right: _Feature) -> _Feature:
    """dlib adds maps of different shapes as if each were padded with zeros at the end."""
    channels, size = max(left.channels, right.channels), max(left.size, right.size)
    names = [_padded(graph, item, channels, size) for item in (left, right)]
    return _Feature(graph.add("Add", names), channels, size)


def _padded(graph: _Graph, source: _Feature, channels: int, size: int) -> str:
    more = size - source.size
    if not more and channels == source.channels:
        return source.name
    amounts = np.array([0, 0, 0, 0, 0, channels - source.channels, more, more], np.int64)
    pads = graph.constant(f"pads_{len(graph.nodes)}", amounts)
    return graph.add("Pad", [source.name, pads])


def _embedding(graph: _Graph, source: _Feature, layer: Layer) -> None:
    outputs, inputs = layer.numbers
    weight = graph.constant("weight_fc", layer.params.reshape(inputs, outputs).copy())
    flat = graph.add("Flatten", [source.name])
    graph.nodes.append(helper.make_node("MatMul", [flat, weight], ["embedding"], name="fc"))


def _model(graph: _Graph, side: int, outputs: int, opset: int) -> onnx.ModelProto:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, side, side])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", outputs])
    body = helper.make_graph(graph.nodes, "dlib_face_recognition_resnet_v1", [image], [embedding], graph.initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10)
