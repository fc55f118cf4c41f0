"""The one place where a job asks whether it may run, and whether its visible label may be left out.

`as_policy_asks` before anything is opened, `Permission.asked` when the photos are read, `Permission.granted` when
everybody is cast and before a frame is drawn. Each raises RefusedByPolicy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facefusion.core import Analysis, Face, Float32, Pixels, Progress
from facefusion.errors import RefusedByPolicy
from facefusion.pipeline.content_check import ContentWatch, photo_sights
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import Given
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.provenance import clock, moments
from facefusion.provenance.consent.matching import matching_records, unmatchable_records
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.consent.store import ConsentStore
from facefusion.provenance.content.verdict import Sight, complaint
from facefusion.provenance.policy import Decision, PermissionRequest, Person, Policy, decide, load_policy

OPERATIONS: Mapping[str, str] = {
    "face_swapper": "swap",
    "lip_syncer": "lip-sync",
    "expression_editor": "lip-sync",
    "face_anonymiser": "anonymise",
}
"""What a processor does to a person, in the words of consent records; others use nobody's likeness."""


def as_policy_asks(plan: Plan) -> Plan:
    """`plan` with the label that its policy asks for. Raises UsageError and InvalidInput for the policy."""
    policy = load_policy(plan.permission.policy)
    asked: dict[str, Any] = {"text": policy.label_text} if policy.label_text else {}
    if policy.label_preset:
        asked["preset"] = policy.label_preset
    return replace(plan, label=replace(plan.label, **asked)) if asked else plan


@dataclass(frozen=True, slots=True, eq=False)
class Permission:
    """What one run asked, so far for the people whose faces it puts on."""

    plan: Plan
    policy: Policy
    request: PermissionRequest
    watch: ContentWatch

    @staticmethod
    def asked(plan: Plan, given: Given, watch: ContentWatch, progress: Progress) -> Permission:
        """Ask for the photos of `plan`. Raises RefusedByPolicy, and UsageError and InvalidInput for a named record.

        watch: looks at the target's frames; measure the target through `watch.watched()`, and none is decoded twice.
        """
        policy = load_policy(plan.permission.policy)
        records, named = _records(plan, progress)
        sources = tuple(_person(name, "source", photos, records) for name, photos in _sources(plan, given))
        said = plan.permission
        request = PermissionRequest(
            now=moments.now(),
            latest_seen=clock.latest_seen(),
            operations=_operations(plan),
            people=sources,
            records=records,
            named=named,
            unreadable=unmatchable_records(records),
            use=said.use,
            production=said.production,
            territory=said.territory,
            requester=said.requester,
            wants_label_omitted=said.omit_visible_label,
            non_commercial=_non_commercial(plan),
            speaks="lip-sync" in _operations(plan),
        )
        asked = Permission(plan, policy, request, watch)
        asked._first_look(progress)
        asked._check_content(photo_sights(_photos(plan, given)))
        return asked

    def granted(self, renderer: RangeRenderer) -> tuple[RangeRenderer, Decision]:
        """Ask for everybody; gives back the renderer as it may be used. The only way to one that draws no label."""
        targets = tuple(_targets(renderer, self.request.records)) if self._looks_at_targets else ()
        self._check_content(self.watch.sights(renderer.analysis.shots))
        decision = decide(self.policy, replace(self.request, people=(*self.request.people, *targets)))
        _settle(self.plan, decision)
        clock.remember(self.request.now)
        if decision.label == "may_be_omitted":
            renderer = renderer.without_label()
        return renderer, decision

    def _check_content(self, sights: Sequence[Sight]) -> None:
        """Refuse when one of `sights` shows what the policy does not take."""
        why = complaint(sights, threshold=self.policy.content_threshold, policy=self.policy.name)
        if why:
            digest, days = self.policy.digest, self.policy.retention_days
            _settle(self.plan, Decision(False, "content", why, (), "visible", "", self.policy.name, digest, days))

    @property
    def _looks_at_targets(self) -> bool:
        return self.policy.needs_target or self.request.speaks or bool(self.request.named)

    def _first_look(self, progress: Progress) -> None:
        """Refuse before the target is measured what no measurement can change."""
        anybody = Person("the target", "target", tuple(one.record.record_id for one in self.request.records))
        request = replace(self.request, people=(*self.request.people, anybody), speaks=False)
        decision = decide(replace(self.policy, needs_target=False), request)
        if not decision.is_allowed:
            _settle(self.plan, replace(decision, policy_digest=self.policy.digest))
        if clock.is_set_back(self.request.now, self.request.latest_seen):
            progress.say("this machine's clock was set back since FaceFusion ran last; set it right")


