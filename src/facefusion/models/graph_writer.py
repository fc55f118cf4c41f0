"""Small ONNX graphs written by hand: stand-ins for models that nobody has to download, for benchmarks and tests.

Only what those need of the protocol-buffer format; field numbers: onnx.proto of ONNX 1.17.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET, IR_VERSION = 17, 8
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9, "float16": 10, "float64": 11}
Shape = Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Value:
    """A declared input or output; free lengths are names."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str = "float32"

    def encoded(self) -> bytes:
        lengths = b"".join(
            _bytes(1, _number(1, one) if isinstance(one, int) else _bytes(2, one.encode())) for one in self.shape
        )
        tensor = _number(1, _TYPES[self.dtype]) + _bytes(2, lengths)
        return _bytes(1, self.name.encode()) + _bytes(2, _bytes(1, tensor))


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], *, domain: str = "", **attributes: Any) -> bytes:
    """One operation; attributes are numbers, texts, arrays or lists of numbers."""
    parts = [_bytes(1, name.encode()) for name in inputs] + [_bytes(2, name.encode()) for name in outputs]
    parts += [_bytes(4, operator.encode())]
    parts += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join(parts) + (_bytes(7, domain.encode()) if domain else b"")


def constant(name: str, array: NDArray[Any], *, external: str = "") -> bytes:
    """An initializer. external: the file that is said to hold its data instead of this one."""
    head = b"".join(_number(1, length) for length in array.shape) + _number(2, _TYPES[array.dtype.name])
    head += _bytes(8, name.encode())
    if external:
        pair = _bytes(1, b"location") + _bytes(2, external.encode())
        return head + _bytes(13, pair) + _number(14, 1)
    return head + _bytes(9, np.ascontiguousarray(array).tobytes())


def model(
    nodes: Sequence[bytes],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: Sequence[bytes] = (),
    *,
    opset: int = OPSET,
) -> bytes:
    """The bytes of a whole model."""
    graph = b"".join(_bytes(1, one) for one in nodes) + _bytes(2, b"stand_in")
    graph += b"".join(_bytes(5, one) for one in constants)
    graph += b"".join(_bytes(11, one.encoded()) for one in inputs)
    graph += b"".join(_bytes(12, one.encoded()) for one in outputs)
    versions = _bytes(8, _bytes(1, b"") + _number(2, opset))
    return _number(1, IR_VERSION) + _bytes(2, b"facefusion") + _bytes(7, graph) + versions


def write(path: Path, content: bytes) -> Path:
    """Write the bytes of a model; gives back `path`."""
    path.write_bytes(content)
    return path


def _attribute(name: str, value: Any) -> bytes:
    head = _bytes(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    if isinstance(value, float):
        return head + b"\x15" + np.float32(value).tobytes() + _number(20, 1)
    if isinstance(value, str):
        return head + _bytes(4, value.encode()) + _number(20, 3)
    if isinstance(value, np.ndarray):
        return head + _bytes(5, constant("", value)) + _number(20, 4)
    if all(isinstance(one, int) for one in value):
        return head + b"".join(_number(8, one) for one in value) + _number(20, 7)
    return head + b"".join(b"\x3d" + np.float32(one).tobytes() for one in value) + _number(20, 6)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while True:
        found.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(found)
