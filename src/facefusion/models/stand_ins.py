"""Graphs that stand in for models nobody has to download: their names, ranks and shapes, and as much work as is wanted.

With no layers they cost next to nothing, so that what is left of a run's time is our own; with layers of random weights
they cost as much as the real ones. They draw nothing of use.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facefusion.models.card import ModelCard
from facefusion.models.graph_writer import Value, constant, model, node, write
from facefusion.models.spec import TensorSpec

_CHANNELS = 64
_FREE = 256
"""What a free length of a picture is taken for."""


def stand_in(card: ModelCard, path: Path, *, gigamacs: float = 0.0) -> Path:
    """Write a graph with the tensors of `card`: pictures come back as they are, everything else is numbers that do not
    change.

    gigamacs: how many billion multiplications the layers of random weights take; for models that take a picture, NCHW.
    """
    picture = next((spec for spec in card.inputs if spec.layout != "flat" and spec.colour in ("rgb", "bgr")), None)
    nodes: list[bytes] = []
    constants = [constant("zero", np.zeros((), np.float32))]
    last = "" if picture is None else picture.name
    if picture is not None and picture.layout == "NCHW" and gigamacs:
        last = _layers(picture, gigamacs, nodes, constants)
    if card.contract == "inswapper":
        constants.append(constant("emap", np.eye(512, dtype=np.float32)))
    for spec in card.outputs:
        if picture is not None and (spec.layout, spec.colour) == (picture.layout, picture.colour):
            nodes.append(node("Identity", [last], [spec.name]))
            continue
        shape = tuple(length if isinstance(length, int) else 1 for length in spec.shape)
        fill = 1.0 if spec.colour == "grey" else 0.5 if spec.colour in ("rgb", "bgr") else 0.1
        constants.append(constant(f"fill_{spec.name}", np.full(shape, fill, np.float32)))
        nodes.append(node("Identity", [f"fill_{spec.name}"], [spec.name]))
    values = [tuple(Value(one.name, one.shape, one.dtype) for one in specs) for specs in (card.inputs, card.outputs)]
    return write(path, model(nodes, values[0], values[1], constants))


def _layers(picture: TensorSpec, gigamacs: float, nodes: list[bytes], constants: list[bytes]) -> str:
    """Add convolutions of random weights that leave the picture as it is; the name of what comes out."""
    side, last = picture.size[0] if isinstance(picture.size[0], int) else _FREE, picture.name
    layers = round(gigamacs * 1e9 / (9 * _CHANNELS * _CHANNELS * side * side))
    if not layers:
        return last
    random = np.random.default_rng(0)
    for number, (out, into) in enumerate([(_CHANNELS, 3), *[(_CHANNELS, _CHANNELS)] * layers, (3, _CHANNELS)]):
        weights = (random.normal(size=(out, into, 3, 3)) * np.sqrt(2 / (9 * into))).astype(np.float32)
        constants.append(constant(f"w{number}", weights))
        nodes.append(node("Conv", [last, f"w{number}"], [f"l{number}"], pads=[1, 1, 1, 1]))
        last = f"l{number}"
    nodes += [node("Mul", [last, "zero"], ["none"]), node("Add", [picture.name, "none"], ["drawn"])]
    return "drawn"
