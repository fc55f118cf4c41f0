"""What edits ask of each face in each frame: how strongly it is changed, with which settings, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

from facefusion.core import Face, FrameRange, Track
from facefusion.errors import UsageError
from facefusion.pipeline.edit_log import Entry
from facefusion.pipeline.edits import Adjust, Exclude, Strength, Values, Who

NO_VALUES: Values = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """What is asked for one face in one frame. values: settings that differ from the plan's."""

    strength: float = 1.0
    is_excluded: bool = False
    values: Values = NO_VALUES


UNTOUCHED = Touch()


@dataclass(frozen=True, slots=True)
class Rule:
    """One edit of a face's change, ready to be asked.

    who: by the ids of the edited analysis. part: the frames it holds for. is_ranged: whether a part was named.
    ramp_in, ramp_out: frames inside the part that lead there and back.
    """

    entry: Entry
    who: Who
    part: FrameRange
    is_ranged: bool
    ramp_in: int = 0
    ramp_out: int = 0

    @property
    def rank(self) -> tuple[bool, int]:
        """Of two rules the one with the higher rank wins: a part over the whole clip, then whom the rule names."""
        return self.is_ranged, self.who.precedence

    def weight(self, index: int) -> float:
        """How far the ramps have led at frame `index` of the part, in (0, 1]; smooth at both ends."""
        begun = (index - self.part.start + 1) / (self.ramp_in + 1)
        left = (self.part.stop - index) / (self.ramp_out + 1)
        share = min(begun, left, 1.0)
        return share * share * (3.0 - 2.0 * share)


@dataclass(frozen=True)
class Overrides:
    """Everything that edits ask of the renderer; frozen and safe in threads.

    names: of people, by id. rules: in the order the edits were made. moved: what was edited about faces themselves
    (where they are, whose they are), as (frames that may differ from what was measured, what was said).
    """

    names: Mapping[int, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    moved: tuple[tuple[FrameRange, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether every face is rendered as the plan says."""
        return not self.rules

    def touch(self, face: Face, index: int) -> Touch:
        """What is asked for `face` in frame `index`."""
        return UNTOUCHED if not self.rules else self.asked(face.track_id, face.person_id, index)

    def asked(self, track_id: int | None, person_id: int | None, index: int) -> Touch:
        """What is asked for the face of a track and person in frame `index`."""
        strength, is_excluded, values = 1.0, False, dict[str, Any]()
        for rule in self._ranked:
            if index not in rule.part or not rule.who.covers(track_id, person_id):
                continue
            edit = rule.entry.edit
            if isinstance(edit, Strength):
                strength += (edit.value - strength) * rule.weight(index)
            elif isinstance(edit, Exclude):
                is_excluded = True
            elif isinstance(edit, Adjust):
                values.update(edit.values)
        return Touch(strength, is_excluded, tuple(sorted(values.items())))

    def values_in(self, tracks: Iterable[Track]) -> dict[Values, set[int | None]]:
        """Every set of settings that `touch` can give for faces of `tracks`, with the people who get it.

        The empty set, which is the plan's own settings, is not among them.
        """
        adjusting = [rule.part for rule in self.rules if isinstance(rule.entry.edit, Adjust)]
        places = sorted({place for part in adjusting for place in (part.start, part.stop)})
        found: dict[Values, set[int | None]] = {}
        for track in tracks:
            for place in places:
                values = self.asked(track.track_id, track.person_id, place).values
                if values:
                    found.setdefault(values, set()).add(track.person_id)
        return found

    def person_called(self, text: str, people: Iterable[int]) -> int:
        """The id of who is called `text`, which is an id or a name (small or capital letters). Raises UsageError."""
        there = sorted(people)
        for person in there:
            if text.strip() == str(person) or self.names.get(person, "").casefold() == text.strip().casefold():
                return person
        raise UsageError(f"no person {text}; {self.told(there)}")

    def told(self, people: Iterable[int]) -> str:
        """`there are 1 (Anna) and 2`."""
        words = [f"{person} ({self.names[person]})" if person in self.names else f"{person}" for person in people]
        if not words:
            return "nobody was found"
        return f"there is only {words[0]}" if len(words) == 1 else f"there are {', '.join(words[:-1])} and {words[-1]}"

    @cached_property
    def _ranked(self) -> tuple[Rule, ...]:
        return tuple(sorted(self.rules, key=lambda rule: rule.rank))


def check_consistent(rules: Iterable[Rule]) -> None:
    """Raise UsageError, naming both, where two rules of the same rank ask different things of one face."""
    for earlier, later in combinations(rules, 2):
        both = _overlap(earlier.part, later.part)
        if earlier.rank != later.rank or earlier.who != later.who or both is None:
            continue
        asked = _disagreement(earlier, later)
        if asked:
            raise UsageError(
                f"{later.entry} contradicts {earlier.entry}: both set {asked} in frames {both.start} to "
                f"{both.stop - 1}; undo {earlier.entry.number} first, or choose ranges that do not overlap"
            )


def _disagreement(first: Rule, second: Rule) -> str:
    """What two rules ask differently, in words; empty when they agree."""
    a, b = first.entry.edit, second.entry.edit
    if isinstance(a, Strength) and isinstance(b, Strength) and a.value != b.value:
        return "the strength"
    if isinstance(a, Adjust) and isinstance(b, Adjust):
        before, after = dict(a.values), dict(b.values)
        return ", ".join(key for key in before if key in after and before[key] != after[key])
    return ""


def _overlap(a: FrameRange, b: FrameRange) -> FrameRange | None:
    start, stop = max(a.start, b.start), min(a.stop, b.stop)
    return FrameRange(start, stop) if start < stop else None
