"""The processors there are, one visible line each. Nothing heavy is imported before it is used."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from facefusion.core import Analysis, Face, Survey, Surveyor
from facefusion.errors import UsageError
from facefusion.models.zoo import Zoo
from facefusion.provenance.terms import EditKind

Shape = Literal["face", "frame", "matte"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One processor: where its code and its Settings live, its shape, and whether it needs somebody's face.

    `kind` is what it does to a picture, in the words of `provenance`. `needs_analysis`: it chooses by who is in the
    medium. `hears`: it is told what is said. `hides`: who somebody is must not be found out, so that nothing may be
    missed and metadata is left out. `learned_kind`: the kind where its setting `model` names learned weights.
    `takes_zoo`: it may use such weights. `survey`: where the class lies that measures a whole clip for it before
    anything is rendered; a frame processor with one restores frames with their neighbours in view, one without works on
    finished frames. `remembers`: it takes detail from other pictures of the same face.
    """

    name: str
    shape: Shape
    factory: str
    settings: str
    needs_source: bool
    kind: EditKind
    needs_analysis: bool = False
    hides: bool = False
    hears: bool = False
    learned_kind: EditKind | None = None
    takes_zoo: bool = False
    survey: str = ""
    remembers: bool = False

    @property
    def settings_class(self) -> type[Any]:
        """The Settings dataclass; importing it loads nothing heavy."""
        loaded: type[Any] = _load(self.settings)
        return loaded

    def model_of(self, settings: Any) -> str:
        """The learned weights that `settings` ask for, "" where those of the package do."""
        named: str = getattr(settings, "model", "") if self.takes_zoo else ""
        return "" if named in OWN_WAYS else named

    def kind_of(self, settings: Any) -> EditKind:
        """What the processor does to a picture with these settings."""
        if self.remembers and settings.reference and not self.model_of(settings):
            return "mesh"
        return self.learned_kind if self.learned_kind and self.model_of(settings) else self.kind

    def scale_of(self, settings: Any) -> int:
        """How many times as wide and high frames become."""
        return int(getattr(settings, "scale", 1)) if self.shape == "frame" and not self.survey else 1

    def surveyor(self, settings: Any, analysis: Analysis) -> Surveyor:
        """What measures the clip for it."""
        made: Surveyor = _load(self.survey)(settings, analysis)
        return made

    def build(
        self,
        settings: Any,
        *,
        photos: Sequence[Face] = (),
        analysis: Analysis | None = None,
        zoo: Zoo | None = None,
        survey: Survey | None = None,
        memory: Any = None,
        speech: Any = None,
    ) -> Any:
        """The processor itself; imports its code on first use.

        photos: faces of the person whose face is put on, where one is needed. analysis: of the medium, if there is one.
        zoo: where learned weights come from, by default the user's folder, on the CPU.
        survey: what was measured of the clip for it. speech: what is said over it. memory: a `FaceMemory` for one that
        remembers.
        """
        make: Callable[..., Any] = _load(self.factory)
        if self.survey:
            return make(settings, survey)
        if self.hears:
            return make(settings, zoo or Zoo(), speech)
        if self.takes_zoo and not self.needs_analysis:
            zoo = zoo or Zoo()
            if self.remembers:
                return make(settings, zoo, memory)
            return make(photos, settings, zoo) if self.needs_source else make(settings, zoo)
        if self.needs_analysis:
            return make(settings, analysis)
        return make(photos, settings) if self.needs_source else make(settings)


OWN_WAYS = ("", "mesh", "own")
"""What the setting `model` says where no learned weights are wanted."""
_ROOM = "facefusion.processors"
CATALOG: tuple[Entry, ...] = (
    Entry("face_swapper", "face", "facefusion.pipeline.learned_faces:face_swapper",
          f"{_ROOM}.face_swapper.settings:Settings", needs_source=True, kind="mesh", learned_kind="trained",
          takes_zoo=True),
    Entry("face_enhancer", "face", "facefusion.pipeline.learned_faces:face_enhancer",
          f"{_ROOM}.face_enhancer.settings:Settings", needs_source=False, kind="enhance", takes_zoo=True,
          remembers=True),
    Entry("face_anonymiser", "face", "facefusion.pipeline.anonymising:anonymiser",
          f"{_ROOM}.face_anonymiser.settings:Settings", needs_source=False, kind="mesh", needs_analysis=True,
          hides=True),
    Entry("lip_syncer", "face", "facefusion.pipeline.learned_faces:lip_syncer",
          f"{_ROOM}.lip_syncer.settings:Settings", needs_source=False, kind="trained", takes_zoo=True, hears=True),
    Entry("expression_editor", "face", "facefusion.pipeline.learned_faces:expression_editor",
          f"{_ROOM}.expression_editor.settings:Settings", needs_source=False, kind="trained", takes_zoo=True),
    Entry("background_remover", "matte", f"{_ROOM}.background_remover:BackgroundRemover",
          f"{_ROOM}.background_remover.settings:Settings", needs_source=False, kind="matte", needs_analysis=True,
          takes_zoo=True),
    Entry("frame_restorer", "frame", f"{_ROOM}.frame_restorer:FrameRestorer",
          f"{_ROOM}.frame_restorer.settings:Settings", needs_source=False, kind="enhance",
          survey=f"{_ROOM}.frame_restorer:FilmSurveyor"),
    Entry("frame_enhancer", "frame", "facefusion.pipeline.learned_faces:frame_enhancer",
          f"{_ROOM}.frame_enhancer.settings:Settings", needs_source=False, kind="enhance", takes_zoo=True),
    Entry("frame_colorizer", "frame", "facefusion.pipeline.learned_faces:frame_colorizer",
          f"{_ROOM}.frame_colorizer.settings:Settings", needs_source=False, kind="enhance", takes_zoo=True),
)  # fmt: skip


def names() -> tuple[str, ...]:
    """The processors that this version has."""
    return tuple(entry.name for entry in CATALOG)


def find(name: str) -> Entry:
    """The entry called `name` (dashes count as underscores); raises UsageError that says what would work."""
    wanted = name.replace("-", "_")
    for entry in CATALOG:
        if entry.name == wanted:
            return entry
    hint = near(wanted, names())
    raise UsageError(f"processor {name!r}: unknown{hint}; supported are {', '.join(names())}")


def near(word: str, known: Sequence[str]) -> str:
    """ " (did you mean …?)" when a known word is close to `word`, else an empty text."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
