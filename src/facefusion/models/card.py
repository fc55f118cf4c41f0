"""What is known about one model's weights: read from `cards/*.toml`, never written in code."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from facefusion.errors import ModelInvalid
from facefusion.models.spec import TensorSpec

Task = Literal[
    "face_detector",
    "face_landmarker",
    "face_encoder",
    "embedding_converter",
    "face_parser",
    "face_occluder",
    "face_swapper",
    "face_enhancer",
    "lip_syncer",
    "expression_editor",
    "person_segmenter",
    "content_checker",
    "background_remover",
    "frame_enhancer",
    "frame_colorizer",
]

SUFFIXES = (".onnx", ".dfm")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Facts about one file of weights.

    `size_bytes` is exact where `sha256` is given, else about right, and 0 where it is not known. `other_sha256` are
    further exports of the same network that people own. `addresses` are public https addresses of the file itself;
    where there is none, the user has to obtain it from `origin`. `template` names the alignment of the input picture,
    "" where there is none; `needs` names the models that this one cannot do without. `contract` names the adapter of
    `models.contracts` that speaks to it; `notes` is what a conversion or an import found out. `made_from`, `precision`
    and `accuracy_loss` tell of a conversion (see `models.optimising`): of which model, to what, and the share of its
    answers that was lost.
    """

    name: str
    task: Task
    summary: str
    file: str
    vendor: str
    origin: str
    licence: str
    commercial_use: bool
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    bundled: bool = False
    size_bytes: int = 0
    sha256: str = ""
    other_sha256: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    template: str = ""
    needs: tuple[str, ...] = ()
    contract: str = ""
    notes: str = ""
    made_from: str = ""
    precision: str = ""
    accuracy_loss: float = 0.0

    def __post_init__(self) -> None:
        if self.task not in get_args(Task):
            raise ValueError(f"unknown task {self.task}; known are {', '.join(get_args(Task))}")
        if not self.file.endswith(SUFFIXES) or Path(self.file).name != self.file:
            raise ValueError(f"file must be the plain name of an .onnx or .dfm file, got {self.file}")
        for digest in filter(None, (self.sha256, *self.other_sha256)):
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"sha256 must be 64 lower-case hexadecimal digits, got {digest}")
        if self.bundled and not (self.sha256 and self.size_bytes and self.commercial_use):
            raise ValueError("a bundled model needs sha256, size_bytes and a licence that allows commercial use")

    @property
    def size_text(self) -> str:
        """The size for people: `413 KB`, `about 340 MB` or `size not recorded`."""
        if not self.size_bytes:
            return "size not recorded"
        megabytes = self.size_bytes / 1e6
        number = f"{megabytes:.0f} MB" if megabytes >= 10 else f"{self.size_bytes / 1e3:.0f} KB"
        return number if self.sha256 else f"about {number}"

    @property
    def licence_text(self) -> str:
        """The licence for people, with a warning where commercial use is not allowed."""
        told = self.commercial_use or "non-commercial" in self.licence
        return self.licence if told else f"{self.licence}, no commercial use"


def read_card(path: Path) -> ModelCard:
    """The card in a TOML file. Raises ModelInvalid when it is not readable, incomplete or contradicts itself."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in ("inputs", "outputs"):
            values[key] = tuple(_spec(table) for table in values[key])
        return ModelCard(**_tuples(values))
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelInvalid(f"model card {path.name}: {error}") from error


def _spec(table: dict[str, Any]) -> TensorSpec:
    unknown = set(table) - {item.name for item in fields(TensorSpec)}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)} of tensor {table.get('name')}")
    return TensorSpec(**_tuples(table))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
