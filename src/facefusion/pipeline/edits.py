"""What a person can say about a measured clip, as values. Nothing is applied here: see `editing.edited`.

Frames count from 0, parts are half-open, and a part of None is the whole clip. Ids are never used twice, so that an
edit means the same whatever happens to the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from facefusion.core import FrameRange
from facefusion.core.settings import check_settings
from facefusion.errors import UsageError
from facefusion.pipeline import sections
from facefusion.pipeline.catalog import names

ReferenceMode = Literal["hold", "interpolate"]
MODES: tuple[ReferenceMode, ...] = ("hold", "interpolate")
LONGEST_NAME = 60
Values = tuple[tuple[str, Any], ...]
"""Keys of a plan and their values, sorted by key; hashable."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whom an edit is about: one person, one track, or everybody when neither is named."""

    person: int | None = None
    track: int | None = None

    def __post_init__(self) -> None:
        if self.person is not None and self.track is not None:
            raise UsageError("got a person and a track, supported is one of them, or neither for everybody")

    @property
    def precedence(self) -> int:
        """0 for everybody, 1 for a person, 2 for a track: of two rules the one with the higher wins."""
        return 2 if self.track is not None else 1 if self.person is not None else 0

    def covers(self, track_id: int | None, person_id: int | None) -> bool:
        """Whether a face of this track and person is meant."""
        if self.track is not None:
            return self.track == track_id
        return self.person is None or self.person == person_id

    def __str__(self) -> str:
        if self.track is not None:
            return f"track {self.track}"
        return "everybody" if self.person is None else f"person {self.person}"


EVERYBODY = Who()


@dataclass(frozen=True, slots=True)
class Merge:
    """These are one person; the first id stays."""

    kind: ClassVar[str] = "merge"
    people: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(set(self.people)) < 2 or len(set(self.people)) < len(self.people):
            raise UsageError(f"merge: got {_listed(self.people)}, supported are two or more different people")

    def __str__(self) -> str:
        return f"merge people {_listed(self.people)}"


@dataclass(frozen=True, slots=True)
class Split:
    """Some tracks of a person, or what lies in a part, become somebody else.

    tracks: of these only; empty means all. new_person: the id that the other gets. cut: (track, new track) for every
    track that lies only partly in `part`.
    """

    kind: ClassVar[str] = "split"
    person: int
    new_person: int
    tracks: tuple[int, ...] = ()
    part: FrameRange | None = None
    cut: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not self.tracks and self.part is None:
            raise UsageError("split: got neither tracks nor a range; say which tracks, or from when to when")

    def __str__(self) -> str:
        tracks = f", tracks {_listed(self.tracks)}" if self.tracks else ""
        return f"split person {self.person}{tracks}{_when(self.part)} off as person {self.new_person}"


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a person a name, which then works wherever an id does; an empty one takes it away."""

    kind: ClassVar[str] = "rename"
    person: int
    name: str

    def __post_init__(self) -> None:
        check_name(self.name)

    def __str__(self) -> str:
        return f'name person {self.person} "{self.name}"' if self.name else f"take the name of person {self.person}"


@dataclass(frozen=True, slots=True)
class Drop:
    """Take a track's faces in a part away: nobody is there."""

    kind: ClassVar[str] = "drop"
    track: int
    part: FrameRange | None = None

    def __str__(self) -> str:
        return f"drop track {self.track}{_when(self.part)}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Trust a track's landmarks of `frames` instead of what was measured in `part`.

    hold: the face of the nearest of `frames`, carried along with the measured head.
    interpolate: straight lines from one of `frames` to the next.
    """

    kind: ClassVar[str] = "reference"
    track: int
    frames: tuple[int, ...]
    part: FrameRange
    mode: ReferenceMode = "hold"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"reference: got mode {self.mode!r}, supported are {', '.join(MODES)}")
        if not self.frames or len(set(self.frames)) < len(self.frames):
            raise UsageError(f"reference: got frames {_listed(self.frames) or 'none'}, supported are different frames")
        if self.mode == "interpolate" and len(self.frames) < 2:
            raise UsageError("reference: interpolate needs two frames or more, one on each side of the range")

    def __str__(self) -> str:
        return f"{self.mode} track {self.track}{_when(self.part)} from frame {_listed(self.frames)}"


@dataclass(frozen=True, slots=True)
class Strength:
    """How much of the change shows, 0 to 1; `ramp` frames inside the part lead smoothly there and back."""

    kind: ClassVar[str] = "strength"
    who: Who
    value: float
    part: FrameRange | None = None
    ramp: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise UsageError(f"strength: got {self.value:g}, supported is 0 to 1")
        if self.ramp < 0:
            raise UsageError(f"ramp: got {self.ramp}, supported is 0 or more frames")

    def __str__(self) -> str:
        return f"strength {self.value:g} of {self.who}{_when(self.part)}"


@dataclass(frozen=True, slots=True)
class Exclude:
    """Leave a face as it is."""

    kind: ClassVar[str] = "exclude"
    who: Who
    part: FrameRange | None = None

    def __str__(self) -> str:
        return f"exclude {self.who}{_when(self.part)}"


@dataclass(frozen=True, slots=True)
class Adjust:
    """Other settings than the plan's: keys of masks, blending and processors."""

    kind: ClassVar[str] = "settings"
    who: Who
    values: Values
    part: FrameRange | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise UsageError("settings: nothing given; name a setting and its value, like mask-blur=0.4")
        object.__setattr__(self, "values", checked_values(dict(self.values)))

    def __str__(self) -> str:
        told = ", ".join(f"{key}={_shown(value)}" for key, value in self.values)
        return f"settings {told} of {self.who}{_when(self.part)}"