def _settle(plan: Plan, decision: Decision) -> None:
    """Every decision of every run comes by here, refused ones too. Raises RefusedByPolicy."""
    if not decision.is_allowed:
        raise RefusedByPolicy(f"refused by rule {decision.rule}: {decision.reason}", decision.as_dict())


def _operations(plan: Plan) -> tuple[str, ...]:
    """What is done with people's likeness; detail of a photo is put on somebody as a whole face is."""
    put_on = ("swap",) if plan.face_photos else ()
    return (*(OPERATIONS[entry.name] for entry in plan.entries if entry.name in OPERATIONS), *put_on)


def _non_commercial(plan: Plan) -> tuple[str, ...]:
    """The learned models of `plan` whose licence forbids commercial use, each with it."""
    cards = [card for model, task in plan.learned for card in plan.zoo.cards(model, task)]
    return tuple(dict.fromkeys(f"{card.name} ({card.licence})" for card in cards if not card.commercial_use))


def _records(plan: Plan, progress: Progress) -> tuple[tuple[SignedConsent, ...], tuple[str, ...]]:
    """Every record that may count, and the ids of those that the job names."""
    store = ConsentStore()
    found = {consent.record.record_id: consent for _, consent in map(store.find, plan.permission.consent)}
    named = tuple(found)
    for kept in store.all():
        if kept.consent is None:
            progress.say(f"{kept.fault}; this record is left aside")
        else:
            found.setdefault(kept.consent.record.record_id, kept.consent)
    return tuple(found.values()), named


def _sources(plan: Plan, given: Given) -> Iterator[tuple[str, Sequence[Face]]]:
    """The people whose faces are put on: a name, and their photos."""
    if given.detail:
        yield ", ".join(path.name for path in plan.face_photos), given.detail
    if given.shared:
        yield ", ".join(path.name for path in plan.sources), given.shared
    for word, photos in given.own.items():
        yield ", ".join(path.name for path in plan.assignments[word]), photos


def _photos(plan: Plan, given: Given) -> list[tuple[str, Pixels]]:
    """The pictures of everybody whose face is put on, each by its file's name."""
    paths = [*plan.face_photos, *plan.sources, *(path for word in given.own for path in plan.assignments[word])]
    faces = [*given.detail, *given.shared, *(face for photos in given.own.values() for face in photos)]
    found = zip(paths, faces, strict=False)
    return [(path.name, face.picture) for path, face in found if face.picture is not None]


def _person(name: str, role: str, photos: Sequence[Face], records: Sequence[SignedConsent]) -> Person:
    return Person(name, role, matching_records([face.embedding for face in photos], records))  # type: ignore[arg-type]


def _targets(renderer: RangeRenderer, records: Sequence[SignedConsent]) -> Iterator[Person]:
    """The people who are changed, as they were measured: no edit makes one person of two here."""
    for name, embedding in sorted(_changed(renderer).items(), key=lambda pair: pair[0]):
        yield Person(name, "target", matching_records([embedding], records))


def _changed(renderer: RangeRenderer) -> dict[str, Float32 | None]:
    casting = renderer.context.casting
    tracks = {
        track.track_id
        for track in renderer.cast.tracks
        if track.person_id in casting.own or track.track_id in casting.chosen
    }
    found = _people_of(renderer.analysis, tracks)
    left = tracks - {track.track_id for track in renderer.analysis.tracks}
    return {**_people_of(renderer.cast, left), **found}


def _people_of(analysis: Analysis, track_ids: set[int]) -> dict[str, Float32 | None]:
    """The embeddings of those who own `track_ids`, by a name for people to read."""
    ids = {track.person_id for track in analysis.tracks if track.track_id in track_ids}
    known = {person.person_id: person.embedding for person in analysis.people}
    return {f"person {one}" if one is not None else "somebody unknown": known.get(one) for one in ids}  # type: ignore[arg-type]
