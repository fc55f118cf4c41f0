"""Joins what the anonymiser is made of: people who do not exist, the mesh swapper that draws them, and the medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock

import cv2
import numpy as np

from facefusion.core import Analysis, Face, FaceProcessor, Float32
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.faces.parse import OcclusionParser
from facefusion.geometry.color import luma, rgb_to_lab
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.geometry.uv_maps import uv_maps
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.render import change_face
from facefusion.pipeline.render_context import RenderContext, Visible
from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser
from facefusion.processors.face_anonymiser.choosing import Look, cast
from facefusion.processors.face_anonymiser.people import Nobody
from facefusion.processors.face_anonymiser.portrait import SMALL_PX_PER_CM, portrait
from facefusion.processors.face_anonymiser.settings import Settings
from facefusion.processors.face_swapper.settings import Settings as SwapSettings
from facefusion.processors.face_swapper.swapper import FaceSwapper
from facefusion.processors.face_swapper.texture import build_texture

_DRAWN = SwapSettings(iris_strength=1.0, max_yaw_deg=90.0)
LEAST_APART = 0.62
"""Where even the farthest result is nearer to the person than this, the face is covered; photos of one: below 0.6."""
_MUCH_HIDDEN = 0.15
_LOOK_TEXELS = 256
_RELIEF_TEXELS = 128


def anonymiser(settings: Settings, analysis: Analysis | None = None) -> FaceAnonymiser:
    """The anonymiser of a medium. Raises SettingsError for somebody who is not bundled.

    analysis: of the medium; without it, neither looks nor likeness to the original are taken into account.
    """
    if settings.method != "person":
        return FaceAnonymiser(settings)
    wardrobe = Wardrobe(settings, analysis)
    return FaceAnonymiser(settings, dress=wardrobe.dress, put_on=wardrobe.put_on)


class Wardrobe:
    """Who draws on whom. Safe in threads; the same analysis and settings give the same.

    Whether somebody looks enough unlike the person behind it is measured: each candidate is drawn on the person's best
    picture, and the encoder looks at the result.
    """

    def __init__(self, settings: Settings, analysis: Analysis | None) -> None:
        self._settings = settings
        self._drawers: dict[str, FaceSwapper] = {}
        self._lock = Lock()
        self._seen = {} if analysis is None or analysis.is_empty else _people_of(analysis)
        self._analyser = FaceAnalyser() if self._seen else None
        self._parser = OcclusionParser() if self._seen else None
        self._looks: dict[int, tuple[Visible | None, ...]] = {}
        self._measured: dict[tuple[int, str], float] = {}
        looks = {person: None if one.face is None else look_of(one.face) for person, one in self._seen.items()}
        self._given = cast(looks, settings, self.apart)
        self._revealing = {person for person, (_, apart) in self.put_on.items() if apart < LEAST_APART}

    @property
    def put_on(self) -> dict[int, tuple[str, float]]:
        """Who every person of the medium gets, and how far the result is from them."""
        return {person: (nobody.name, self.apart(person, nobody)) for person, nobody in self._given.items()}

    def dress(self, face: Face) -> FaceProcessor | None:
        """What draws on `face`, by its person, or by its track where it has none; None where that hides nobody."""
        number = _number_of(face)
        if number in self._revealing:
            return None
        nobody = self._given[number] if number in self._given else cast({number: None}, self._settings)[number]
        return self._drawer(nobody)

    def apart(self, person_id: int, nobody: Nobody) -> float:
        """How far `nobody` drawn on a person is from that person; infinite where no picture shows the person."""
        key = (person_id, nobody.name)
        if key not in self._measured:
            self._measured[key] = self._drawn_apart(person_id, nobody)
        return self._measured[key]

    def _drawn_apart(self, person_id: int, nobody: Nobody) -> float:
        seen = self._seen.get(person_id)
        if seen is None or seen.face is None:
            return float("inf")
        if person_id not in self._looks:
            self._looks[person_id] = self._looks_at(seen.face)
        apart = [self._apart_by(seen, nobody, visible) for visible in self._looks[person_id]]
        return float(np.mean(apart))

    def _looks_at(self, face: Face) -> tuple[Visible | None, ...]:
        """How a picture is drawn on to be measured: behind what is in front of the face; where that is much, as well
        without it. A hand that stays in the picture looks like itself before and after, and hides how far faces are
        apart: on portraits with a third of the face hidden by 0.17, the mean of both by 0.08 (too little, both)."""
        if self._parser is None or face.picture is None or face.landmarks is None:
            return (None,)
        visible = self._parser.visible(face.picture, face.landmarks)
        inside = np.zeros(visible.shape, np.uint8)
        cv2.fillPoly(inside, [np.round(face.landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 1)
        is_clear = not inside.any() or float(visible[inside > 0].mean()) > 1 - _MUCH_HIDDEN
        return (self._parser.visible,) if is_clear else (self._parser.visible, None)

    def _apart_by(self, seen: _Seen, nobody: Nobody, visible: Visible | None) -> float:
        face, analyser = seen.face, self._analyser
        if analyser is None or face is None or face.picture is None or face.landmarks is None:
            return float("inf")
        context = RenderContext(casting=Casting(), visible=visible)
        pixels, _ = change_face(face.picture, face, (_sketching(nobody),), 0, context)
        result = analyser.encoder.embed(pixels, [face.landmarks])[0]
        return min(distance(result, one) for one in seen.embeddings)

    def _drawer(self, nobody: Nobody) -> FaceSwapper:
        with self._lock:
            if nobody.name not in self._drawers:
                self._drawers[nobody.name] = FaceSwapper([portrait(nobody)], _DRAWN)
            return self._drawers[nobody.name]


@lru_cache(maxsize=16)
def _sketching(nobody: Nobody) -> FaceSwapper:
    """What draws `nobody` coarsely: enough for the encoder."""
    return FaceSwapper([portrait(nobody, SMALL_PX_PER_CM)], _DRAWN)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A person of the medium: their best picture as a face, or None, and every embedding of them, one or more."""

    face: Face | None
    embeddings: Sequence[Float32]


def _number_of(face: Face) -> int:
    """Tracks of nobody in particular are told apart from people by being counted from a million."""
    if face.person_id is not None:
        return face.person_id
    return 0 if face.track_id is None else 1_000_000 + face.track_id


def _people_of(analysis: Analysis) -> dict[int, _Seen]:
    analyser = FaceAnalyser()
    return {person.person_id: _seen(analysis, person.person_id, analyser) for person in analysis.people}


def _seen(analysis: Analysis, person_id: int, analyser: FaceAnalyser) -> _Seen:
    tracks = [track.track_id for track in analysis.tracks if track.person_id == person_id]
    samples = [analysis.samples[track] for track in tracks if track in analysis.samples]
    best = max(samples, key=lambda one: one.best_quality, default=None)
    face = None if best is None or not best.thumbnail else _face_on(best.thumbnail, analyser)
    embeddings = [vector for one in samples for vector in one.embeddings]
    if face is not None and face.embedding is not None:
        embeddings.append(face.embedding)
    return _Seen(face if embeddings else None, embeddings)


def _face_on(thumbnail: bytes, analyser: FaceAnalyser) -> Face | None:
    pixels = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR)
    found = analyser.find(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    return found[0] if found and found[0].landmarks is not None else None


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
