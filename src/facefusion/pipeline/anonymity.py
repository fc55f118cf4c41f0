"""How far people were hidden: what a run says of it, and every face that a person should look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VOICES = "voices and words tell who somebody is, too: the sound is as it was"
_TELLING = (
    "gps",
    "location",
    "artist",
    "author",
    "owner",
    "copyright",
    "serial",
    "make",
    "model",
    "title",
    "xmp",
    "iptc",
)
"""Parts of names of metadata that tell who, where, or with whose camera."""
_NAMED = 8
FORMAT, VERSION = "facefusion-anonymity", 2


@dataclass(frozen=True, slots=True)
class Doubt:
    """One face in one frame that a person should look at. why: words; box_px: x0, y0, x1, y1."""

    frame: int
    seconds: float
    track: int
    person: int | None
    why: tuple[str, ...]
    box_px: tuple[int, int, int, int]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain = {name: getattr(self, name) for name in ("frame", "seconds", "track", "person")}
        return {**plain, "why": list(self.why), "box_px": list(self.box_px)}

    @staticmethod
    def parse(said: Mapping[str, Any]) -> Doubt:
        """The opposite of `as_dict`. Raises KeyError, TypeError and ValueError for anything else."""
        x0, y0, x1, y1 = map(int, said["box_px"])
        person = None if said["person"] is None else int(said["person"])
        why = tuple(map(str, said["why"]))
        return Doubt(int(said["frame"]), float(said["seconds"]), int(said["track"]), person, why, (x0, y0, x1, y1))


@dataclass(frozen=True, slots=True)
class Guise:
    """Who was put on a person.

    distance: of the result from the person, infinite where it is unknown; photos of one person are below 0.6.
    is_covered: the result would be too near, so the face is covered in every frame.
    """

    person: int
    name: str
    distance: float
    is_covered: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        distance = round(self.distance, 3) if np.isfinite(self.distance) else None
        put_on = None if self.is_covered else self.name
        return {"person": self.person, "put_on": put_on, "tried": self.name, "distance": distance}

    @staticmethod
    def parse(said: Mapping[str, Any]) -> Guise:
        """The opposite of `as_dict`. Raises KeyError, TypeError and ValueError for anything else."""
        distance = float("inf") if said["distance"] is None else float(said["distance"])
        return Guise(int(said["person"]), str(said["tried"]), distance, said["put_on"] is None)


@dataclass(frozen=True, slots=True)
class Anonymity:
    """How far people are hidden.

    doubts: faces to look at. unplaced: half-open ranges of frames in which nobody who is hidden was found at all.
    people: who was put on whom; empty where faces are only covered. left_visible: people and strangers of the medium
    who were not to be hidden. left_out: names of metadata.
    """

    doubts: tuple[Doubt, ...]
    unplaced: tuple[tuple[int, int], ...]
    people: tuple[Guise, ...]
    left_visible: int
    left_out: tuple[str, ...]
    has_sound: bool
    method: str

    @property
    def frames_to_look_at(self) -> int:
        return len({one.frame for one in self.doubts})

    def warnings(self) -> tuple[str, ...]:
        """One line each."""
        lines = [VOICES] if self.has_sound else []
        if self.left_visible:
            lines.append(
                f"{self.left_visible} tracks show people who were not to be hidden, and do not hide them; "
                "--face-selector-mode many hides everybody"
            )
        lines += [
            f"person {one.person}: would be recognised with {one.name} put on (distance {one.distance:.2f}), and is "
            "covered instead"
            for one in self.people
            if one.is_covered
        ]
        if self.left_out:
            lines.append(f"metadata left out: {_shortly(self.left_out)}")
        return tuple(lines)

    def summary(self) -> dict[str, Any]:
        """For JSON: everything but the list of faces to look at, which can be long."""
        return {
            "method": self.method,
            "people": [one.as_dict() for one in self.people],
            "frames_to_look_at": self.frames_to_look_at,
            "frames_without_anybody_hidden": [list(part) for part in self.unplaced],
            "tracks_left_visible": self.left_visible,
            "metadata_left_out": list(self.left_out),
            "has_sound": self.has_sound,
        }

    def as_json(self, asset: str) -> bytes:
        """The report of the output with this asset id."""
        looked_at = {"to_look_at": [one.as_dict() for one in self.doubts]}
        said = {"format": FORMAT, "version": VERSION, "asset": asset, **self.summary(), **looked_at}
        return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()

    @staticmethod
    def read(path: Path) -> Anonymity | None:
        """A report that was written; None where `path` is none."""
        try:
            return _parsed(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _shortly(names: tuple[str, ...]) -> str:
    """The first few of `names`, those that tell most at the front."""
    told = sorted(names, key=lambda name: not any(word in name.lower() for word in _TELLING))
    more = f" and {len(told) - _NAMED} more, all in the report" if len(told) > _NAMED else ""
    return ", ".join(told[:_NAMED]) + more


def _parsed(said: Mapping[str, Any]) -> Anonymity:
    if said["format"] != FORMAT or said["version"] != VERSION:
        raise ValueError(f"anonymity: got {said['format']!r} {said['version']!r}, supported is {FORMAT} {VERSION}")
    return Anonymity(
        doubts=tuple(Doubt.parse(one) for one in said["to_look_at"]),
        unplaced=tuple((int(start), int(stop)) for start, stop in said["frames_without_anybody_hidden"]),
        people=tuple(Guise.parse(one) for one in said["people"]),
        left_visible=int(said["tracks_left_visible"]),
        left_out=tuple(map(str, said["metadata_left_out"])),
        has_sound=bool(said["has_sound"]),
        method=str(said["method"]),
    )