@dataclass(frozen=True, slots=True)
class Request:
    """What a render of this clip starts from: keys of a plan, such as source photos; what a run is given wins."""

    kind: ClassVar[str] = "plan"
    values: Values

    def __post_init__(self) -> None:
        if not self.values:
            raise UsageError("plan: nothing given; name an option and its value, like assign=anna=anna.jpg")
        object.__setattr__(self, "values", typed_values(dict(self.values)))

    def __str__(self) -> str:
        return "plan " + ", ".join(f"{key}={_shown(value)}" for key, value in self.values)


Edit = Merge | Split | Rename | Drop | Reference | Strength | Exclude | Adjust | Request
KINDS: tuple[type[Any], ...] = (Merge, Split, Rename, Drop, Reference, Strength, Exclude, Adjust, Request)


def adjustable() -> tuple[str, ...]:
    """The keys of a plan that may differ from person to person and from part to part."""
    rooms = ("mask", "blend", *names())
    return tuple(key.name for key in sections.keys().values() if key.section.name in rooms)


def checked_values(values: Mapping[str, Any]) -> Values:
    """`values` typed and sorted. Raises SettingsError for a key or value that no plan has, UsageError for one that
    only a whole run has."""
    found = typed_values(values)
    for name, _ in found:
        if name not in adjustable():
            raise UsageError(
                f"settings: {name} holds for a whole run; what may differ within one are the keys of masks, "
                "blending and processors, like mask-blur"
            )
    return found


def typed_values(values: Mapping[str, Any]) -> Values:
    """`values` typed, checked and sorted by key. Raises SettingsError."""
    found = {
        key.name: sections.typed(key, value) for name, value in values.items() if (key := sections.key_called(name))
    }
    for settings in sections.split(found).values():
        check_settings(settings)
    return tuple(sorted(found.items()))


def check_name(name: str) -> None:
    """Raise UsageError for a name that could be taken for an id or would break a line, a list or `--assign`."""
    is_printed = name.isprintable() and name == name.strip() and not set(name) & set("=,\"'")
    if name and (not is_printed or name.isdecimal() or len(name) > LONGEST_NAME):
        raise UsageError(
            f"rename: got {name!r}, supported is a word or two of up to {LONGEST_NAME} letters, "
            "not a number, without = , and quotes"
        )


def _when(part: FrameRange | None) -> str:
    if part is None:
        return ""
    last = part.stop - 1
    return f" in frame {part.start}" if last == part.start else f" in frames {part.start} to {last}"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "+".join(value) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
