"""Matting networks of the user's: a memory sees frames in order and forgets at a cut; mattes are kept as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edited_clips import face_at
from facefusion.core import Face, Float32, Frame, FrameRange, Pixels
from facefusion.pipeline.people_found import PeopleFinder
from facefusion.pipeline.scene_section import scene_of, scene_section
from facefusion.processors.background_remover.holding import sureness
from facefusion.processors.background_remover.learned import LearnedSegmenter
from facefusion.processors.background_remover.matting import matte
from facefusion.processors.background_remover.survey import SceneMeter, joined


class Counting:
    """Says how many frames it has seen, in hundredths."""

    side = 512

    def __init__(self) -> None:
        self._seen = 0

    def forget(self) -> None:
        self._seen = 0

    def matte(self, pixels: Pixels) -> Float32:
        self._seen += 1
        return np.full(pixels.shape[:2], self._seen / 100, np.float32)


class Red:
    """The red channel is the matte."""

    side = 512

    def matte(self, pixels: Pixels) -> Float32:
        return pixels[..., 0].astype(np.float32) / 255


def grey(index: int, height: int = 60, width: int = 90) -> Frame:
    return Frame(np.full((height, width, 3), 128, np.uint8), index=index)


def test_a_network_with_a_memory_forgets_at_a_cut_and_settles_on_frames_before() -> None:
    meter = SceneMeter(LearnedSegmenter(Counting), FrameRange(2, 6))
    for index in range(6):
        meter.see(grey(index), is_cut=index == 4)
    scene = meter.scene()
    assert scene.is_matte
    assert scene.size == (60, 90)
    seen = [round(float(scene.person(index).mean()) / 2.55) for index in range(2, 6)]
    assert seen == [3, 4, 1, 2]


def test_each_piece_of_a_clip_has_a_memory_of_its_own() -> None:
    segmenter = LearnedSegmenter(Counting)
    one, other = segmenter.maps(), segmenter.maps()
    small = np.zeros((256, 256, 3), np.uint8)
    assert one.of(grey(0).pixels, small).max() == pytest.approx(0.01)
    assert one.of(grey(1).pixels, small).max() == pytest.approx(0.02)
    assert other.of(grey(1).pixels, small).max() == pytest.approx(0.01)


def test_mattes_of_large_frames_are_kept_reduced_and_survive_a_file() -> None:
    meter = SceneMeter(LearnedSegmenter(Red), FrameRange(0, 2))
    for index in range(2):
        meter.see(grey(index, height=1024, width=600), is_cut=False)
    scene = joined([meter.scene()], [FrameRange(0, 2)])
    assert scene.size == (874, 512)
    again = scene_of(scene_section(scene))
    assert again.is_matte
    assert np.array_equal(again.person(1), scene.person(1))
    assert abs(int(scene.person(1)[400, 200]) - 128) <= 1


class Large(Red):
    """Looks at 1024 pixels, and remembers what it was shown."""

    side = 1024

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def matte(self, pixels: Pixels) -> Float32:
        self.shown.append(pixels.shape)
        return super().matte(pixels)


def test_a_network_is_shown_as_much_of_a_picture_as_it_makes_use_of() -> None:
    """A picture made smaller and larger again cost IS-Net a seventh more gradient error (`benchmarks.real_weights`)."""
    network, small = Large(), np.zeros((256, 256, 3), np.uint8)
    maps = LearnedSegmenter(lambda: network).maps()
    assert maps.of(grey(0, height=1600, width=2400).pixels, small).shape == (512, 768)
    maps.reset()
    assert maps.of(grey(1, height=800, width=900).pixels, small).shape == (512, 576)
    assert network.shown == [(1024, 1536, 3), (800, 900, 3)]


def test_a_matte_is_not_made_harder() -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    pixels = np.full((48, 64, 3), 100, np.uint8)
    none = np.zeros((48, 64), np.float32)
    assert np.abs(matte(pixels, ramp, none, is_matte=True).alpha - ramp).max() < 0.01
    assert np.abs(matte(pixels, ramp, none).alpha - ramp).max() > 0.05


def test_the_weights_that_find_people_are_known_by_their_digest() -> None:
    assert len(PeopleFinder().digest) == 64


def test_a_face_that_nothing_says_is_foreground_is_not_sure() -> None:
    frame, face = grey(0, 160, 160), replace(face_at(80, 80), track_id=1)
    told = {share: _sure(frame, face, share, None) for share in (0.0, 0.5, 1.0)}
    assert told[0.0] == 0
    assert told[0.5] == pytest.approx(0.5, abs=0.02)
    assert told[1.0] == 1
    green = np.array([0.05, 0.33, 0.09], np.float32)
    assert _sure(frame, face, 0.0, (green, 1)) == 1
    screen = Frame(np.full((160, 160, 3), (60, 155, 84), np.uint8))
    assert _sure(screen, face, 0.0, (green, 1)) == 0


def _sure(frame: Frame, face: Face, person: float, screen: tuple[Float32, int] | None) -> float:
    return sureness(frame, [face], np.full((256, 256), person, np.float32), screen)[1]
