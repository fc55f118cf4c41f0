"""Miniature models with the true names, ranks and shapes, whose arithmetic gives away every mistake of an adapter.

A swapper's miniature undoes the normalisation that its contract asks for, changes each channel by another factor, adds
the colour that it finds where its alignment puts the image-left eye, adds a number made from the source, and gives the
result back in its own range. What comes out right went in right: order of channels, range, mean, layout, alignment,
embedding. The numbers here are those of the projects, written down apart from the cards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.models.graph_writer import Value, constant, model, node, write

Array = NDArray[Any]
GAIN = np.array([0.55, 0.4, 0.25], np.float32)
LIFT = np.array([0.05, 0.15, 0.3], np.float32)
PROBE = 0.3
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TEMPLATES = {
    "arcface_112_v1": (112, (39.730, 51.138)),
    "arcface_112_v2": (112, (38.295, 51.696)),
    "arcface_128": (128, (46.295, 51.696)),
    "ffhq_512": (512, (192.981, 239.947)),
    "mtcnn_512": (512, (187.202, 239.277)),
    "dfl_whole_face": (512, (180.952, 201.143)),
    "live_portrait_512": (512, (214.199, 264.638)),
    "wav2lip_96": (96, (27.152, 24.299)),
}
"""Canvas and image-left eye of each alignment."""


@dataclass
class Graph:
    """Nodes and constants as they come together."""

    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    number: int = 0

    def value(self, array: Any, dtype: str = "float32") -> str:
        """A constant; gives back its name."""
        self.number += 1
        self.constants.append(constant(f"c{self.number}", np.asarray(array, dtype)))
        return f"c{self.number}"

    def op(self, operator: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """An operation; gives back the name of what it makes."""
        self.number += 1
        made = out or f"t{self.number}"
        self.nodes.append(node(operator, inputs, [made], **attributes))
        return made

    def part(self, tensor: str, starts: list[int], stops: list[int], axes: list[int]) -> str:
        """A slice."""
        return self.op("Slice", tensor, *(self.value(one, "int64") for one in (starts, stops, axes)))


def column(values: Any, layout: str = "NCHW") -> Array:
    """One number for each channel, in the shape that a picture of `layout` takes."""
    array = np.asarray(values, np.float32)
    return array.reshape(1, -1, 1, 1) if layout == "NCHW" else array.reshape(1, 1, 1, -1)


def eye(template: str, size: int) -> tuple[int, int]:
    """(x, y): the pixel of the image-left eye on a crop of `size`."""
    canvas, (x, y) = TEMPLATES[template]
    return round(x * size / canvas), round(y * size / canvas)


EYE_COLOUR = np.array([0.7, 0.5, 0.2], np.float32)
SLOPE = 0.012
"""How much redder a pixel to the right is around the eye, and how much greener one below."""


def eye_colour(template: str, size: int, turn: Array) -> Array:
    """(3,): what is seen at the pixel of the eye on a crop of `size`.

    turn: (2, 2), how the picture's pixels lie for those of a canvas of 256. The eye itself is between two pixels.
    """
    canvas, exact = TEMPLATES[template]
    away = (np.array(eye(template, size)) * canvas / size - exact) * 256 / canvas
    dx, dy = turn @ away
    made: Array = EYE_COLOUR + np.array([SLOPE * dx, SLOPE * dy, 0])
    return made


def paint_eye(picture: Array, x: float, y: float) -> None:
    """Paint the ramp of colours around the eye at (x, y) into `picture` (h, w, 3) float32."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    near = np.hypot(columns - x, rows - y) < 14
    ramp = EYE_COLOUR + np.stack([SLOPE * (columns - x), SLOPE * (rows - y), 0 * rows], axis=-1)
    picture[near] = ramp[near]


def expected(picture: Array, probe: Array, source: float = 0.0) -> Array:
    """What a miniature makes of an aligned picture (h, w, 3) RGB in [0, 1]. probe: (3,) the colour at the eye."""
    made: Array = picture * GAIN + LIFT + PROBE * probe + source
    return made


def picture_graph(
    graph: Graph,
    tensor: str,
    *,
    size: int,
    template: str,
    mean: Any = 0.0,
    std: Any = 1.0,
    out_mean: Any = 0.0,
    out_std: Any = 1.0,
    bgr: bool = False,
    layout: str = "NCHW",
    source: str = "",
    out: str = "output",
) -> None:
    """`tensor` = (RGB - mean) / std becomes `out` = (expected - out_mean) / out_std."""
    axes = (2, 3) if layout == "NCHW" else (1, 2)
    order = slice(None, None, -1) if bgr else slice(None)
    plain = graph.op("Mul", tensor, graph.value(column(np.broadcast_to(std, 3), layout)))
    plain = graph.op("Add", plain, graph.value(column(np.broadcast_to(mean, 3), layout)))
    x, y = eye(template, size)
    spot = graph.part(plain, [y, x], [y + 1, x + 1], list(axes))
    made = graph.op("Mul", plain, graph.value(column(GAIN[order], layout)))
    made = graph.op("Add", made, graph.value(column(LIFT[order], layout)))
    made = graph.op("Add", made, graph.op("Mul", spot, graph.value(np.float32(PROBE))))
    if source:
        made = graph.op("Add", made, source)
    made = graph.op("Sub", made, graph.value(column(np.broadcast_to(out_mean, 3), layout)))
    graph.op("Div", made, graph.value(column(np.broadcast_to(out_std, 3), layout)), out=out)


