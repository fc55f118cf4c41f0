"""Joins what the anonymiser is made of: people who do not exist, the mesh swapper that draws them, and the medium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

import cv2
import numpy as np

from facefusion.core import Analysis, Face, FaceProcessor, Float32
from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.color import luma, rgb_to_lab
from facefusion.geometry.uv_maps import uv_maps
from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser
from facefusion.processors.face_anonymiser.choosing import Look, cast
from facefusion.processors.face_anonymiser.people import Nobody
from facefusion.processors.face_anonymiser.portrait import portrait
from facefusion.processors.face_anonymiser.settings import Settings
from facefusion.processors.face_swapper.settings import Settings as SwapSettings
from facefusion.processors.face_swapper.swapper import FaceSwapper
from facefusion.processors.face_swapper.texture import build_texture

_DRAWN = SwapSettings(iris_strength=1.0, max_yaw_deg=90.0)
_LOOK_TEXELS = 256
_RELIEF_TEXELS = 128


def anonymiser(settings: Settings, analysis: Analysis | None = None) -> FaceAnonymiser:
    """The anonymiser of a medium. Raises SettingsError for somebody who is not bundled.

    analysis: of the medium; without it, looks are not taken into account.
    """
    if settings.method != "person":
        return FaceAnonymiser(settings)
    wardrobe = _Wardrobe(settings, {} if analysis is None else people_of(analysis, settings))
    return FaceAnonymiser(settings, dress=wardrobe.dress)


@dataclass(eq=False)
class _Wardrobe:
    """Who draws on whom. Safe in threads; each drawer is made once."""

    settings: Settings
    people: Mapping[int, Look | None]
    _drawers: dict[str, FaceSwapper] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._given = cast(self.people or {0: None}, self.settings)

    def dress(self, face: Face) -> FaceProcessor:
        """What draws on `face`, by its person, or by its track where it belongs to nobody."""
        nobody = self._for(_number_of(face))
        with self._lock:
            if nobody.name not in self._drawers:
                self._drawers[nobody.name] = FaceSwapper([portrait(nobody)], _DRAWN)
            return self._drawers[nobody.name]

    def _for(self, number: int) -> Nobody:
        if number in self._given:
            return self._given[number]
        return cast({number: None}, self.settings)[number]


def _number_of(face: Face) -> int:
    """Tracks of nobody in particular are told apart from people by being counted from a million."""
    if face.person_id is not None:
        return face.person_id
    return 0 if face.track_id is None else 1_000_000 + face.track_id


def people_of(analysis: Analysis, settings: Settings) -> dict[int, Look | None]:
    """The looks of the people of a medium, by id; None where no thumbnail shows them, or nobody asks for them."""
    ids = [person.person_id for person in analysis.people]
    if settings.looks != "near" or settings.chosen:
        return dict.fromkeys(ids)
    analyser = FaceAnalyser()
    return {person: _look_of(_thumbnail(analysis, person), analyser) for person in ids}


def _thumbnail(analysis: Analysis, person_id: int) -> bytes:
    """The best picture of a person among all tracks."""
    tracks = [track.track_id for track in analysis.tracks if track.person_id == person_id]
    samples = [analysis.samples[track] for track in tracks if track in analysis.samples]
    best = max(samples, key=lambda one: one.best_quality, default=None)
    return b"" if best is None else best.thumbnail


def _look_of(thumbnail: bytes, analyser: FaceAnalyser) -> Look | None:
    if not thumbnail:
        return None
    pixels = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    found = analyser.find(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), embed=False)
    return look_of(found[0]) if found and found[0].landmarks is not None else None


def look_of(face: Face) -> Look:
    """Tone and relief of a face that has its picture and dense landmarks, measured as those of the bundled people."""
    skin = build_texture([replace(face, visible=None)], _LOOK_TEXELS)[0]
    return Look(tone=_tone_of(skin), lined=_relief_of(skin))


def _tone_of(skin: Float32) -> float:
    return float(np.median(rgb_to_lab(skin)[uv_maps(_LOOK_TEXELS).cheeks > 0.5][:, 0]))


def _relief_of(skin: Float32) -> float:
    grey = cv2.resize(luma(skin), (_RELIEF_TEXELS, _RELIEF_TEXELS), interpolation=cv2.INTER_AREA)
    lines = cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 3.0)
    used = uv_maps(_RELIEF_TEXELS).cheeks > 0.5
    return float(np.std(lines[used]) / max(float(np.mean(grey[used])), 0.05))
