"""The validated request: everything a run needs to know, and nothing that it finds out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from facefusion.blend.background import BackgroundSettings, ground_of
from facefusion.blend.settings import BlendSettings, MaskSettings
from facefusion.core.settings import check_settings
from facefusion.errors import UsageError
from facefusion.media.policy import ReadPolicy
from facefusion.media.rates import parse_rate
from facefusion.media.scene_space import space_called
from facefusion.models import Task
from facefusion.models.devices import parse_numbers, parse_overrides
from facefusion.models.zoo import Zoo
from facefusion.pipeline import catalog, sections
from facefusion.pipeline.cues import Cue, parse_cue
from facefusion.pipeline.finding import asked_of, zoo_of_job
from facefusion.pipeline.settings import EncodeSettings, FilmSettings, FinderSettings, JobSettings, SelectorSettings
from facefusion.provenance.audit.settings import AuditSettings
from facefusion.provenance.consent.settings import PermissionSettings
from facefusion.provenance.manifest.settings import SigningSettings
from facefusion.provenance.settings import LabelSettings
from facefusion.temporal.settings import TemporalSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, checked as far as that goes without opening a file.

    `effects`: the Settings of every processor, by the processor's name.
    Raises UsageError for unknown processors, values out of range and options that contradict each other.
    """

    job: JobSettings
    finder: FinderSettings
    selector: SelectorSettings
    mask: MaskSettings
    blend: BlendSettings
    temporal: TemporalSettings
    background: BackgroundSettings
    encode: EncodeSettings
    film: FilmSettings
    label: LabelSettings
    permission: PermissionSettings
    manifest: SigningSettings
    audit: AuditSettings
    effects: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "effects", MappingProxyType(dict(self.effects)))
        for settings in (*(getattr(self, f.name) for f in fields(self)[:-1]), *self.effects.values()):
            check_settings(settings)
        said = [name for text in self.job.processor for name in text.split(",")]
        names = tuple(catalog.find(name.strip()).name for name in said)
        object.__setattr__(self, "job", replace(self.job, processor=names))
        _check_request(self)

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> Plan:
        """The plan of `{key: value}`, whose keys are the flags without dashes in front (`mask-blur`, `target`)."""
        parts = sections.split(values)
        shared = {f.name: parts.pop(f.name) for f in fields(Plan)[:-1]}
        return Plan(**shared, effects=parts)

    def to_mapping(self) -> dict[str, Any]:
        """The keys that differ from their defaults; `from_mapping` takes them back to an equal plan."""
        shared = {f.name: getattr(self, f.name) for f in fields(self)[:-1]}
        return sections.joined({**shared, **self.effects})

    @property
    def target(self) -> Path:
        return Path(self.job.target)

    @property
    def output(self) -> Path:
        return Path(self.job.output)

    @property
    def sources(self) -> tuple[Path, ...]:
        """The photos of the one person who is put on whoever has no source of their own."""
        return tuple(Path(text) for text in self.job.source)

    @property
    def assignments(self) -> dict[str, tuple[Path, ...]]:
        """Photos by the id or the name of the person in the clip who gets that face, as it was written."""
        return _parse_assignments(self.job.assign)

    @property
    def start(self) -> Cue | None:
        return parse_cue(self.job.start, option="start")

    @property
    def end(self) -> Cue | None:
        return parse_cue(self.job.end, option="end")

    @property
    def frame_rate(self) -> Fraction | None:
        """Frames a second of the result; None keeps each frame at its own time."""
        text = self.encode.output_frame_rate
        return parse_rate(text, option="output-frame-rate") if text.strip() else None

    @property
    def read_policy(self) -> ReadPolicy:
        """What is done about damaged frames and interlaced pictures of the target."""
        name, config = self.film.input_colorspace, self.film.ocio_config
        space = space_called(name, config) if name else None
        return ReadPolicy(damaged=self.job.damaged_frames, interlaced=self.job.interlaced, space=space)

    @property
    def entries(self) -> tuple[catalog.Entry, ...]:
        """The catalog's lines of the chosen processors, in order."""
        return tuple(catalog.find(name) for name in self.job.processor)

    @property
    def zoo(self) -> Zoo:
        """Where learned weights come from and what they run on."""
        return zoo_of_job(self.job)

    @property
    def learned(self) -> tuple[tuple[str, Task], ...]:
        """The learned models that are asked for: name or path, and what for."""
        asked: list[tuple[str, str]] = list(asked_of(self.finder))
        asked += [(entry.model_of(self.effects[entry.name]), entry.name) for entry in self.entries]
        if self.mask.mask_occlusion and self.mask.mask_occlusion_model not in catalog.OWN_WAYS:
            model = self.mask.mask_occlusion_model
            asked.append(
                (model, "face_parser" if self.zoo.store.card(model).task == "face_parser" else "face_occluder")
            )
        return tuple((model, cast(Task, task)) for model, task in asked if model)

    @property
    def face_photos(self) -> tuple[Path, ...]:
        """Photos that the bundled face enhancer takes detail from."""
        settings = self.effects["face_enhancer"]
        is_asked = "face_enhancer" in self.job.processor and settings.carry > 0
        return tuple(Path(text) for text in settings.reference) if is_asked else ()

    @property
    def remembers_faces(self) -> bool:
        """Whether faces get detail from other pictures of them: only where they stay who they are."""
        faces = [entry for entry in self.entries if entry.shape == "face"]
        settings = self.effects["face_enhancer"]
        is_own = [entry.name for entry in faces] == ["face_enhancer"] and not faces[0].model_of(settings)
        return is_own and settings.carry > 0 and settings.blend > 0

    @property
    def hides_people(self) -> bool:
        """Whether who somebody is must not be found out from the output."""
        return any(entry.hides for entry in self.entries)

    @property
    def skips_unusable(self) -> bool:
        """Whether a run goes on where a network answers with values that are no numbers."""
        return self.job.unusable_output == "skip" and not self.hides_people

    @property
    def changes_faces(self) -> bool:
        """Whether something is done to faces, so that there have to be some."""
        return any(entry.shape == "face" for entry in self.entries)

    @property
    def cuts_out(self) -> bool:
        """Whether the foreground is taken out of its background."""
        return any(entry.shape == "matte" for entry in self.entries)

    @property
    def speaks(self) -> bool:
        """Whether lips are moved to speech."""
        return any(entry.hears for entry in self.entries)

    @property
    def changes_frames(self) -> bool:
        """Whether something is done to whole frames, whoever is in them."""
        return any(entry.shape == "frame" for entry in self.entries)

    @property
    def scale(self) -> int:
        """How many times as wide and high the result is."""
        return math.prod(entry.scale_of(self.effects[entry.name]) for entry in self.entries)

    @property
    def leaves_alpha(self) -> bool:
        """Whether the result is transparent where the background was: cut out, and put on nothing."""
        return self.cuts_out and not self.background.background

    @property
    def selects(self) -> SelectorSettings:
        """Whose faces are changed, with the mode that "auto" stands for here."""
        mode = self.selector.face_selector_mode
        if mode == "auto":
            mode = "reference" if self.selector.reference_image else "many" if self.hides_people else "one"
        return replace(self.selector, face_selector_mode=mode)

    @property
    def needs_source(self) -> bool:
        return any(entry.needs_source for entry in self.entries)


