"""Who of a medium is changed, and into whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from facefusion.core import Analysis, Face, FaceProcessor, Float32
from facefusion.errors import NoFaceFound, UsageError
from facefusion.faces.embed import distance
from facefusion.faces.select import ordered
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.settings import SelectorSettings

Effects = tuple[FaceProcessor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Casting:
    """The effects of every face.

    own: effects of people who were given their own source, by person id. chosen: tracks that the selector picked;
    they get `shared`. words: how the people of `own` were called in the request, by person id.
    """

    own: Mapping[int, Effects] = field(default_factory=dict)
    chosen: frozenset[int] = frozenset()
    shared: Effects = ()
    words: Mapping[int, str] = field(default_factory=dict)

    def effects_for(self, face: Face) -> Effects:
        """What is done to `face`, in order; nothing when it is not meant."""
        if face.person_id is not None and face.person_id in self.own:
            return self.own[face.person_id]
        return self.shared if face.track_id in self.chosen else ()

    def is_meant(self, face: Face) -> bool:
        return bool(self.effects_for(face))

    def role_of(self, face: Face) -> str:
        """What decides on the effects of `face`: a word of the request, `shared` or nothing."""
        if face.person_id is not None and face.person_id in self.own:
            return f"own {self.words.get(face.person_id, face.person_id)}"
        return "shared" if face.track_id in self.chosen else ""


def chosen_tracks(
    analysis: Analysis,
    selector: SelectorSettings,
    *,
    is_clip: bool,
    references: Sequence[Float32] = (),
    spared: Sequence[Float32] = (),
) -> frozenset[int]:
    """Ids of the tracks that the selector picks.

    references: embeddings (128,) of those whom the mode "reference" looks for; raises NoFaceFound when nobody is near
    one of them. spared: of those who are never picked; where there are any, "one" means everybody else.
    """
    limit = selector.reference_distance
    if selector.face_selector_mode == "reference" and references:
        return frozenset().union(*(_like(analysis, one, limit) for one in references)) - _near(analysis, spared, limit)
    if selector.face_selector_mode == "many" or spared:
        return frozenset(track.track_id for track in analysis.tracks) - _near(analysis, spared, limit)
    firsts = [
        ordered(analysis.faces_in(index, dense=False), selector.face_order)[0] for index in analysis.frames_with_faces()
    ]
    if not is_clip:
        return frozenset(face.track_id for face in firsts if face.track_id is not None)
    votes = Counter(face.person_id for face in firsts if face.person_id is not None)
    return _tracks_of(analysis, {person for person, _ in votes.most_common(1)})


def people_called(written: Iterable[str], analysis: Analysis, overrides: Overrides) -> dict[int, str]:
    """Who is meant by the words of `--assign`: id → the word. Raises UsageError when somebody is not in the medium."""
    there = [person.person_id for person in analysis.people]
    found: dict[int, str] = {}
    for word in written:
        try:
            person = overrides.person_called(word, there)
        except UsageError as error:
            raise UsageError(f"assign: {error}; `facefusion people` shows them") from error
        if person in found:
            raise UsageError(f"assign: {found[person]} and {word} are the same person; name each once")
        found[person] = word
    return found


def _like(analysis: Analysis, reference: Float32, limit: float) -> frozenset[int]:
    apart = {p.person_id: distance(p.embedding, reference) for p in analysis.people if p.embedding is not None}
    near = {person for person, value in apart.items() if value <= limit}
    if apart and not near:
        raise NoFaceFound(
            f"reference-image: nobody in the target looks like it (the nearest is at {min(apart.values()):.2f}, "
            f"the limit is {limit}); raise --reference-distance or use another photo"
        )
    return _tracks_of(analysis, near)


def _near(analysis: Analysis, wanted: Sequence[Float32], limit: float) -> frozenset[int]:
    """Tracks of people who look like one of `wanted`; who cannot be recognised does not."""
    near = {
        person.person_id
        for person in analysis.people
        if person.embedding is not None and any(distance(person.embedding, one) <= limit for one in wanted)
    }
    return _tracks_of(analysis, near)


def _tracks_of(analysis: Analysis, person_ids: set[int]) -> frozenset[int]:
    return frozenset(track.track_id for track in analysis.tracks if track.person_id in person_ids)
