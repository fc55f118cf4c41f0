"""The bundled identity encoder as something that can be learnt through: dlib's ResNet, read from its ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

_MEAN = (122.782, 117.001, 104.298)


class Encoder(nn.Module):
    """chips (n, 3, 150, 150) RGB in [0, 1] → embeddings (n, 128); its weights do not learn."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        graph = onnx.load(path).graph
        self._nodes = list(graph.node)
        for weight in graph.initializer:
            self.register_buffer(weight.name, torch.from_numpy(numpy_helper.to_array(weight).copy()))

    def forward(self, chips: Tensor) -> Tensor:
        mean = torch.tensor(_MEAN).view(1, 3, 1, 1)
        known = dict(self.named_buffers()) | {"image": (chips * 255 - mean) / 256}
        for node in self._nodes:
            known[node.output[0]] = _answer(node, [known[name] for name in node.input])
        return known["embedding"]


def _answer(node: onnx.NodeProto, given: list[Tensor]) -> Tensor:
    facts = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    match node.op_type:
        case "Conv":
            return F.conv2d(given[0], given[1], given[2], facts["strides"], facts["pads"][:2])
        case "Relu":
            return F.relu(given[0])
        case "Add":
            return given[0] + given[1]
        case "MaxPool":
            return F.max_pool2d(given[0], facts["kernel_shape"], facts["strides"])
        case "AveragePool":
            return F.avg_pool2d(given[0], facts["kernel_shape"], facts["strides"])
        case "GlobalAveragePool":
            return given[0].mean((2, 3), keepdim=True)
        case "Flatten":
            return given[0].flatten(1)
        case "MatMul":
            return given[0] @ given[1]
        case "Pad":
            ends = [int(one) for one in given[1].tolist()]
            half = len(ends) // 2
            sides = [side for axis in reversed(range(half)) for side in (ends[axis], ends[half + axis])]
            return F.pad(given[0], sides)
    raise ValueError(f"the encoder's graph has a {node.op_type}, which is not read here")