def _check_request(plan: Plan) -> None:
    assigned = plan.assignments
    if not plan.job.target:
        raise UsageError("target: nothing given; say which picture or clip to change with --target")
    if not plan.job.output:
        raise UsageError("output: nothing given; say where the result goes with --output")
    if not plan.job.processor:
        raise UsageError(f"processor: nothing given; supported are {', '.join(catalog.names())}")
    if len(set(plan.job.processor)) < len(plan.job.processor):
        raise UsageError(f"processor: each at most once, got {', '.join(plan.job.processor)}")
    if plan.needs_source and not plan.sources and not assigned:
        raise UsageError("source: nothing given; give a photo of the person with --source, or several with --assign")
    if plan.selector.face_selector_mode == "reference" and not plan.selector.reference_image:
        raise UsageError("reference-image: --face-selector-mode reference needs a photo of the person to change")
    if plan.face_photos and not plan.remembers_faces:
        raise UsageError(
            "face-enhancer-reference: is for the bundled face enhancer alone, on faces that stay who they are; "
            "leave it out, or the other face processors and learned weights"
        )
    parse_overrides(plan.job.model_provider)
    parse_numbers(plan.job.execution_device)
    _check_range(plan.start, plan.end)
    _check_background(plan)
    if plan.hides_people and plan.finder.face_detector_model not in catalog.OWN_WAYS:
        raise UsageError(
            "face-detector-model: people are hidden with the bundled detector alone, which was measured for it"
        )


def _check_background(plan: Plan) -> None:
    if plan.background.background and not plan.cuts_out:
        raise UsageError("background: nothing is cut out to be put on it; add --processor background_remover")
    ground_of(plan.background.background)


def _check_range(start: Cue | None, end: Cue | None) -> None:
    if start is None or end is None:
        return
    same_frame = start.frame is not None and end.frame is not None and start.frame >= end.frame
    same_time = start.seconds is not None and end.seconds is not None and start.seconds >= end.seconds
    if same_frame or same_time:
        raise UsageError("start: at or after --end, so that nothing is left; end is the first frame not written")


def _parse_assignments(texts: tuple[str, ...]) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for text in texts:
        written, _, photos = text.partition("=")
        person = str(int(written)) if written.strip().isdecimal() else written.strip()
        if person in ("", "0") or not photos:
            raise UsageError(f"assign: got {text!r}, supported is person=photo[,photo], like 1=anna.jpg")
        paths = tuple(Path(part.replace(",,", ",")) for part in re.split(r"(?<!,),(?!,)", photos) if part)
        found[person] = found.get(person, ()) + paths
    return found
