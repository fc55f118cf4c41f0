"""Changes to a converted graph that make its contract ours: names, free batch, a steady header."""

from __future__ import annotations

from typing import TypeVar

import onnx
from onnx import numpy_helper

_Message = TypeVar("_Message", onnx.NodeProto, onnx.TensorProto)


def rename(model: onnx.ModelProto, names: dict[str, str]) -> None:
    """Rename inputs and outputs everywhere in the graph."""
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in [*model.graph.input, *model.graph.output]:
        value.name = names.get(value.name, value.name)


def drop_idle_reshapes(model: onnx.ModelProto) -> None:
    """Remove the reshapes to the shape that is already there, for a graph with a fixed batch.

    The transpose optimiser of tf2onnx leaves a varying number of them.
    """
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.input)
    }
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    same: dict[str, str] = {}
    for node in model.graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        if node.op_type == "Reshape" and node.input[1] in constants:
            wanted = numpy_helper.to_array(constants[node.input[1]]).tolist()
            if wanted == shapes.get(node.input[0]):
                same[node.output[0]] = node.input[0]


def free_batch(model: onnx.ModelProto) -> None:
    """Let the first dimension of a graph that was converted for one image be any number.

    Only reshapes hold it: their leading 1 becomes 0, which copies the dimension. The caller
    proves the result by running two different images together.
    """
    drop_idle_reshapes(model)
    shapes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor).copy()
        if tensor.name in shapes and values.size > 2 and values[0] == 1:
            values[0] = 0
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    name_batch(model)


def name_batch(model: onnx.ModelProto) -> None:
    """Call the first dimension of every input and output ``n``; forget inner shapes."""
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    del model.graph.value_info[:]


def in_steady_order(model: onnx.ModelProto) -> None:
    """Order nodes and weights as the outputs need them and number every inner name.

    Converters walk over sets, so the order and the names of one and the same graph change from
    run to run. What no output needs falls away.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    order: dict[int, onnx.NodeProto] = {}
    waiting = [made_by[value.name] for value in reversed(graph.output)]
    while waiting:  # depth first, inputs in their order
        node = waiting[-1]
        missing = [made_by[name] for name in node.input if name in made_by and id(made_by[name]) not in order]
        if missing:
            waiting.extend(reversed(missing))
        else:
            order.setdefault(id(waiting.pop()), node)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    used = [name for node in order.values() for name in node.input if name in tensors]
    weights = [tensors[name] for name in dict.fromkeys(used)]
    nodes = list(order.values())
    fixed = {value.name for value in (*graph.input, *graph.output)}
    names = {tensor.name: f"w{number}" for number, tensor in enumerate(weights)}
    for number, node in enumerate(nodes):
        node.name = f"{node.op_type}_{number}"
        names |= {name: f"t{number}_{place}" for place, name in enumerate(node.output)}
    names = {name: new for name, new in names.items() if name and name not in fixed}
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for tensor in weights:
        tensor.name = names[tensor.name]
    nodes, weights = [copy_of(item) for item in nodes], [copy_of(item) for item in weights]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(weights)


def copy_of(item: _Message) -> _Message:
    """A message that stays valid when the graph that owned the original is cleared."""
    copied = type(item)()
    copied.CopyFrom(item)
    return copied


def sign_as(model: onnx.ModelProto, *, name: str, doc: str) -> onnx.ModelProto:
    """Give a finished graph a steady header, so that equal graphs are equal bytes."""
    model.graph.name = name
    model.graph.doc_string = doc
    model.producer_name = "facefusion convert_weights"
    model.producer_version = ""
    model.ir_version = 10
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        if not node.domain:
            node.ClearField("domain")  # set and empty is two bytes more than not set
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        attributes = [attribute.SerializeToString() for attribute in attributes]
        del node.attribute[:]
        node.attribute.extend(onnx.AttributeProto.FromString(data) for data in attributes)
    in_steady_order(model)
    onnx.checker.check_model(model, full_check=True)
    return model
