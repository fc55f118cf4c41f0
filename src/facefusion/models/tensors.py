"""What a file says of its tensors, joined to what a contract calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facefusion.errors import ModelInvalid
from facefusion.models.spec import TensorSpec


def declared(tensors: Sequence[Any]) -> tuple[TensorSpec, ...]:
    """What the file says of its tensors: names, shapes and types, with no meaning."""
    return tuple(
        TensorSpec(
            name=tensor.name,
            shape=tuple(length if isinstance(length, int) else str(length or "any") for length in tensor.shape),
            dtype=_DTYPES.get(tensor.type, "float32"),
        )
        for tensor in tensors
    )


def bind(model: str, wanted: Sequence[TensorSpec], has: Sequence[TensorSpec]) -> tuple[str, ...]:
    """The file's own tensor name for each contract: the same name where it fits, else the first that fits by shape.

    Exports of one network differ in names and in the order of tensors. Raises ModelInvalid when none fits.
    """
    free = list(has)
    names: dict[int, str] = {}
    for by_name in (True, False):
        for place, spec in enumerate(wanted):
            fits = [item for item in free if spec.accepts(item.shape) and (not by_name or item.name == spec.name)]
            if place not in names and fits:
                names[place] = fits[0].name
                free.remove(fits[0])
    for place, spec in enumerate(wanted):
        if place not in names:
            found = ", ".join(f"{item.name} {shape_text(item)}" for item in has)
            raise ModelInvalid(f"{model}: no tensor fits {spec.name} {shape_text(spec)}; the file has {found}")
    return tuple(names[place] for place in range(len(wanted)))


def shape_text(spec: TensorSpec) -> str:
    """A tensor's shape for people; exports that leave it out are read as having none."""
    return f"({', '.join(map(str, spec.shape))})" if spec.shape else "(no shape)"


_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}
