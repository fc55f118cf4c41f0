"""LivePortrait (Guo et al. 2024): six networks that move a face by 21 implicit keypoints.

A face becomes a feature volume and its motion: canonical points `c`, rotation `R`, expression `e`, scale `s`, shift
`t`; its points are `s (c R + e) + t`. Other points draw another expression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.expression_points import gaze, smile
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """pitch_deg, yaw_deg, roll_deg, scale: numbers. shift: (1, 3). expression, canonical: (1, 21, 3) float32."""

    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    scale: float
    shift: Float32
    expression: Float32
    canonical: Float32

    def points(self) -> Float32:
        """(1, 21, 3) float32: where the keypoints are."""
        turned = self.canonical @ rotation(self.pitch_deg, self.yaw_deg, self.roll_deg)
        placed: Float32 = np.float32(self.scale) * (turned + self.expression)
        placed[..., :2] += self.shift[:, None, :2]
        return placed

    def with_expression(self, expression: Float32) -> Motion:
        """The same head with another expression (1, 21, 3)."""
        return replace(self, expression=expression)


class FeatureExtractor:
    """A face of 256 pixels as a feature volume."""

    contract: ClassVar[str] = "live_portrait_features"

    def __init__(self, session: Session) -> None:
        self._session, self.size = session, picture_side(session)

    def features(self, face: Float32) -> Float32:
        """(1, 32, 16, 64, 64) float32 of `face` (256, 256, 3) RGB in [0, 1]."""
        found: Float32 = self._session.run_each(self._session.inputs[0].encode(face))[0]
        return found


class MotionExtractor:
    """A face of 256 pixels as its motion."""

    contract: ClassVar[str] = "live_portrait_motion"

    def __init__(self, session: Session) -> None:
        self._session, self.size = session, picture_side(session)

    def motion(self, face: Float32) -> Motion:
        """Of `face` (256, 256, 3) RGB in [0, 1]."""
        pitch, yaw, roll, scale, shift, expression, points = self._session.run_each(
            self._session.inputs[0].encode(face)
        )
        pitch_deg, yaw_deg, roll_deg, size = (float(one.reshape(-1)[0]) for one in (pitch, yaw, roll, scale))
        return Motion(pitch_deg, yaw_deg, roll_deg, size, shift, expression, points)


class Generator:
    """Draws a feature volume at other points."""

    contract: ClassVar[str] = "live_portrait_generator"

    def __init__(self, session: Session) -> None:
        self._session = session

    def draw(self, features: Float32, source: Float32, target: Float32) -> Float32:
        """(512, 512, 3) float32 RGB in [0, 1]: the face of `features`, whose points were `source`, at `target`."""
        found = self._session.run_each(features, source, target)[0]
        return np.clip(self._session.outputs[0].decode(found)[0], 0, 1)


class _Retargeter:
    """Moves points by how open something is to be."""

    ratios: ClassVar[int]

    def __init__(self, session: Session) -> None:
        self._session = session

    def change(self, points: Float32, openness: Float32) -> Float32:
        """(1, 21, 3) float32: what to add to `points` (1, 21, 3); openness: (ratios,), now and as wanted."""
        fed = np.concatenate([points.reshape(1, 63), openness.reshape(1, self.ratios)], axis=1).astype(np.float32)
        return self._session.run(fed)[0].reshape(1, 21, 3).astype(np.float32)


class EyeRetargeter(_Retargeter):
    """openness: left and right now, then as wanted."""

    contract: ClassVar[str] = "live_portrait_eyes"
    ratios = 3


class LipRetargeter(_Retargeter):
    """openness: now, then as wanted."""

    contract: ClassVar[str] = "live_portrait_lips"
    ratios = 2


class Stitcher:
    """Keeps shoulders and hair where they were."""

    contract: ClassVar[str] = "live_portrait_stitcher"

    def __init__(self, session: Session) -> None:
        self._session = session

    def stitched(self, source: Float32, target: Float32) -> Float32:
        """(1, 21, 3) float32: `target` points that fit those of `source`."""
        found: Float32 = self._session.run(source, target)[0]
        return found


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be another. eyes, lips: -1 closed to 1 wide open, 0 as they are. strength: of the face's own
    expression. smile, gaze: of `expression_points`. turn_deg: added to pitch, yaw and roll. eyes_now, lips_now: how
    open they are, in widths."""

    eyes: float = 0.0
    lips: float = 0.0
    strength: float = 1.0
    smile: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    eyes_now: tuple[float, float] = (0.0, 0.0)
    lips_now: float = 0.0


EYES_WIDE, LIPS_WIDE = 0.6, 1.0
"""How open eyes and lips are that are wide open, in widths."""


@dataclass(frozen=True, slots=True, eq=False)
class LivePortrait:
    """The six networks together. size, template: of the aligned face that they draw."""

    extractor: FeatureExtractor
    motion: MotionExtractor
    generator: Generator
    eyes: EyeRetargeter
    lips: LipRetargeter
    stitcher: Stitcher
    template: TemplateName = "live_portrait_512"
    size: int = 512

    def edited(self, face: Float32, edit: Edit) -> Float32:
        """(size, size, 3) float32 RGB in [0, 1] of `face`, of the same shape, with another expression."""
        small = cv2.resize(face, (self.extractor.size, self.extractor.size), interpolation=cv2.INTER_AREA)
        now = self.motion.motion(small)
        source = now.points()
        target = self._moved(now, edit).points() + self._opened(source, edit)
        features = self.extractor.features(small)
        return self.generator.draw(features, source, self.stitcher.stitched(source, target.astype(np.float32)))

    def _moved(self, now: Motion, edit: Edit) -> Motion:
        pitch, yaw, roll = edit.turn_deg
        turned = replace(now, pitch_deg=now.pitch_deg + pitch, yaw_deg=now.yaw_deg + yaw, roll_deg=now.roll_deg + roll)
        changed = now.expression * np.float32(edit.strength) + smile(edit.smile) + gaze(*edit.gaze)
        return turned.with_expression(changed)

    def _opened(self, source: Float32, edit: Edit) -> Float32:
        """(1, 21, 3) float32: what eyes and lips add to the points."""
        added = np.zeros_like(source)
        if edit.eyes:
            wanted = EYES_WIDE if edit.eyes > 0 else 0.0
            added += self.eyes.change(source, np.array([*edit.eyes_now, wanted], np.float32)) * abs(edit.eyes)
        if edit.lips:
            wanted = LIPS_WIDE if edit.lips > 0 else 0.0
            added += self.lips.change(source, np.array([edit.lips_now, wanted], np.float32)) * abs(edit.lips)
        return added.astype(np.float32)


def rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> Float32:
    """(3, 3) float32: LivePortrait's head rotation for row vectors, `(Rz Ry Rx)` transposed."""
    x, y, z = np.radians([pitch_deg, yaw_deg, roll_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return (about_z @ about_y @ about_x).T.astype(np.float32)
