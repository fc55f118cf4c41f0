"""Policies: the four that come with the package, and a user's own, all as readable TOML."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput, UsageError
from facefusion.media.paths import check_input
from facefusion.provenance.canonical import canonical
from facefusion.provenance.consent.record import OPERATIONS
from facefusion.provenance.home import home
from facefusion.provenance.keys import PublicKey
from facefusion.provenance.plain_fields import PlainFields

PROFILES = ("personal", "teaching", "production", "broadcast")
LABEL_PRESETS = ("", "gb45438", "quiet", "card")
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one place.

    needs_source, needs_target: whether the person whose face is put on, and the person who is changed, need a record.
    allows_own_signature: whether one key may sign as rights holder and as requester. trusted_keys: keys of rights
    holders; empty trusts any. label_preset, label_text: what the label has to be; empty leaves it to the job.
    may_omit_label: whether a record's permission to leave the label out counts. refused: operations that are never
    done. commercial_only: whether models are refused whose licence forbids commercial use. retention_days: 0 for no
    limit. content_threshold: score, 0 to 1, from which a frame is refused.
    """

    name: str
    summary: str
    needs_source: bool
    needs_target: bool
    allows_own_signature: bool
    trusted_keys: tuple[str, ...]
    label_preset: str
    label_text: str
    may_omit_label: bool
    refused: tuple[str, ...]
    retention_days: int
    content_threshold: float
    commercial_only: bool = False

    def __post_init__(self) -> None:
        unknown = [word for word in self.refused if word not in OPERATIONS]
        if unknown:
            raise InvalidInput(f"policy {self.name}: refuses {unknown[0]!r}, supported are {', '.join(OPERATIONS)}")
        if self.label_preset not in LABEL_PRESETS:
            known = ", ".join(word for word in LABEL_PRESETS if word)
            raise InvalidInput(f"policy {self.name}: label preset {self.label_preset!r}, supported are {known}")
        for key in self.trusted_keys:
            PublicKey.from_text(key)

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, hexadecimal: two policies of one name can be told apart."""
        return hashlib.sha256(canonical(asdict(self))).hexdigest()

    @staticmethod
    def from_plain(value: Any, *, name: str) -> Policy:
        """A policy from the values of its TOML. name: of the file, for errors. Raises InvalidInput."""
        fields = PlainFields(value, name=name)
        tables = {part: PlainFields(fields.take(part), name=f"{name}: {part}") for part in _TABLES}
        tables["models"] = PlainFields(fields.take_or("models", {}), name=f"{name}: models")
        policy = Policy(
            name=fields.text("name"),
            summary=fields.text("summary"),
            needs_source=tables["consent"].flag("source_person"),
            needs_target=tables["consent"].flag("target_person"),
            allows_own_signature=tables["consent"].flag("own_signature"),
            trusted_keys=tables["consent"].texts("trusted_keys"),
            label_preset=tables["label"].text("preset"),
            label_text=tables["label"].text("text"),
            may_omit_label=tables["label"].flag("may_be_omitted"),
            refused=tables["operations"].texts("refused"),
            retention_days=tables["retention"].whole("days", low=0, high=100_000),
            content_threshold=tables["content"].number("threshold", low=0.05, high=1.0),
            commercial_only=tables["models"].flag("commercial_only", default=False),
        )
        for part in (fields, *tables.values()):
            part.done()
        return policy


_TABLES = ("consent", "label", "operations", "retention", "content")


def load_policy(word: str) -> Policy:
    """The policy called `word`: a bundled one, one of `home()/policy/WORD.toml`, or a TOML file.

    A file of the user cannot take the name of a bundled one. Raises UsageError, InvalidInput.
    """
    if word in PROFILES:
        text = files("facefusion.provenance.policy").joinpath(f"profiles/{word}.toml").read_text(encoding="utf-8")
        return Policy.from_plain(tomllib.loads(text), name=f"policy {word}")
    path = _path_of(word)
    policy = Policy.from_plain(_read(path), name=str(path))
    if policy.name in PROFILES:
        raise InvalidInput(
            f"{path}: calls itself {policy.name}, which is a policy of the package; give it another name"
        )
    return policy


def _path_of(word: str) -> Path:
    if word.endswith(".toml"):
        return Path(word)
    own = home() / "policy"
    for path in own.glob("*.toml") if own.is_dir() else ():
        if path.stem == word:
            return path
    raise UsageError(f"policy {word!r}: unknown; supported are {', '.join(PROFILES)}, a TOML file, or a name in {own}")


def _read(path: Path) -> Mapping[str, Any]:
    check_input(path)
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidInput(f"{path}: is larger than any policy ({_LARGEST_FILE} bytes); check the name")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{path}: is no TOML ({error})") from None
