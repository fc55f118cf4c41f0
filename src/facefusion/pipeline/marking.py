"""How the files of one run are marked: the metadata, the signed manifest, and the copy that is kept of it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facefusion import __version__
from facefusion.errors import OutputFailed
from facefusion.media import NumberedPattern, check_output
from facefusion.media.paths import discard, write_atomically
from facefusion.models import card_named
from facefusion.models.zoo import Used
from facefusion.pipeline.catalog import OWN_WAYS
from facefusion.pipeline.fingerprint import said_of
from facefusion.pipeline.inputs import grounds, members, photos, sounds
from facefusion.pipeline.plan import Plan
from facefusion.provenance import Marks, mark_place, sidecar_path
from facefusion.provenance.asset import asset_id_of, asset_text
from facefusion.provenance.canonical import canonical, told_name
from facefusion.provenance.keys import make_private
from facefusion.provenance.manifest.claim import FRAMES, Claim, Digest, Ingredient, Model, Role
from facefusion.provenance.manifest.copies import Output, copy_of, copy_path
from facefusion.provenance.manifest.credentials import Credentials, credentials_of
from facefusion.provenance.manifest.formats import MANIFEST_SUFFIX, manifest_beside, mime_of
from facefusion.provenance.manifest.reading import asset_in
from facefusion.provenance.manifest.sequences import bound_bytes, frame_list
from facefusion.provenance.manifest.settings import SigningSettings
from facefusion.provenance.policy import Decision

Seal = Callable[[Path], None]
"""Called with a complete file that is not visible yet; if it raises, the file never is."""
SealAll = Callable[[Sequence[tuple[Path, Path]]], None]
"""The same for the pictures of a sequence: (where one lies, where it is to be)."""
_DETECTING = ("blazeface_short_range", "blazeface_full_range")
_MEASURING = ("face_mesh_attention", "dlib_resnet_v1")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run before it begins. targets: the files that hold the pictures which are changed."""

    effects: tuple[tuple[str, Any], ...]
    models: tuple[str, ...] = ()
    learned: tuple[Used, ...] = ()
    sources: tuple[Path, ...] = ()
    references: tuple[Path, ...] = ()
    targets: tuple[Path, ...] = ()
    backgrounds: tuple[Path, ...] = ()
    speech: tuple[Path, ...] = ()
    decision: Mapping[str, Any] | None = None
    label: Mapping[str, Any] | None = None

    @staticmethod
    def of(plan: Plan, decision: Mapping[str, Any] | None = None, label: Mapping[str, Any] | None = None) -> Facts:
        """What `plan` says. decision: of the policy. label: by default the text of the plan's label."""
        references = (*plan.selector.reference_image, *plan.selector.except_image)
        return Facts(
            effects=tuple((entry.name, entry.kind_of(plan.effects[entry.name])) for entry in plan.entries),
            models=_models(plan),
            learned=tuple(dict.fromkeys(one for model, task in plan.learned for one in plan.zoo.used(model, task))),
            sources=photos(plan),
            references=tuple(Path(text) for text in references),
            backgrounds=grounds(plan),
            speech=sounds(plan),
            targets=(plan.target,) if plan.target.is_file() else tuple(sorted(members(plan.target))),
            decision=decision,
            label=label or {"text": plan.label.text},
        )


def _models(plan: Plan) -> tuple[str, ...]:
    more = ("face_occlusion",) if plan.mask.mask_occlusion else ()
    clearer = ("face_deblur", "face_restore") if _restores(plan) else ()
    detecting = _DETECTING if plan.finder.face_detector_model in OWN_WAYS else ()
    return (*detecting, *_MEASURING, *more, *clearer, *(("selfie_segmentation",) if plan.cuts_out else ()))


def _restores(plan: Plan) -> bool:
    """Whether the bundled network for faces is used."""
    return any(
        entry.name == "face_enhancer"
        and not entry.model_of(plan.effects[entry.name])
        and plan.effects[entry.name].restore
        for entry in plan.entries
    )


