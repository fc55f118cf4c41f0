"""What every face processor promises, whatever it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.blend import BlendSettings, paste
from facefusion.core import AlignedFace, Face, FaceProcessor, Landmarks, Patch, to_unit
from facefusion.core.settings import options_of
from facefusion.faces.analyser import FaceAnalyser
from facefusion.pipeline.catalog import CATALOG, Entry
from portraits import astronaut, scene

NEED_WEIGHTS = ("lip_syncer", "expression_editor")
"""What nothing in the package can do; tried with miniatures in `contracts/models`."""


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="module")
def source(analyser: FaceAnalyser) -> Face:
    return analyser.find(astronaut())[0]


@pytest.fixture(scope="module")
def target(analyser: FaceAnalyser) -> Face:
    return analyser.find(scene())[0]


@pytest.fixture(
    params=[entry for entry in CATALOG if entry.shape == "face" and entry.name not in NEED_WEIGHTS],
    ids=lambda entry: entry.name,
)
def entry(request: pytest.FixtureRequest) -> Entry:
    found: Entry = request.param
    return found


@pytest.fixture
def processor(entry: Entry, source: Face) -> FaceProcessor:
    return entry.build(entry.settings_class(), photos=(source,))


def aligned_to(processor: FaceProcessor, face: Face, index: int = 0, pixels: NDArray[Any] | None = None) -> AlignedFace:
    picture = scene() if pixels is None else pixels
    box = processor.crop_box(face, picture.shape[1], picture.shape[0])
    x0, y0, x1, y1 = (int(side) for side in (box.x0, box.y0, box.x1, box.y1))
    matrix = np.array([[1, 0, -x0], [0, 1, -y0]], np.float32)
    return AlignedFace(to_unit(picture[y0:y1, x0:x1]), matrix, face, index)


def done(processor: FaceProcessor, aligned: AlignedFace) -> Patch:
    patch = processor.process_face(aligned)
    assert patch is not None
    return patch


def test_it_has_the_name_of_its_line(entry: Entry, processor: FaceProcessor) -> None:
    assert processor.name == entry.name
    assert processor.crop_kind == "native"


def test_every_option_has_a_default_in_range_and_a_reason(entry: Entry) -> None:
    options = options_of(entry.settings_class)
    assert options
    for option in options:
        assert len(option.why) > 15
        if option.low is not None and option.high is not None:
            assert option.low <= option.default <= option.high


def test_the_input_is_not_touched(processor: FaceProcessor, target: Face) -> None:
    aligned = aligned_to(processor, target)
    pixels, points = aligned.pixels.copy(), np.array(target.landmarks.xy) if target.landmarks else None
    done(processor, aligned)
    assert (aligned.pixels == pixels).all()
    assert target.landmarks is not None
    assert (target.landmarks.xy == points).all()


def test_the_patch_fits_the_crop(processor: FaceProcessor, target: Face) -> None:
    aligned = aligned_to(processor, target)
    patch = done(processor, aligned)
    assert patch.pixels.shape == aligned.pixels.shape
    assert patch.pixels.dtype == patch.mask.dtype == np.float32
    assert (patch.matrix == aligned.matrix).all()
    assert np.isfinite(patch.pixels).all()
    assert 0 <= patch.mask.min() <= patch.mask.max() <= 1
    assert patch.mask.max() > 0.5
    assert -0.001 <= patch.pixels.min() <= patch.pixels.max() <= 1.001


def test_the_same_seed_gives_the_same_bytes(entry: Entry, source: Face, target: Face) -> None:
    patches = []
    for _ in range(2):
        processor = entry.build(entry.settings_class(), photos=(source,))
        patches.append(done(processor, aligned_to(processor, target, 5)))
    assert patches[0].pixels.tobytes() == patches[1].pixels.tobytes()
    assert patches[0].mask.tobytes() == patches[1].mask.tobytes()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_pasted_patch_keeps_type_and_background(processor: FaceProcessor, target: Face, dtype: str) -> None:
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    pixels = (scene().astype(np.float64) * scale).astype(dtype)
    aligned = aligned_to(processor, target, pixels=pixels)
    patch = done(processor, aligned)
    result = paste(pixels, patch, BlendSettings())
    assert result.dtype == pixels.dtype
    assert (result != pixels).any()
    rows, columns = patch.mask.shape
    x0, y0 = (-int(shift) for shift in patch.matrix[:, 2])
    outside = np.ones(pixels.shape[:2], bool)
    outside[y0 : y0 + rows, x0 : x0 + columns] = False
    assert (result[outside] == pixels[outside]).all()


def test_an_empty_mask_is_the_identity(processor: FaceProcessor, target: Face) -> None:
    patch = done(processor, aligned_to(processor, target))
    nothing = replace(patch, mask=np.zeros_like(patch.mask), base=None)
    for mode in ("multiband", "poisson", "plain"):
        assert (paste(scene(), nothing, BlendSettings(blend_mode=mode)) == scene()).all()  # type: ignore[arg-type]


def test_a_face_without_dense_landmarks_is_left_alone(processor: FaceProcessor, target: Face) -> None:
    assert processor.process_face(replace_face(aligned_to(processor, target), landmarks=None)) is None


def test_a_face_half_out_of_the_picture_works(processor: FaceProcessor, target: Face) -> None:
    assert target.landmarks is not None
    middle = int(target.box.center[0])
    moved = replace(
        target,
        landmarks=Landmarks(target.landmarks.xy - np.array([middle, 0], np.float32), target.landmarks.z),
        keypoints=Landmarks(target.keypoints.xy - np.array([middle, 0], np.float32)),
    )
    pixels = np.ascontiguousarray(scene()[:, middle:])
    patch = processor.process_face(aligned_to(processor, moved, pixels=pixels))
    assert patch is not None
    assert paste(pixels, patch).shape == pixels.shape


def replace_face(aligned: AlignedFace, **changes: Any) -> AlignedFace:
    return replace(aligned, face=replace(aligned.face, **changes))
