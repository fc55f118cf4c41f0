"""Learned detectors and landmarkers through the command line: what they see decides, and analyses are told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builders import BUILDERS, trusted

import miniature_zoo as zoo
from clips import Look, make_clip
from command_line import refused, succeeded
from facefusion.core import Box, Face, Landmarks
from facefusion.errors import InvalidInput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.keypoints import five_of, keypoints_by
from facefusion.geometry import landmark_maps
from facefusion.media import read_image
from facefusion.models import ModelStore
from facefusion.models.store import sha256_of
from facefusion.models.zoo import Zoo
from facefusion.pipeline.analysis_file import read_analysis
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.steady import SteadyFaces
from facefusion.provenance.manifest.reading import read_manifest
from facefusion.temporal.settings import TemporalSettings
from portraits import two_people, write_png

DETECTORS: dict[str, Callable[[Path], Path]] = {
    "scrfd_2.5g.onnx": lambda path: zoo.scrfd(path, grown=2.0),
    "retinaface_10g.onnx": lambda path: zoo.scrfd(path, grown=2.0),
    "retinaface_mnet.onnx": zoo.retinaface,
    "yoloface_8n.onnx": lambda path: zoo.yoloface(path, grown=2.0),
    "face_detection_yunet_2023mar.onnx": lambda path: zoo.yunet(path, grown=2.0),
}
FACE = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.75], [0.65, 0.75]], np.float32)
"""Where the five keypoints are in the crop of a landmarker's miniature."""
GROUPS = {
    68: (range(36, 42), range(42, 48), (30,), (48,), (54,)),
    106: ((38,), (88,), (86,), (52,), (61,)),
    203: ((0, 6, 12, 18), (24, 30, 36, 42), (), (48,), (66,)),
}


def base(points: int, across: float) -> np.ndarray:
    spots = np.zeros((points, 2), np.float32)
    for group, (x, y) in zip(GROUPS[points], FACE, strict=True):
        spots[list(group)] = (x * across, y * across)
    return spots


LANDMARKERS: dict[str, tuple[int, Callable[[Path], Path]]] = {
    "2dfan4": (68, lambda path: zoo.landmarker(
        path, side=256, points=68, scale=0.0, shift=0.0, columns=3, base=base(68, 64),
        names=["input", "landmarks", "heatmaps"], shapes=[(1, 68, 3), (1, 68, 64, 64)])),
    "2d106det": (106, lambda path: zoo.landmarker(
        path, side=192, points=106, scale=0.0, shift=-1.0, top=255.0, base=base(106, 2), names=["data", "fc1"],
        shapes=[(1, 212)])),
    "live_portrait_landmarker": (203, lambda path: zoo.landmarker(
        path, side=224, points=203, scale=0.0, shift=0.0, place=2, base=base(203, 1),
        names=["input", "output", "853", "856"], shapes=[(1, 214), (1, 262), (1, 406)])),
}  # fmt: skip


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Miniatures that find and read faces of about the size that is shown."""
    place = tmp_path_factory.mktemp("seeing")
    for name, make in DETECTORS.items():
        make(place / name)
    for name, (_, make) in LANDMARKERS.items():
        make(place / f"{name}.onnx")
    trusted(place)
    return place


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people in the dark, a light on the left one's nose: that is what the miniatures see."""
    pixels = (two_people() * 0.5).astype(np.uint8)
    pixels[112:128, 80:96] = 245
    return write_png(tmp_path_factory.mktemp("lit") / "lit.png", pixels)


def changed(before: Path, after: Path) -> tuple[float, float]:
    """How much the left and the right half differ."""
    a, b = (read_image(path).pixels.astype(float) for path in (before, after))
    away = np.abs(a - b).max(axis=2)
    return float((away[:, :160] > 14).mean()), float((away[:190, 160:] > 14).mean())


def test_a_learned_detector_decides_whose_face_is_changed_and_is_named(
    seeing: Path, lit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(seeing))
    job = ("run", "--processor", "face_enhancer", "--face-selector-mode", "many", "--face-enhancer-detail", "1",
           "--face-enhancer-blend", "1", "--target", lit, "--label-preset", "quiet")  # fmt: skip
    both, one = tmp_path / "both.png", tmp_path / "one.png"
    succeeded(*job, "--output", both)
    succeeded(*job, "--output", one, "--face-detector-model", "retinaface_mnet")
    assert min(changed(lit, both)) > 0.0003
    left, right = changed(lit, one)
    assert left > 0.0003
    assert right == 0
    said, own = str(read_manifest(one)), str(read_manifest(both))
    assert sha256_of(seeing / "retinaface_mnet.onnx") in said
    assert "blazeface" not in said
    assert "blazeface_short_range" in own
    refused(tmp_path, 2, "2dfan4: is a face_landmarker, not a face_detector", *job, "--output", tmp_path / "no.png",
            "--face-detector-model", "2dfan4")  # fmt: skip


