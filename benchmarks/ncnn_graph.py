"""Upscalers that were published for ncnn (a `.param` of text, a `.bin` of weights), written down as ONNX.

Only the layers that Real-ESRGAN's networks have. Weights lie in the order of the layers: for a convolution a mark
(16-bit floats or 32-bit ones), its weights filled up to four bytes, its biases; for a PReLU its slopes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.models.graph_writer import Value, constant, model, node, write

_HALF = 0x01306B47
_SUM, _NEAREST, _CUBIC, _LEAKY = 1, 1, 3, 2


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of a `.param`. settings: by number, as texts; lists begin with their length."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[int, str]

    def whole(self, number: int, otherwise: int = 0) -> int:
        return int(self.settings.get(number, otherwise))

    def floats(self, number: int) -> list[float]:
        """A list is stored under -23300 minus its number."""
        found = self.settings.get(-23300 - number)
        return [float(one) for one in found.split(",")[1:]] if found else []


def layers(param: Path) -> Iterator[Layer]:
    """The layers of a `.param`, in order."""
    for line in param.read_text(encoding="utf-8").splitlines()[2:]:
        kind, name, takes, gives, *rest = line.split()
        ends = int(takes), int(takes) + int(gives)
        pairs = (word.split("=") for word in rest[ends[1] :])
        yield Layer(
            kind,
            name,
            tuple(rest[: ends[0]]),
            tuple(rest[ends[0] : ends[1]]),
            {int(key): value for key, value in pairs},
        )


def to_onnx(param: Path, weights: Path, path: Path) -> Path:
    """Write the upscaler at `path`. Raises ValueError for a layer that is not known, and for weights left over."""
    made = _Graph(weights.read_bytes())
    for layer in layers(param):
        if layer.kind not in _LAYERS:
            raise ValueError(f"{param.name}: layer {layer.kind} is not known")
        _LAYERS[layer.kind](made, layer)
    if made.at != len(made.weights):
        raise ValueError(f"{weights.name}: {len(made.weights) - made.at} bytes are left over")
    fed, given = Value(made.fed, (1, 3, "height", "width")), Value(made.last, (1, 3, "height_out", "width_out"))
    return write(path, model(made.nodes, [fed], [given], made.constants))


@dataclass(slots=True)
class _Graph:
    weights: bytes
    at: int = 0
    fed: str = ""
    last: str = ""
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)

    def of(self, layer: Layer) -> list[str]:
        return [self.same.get(name, name) for name in layer.inputs]

    def add(self, operator: str, inputs: list[str], out: str, **attributes: Any) -> None:
        self.nodes.append(node(operator, inputs, [out], **attributes))
        self.last = out

    def keep(self, name: str, values: NDArray[Any]) -> str:
        self.constants.append(constant(name, values))
        return name

    def floats(self, number: int) -> NDArray[np.float32]:
        found = np.frombuffer(self.weights, "<f4", number, self.at).astype(np.float32)
        self.at += 4 * number
        return found

    def marked(self, number: int) -> NDArray[np.float32]:
        """As `floats`, after a mark that says how they are stored."""
        mark = int(np.frombuffer(self.weights, "<u4", 1, self.at)[0])
        self.at += 4
        if mark != _HALF:
            return self.floats(number)
        found = np.frombuffer(self.weights, "<f2", number, self.at).astype(np.float32)
        self.at += -(-2 * number // 4) * 4
        return found


def _input(graph: _Graph, layer: Layer) -> None:
    graph.fed = layer.outputs[0]


def _split(graph: _Graph, layer: Layer) -> None:
    graph.same.update(dict.fromkeys(layer.outputs, graph.of(layer)[0]))


def _convolution(graph: _Graph, layer: Layer) -> None:
    out, side, pad = layer.whole(0), layer.whole(1), layer.whole(4)
    kernel = graph.marked(layer.whole(6)).reshape(out, -1, side, side)
    inputs = [graph.of(layer)[0], graph.keep(f"{layer.name}.weight", kernel)]
    if layer.whole(5):
        inputs.append(graph.keep(f"{layer.name}.bias", graph.floats(out)))
    leaks = layer.whole(9) == _LEAKY
    made = f"{layer.outputs[0]}_linear" if leaks else layer.outputs[0]
    graph.add("Conv", inputs, made, pads=[pad] * 4, kernel_shape=[side] * 2)
    if leaks:
        graph.add("LeakyRelu", [made], layer.outputs[0], alpha=layer.floats(10)[0])


def _slopes(graph: _Graph, layer: Layer) -> None:
    slopes = graph.keep(f"{layer.name}.slopes", graph.floats(layer.whole(0)).reshape(-1, 1, 1))
    graph.add("PRelu", [*graph.of(layer), slopes], layer.outputs[0])


def _weighted_sum(graph: _Graph, layer: Layer) -> None:
    if layer.whole(0) != _SUM:
        raise ValueError(f"{layer.name}: only sums are known")
    parts = []
    for place, (name, weight) in enumerate(zip(graph.of(layer), layer.floats(1), strict=True)):
        scaled, factor = f"{layer.outputs[0]}_{place}", graph.keep(f"{layer.name}.{place}", np.float32(weight)[None])
        graph.add("Mul", [name, factor], scaled)
        parts.append(scaled)
    graph.add("Add", parts, layer.outputs[0])


def _resized(graph: _Graph, layer: Layer) -> None:
    scales = np.array([1, 1, float(layer.settings[1]), float(layer.settings[2])], np.float32)
    how = {
        _NEAREST: {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"},
        _CUBIC: {"mode": "cubic", "cubic_coeff_a": -0.75},
    }[layer.whole(0)]
    inputs = [graph.of(layer)[0], "", graph.keep(f"{layer.name}.scales", scales)]
    graph.add("Resize", inputs, layer.outputs[0], **how)


_LAYERS: Mapping[str, Callable[[_Graph, Layer], None]] = {
    "Input": _input,
    "Split": _split,
    "Convolution": _convolution,
    "PReLU": _slopes,
    "Concat": lambda graph, layer: graph.add("Concat", graph.of(layer), layer.outputs[0], axis=1),
    "PixelShuffle": lambda graph, layer: graph.add(
        "DepthToSpace", graph.of(layer), layer.outputs[0], blocksize=layer.whole(0), mode="CRD"
    ),
    "BinaryOp": lambda graph, layer: graph.add("Add", graph.of(layer), layer.outputs[0]),
    "Eltwise": _weighted_sum,
    "Interp": _resized,
}
