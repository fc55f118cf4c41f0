"""People who do not exist: who they are, who gets whom, and what is drawn where."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest

from facefusion.core import AlignedFace, Face, FaceProcessor, HeadPose, Patch, to_unit
from facefusion.core.settings import SettingsError
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import SAME_PERSON, distances
from facefusion.processors.face_anonymiser import FaceAnonymiser, Settings
from facefusion.processors.face_anonymiser.anonymiser import COVERED
from facefusion.processors.face_anonymiser.choosing import Look, cast
from facefusion.processors.face_anonymiser.people import NEUTRAL, Nobody, bundled, plain_name
from facefusion.processors.face_anonymiser.portrait import portrait
from portraits import scene


@pytest.fixture(scope="module")
def face() -> Face:
    return FaceAnalyser().find(scene())[0]


class Red:
    """Draws a red square on the crop's middle."""

    name, crop_kind = "red", "native"

    def crop_box(self, face: Face, width: int, height: int):  # type: ignore[no-untyped-def]
        return FaceAnonymiser(Settings(method="solid")).crop_box(face, width, height)

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        mask = np.zeros(aligned.pixels.shape[:2], np.float32)
        mask[40:80, 40:80] = 1
        return Patch(np.zeros_like(aligned.pixels) + np.array([1, 0, 0], np.float32), mask, aligned.matrix)


def dressed(face: Face, **options: object) -> Patch:
    red: FaceProcessor = Red()  # type: ignore[assignment]
    anonymiser = FaceAnonymiser(Settings(**options), dress=lambda _: red)  # type: ignore[arg-type]
    box = anonymiser.crop_box(face, scene().shape[1], scene().shape[0])
    part = scene()[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    patch = anonymiser.process_face(AlignedFace(to_unit(part), matrix, face))
    assert patch is not None
    return patch


def test_a_sure_face_is_drawn(face: Face) -> None:
    patch = dressed(replace(face, pose=HeadPose(0, 0, 0)))
    assert patch.note == "done"
    assert not patch.is_opaque


@pytest.mark.parametrize("doubt", ["filled", "unseen", "turned"])
def test_what_was_not_measured_surely_is_covered_and_nothing_is_drawn(face: Face, doubt: str) -> None:
    unsure = {
        "filled": replace(face, score=0.0),
        "unseen": replace(face, visibility=0.2),
        "turned": replace(face, pose=HeadPose(-80.0, 0, 0)),
    }[doubt]
    patch = dressed(unsure, cover="solid")
    assert patch.note == COVERED
    assert patch.is_opaque
    assert np.abs(patch.pixels[45:75, 45:75] - 0.5).max() < 1e-3


def test_turning_away_fades_from_the_person_to_the_cover_without_a_gap(face: Face) -> None:
    """At every angle, whatever is not drawn is covered: the performer shows nowhere once the person fades."""
    reds = []
    for yaw in (56.0, 60.0, 64.0, 67.0):
        patch = dressed(replace(face, pose=HeadPose(yaw, 0, 0)), cover="solid")
        middle = patch.pixels[45:75, 45:75].mean(axis=(0, 1))
        reds.append(float(middle[0]))
        assert middle[1] == pytest.approx(middle[2], abs=1e-3)
        assert middle[0] + middle[1] == pytest.approx(1.0, abs=0.01)
    assert reds == sorted(reds, reverse=True)
    assert reds[0] == pytest.approx(1.0)
    assert reds[-1] < 0.65


def test_the_card_says_what_is_in_the_package() -> None:
    folder = files("facefusion.processors.face_anonymiser") / "data"
    card = tomllib.loads((folder / "people.toml").read_text(encoding="utf-8"))
    assert card["least_people_in_one"] >= 20
    assert set(card["people_in"]) == {person.name for person in bundled()}
    for name, digest in card["sha256"].items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest


def test_they_are_people_and_apart_from_one_another() -> None:
    analyser = FaceAnalyser()
    faces = [analyser.find(portrait(one).picture)[0] for one in bundled() if one.name != NEUTRAL]  # type: ignore[arg-type]
    assert len(faces) >= 12
    vectors = np.stack([face.embedding for face in faces if face.embedding is not None])
    apart = distances(vectors, vectors)[np.triu_indices(len(vectors), 1)]
    assert np.median(apart) > SAME_PERSON


def test_a_portrait_is_the_same_every_time() -> None:
    first, second = portrait(bundled()[0]), portrait(bundled()[0])
    assert first.picture is not None
    assert second.picture is not None
    assert first.picture.tobytes() == second.picture.tobytes()


def test_everybody_gets_somebody_else_and_keeps_them() -> None:
    people = dict.fromkeys(range(1, 31))
    given = cast(people, Settings())
    assert len({one.name for one in given.values()}) == 30
    again = cast(people, Settings())
    assert {k: one.name for k, one in given.items()} == {k: one.name for k, one in again.items()}
    other = cast(people, Settings(seed=1))
    assert any(given[k].name != other[k].name for k in people)


def test_near_is_of_like_tone_and_age() -> None:
    for tone, lined in ((32.0, 0.08), (70.0, 0.03)):
        given = [cast({1: Look(tone, lined)}, Settings(seed=seed))[1] for seed in range(8)]
        assert np.median([abs(one.tone - tone) for one in given]) < 12
        assert len({one.name for one in given}) > 1


def test_the_result_is_kept_away_from_the_person() -> None:
    """Whoever the encoder takes for the person is passed over, however like they look."""
    look = Look(65.0, 0.035)
    first = cast({1: look}, Settings())[1].name
    asked: list[str] = []

    def apart(_: int, one: Nobody) -> float:
        asked.append(one.name)
        return 0.5 if one.name == first else 0.9

    assert cast({1: look}, Settings(), apart)[1].name != first
    assert asked[0] == first
    assert len(asked) < 12


def test_when_everybody_is_like_the_person_the_farthest_is_taken() -> None:
    def apart(_: int, one: Nobody) -> float:
        return 0.4 + 0.01 * int(plain_name(one.name)[1:])

    assert cast({1: Look(65.0, 0.035)}, Settings(), apart)[1].name == "p12"


def test_proportions_grow_only_where_nobody_is_far_enough() -> None:
    def apart(_: int, one: Nobody) -> float:
        return (0.6 if is_near else 0.75) + 0.1 * (one.name != plain_name(one.name))

    usual = bundled()[-1].shape
    for is_near in (True, False):
        (given,) = cast({1: Look(65.0, 0.035)}, Settings(), apart).values()
        plain = next(one for one in bundled() if one.name == plain_name(given.name))
        assert (given.name != plain.name) == is_near
        grown = np.linalg.norm(given.shape - usual) / np.linalg.norm(plain.shape - usual)
        assert grown == pytest.approx(1.6 if is_near else 1.0, abs=0.01)
        np.testing.assert_array_equal(given.skin, plain.skin)


def test_the_neutral_one_and_a_chosen_one_are_everybodys() -> None:
    assert {one.name for one in cast({1: None, 2: None}, Settings(looks="neutral")).values()} == {NEUTRAL}
    assert {one.name for one in cast({1: None, 2: None}, Settings(chosen="p03")).values()} == {"p03"}
    with pytest.raises(SettingsError, match="supported are p01"):
        cast({1: None}, Settings(chosen="anna"))