@pytest.mark.parametrize("file", DETECTORS)
def test_every_detector_finds_the_face_it_is_shown(
    file: str, seeing: Path, lit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(seeing))
    name = "yunet_2023_mar" if "yunet" in file else Path(file).stem
    out = tmp_path / "lit.ffa"
    succeeded("analyse", lit, "--output", out, "--face-detector-model", name)
    found = read_analysis(out)
    (face,) = found.faces_in(0)
    assert face.box.iou(Box(33, 59, 132, 169)) > 0.5
    assert found.made_with["detector"] == f"{name} {sha256_of(seeing / file)} above 0.5"
    succeeded("analyse", lit, "--output", tmp_path / "no.ffa", "--face-detector-model", name, "--face-detector-score",
              "0.99")  # fmt: skip
    assert read_analysis(tmp_path / "no.ffa").is_empty


@pytest.mark.parametrize("name", LANDMARKERS)
def test_every_landmarker_places_the_five_points(name: str, seeing: Path) -> None:
    number, _ = LANDMARKERS[name]
    reader = Zoo(ModelStore((seeing,))).adapter(name, "face_landmarker")
    known = Landmarks(np.array([[62, 95], [102, 96], [80, 126], [52, 133], [103, 136]], np.float32))
    found = keypoints_by(reader, two_people(), Face(Box(33, 59, 132, 169), 1.0, known))
    side = 110 * (256 / 195 if number == 68 else 1.5)
    wanted = np.array([82.5, 114.0]) + (FACE - 0.5) * side
    if number == 203:
        wanted[2] = known.xy[2] + (wanted[[0, 1, 3, 4]] - known.xy[[0, 1, 3, 4]]).mean(axis=0)
    assert np.abs(found.xy - wanted).max() < 1.0


def test_68_and_106_points_of_the_mesh_give_its_five_back() -> None:
    (face, *_) = FaceAnalyser().find(two_people(), embed=False)
    assert face.landmarks is not None
    for many in (landmark_maps.to_68(face.landmarks),):
        apart = np.abs(five_of(many, face.keypoints).xy - face.keypoints.xy)
        assert apart.max() < 0.1 * face.eye_distance_px


def test_a_clip_is_aligned_by_a_landmarker_and_steadily(
    seeing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(seeing))
    look = Look(codec="ffv1", pixel_format="bgr0", width=320, height=240, options={})
    make_clip(tmp_path / "clip.mkv", frames=8, look=look, draw=lambda number, w, h: two_people(number))
    out = tmp_path / "clip.ffa"
    succeeded("analyse", tmp_path / "clip.mkv", "--output", out, "--face-landmarker-model", "2dfan4")
    found = read_analysis(out)
    for track in found.tracks:
        for index, face in track.faces.items():
            assert face.landmarks is not None
            box = Box.around(face.landmarks.xy[:468])
            side = max(box.width, box.height) * 256 / 195
            wanted = np.array(box.center) + (FACE - 0.5) * side
            assert np.abs(face.keypoints.xy - wanted).max() < 2.0, index
    steady = SteadyFaces(found, TemporalSettings())
    for face, raw in zip(steady.faces_in(4), found.faces_in(4), strict=True):
        assert np.abs(face.keypoints.xy - raw.keypoints.xy).max() < 2.0
        assert face.landmarks is not None
        assert np.abs(face.keypoints.xy - landmark_maps.to_5(face.landmarks).xy).max() > 3.0
    says = (
        r"its landmarker was 2dfan4 \([0-9a-f]{12}\), this run asks for the bundled one; say --face-landmarker-model 2d"
    )
    plan = Plan.from_mapping({"target": str(tmp_path / "clip.mkv"), "output": str(tmp_path / "out.mkv"),
                              "processor": ["face_enhancer"]})  # fmt: skip
    with pytest.raises(InvalidInput, match=says):
        run(plan, analysis=found)


def test_people_are_hidden_with_the_bundled_detector_alone(lit: Path, tmp_path: Path) -> None:
    job = ("run", "--processor", "face_anonymiser", "--target", lit, "--output", tmp_path / "out.png")
    refused(tmp_path, 2, "people are hidden with the bundled detector alone", *job,
            "--face-detector-model", "retinaface_mnet")  # fmt: skip


def test_every_builder_that_finds_faces_is_tried_here() -> None:
    assert {name for name in BUILDERS if any(word in name for word in ("retinaface", "scrfd", "yolo", "yunet"))} == set(
        DETECTORS
    )