WEIGHTS = np.random.default_rng(7).normal(size=(512, 1)).astype(np.float32)
EMAP = np.random.default_rng(8).normal(size=(512, 512)).astype(np.float32)
CONVERTER = np.random.default_rng(9).normal(size=(512, 512)).astype(np.float32) / 20


def source_term(graph: Graph, tensor: str = "source") -> str:
    """A number made from an embedding (1, 512)."""
    made = graph.op("MatMul", tensor, graph.value(WEIGHTS))
    return graph.op("Reshape", _bounded(graph, made), graph.value([-1, 1, 1, 1], "int64"))


def _bounded(graph: Graph, tensor: str) -> str:
    return graph.op("Mul", graph.op("Tanh", graph.op("Mul", tensor, graph.value(0.5))), graph.value(0.1))


def source_number(embedding: Array) -> float:
    """The same in numpy."""
    return 0.1 * float(np.tanh(0.5 * (embedding.reshape(1, 512) @ WEIGHTS)[0, 0]))


def swapper(path: Path, *, size: int, template: str, mean: Any = 0.0, std: Any = 1.0, out_mean: Any = 0.0,
            out_std: Any = 1.0, emap: bool = False, half: bool = False, own_mask: bool = False,
            batch: int | str = 1) -> Path:  # fmt: skip
    """A swapper that is told an embedding. half: its matrix is stored in 16 bits."""
    graph = Graph()
    picture_graph(graph, "target", size=size, template=template, mean=mean, std=std, out_mean=out_mean,
                  out_std=out_std, source=source_term(graph))  # fmt: skip
    if emap:
        graph.constants += [
            constant("other", EMAP[::-1].copy()),
            constant("emap", EMAP.astype(np.float16) if half else EMAP),
        ]
    outputs = [Value("output", (batch, 3, size, size))]
    if own_mask:
        half = graph.op("Mul", graph.part("target", [0], [1], [1]), graph.value(0.0))
        graph.op("Add", half, graph.value(np.linspace(0, 1, size, dtype=np.float32).reshape(1, 1, 1, size)), out="mask")
        outputs.append(Value("mask", (batch, 1, size, size)))
    inputs = [Value("source", (batch, 512)), Value("target", (batch, 3, size, size))]
    return write(path, model(graph.nodes, inputs, outputs, graph.constants))


def picture_swapper(path: Path, *, size: int, template: str, source_size: int, source_template: str, mean: Any = 0.0,
                    std: Any = 1.0, out_mean: Any = 0.0, out_std: Any = 1.0) -> Path:  # fmt: skip
    """A swapper that is shown a picture of the source: the colour at its eye is what the source adds."""
    graph = Graph()
    x, y = eye(source_template, source_size)
    spot = graph.part("source", [y, x], [y + 1, x + 1], [2, 3])
    term = graph.op("Mul", spot, graph.value(column([0.1, 0.05, 0.02])))
    picture_graph(graph, "target", size=size, template=template, mean=mean, std=std, out_mean=out_mean,
                  out_std=out_std, source=term)  # fmt: skip
    inputs = [Value("target", (1, 3, size, size)), Value("source", (1, 3, source_size, source_size))]
    return write(path, model(graph.nodes, inputs, [Value("output", (1, 3, size, size))], graph.constants))


def recogniser(path: Path) -> Path:
    """512 numbers: the mean colours of a face (RGB, ±1) at the eye and all over, spread out."""
    graph = Graph()
    x, y = eye("arcface_112_v2", 112)
    spot = graph.part("image", [y - 1, x - 1], [y + 2, x + 2], [2, 3])
    spot = graph.op("ReduceMean", spot, axes=[2, 3], keepdims=0)
    whole = graph.op("ReduceMean", "image", axes=[2, 3], keepdims=0)
    both = graph.op("Concat", spot, whole, axis=1)
    spread = np.random.default_rng(10).normal(size=(6, 512)).astype(np.float32)
    graph.op("MatMul", both, graph.value(spread), out="embedding")
    inputs, outputs = [Value("image", ("n", 3, 112, 112))], [Value("embedding", ("n", 512))]
    return write(path, model(graph.nodes, inputs, outputs, graph.constants))


def recognised(spot: Array, whole: Array) -> Array:
    """(512,): what `recogniser` says of mean colours (3,) at the eye and all over, RGB in [0, 1]."""
    spread = np.random.default_rng(10).normal(size=(6, 512)).astype(np.float32)
    made: Array = np.concatenate([spot, whole]).astype(np.float32) * 2 - 1
    return made @ spread


def converter(path: Path) -> Path:
    """An embedding converter."""
    graph = Graph()
    graph.op("MatMul", "embedding", graph.value(CONVERTER), out="converted")
    inputs, outputs = [Value("embedding", (1, 512))], [Value("converted", (1, 512))]
    return write(path, model(graph.nodes, inputs, outputs, graph.constants))
