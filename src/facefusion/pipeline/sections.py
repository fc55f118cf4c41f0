"""Every key a plan has: the flags, the TOML keys and the schema are all read from the Settings dataclasses listed here.

A key is a flag's name without its two dashes: `face-swapper-shape-strength`, `mask-blur`, `output`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from facefusion.core.settings import Option, SettingsError, options_of
from facefusion.pipeline.catalog import CATALOG, near


@dataclass(frozen=True, slots=True)
class Section:
    """One Settings dataclass of a plan; `prefix` makes its field names unique among all keys."""

    name: str
    title: str
    prefix: str
    settings: type[Any]

    def key_of(self, option: Option) -> str:
        """The flag's name of one option, without dashes in front."""
        name = option.name if option.name.startswith(self.prefix) else self.prefix + option.name
        return name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Key:
    """One key, the section it belongs to and the option behind it."""

    name: str
    section: Section
    option: Option


_ROOM = "facefusion"
_SHARED: tuple[tuple[str, str, str, str], ...] = (
    ("job", "Run", "", f"{_ROOM}.pipeline.settings:JobSettings"),
    ("finder", "Finding faces", "", f"{_ROOM}.pipeline.settings:FinderSettings"),
    ("selector", "Faces", "", f"{_ROOM}.pipeline.settings:SelectorSettings"),
    ("mask", "Mask", "mask_", f"{_ROOM}.blend.settings:MaskSettings"),
    ("blend", "Blend", "blend_", f"{_ROOM}.blend.settings:BlendSettings"),
    ("temporal", "Steadiness", "temporal_", f"{_ROOM}.temporal.settings:TemporalSettings"),
    ("background", "Background", "background", f"{_ROOM}.blend.background:BackgroundSettings"),
    ("encode", "Output", "output_", f"{_ROOM}.pipeline.settings:EncodeSettings"),
    ("film", "Film delivery", "", f"{_ROOM}.pipeline.settings:FilmSettings"),
    ("label", "Label", "label_", f"{_ROOM}.provenance.settings:LabelSettings"),
    ("permission", "Permission", "", f"{_ROOM}.provenance.consent.settings:PermissionSettings"),
    ("manifest", "Signing", "signing_", f"{_ROOM}.provenance.manifest.settings:SigningSettings"),
    ("audit", "Audit log", "", f"{_ROOM}.provenance.audit.settings:AuditSettings"),
)


@cache
def sections() -> tuple[Section, ...]:
    """All sections in the order of the help text."""
    shared = tuple(Section(name, title, prefix, _load(path)) for name, title, prefix, path in _SHARED)
    effects = tuple(
        Section(entry.name, entry.name.replace("_", " ").capitalize(), f"{entry.name}_", entry.settings_class)
        for entry in CATALOG
    )
    return shared + effects


@cache
def keys() -> Mapping[str, Key]:
    """Every key by its name, in the order of the help text."""
    found: dict[str, Key] = {}
    for section in sections():
        for option in options_of(section.settings):
            name = section.key_of(option)
            if name in found:
                raise SettingsError(f"{name}: declared by {found[name].section.name} and by {section.name}")
            found[name] = Key(name, section, option)
    return found


ALIASES: Mapping[str, str] = {"video-codec": "output-codec", "processors": "processor"}
"""Other names of keys, which flags and job files take as well."""


def key_called(name: str) -> Key:
    """The key called `name` (underscores count as dashes); raises SettingsError naming the nearest one."""
    wanted = name.replace("_", "-")
    wanted = ALIASES.get(wanted, wanted)
    if wanted not in keys():
        raise SettingsError(f"option {name}: unknown{near(wanted, tuple(keys()))}; see facefusion run --help")
    return keys()[wanted]


def split(values: Mapping[str, Any]) -> dict[str, Any]:
    """`{key: value}` as one checked Settings instance per section, by the section's name."""
    sorted_out: dict[str, dict[str, Any]] = {section.name: {} for section in sections()}
    for name, value in values.items():
        key = key_called(name)
        sorted_out[key.section.name][key.option.name] = typed(key, value)
    return {section.name: section.settings(**sorted_out[section.name]) for section in sections()}


def joined(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite of `split`: only what differs from the defaults, in the order of the help text."""
    values: dict[str, Any] = {}
    for key in keys().values():
        value = getattr(settings[key.section.name], key.option.name)
        if value != key.option.default:
            values[key.name] = list(value) if isinstance(value, tuple) else value
    return values


def typed(key: Key, value: Any) -> Any:
    """`value` in the type of its option; raises SettingsError where it does not fit."""
    kind = key.option.kind
    if "\0" in str(value):
        raise SettingsError(f"{key.name}: got {value!r}, no file and no text of ours holds a zero character")
    if kind in ("texts", "choices"):
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and all(isinstance(item, str) for item in items):
            return tuple(items)
    elif isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool)):
        return float(value) if kind == "float" else value
    raise SettingsError(f"{key.name}: got {value!r}, supported is {_WANTED[kind]}")


_TYPES: Mapping[str, Any] = {"float": int | float, "int": int, "bool": bool, "text": str, "choice": str}
_WANTED = {
    "texts": "a list of texts",
    "choices": "a list of names",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "text": "a text",
    "choice": "a name",
}


def _load(path: str) -> type[Any]:
    module, _, name = path.partition(":")
    loaded: type[Any] = getattr(import_module(module), name)
    return loaded
