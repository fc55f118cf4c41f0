"""What a manifest claims: which files went in, what was done to them with what, and who allowed it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from facefusion.errors import InvalidInput
from facefusion.provenance.asset import asset_id_of, asset_text
from facefusion.provenance.metadata import Marks
from facefusion.provenance.terms import TERM_OF, VOCABULARY, EditKind

JOB = "org.facefusion.job"
"""Label of our own assertion."""
FRAMES = "org.facefusion.frames"
"""Label of the assertion that lists the pictures of a sequence."""
Role = Literal["target", "source", "reference", "background", "speech"]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file holds: SHA-256 (hexadecimal) and its length."""

    sha256: str
    num_bytes: int

    @staticmethod
    def of(path: Path) -> Digest:
        """Of the file `path`, read in pieces. Raises InvalidInput."""
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
                return Digest(digest.hexdigest(), file.tell())
        except OSError as error:
            raise InvalidInput(f"{path}: cannot be read ({error.strerror}); copy it again") from None

    @property
    def uri(self) -> str:
        """RFC 6920: `ni:///sha-256;…`, the name of anything that has this digest."""
        return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(self.sha256)).rstrip(b"=").decode()

    def as_dict(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "bytes": self.num_bytes}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One thing that went in. path: where it can be read, None for something that is no single file."""

    role: Role
    digest: Digest
    path: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"role": self.role, **self.digest.as_dict()}


@dataclass(frozen=True, slots=True)
class Model:
    """Weights that took part."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything that the manifest of one output says. Neither pictures nor names of files.

    effects: name and kind of every processor, in order. decision: what the policy decided, with the ids of the consent
    records. label: what the visible label says, or which record allows leaving it out.
    """

    marks: Marks
    effects: tuple[tuple[str, EditKind], ...]
    ingredients: tuple[Ingredient, ...] = ()
    models: tuple[Model, ...] = ()
    decision: Mapping[str, Any] | None = None
    label: Mapping[str, Any] | None = None

    @property
    def asset(self) -> str:
        """The asset id as text."""
        return asset_text(asset_id_of(self.marks))

    @property
    def target(self) -> Ingredient | None:
        return next((one for one in self.ingredients if one.role == "target"), None)

    def job(self) -> dict[str, Any]:
        """Our own assertion."""
        return {
            "asset_id": self.asset,
            "produce_id": self.marks.aigc.produce_id,
            "created": self.marks.created.isoformat(),
            "software": self.marks.creator_tool,
            "digital_source_type": self.marks.digital_source_type,
            "ingredients": [one.as_dict() for one in self.ingredients],
            "effects": [name for name, _ in self.effects],
            "models": [{"name": model.name, "sha256": model.sha256} for model in self.models],
            "decision": dict(self.decision) if self.decision is not None else None,
            "label": dict(self.label) if self.label is not None else None,
        }

    def definition(self, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The manifest as `c2pa.Builder` takes it. extra: further assertions by label.

        The target is left out of its ingredients: it is added with the history that its file carries.
        """
        assertions = [
            {"label": "c2pa.actions.v2", "data": {"actions": self._actions()}},
            {"label": JOB, "data": self.job()},
        ]
        assertions += [{"label": label, "data": data} for label, data in (extra or {}).items()]
        others = [one for one in self.ingredients if one is not self.target]
        return {
            "claim_generator_info": [{"name": self.marks.software, "version": self.marks.version}],
            "ingredients": [_ingredient(one, number) for number, one in enumerate(others, 1)],
            "assertions": assertions,
        }

    def parent(self) -> dict[str, Any] | None:
        """The target as an ingredient, None where nothing was there before."""
        return None if self.target is None else _ingredient(self.target, 0)

    def _actions(self) -> list[dict[str, Any]]:
        agent = {"name": self.marks.software, "version": self.marks.version}
        begin: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["target"]}}
        if self.target is None:
            begin = {
                "action": "c2pa.created",
                "softwareAgent": agent,
                "digitalSourceType": self.marks.digital_source_type,
            }
        used = [f"{one.role}-{n}" for n, one in enumerate((i for i in self.ingredients if i is not self.target), 1)]
        edits = [_edit(name, kind, agent, used) for name, kind in self.effects]
        return [begin, *edits, *self._label_action(agent)]

    def _label_action(self, agent: Mapping[str, Any]) -> list[dict[str, Any]]:
        text = (self.label or {}).get("text")
        said = {"action": "c2pa.addedText", "softwareAgent": dict(agent), "parameters": {"text": text}}
        return [said] if text else []


def _edit(name: str, kind: EditKind, agent: Mapping[str, Any], used: list[str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"name": name}
    if used and kind in ("mesh", "trained", "matte"):
        parameters["ingredientIds"] = used
    return {
        "action": "c2pa.edited",
        "softwareAgent": dict(agent),
        "digitalSourceType": VOCABULARY + TERM_OF[kind],
        "parameters": parameters,
    }


def _ingredient(one: Ingredient, number: int) -> dict[str, Any]:
    if one.role == "target":
        title, label, relation = "target", "target", "parentOf"
    else:
        title = one.role if one.role in ("background", "speech") else f"{one.role} photo {number}"
        label, relation = f"{one.role}-{number}", "inputTo"
    return {
        "title": title,
        "label": label,
        "relationship": relation,
        "instance_id": one.digest.uri,
        "description": f"SHA-256 {one.digest.sha256}",
    }
