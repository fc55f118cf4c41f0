"""What is asked of a job: assets by name and the options of a plan; and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facefusion.errors import UsageError
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.sections import key_called

FILE_KEYS: Final = (
    *("source", "assign", "target", "output", "reference-image", "except-image", "mask-image"),
    "face-enhancer-reference",
)
SERVER_KEYS: Final = (
    *("overwrite", "workers", "threads", "keep-work", "execution-provider", "label-font", "policy", "consent"),
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

    edits: corrections of the analysis, as `facefusion edit export` writes them. format: suffix of the output; empty for
    that of the target. frames: of a preview.
    """

    target: str
    sources: tuple[str, ...] = ()
    assign: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reference_images: tuple[str, ...] = ()
    except_images: tuple[str, ...] = ()
    mask_image: str = ""
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
            format=said.get("format") or "",
            options=dict(said.get("options", {})),
            edits=tuple(said.get("edits", ())),
            frames=tuple(said.get("frames", ())),
        )

    def asset_ids(self) -> tuple[str, ...]:
        """Every asset that is read, each once, the target first."""
        assigned = (one for ids in self.assign.values() for one in ids)
        named = (self.target, *self.sources, *assigned, *self.reference_images, *self.except_images, self.mask_image)
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
        if self.mask_image:
            values["mask-image"] = str(files[self.mask_image])
        return Plan.from_mapping(values)


def _painted(edit: Mapping[str, Any]) -> list[str]:
    """The assets that an edit names as painted masks."""
    values = edit.get("values")
    pairs = [pair for pair in values if isinstance(pair, list) and len(pair) == 2] if isinstance(values, list) else []
    return [value for name, value in pairs if str(name).replace("_", "-") == "mask-image" and isinstance(value, str)]


def check_options(options: Mapping[str, Any]) -> None:
    """Raise UsageError for keys that no request may say."""
    for name in options:
        key = key_called(name).name
        if key in FILE_KEYS:
            raise UsageError(f"option {name}: files are given as assets (target, sources, assign, …), not by name")
        if key in SERVER_KEYS:
            raise UsageError(f"option {name}: is the server's to say; leave it out")


def _assignment(person: str, photos: Sequence[Path]) -> str:
    if "=" in person:
        raise UsageError(f"assign: got the person {person!r}, supported is an id or a name without =")
    return f"{person}=" + ",".join(str(photo).replace(",", ",,") for photo in photos)
