"""How far somebody who is put on is from the person behind, measured before a run."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from facefusion.core import Analysis, Face, Identity, Track
from facefusion.core.arrays import UInt8
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.evidence import Evidence
from facefusion.pipeline import anonymising
from facefusion.pipeline.anonymising import Wardrobe
from facefusion.processors.face_anonymiser import Settings
from facefusion.processors.face_anonymiser.people import bundled
from portraits import astronaut


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


def medium_of(pixels: UInt8, analyser: FaceAnalyser) -> Analysis:
    """What is known of a still."""
    face = replace(analyser.find(pixels)[0], track_id=1, person_id=1)
    evidence = Evidence()
    evidence.consider(0, face, pixels, analyser.encoder)
    track = Track.of(1, {0: replace(face, picture=None)}, 1)
    people = (Identity(1, face.embedding, (1,), 1),)
    height, width = pixels.shape[:2]
    return Analysis(1, width, height, tracks=(track,), people=people, samples={1: evidence.as_samples()})


def behind_a_hand(pixels: UInt8, face: Face) -> UInt8:
    """A broad thing, as a hand is, before nose and mouth."""
    assert face.landmarks is not None
    result, middle = pixels.copy(), face.landmarks.xy[13]
    size = (int(face.box.width * 0.42), int(face.box.height * 0.24))
    cv2.ellipse(result, (int(middle[0]), int(middle[1])), size, -20.0, 0, 360, (196, 142, 116), -1, cv2.LINE_AA)
    return result


def test_a_hand_that_stays_in_the_picture_is_no_likeness(
    analyser: FaceAnalyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks like itself before and after; the two faces are compared without it as well."""
    hidden = behind_a_hand(astronaut(), analyser.find(astronaut())[0])
    apart = {}
    for much in (0.15, 2.0):
        monkeypatch.setattr(anonymising, "_MUCH_HIDDEN", much)
        apart[much] = Wardrobe(Settings(chosen="p09"), medium_of(hidden, analyser)).apart(1, bundled()[8])
    assert apart[0.15] > apart[2.0] + 0.03
    assert np.isfinite(apart[2.0])


def test_a_clear_face_is_looked_at_once(analyser: FaceAnalyser, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    drawn = Wardrobe._apart_by
    monkeypatch.setattr(Wardrobe, "_apart_by", lambda *args: seen.append(args[-1]) or drawn(*args))
    Wardrobe(Settings(chosen="p09"), medium_of(astronaut(), analyser)).apart(1, bundled()[8])
    assert len(seen) == 1
    assert seen[0] is not None