@dataclass(eq=False)
class Marking:
    """The marks of one output. A file that holds no marks gets them in files beside it, which appear and go with it.

    Make it with `of`, before any work: it raises InvalidInput, KeyUnusable and OutputFailed when nothing can be signed.
    """

    marks: Marks
    facts: Facts
    credentials: Credentials
    overwrite: bool = False
    _digests: dict[Path, Digest] = field(default_factory=dict)
    _outputs: list[Output] = field(default_factory=list)
    _replaced: list[tuple[Path, bytes | None]] = field(default_factory=list)
    _along: dict[Path, bytes] = field(default_factory=dict)

    @staticmethod
    def of(marks: Marks, facts: Facts, signing: SigningSettings, *, overwrite: bool = False) -> Marking:
        """Signed as `signing` says."""
        return Marking(marks, facts, credentials_of(signing), overwrite)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The files that were sealed so far."""
        return tuple(self._outputs)

    def decide(self, decision: Decision) -> None:
        """Take down what the policy decided about the run, once that is known."""
        said: dict[str, Any] = dict(self.facts.label or {})
        if decision.label == "may_be_omitted":
            said = {"is_omitted": True, "records": list(decision.record_ids)}
        self.facts = replace(self.facts, decision=decision.as_dict(), label=said)

    def check_beside(self, output: Path) -> None:
        """Raise OutputExists or OutputFailed before any work when a file that belongs beside `output` cannot be."""
        for place in self._places_beside(output):
            if not self.is_own(place):
                check_output(place, overwrite=self.overwrite)

    @contextmanager
    def appearing(self, output: Path | None) -> Iterator[None]:
        """Around what lets `output` appear: if that fails, what lies beside it goes, or is again what it was.

        output: None for a folder, beside which nothing lies.
        """
        try:
            if output and mark_place(output) == "sidecar" and not NumberedPattern.is_pattern(output):
                self._put(sidecar_path(output), self.marks.xmp())
            for place, data in self._along.items():
                self._put(place, data)
            yield
        except BaseException:
            self._undo()
            raise
        self._replaced.clear()

    def send_along(self, place: Path, data: bytes) -> None:
        """Let a file of ours that holds the asset id appear at `place` when the output does."""
        self._along[place] = data

    def seal(self, output: Path, *, target: Path | None = None, keeps_copy: bool = True) -> Seal:
        """Signs the file that is to be `output`. target: the one of the targets that it was made from.

        keeps_copy: False for one of many files, where `keep_copy` is called at the end. The seal raises OutputFailed.
        """

        def sign(unfinished: Path) -> None:
            from facefusion.provenance.manifest.signing import sign_beside, sign_into

            claim, mime = self.claim(target), mime_of(output)
            if mime is not None:
                sign_into(unfinished, mime, claim, self.credentials, name=output)
            else:
                with unfinished.open("rb") as content:
                    self._put(manifest_beside(output), sign_beside(content, claim, self.credentials, name=output))
            self._outputs.append(Output(told_name(output.name), Digest.of(unfinished)))
            if keeps_copy:
                self.keep_copy()

        return sign

    def seal_sequence(self, pattern: Path) -> SealAll:
        """Signs a list of all pictures of a sequence; the manifest lies beside them."""

        def sign(pictures: Sequence[tuple[Path, Path]]) -> None:
            from facefusion.provenance.manifest.signing import sign_beside

            self._outputs += [Output(told_name(place.name), Digest.of(unfinished)) for unfinished, place in pictures]
            listed = frame_list({one.name: one.digest.sha256 for one in self._outputs})
            content, claim = io.BytesIO(bound_bytes(listed)), self.claim()
            manifest = sign_beside(content, claim, self.credentials, name=pattern, extra={FRAMES: listed})
            self._put(manifest_beside(pattern), manifest)
            self.keep_copy()

        return sign

    def keep_copy(self) -> None:
        """Keep what the manifest says in the user's own folder, by asset id. Raises OutputFailed."""
        place = copy_path(asset_id_of(self.marks))
        try:
            make_private(place.parent)
        except OSError as error:
            raise OutputFailed(f"{place.parent}: cannot be made ({error.strerror}); set FACEFUSION_HOME") from None
        self._put(place, copy_of(self.claim(), self._outputs, self.credentials), overwrite=True)

    def claim(self, target: Path | None = None) -> Claim:
        """What the manifest says. target: of the one file that was made from it; by default of all targets."""
        facts = self.facts
        targets = facts.targets if target is None else (target,)
        sources = [Ingredient("source", self._digest(path), path) for path in dict.fromkeys(facts.sources)]
        references = [Ingredient("reference", self._digest(path), path) for path in dict.fromkeys(facts.references)]
        own = (Model(name, card_named(name).sha256) for name in facts.models)
        models = (*own, *(Model(one.name, one.sha256) for one in facts.learned))
        backgrounds = self._listed("background", facts.backgrounds)
        ingredients = (*self._listed("target", targets), *sources, *references, *backgrounds)
        ingredients += tuple(self._listed("speech", facts.speech))
        return Claim(self.marks, facts.effects, ingredients, models, facts.decision, facts.label)

    def _listed(self, role: Role, paths: Sequence[Path]) -> list[Ingredient]:
        """One file by itself, several as one digest over all of theirs."""
        if len(paths) == 1:
            return [Ingredient(role, self._digest(paths[0]), paths[0])]
        if not paths:
            return []
        digests = [self._digest(path) for path in paths]
        listed = canonical([digest.sha256 for digest in digests])
        whole = Digest(hashlib.sha256(listed).hexdigest(), sum(digest.num_bytes for digest in digests))
        return [Ingredient(role, whole)]

    def _digest(self, path: Path) -> Digest:
        if path not in self._digests:
            self._digests[path] = Digest.of(path)
        return self._digests[path]

    def _places_beside(self, output: Path) -> list[Path]:
        is_sequence = NumberedPattern.is_pattern(output)
        places = [sidecar_path(output)] if mark_place(output) == "sidecar" and not is_sequence else []
        return [*places, manifest_beside(output)] if is_sequence or mime_of(output) is None else places

    def _put(self, place: Path, data: bytes, *, overwrite: bool = False) -> None:
        before = place.read_bytes() if place.is_file() else None
        write_atomically(place, data, overwrite=overwrite or self.overwrite or self.is_own(place))
        self._replaced.append((place, before))

    def is_own(self, place: Path) -> bool:
        """Whether a run of this very request, which was killed, has left `place`."""
        if not place.is_file():
            return False
        asset = asset_text(asset_id_of(self.marks))
        if place.suffix == MANIFEST_SUFFIX:
            return asset_in(place) == asset
        content = place.read_bytes()
        return content == self.marks.xmp() or f'"asset": "{asset}"'.encode() in content

    def _undo(self) -> None:
        for place, before in reversed(self._replaced):
            with suppress(Exception):
                discard(place) if before is None else write_atomically(place, before, overwrite=True)
        self._replaced.clear()


def marks_of(plan: Plan, created: datetime | None = None) -> Marks:
    """The metadata that says what was done; its number is a digest of the plan and the time, now by default."""
    created = created or datetime.now(UTC)
    kinds = {entry.kind_of(plan.effects[entry.name]) for entry in plan.entries}
    return Marks.of(kinds, created=created, produce_id=_number_of(plan, created), version=__version__)


def _number_of(plan: Plan, created: datetime) -> str:
    words = json.dumps([said_of(plan), created.isoformat()], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:32]
