"""Apply edits: a measured clip and what was said about it give the clip that is rendered, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from facefusion.core import Analysis, FrameRange, Identity, Track
from facefusion.core.analysis import Samples
from facefusion.errors import UsageError
from facefusion.pipeline import recut
from facefusion.pipeline.edit_log import EditLog, Entry
from facefusion.pipeline.edits import Adjust, Drop, Exclude, Merge, Reference, Rename, Request, Split, Strength, Who
from facefusion.pipeline.overrides import Overrides, Rule, check_consistent
from facefusion.pipeline.references import referenced


def edited(analysis: Analysis, edits: EditLog | Sequence[Entry]) -> tuple[Analysis, Overrides]:
    """`analysis` as the edits that hold make it, and what they ask of the renderer.

    Pure: `analysis` is not changed, and without edits it is given back itself. Raises UsageError, naming the edit, when
    one names somebody or something that is not there, or when two contradict each other.
    """
    entries = edits.active if isinstance(edits, EditLog) else tuple(edits)
    if not entries:
        return analysis, Overrides()
    state = _State.of(analysis)
    for entry in entries:
        try:
            _APPLY[type(entry.edit)](state, entry, entry.edit)
        except UsageError as error:
            raise UsageError(f"{entry}: {error}") from error
    rules = tuple(replace(rule, who=state.final(rule.who)) for rule in state.rules)
    check_consistent(rules)
    _check_references(state.references)
    moved = tuple((state.reach(part, track), text) for part, track, text in state.moved)
    return state.analysis(), Overrides(state.names, rules, moved)


@dataclass(slots=True, eq=False)
class _State:
    """The clip after some of the edits; lives only while they are applied."""

    measured: Analysis
    tracks: dict[int, Track]
    people: dict[int, Identity]
    samples: dict[int, Samples]
    names: dict[int, str] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    references: list[Entry] = field(default_factory=list)
    moved: list[tuple[FrameRange, Track, str]] = field(default_factory=list)

    @staticmethod
    def of(analysis: Analysis) -> _State:
        tracks = {track.track_id: track for track in analysis.tracks}
        people = {person.person_id: person for person in analysis.people}
        return _State(analysis, tracks, people, dict(analysis.samples))

    def analysis(self) -> Analysis:
        """The edited clip."""
        if all(self.tracks.get(track.track_id) is track for track in self.measured.tracks) and not self.merged:
            return self.measured
        return recut.reassembled(self.measured, list(self.tracks.values()), self.people.values(), self.samples)

    def person(self, person_id: int) -> Identity:
        """Raises UsageError when nobody has this id now."""
        if person_id in self.people:
            return self.people[person_id]
        there = Overrides(self.names).told(sorted(self.people))
        joined = f" any more, merged into {self.final_id(person_id)}" if person_id in self.merged else ""
        raise UsageError(f"no person {person_id}{joined}; {there}")

    def track(self, track_id: int) -> Track:
        """Raises UsageError when there is no such track now."""
        if track_id in self.tracks and len(self.tracks[track_id]):
            return self.tracks[track_id]
        known = ", ".join(str(number) for number, track in sorted(self.tracks.items()) if len(track))
        raise UsageError(f"no track {track_id}; there are {known or 'none'}; `facefusion edit FILE show` lists them")

    def check(self, who: Who) -> None:
        if who.person is not None:
            self.person(who.person)
        if who.track is not None:
            self.track(who.track)

    def part(self, part: FrameRange | None) -> FrameRange:
        """`part` within the clip. Raises UsageError when nothing or more than the clip is named."""
        total = self.measured.num_frames
        if part is None:
            return FrameRange(0, total)
        if len(part) == 0:
            raise UsageError(f"the range is empty (frame {part.start} to {part.stop}, excluded)")
        if part.stop > total:
            raise UsageError(f"the range ends at frame {part.stop}, the clip has {total}")
        return part

    def final_id(self, person_id: int) -> int:
        while person_id in self.merged:
            person_id = self.merged[person_id]
        return person_id

    def final(self, who: Who) -> Who:
        """Whom a rule is about after people were merged."""
        return who if who.person is None else Who(person=self.final_id(who.person))

    def reach(self, part: FrameRange, track: Track) -> FrameRange:
        """The frames that may look different when faces of `track` in `part` do: a track is smoothed as a whole."""
        return FrameRange(min(part.start, track.first), max(part.stop, track.last + 1))


def _merge(state: _State, entry: Entry, edit: Merge) -> None:
    people = [state.person(person_id) for person_id in edit.people]
    stays, *others = edit.people
    names = [state.names[person_id] for person_id in edit.people if person_id in state.names]
    state.people[stays] = recut.joined(people)
    for other in others:
        del state.people[other]
        state.names.pop(other, None)
        state.merged[other] = stays
    if names:
        state.names[stays] = names[0]
    for number, track in state.tracks.items():
        if track.person_id in others:
            state.tracks[number] = replace(track, person_id=stays)


def _split(state: _State, entry: Entry, edit: Split) -> None:
    state.person(edit.person)
    part, new_ids = state.part(edit.part), dict(edit.cut)
    if edit.new_person in state.people or edit.new_person in state.merged:
        raise UsageError(f"person {edit.new_person} is there already")
    mine = [track for track in state.tracks.values() if track.person_id == edit.person and len(track)]
    for number in edit.tracks:
        if state.track(number).person_id != edit.person:
            raise UsageError(f"track {number} is not person {edit.person}'s")
    meant = [track for track in mine if not edit.tracks or track.track_id in edit.tracks]
    leaving = [track for track in meant if recut.is_seen(track, part)]
    if not leaving:
        raise UsageError(f"person {edit.person} is not seen there")
    if len(leaving) == len(mine) and all(recut.is_whole(track, part) for track in mine):
        raise UsageError(f"nothing of person {edit.person} would be left; rename them instead")
    gone = [_part_from(state, track, part, edit, new_ids) for track in leaving]
    state.people[edit.new_person] = Identity(edit.new_person, recut.embedding_of(gone, state.samples), tuple(gone), 0)
    stay = [track.track_id for track in state.tracks.values() if track.person_id == edit.person and len(track)]
    embedding = recut.embedding_of(stay, state.samples)
    state.people[edit.person] = replace(state.people[edit.person], embedding=embedding)


def _part_from(state: _State, track: Track, part: FrameRange, edit: Split, new_ids: Mapping[int, int]) -> int:
    """Give what `track` has in `part` to the new person; the id of the track that they get."""
    number = track.track_id
    if recut.is_whole(track, part):
        state.tracks[number] = replace(track, person_id=edit.new_person)
        return number
    if number not in new_ids or new_ids[number] in state.tracks:
        raise UsageError(f"track {number} is cut in two, and no new id is free for it; make this edit anew")
    piece = recut.within(track, part, new_ids[number])
    state.moved.append((part, track, f"track {number}: {edit}"))
    state.tracks[piece.track_id] = replace(piece, person_id=edit.new_person)
    state.tracks[number] = recut.without(track, part)
    if number in state.samples:
        samples = state.samples[number]
        state.samples[piece.track_id] = recut.samples_in(samples, part, is_inside=True)
        state.samples[number] = recut.samples_in(samples, part, is_inside=False)
    return piece.track_id


def _rename(state: _State, entry: Entry, edit: Rename) -> None:
    state.person(edit.person)
    for person, name in state.names.items():
        if person != edit.person and edit.name and name.casefold() == edit.name.casefold():
            raise UsageError(f"person {person} is called that already; merge the two if they are one person")
    state.names.pop(edit.person, None)
    if edit.name:
        state.names[edit.person] = edit.name


def _drop(state: _State, entry: Entry, edit: Drop) -> None:
    track, part = state.track(edit.track), state.part(edit.part)
    if not recut.is_seen(track, part):
        raise UsageError(f"track {edit.track} is not seen there; {_seen(track)}")
    state.moved.append((part, track, str(edit)))
    state.tracks[edit.track] = recut.without(track, part)


def _reference(state: _State, entry: Entry, edit: Reference) -> None:
    track, part = state.track(edit.track), state.part(edit.part)
    for frame in edit.frames:
        if frame not in track or track.points is None:
            raise UsageError(f"track {edit.track} has no face in frame {frame}; {_seen(track)}")
    for shot in state.measured.shots:
        if track.first in shot and (part.start < shot.start or part.stop > shot.stop):
            raise UsageError(f"the range leaves the shot of track {edit.track}, frames {shot.start} to {shot.stop - 1}")
    state.moved.append((part, track, str(edit)))
    state.references.append(entry)
    state.tracks[edit.track] = recut.with_faces(track, part, referenced(track, edit.frames, part, edit.mode))


def _rule(state: _State, entry: Entry, edit: Strength | Exclude | Adjust) -> None:
    state.check(edit.who)
    part = state.part(edit.part)
    ramp = edit.ramp if isinstance(edit, Strength) and edit.part is not None else 0
    ramp = min(ramp, (len(part) - 1) // 2)
    starts = {0} | {shot.start for shot in state.measured.shots}
    stops = {state.measured.num_frames} | {shot.stop for shot in state.measured.shots}
    state.rules.append(
        Rule(
            entry,
            edit.who,
            part,
            edit.part is not None,
            ramp_in=0 if part.start in starts else ramp,
            ramp_out=0 if part.stop in stops else ramp,
        )
    )


def _request(state: _State, entry: Entry, edit: Request) -> None:
    """Nothing that was measured changes; `EditLog.request` has it."""


def _check_references(entries: Iterable[Entry]) -> None:
    """Raise UsageError where two references of one track disagree about a frame."""
    known: list[tuple[Entry, Reference]] = []
    for entry in entries:
        edit = entry.edit
        assert isinstance(edit, Reference)
        for earlier, other in known:
            start, stop = max(edit.part.start, other.part.start), min(edit.part.stop, other.part.stop)
            is_other = (edit.frames, edit.mode) != (other.frames, other.mode)
            if edit.track == other.track and start < stop and is_other:
                raise UsageError(
                    f"{entry} contradicts {earlier}: both place the face in frames {start} to {stop - 1}; "
                    f"undo {earlier.number} first, or choose ranges that do not overlap"
                )
        known.append((entry, edit))


def _seen(track: Track) -> str:
    return f"it is seen in frames {track.first} to {track.last}"


_APPLY: Mapping[type[Any], Callable[[_State, Entry, Any], None]] = {
    Merge: _merge,
    Split: _split,
    Rename: _rename,
    Drop: _drop,
    Reference: _reference,
    Strength: _rule,
    Exclude: _rule,
    Adjust: _rule,
    Request: _request,
}
