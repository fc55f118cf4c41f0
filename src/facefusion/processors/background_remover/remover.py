"""The processor: which way a frame is cut out, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from facefusion.core import Analysis, Cutout, Face, Float32, Frame
from facefusion.processors.background_remover.holding import face_hold, person_hold, sureness, without_garbage
from facefusion.processors.background_remover.keyer.key import Screen, key
from facefusion.processors.background_remover.matting import matte
from facefusion.processors.background_remover.people import PersonSegmenter, shrunk
from facefusion.processors.background_remover.screens import Screens
from facefusion.processors.background_remover.settings import Settings


class BackgroundRemover:
    """Takes the foreground out of a frame. Thread-safe."""

    name: ClassVar[str] = "background_remover"

    def __init__(self, settings: Settings, analysis: Analysis | None = None) -> None:
        """analysis: of the clip, with its scene; without one, every frame is looked at alone.

        Raises InvalidInput when a screen was said to be there that is not.
        """
        self._settings = settings
        scene = None if analysis is None else analysis.scene
        self._scene = scene
        self._screens = Screens(settings.screen, scene, () if analysis is None else analysis.shots)

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, for the report."""
        return self._screens.lines

    @cached_property
    def _segmenter(self) -> PersonSegmenter:
        return PersonSegmenter()

    def cut_out(self, frame: Frame, faces: Sequence[Face] = ()) -> Cutout:
        """The foreground of `frame`: off its screen where there is one, else whoever is in it."""
        person = self._person(frame)
        screen = self._screens.of(frame, person)
        told = None if screen is None else (screen.color, screen.primary)
        sure = sureness(frame, faces, person, told)
        held = [face for face in faces if face.track_id is None or sure.get(face.track_id, 1.0) > 0]
        if screen is None:
            is_matte = self._scene is not None and self._scene.is_matte and frame.index in self._scene
            return replace(matte(frame.pixels, person, face_hold(frame, held), is_matte=is_matte), sure=sure)
        return replace(self._keyed(frame, screen, person, held), sure=sure)

    def _keyed(self, frame: Frame, screen: Screen, person: Float32, faces: Sequence[Face]) -> Cutout:
        settings, size = self._settings, (frame.width, frame.height)
        hold = face_hold(frame, faces)
        if settings.holdout:
            hold = np.maximum(hold, person_hold(person, size))
        cutout = key(frame.pixels, screen, hold=hold, despill_strength=settings.despill, softness=settings.softness)
        return without_garbage(cutout, person) if settings.garbage else cutout

    def _person(self, frame: Frame) -> Float32:
        """(h, w) float32 in [0, 1]."""
        if self._scene is not None and frame.index in self._scene:
            return self._scene.person(frame.index).astype(np.float32) * np.float32(1 / 255)
        return self._segmenter.person(shrunk(frame.pixels))
