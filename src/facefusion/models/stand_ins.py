"""Graphs that stand in for models nobody has to download: their names, ranks and shapes, and as much work as is wanted.

With no layers they cost next to nothing, so that what is left of a run's time is our own; with layers of random weights
they cost as much as the real ones. They draw nothing of use.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facefusion.errors import UsageError
from facefusion.models.card import ModelCard
from facefusion.models.graph_writer import Value, constant, model, node, write

_CHANNELS = 64


def stand_in(card: ModelCard, path: Path, *, gigamacs: float = 0.0) -> Path:
    """Write a graph with the tensors of `card`: pictures come back as they are, everything else is zeros.

    gigamacs: how many billion multiplications the layers of random weights take. Raises UsageError for a card without
    picture input.
    """
    pictures = [spec for spec in card.inputs if spec.layout == "NCHW" and spec.colour in ("rgb", "bgr")]
    if not pictures:
        raise UsageError(f"{card.name}: no stand-in for it; supported are models that take a picture, NCHW")
    name, size = pictures[0].name, pictures[0].shape[2:]
    side = int(size[0]) if isinstance(size[0], int) else 256
    nodes, constants, last = [], [constant("zero", np.zeros((), np.float32))], name
    layers = round(gigamacs * 1e9 / (9 * _CHANNELS * _CHANNELS * side * side)) if gigamacs else 0
    if layers:
        random = np.random.default_rng(0)
        for number, (out, into) in enumerate([(_CHANNELS, 3), *[(_CHANNELS, _CHANNELS)] * layers, (3, _CHANNELS)]):
            weights = (random.normal(size=(out, into, 3, 3)) * np.sqrt(2 / (9 * into))).astype(np.float32)
            constants.append(constant(f"w{number}", weights))
            nodes.append(node("Conv", [last, f"w{number}"], [f"l{number}"], pads=[1, 1, 1, 1]))
            last = f"l{number}"
        nodes += [node("Mul", [last, "zero"], ["none"]), node("Add", [name, "none"], ["drawn"])]
        last = "drawn"
    if card.contract == "inswapper":
        constants.append(constant("emap", np.eye(512, dtype=np.float32)))
    for spec in card.outputs:
        shape = tuple(length if isinstance(length, int) else 1 for length in spec.shape)
        if spec.layout == "NCHW" and spec.colour in ("rgb", "bgr"):
            nodes.append(node("Identity", [last], [spec.name]))
        else:
            fill = 1.0 if spec.colour == "grey" else 0.1
            constants.append(constant(f"fill_{spec.name}", np.full(shape, fill, np.float32)))
            nodes.append(node("Identity", [f"fill_{spec.name}"], [spec.name]))
    values = [tuple(Value(one.name, one.shape, one.dtype) for one in specs) for specs in (card.inputs, card.outputs)]
    return write(path, model(nodes, values[0], values[1], constants))
