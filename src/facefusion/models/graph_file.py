"""What an ONNX file holds, read without running it: tensors, operators, opsets, and where its data lies.

The protocol-buffer wire format is small enough to be read here, so that nothing has to be installed for it and nothing
of a stranger's file is executed. Field numbers: onnx.proto of ONNX 1.17. Tensor data is skipped, not copied.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from facefusion.core import Float32
from facefusion.errors import ModelInvalid

Shape = tuple[int | str, ...]
_DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class GraphTensor:
    """A declared input or output; free lengths are names."""

    name: str
    shape: Shape
    dtype: str


@dataclass(frozen=True, slots=True)
class Initializer:
    """A constant of the graph: where its bytes lie in the file, or in which file beside it (`external`)."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    external: str = ""
    data: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class GraphFile:
    """Facts about one ONNX file. operators: (domain, name); external: files that hold tensors of it."""

    ir_version: int = 0
    producer: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    operators: set[tuple[str, str]] = field(default_factory=set)
    inputs: list[GraphTensor] = field(default_factory=list)
    outputs: list[GraphTensor] = field(default_factory=list)
    initializers: list[Initializer] = field(default_factory=list)
    external: set[str] = field(default_factory=set)

    def real_inputs(self) -> list[GraphTensor]:
        """The inputs that are fed; old files list their weights among them."""
        weights = {one.name for one in self.initializers}
        return [one for one in self.inputs if one.name not in weights]


def read_graph(path: Path) -> GraphFile:
    """The facts of `path`. Raises ModelInvalid when it is no ONNX file or is cut off."""
    found = GraphFile()
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _model(content, 0, len(content), found)
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError) as error:
        raise ModelInvalid(f"{path.name}: is no ONNX file, or cut off ({error}); get it again") from None
    except OSError as error:
        raise ModelInvalid(f"{path}: cannot be read ({error.strerror})") from None
    if not found.inputs and not found.outputs and not found.operators:
        raise ModelInvalid(f"{path.name}: is no ONNX file (no graph in it); get it again")
    return found


def last_square(path: Path, side: int) -> Float32:
    """(side, side) float32: the last initializer of that shape. Raises ModelInvalid when there is none."""
    found = [one for one in read_graph(path).initializers if one.shape == (side, side)]
    if not found:
        raise ModelInvalid(f"{path.name}: holds no {side}x{side} matrix, which this kind of swapper needs")
    one = found[-1]
    dtype = {"float32": "<f4", "float16": "<f2", "float64": "<f8"}.get(one.dtype)
    start, stop = one.data
    if dtype is None or one.external or stop - start != side * side * np.dtype(dtype).itemsize:
        raise ModelInvalid(f"{path.name}: its {side}x{side} matrix {one.name} cannot be read ({one.dtype})")
    with path.open("rb") as file:
        file.seek(start)
        raw = file.read(stop - start)
    matrix: Float32 = np.frombuffer(raw, dtype).reshape(side, side).astype(np.float32)
    if not np.isfinite(matrix).all():
        raise ModelInvalid(
            f"{path.name}: its {side}x{side} matrix {one.name} holds values that are no numbers; damaged"
        )
    return matrix


def _model(content: mmap.mmap, start: int, stop: int, found: GraphFile) -> None:
    for number, value in _fields(content, start, stop):
        if number == 1 and isinstance(value, int):
            found.ir_version = value
        elif number == 2 and isinstance(value, tuple):
            found.producer = _text(content, value)
        elif number == 7 and isinstance(value, tuple):
            _graph(content, *value, found, depth=0)
        elif number == 8 and isinstance(value, tuple):
            _opset(content, *value, found)


def _opset(content: mmap.mmap, start: int, stop: int, found: GraphFile) -> None:
    domain, version = "", 0
    for number, value in _fields(content, start, stop):
        if number == 1 and isinstance(value, tuple):
            domain = _text(content, value)
        elif number == 2 and isinstance(value, int):
            version = value
    found.opsets["" if domain == "ai.onnx" else domain] = version


