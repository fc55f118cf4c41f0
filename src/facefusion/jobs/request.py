"""What is asked of a job: assets by name and the options of a plan; and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facefusion.blend.background import ground_of
from facefusion.errors import UsageError
from facefusion.models.zoo import is_path
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.sections import key_called, keys

FILE_KEYS: Final = (
    *("source", "assign", "target", "output", "reference-image", "except-image", "mask-image"),
    *("face-enhancer-reference", "lip-syncer-audio"),
)
SERVER_KEYS: Final = (
    *("overwrite", "workers", "threads", "keep-work", "execution-provider", "execution-device"),
    *("execution-batch", "execution-memory-limit", "execution-precision", "model-provider", "models-folder"),
    *("label-font", "policy", "consent"),
    *("signing-certificate", "signing-key", "signing-url", "signing-timestamp-url"),
    *("audit-file", "audit-names", "audit-project"),
)
"""Keys of a plan that are the server's to say: its files, its signatures, its log, its rules."""
PERMISSION_KEYS: Final = ("use", "production", "territory", "requester", "omit-visible-label")
FORMATS: Final = ("mp4", "mov", "mkv", "webm", "avi", "png", "jpg", "webp", "tif", "gif")
MOST_ASSETS: Final = 64


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """Assets by their ids. assign: sources by the person of the clip. options: keys of a plan, without those above.

    background: an asset to put people on; colours and blur are the option of that name. speech: what lips follow.
    edits: corrections of the analysis, as `facefusion edit export` writes them. format: suffix of the output; empty for
    that of the target. frames: of a preview.
    """

    target: str
    sources: tuple[str, ...] = ()
    assign: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reference_images: tuple[str, ...] = ()
    except_images: tuple[str, ...] = ()
    mask_image: str = ""
    background: str = ""
    speech: str = ""
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Mapping[str, Any], ...] = ()
    frames: tuple[int, ...] = ()

    @staticmethod
    def of(said: Mapping[str, Any]) -> RenderRequest:
        """From the JSON that is stored."""
        return RenderRequest(
            target=said.get("target", ""),
            sources=tuple(said.get("sources", ())),
            assign=dict(said.get("assign", {})),
            reference_images=tuple(said.get("reference_images", ())),
            except_images=tuple(said.get("except_images", ())),
            mask_image=said.get("mask_image") or "",
            background=said.get("background") or "",
            speech=said.get("speech") or "",
            format=said.get("format") or "",
            options=dict(said.get("options", {})),
            edits=tuple(said.get("edits", ())),
            frames=tuple(said.get("frames", ())),
        )

    def asset_ids(self) -> tuple[str, ...]:
        """Every asset that is read, each once, the target first."""
        assigned = (one for ids in self.assign.values() for one in ids)
        single = (self.mask_image, self.background, self.speech)
        named = (self.target, *self.sources, *assigned, *self.reference_images, *self.except_images, *single)
        painted = (one for said in self.edits for one in _painted(said))
        return tuple(dict.fromkeys(one for one in (*named, *painted) if isinstance(one, str) and one))

    def likeness_ids(self) -> tuple[str, ...]:
        """The assets that show whose face is put on."""
        assigned = (one for ids in self.assign.values() for one in ids)
        return tuple(dict.fromkeys((*self.sources, *assigned)))

    def plan(self, files: Mapping[str, Path], output: Path, server: Mapping[str, Any]) -> Plan:
        """The plan over real files. server: the keys that are the server's. Raises UsageError."""
        check_options(self.options)
        values: dict[str, Any] = {**self.options, **server, "target": str(files[self.target]), "output": str(output)}
        values["source"] = [str(files[one]) for one in self.sources]
        values["assign"] = [_assignment(person, [files[one] for one in ids]) for person, ids in self.assign.items()]
        values["reference-image"] = [str(files[one]) for one in self.reference_images]
        values["except-image"] = [str(files[one]) for one in self.except_images]
        single = {"mask-image": self.mask_image, "background": self.background, "lip-syncer-audio": self.speech}
        values |= {key: str(files[asset]) for key, asset in single.items() if asset}
        return Plan.from_mapping(values)


def _painted(edit: Mapping[str, Any]) -> list[str]:
    """The assets that an edit names as painted masks."""
    values = edit.get("values")
    pairs = [pair for pair in values if isinstance(pair, list) and len(pair) == 2] if isinstance(values, list) else []
    return [value for name, value in pairs if str(name).replace("_", "-") == "mask-image" and isinstance(value, str)]


def check_options(options: Mapping[str, Any]) -> None:
    """Raise UsageError for what no request may say: keys of the server's, and files of the server by their paths."""
    for name, value in options.items():
        key = key_called(name).name
        if key in FILE_KEYS:
            raise UsageError(f"option {name}: files are given as assets (target, sources, assign, …), not by name")
        if key in SERVER_KEYS:
            raise UsageError(f"option {name}: is the server's to say; leave it out")
        if key in _NO_PATHS and _NO_PATHS[key](str(value)):
            raise UsageError(f"option {name}: {str(value)[:80]!r} is a file; {_INSTEAD[key]}")


def _is_backdrop_file(value: str) -> bool:
    ground = ground_of(value)
    return ground is not None and ground.path is not None


def _is_config_file(value: str) -> bool:
    return not value.startswith("ocio://")


_MODEL_KEYS: Final = tuple(name for name in keys() if name.endswith("-model"))
_NO_PATHS: Final[Mapping[str, Callable[[str], bool]]] = {
    "background": _is_backdrop_file,
    "ocio-config": _is_config_file,
    **dict.fromkeys(_MODEL_KEYS, is_path),
}
_INSTEAD: Final[Mapping[str, str]] = {
    "background": "send it and name the asset as `background` of the request; here stand colours and blur",
    "ocio-config": "the built-in configs can be named, like ocio://default",
    **dict.fromkeys(_MODEL_KEYS, "name a model that the server has"),
}


def _assignment(person: str, photos: Sequence[Path]) -> str:
    if "=" in person:
        raise UsageError(f"assign: got the person {person!r}, supported is an id or a name without =")
    return f"{person}=" + ",".join(str(photo).replace(",", ",,") for photo in photos)