def _graph(content: mmap.mmap, start: int, stop: int, found: GraphFile, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("graphs within graphs without end")
    for number, value in _fields(content, start, stop):
        if not isinstance(value, tuple):
            continue
        if number == 1:
            _node(content, *value, found, depth=depth)
        elif number == 5:
            tensor = _tensor(content, *value, found)
            if depth == 0:
                found.initializers.append(tensor)
        elif number in (11, 12) and depth == 0:
            (found.inputs if number == 11 else found.outputs).append(_value_info(content, *value))


def _node(content: mmap.mmap, start: int, stop: int, found: GraphFile, *, depth: int) -> None:
    operator, domain = "", ""
    for number, value in _fields(content, start, stop):
        if not isinstance(value, tuple):
            continue
        if number == 4:
            operator = _text(content, value)
        elif number == 7:
            domain = _text(content, value)
        elif number == 5:
            _attribute(content, *value, found, depth=depth)
    found.operators.add(("" if domain == "ai.onnx" else domain, operator))


def _attribute(content: mmap.mmap, start: int, stop: int, found: GraphFile, *, depth: int) -> None:
    for number, value in _fields(content, start, stop):
        if isinstance(value, tuple) and number in (6, 11):
            _graph(content, *value, found, depth=depth + 1)
        elif isinstance(value, tuple) and number in (5, 10):
            _tensor(content, *value, found)


def _tensor(content: mmap.mmap, start: int, stop: int, found: GraphFile) -> Initializer:
    name, shape, dtype, external, data, packed = "", [], 0, "", (0, 0), (0, 0)
    for number, value in _fields(content, start, stop):
        if number == 1:
            shape += list(_varints(content, *value)) if isinstance(value, tuple) else [value]
        elif number == 2 and isinstance(value, int):
            dtype = value
        elif isinstance(value, tuple) and number == 8:
            name = _text(content, value)
        elif isinstance(value, tuple) and number == 9:
            data = value
        elif isinstance(value, tuple) and number == 4:
            packed = value
        elif isinstance(value, tuple) and number == 13:
            key, text = _pair(content, *value)
            external = text if key == "location" else external
    if external:
        found.external.add(external)
    place = data if data != (0, 0) else packed
    return Initializer(name, tuple(shape), _DTYPES.get(dtype, f"type {dtype}"), external, place)


def _pair(content: mmap.mmap, start: int, stop: int) -> tuple[str, str]:
    words = {
        number: _text(content, value) for number, value in _fields(content, start, stop) if isinstance(value, tuple)
    }
    return words.get(1, ""), words.get(2, "")


def _value_info(content: mmap.mmap, start: int, stop: int) -> GraphTensor:
    name, dtype = "", "no tensor"
    shape: Shape = ()
    for number, value in _fields(content, start, stop):
        if isinstance(value, tuple) and number == 1:
            name = _text(content, value)
        elif isinstance(value, tuple) and number == 2:
            for kind, inner in _fields(content, *value):
                if kind == 1 and isinstance(inner, tuple):
                    dtype, shape = _tensor_type(content, *inner)
    return GraphTensor(name, shape, dtype)


def _tensor_type(content: mmap.mmap, start: int, stop: int) -> tuple[str, Shape]:
    dtype, shape = 0, []
    for number, value in _fields(content, start, stop):
        if number == 1 and isinstance(value, int):
            dtype = value
        elif number == 2 and isinstance(value, tuple):
            shape = [_dimension(content, *inner) for _, inner in _fields(content, *value) if isinstance(inner, tuple)]
    return _DTYPES.get(dtype, f"type {dtype}"), tuple(shape)


def _dimension(content: mmap.mmap, start: int, stop: int) -> int | str:
    for number, value in _fields(content, start, stop):
        if number == 1 and isinstance(value, int) and value > 0:
            return value
        if number == 2 and isinstance(value, tuple):
            return _text(content, value) or "any"
    return "any"


def _fields(content: mmap.mmap, start: int, stop: int) -> Iterator[tuple[int, int | tuple[int, int]]]:
    """Number and value of every field of a message: an integer, or where its bytes lie."""
    at = start
    while at < stop:
        key, at = _varint(content, at, stop)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ValueError(f"field 0 at byte {at}")
        if kind == 0:
            value, at = _varint(content, at, stop)
            yield number, value
        elif kind == 2:
            length, at = _varint(content, at, stop)
            if at + length > stop:
                raise ValueError(f"{at + length - stop} bytes are missing")
            yield number, (at, at + length)
            at += length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
            if at > stop:
                raise ValueError("bytes are missing")
        else:
            raise ValueError(f"wire type {kind} at byte {at}")


def _varint(content: mmap.mmap, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= stop or shift > 63:
            raise ValueError("a number is cut off")
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _varints(content: mmap.mmap, start: int, stop: int) -> Iterator[int]:
    at = start
    while at < stop:
        value, at = _varint(content, at, stop)
        yield value


def _text(content: mmap.mmap, place: tuple[int, int]) -> str:
    return content[place[0] : place[1]].decode("utf-8")
