"""The classical forms: nothing finer than a cell is left, and no option lets anything show through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facefusion.blend import BlendSettings, MaskSettings, paste, restrict
from facefusion.core import AlignedFace, Face, Landmarks, Patch, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.processors.face_anonymiser import FaceAnonymiser, Settings
from facefusion.processors.face_anonymiser.covers import CELLS, cells_across, covered
from facefusion.processors.face_anonymiser.region import region_of
from portraits import scene

FORMS = ("blur", "pixelate", "solid", "mask")


@pytest.fixture(scope="module")
def face() -> Face:
    return FaceAnalyser().find(scene())[0]


def points(face: Face) -> Landmarks:
    assert face.landmarks is not None
    return face.landmarks


def patch_of(face: Face, **options: Any) -> Patch:
    anonymiser = FaceAnonymiser(Settings(**options))
    box = anonymiser.crop_box(face, scene().shape[1], scene().shape[0])
    part = scene()[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    patch = anonymiser.process_face(AlignedFace(to_unit(part), matrix, face))
    assert patch is not None
    return patch


@pytest.mark.parametrize("form", ["blur", "pixelate"])
def test_what_is_finer_than_a_cell_is_gone(face: Face, form: Any) -> None:
    """A pattern whose mean over a cell is 0 leaves no trace: it is hidden for good, not only for the eye."""
    grey = np.full((*scene().shape[:2], 3), 0.5, np.float32)
    region = region_of(points(face), is_head=False)
    cells = cells_across(form, "face", 1.0)
    side = region.to_cells(cells)[2]
    rows, columns = np.indices(grey.shape[:2])
    fine = (((rows // 2 + columns // 2) % 2) * 2 - 1).astype(np.float32)[..., None] * 0.3
    assert side > 12
    shown = covered(grey + fine, region, points(face), form, cells)
    assert np.abs(shown - covered(grey, region, points(face), form, cells)).max() < 0.02


def test_pixelate_has_no_more_colours_than_cells(face: Face) -> None:
    region = region_of(points(face), is_head=False)
    cells = cells_across("pixelate", "face", 2.0)
    assert cells == CELLS["pixelate", "face"] // 2
    shown = covered(to_unit(scene()), region, points(face), "pixelate", cells)
    inside = region.mask((scene().shape[0], scene().shape[1])) == 1
    columns, rows = region.to_cells(cells)[1]
    assert len(np.unique(shown[inside].round(4), axis=0)) <= columns * rows


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("region", ["face", "head"])
def test_no_option_lets_the_face_show(face: Face, form: str, region: str) -> None:
    patch = patch_of(face, method=form, region=region)
    hidden = MaskSettings(mask_areas=("mouth",), mask_blur=1.0, mask_padding_top=0.5)
    patch = replace(restrict(patch, points(face), hidden), visible=None)
    result = paste(scene(), patch, BlendSettings(blend_strength=0.1, blend_mode="multiband"))
    whole = np.zeros(scene().shape[:2], bool)
    x0, y0 = (-int(shift) for shift in patch.matrix[:, 2])
    whole[y0 : y0 + patch.mask.shape[0], x0 : x0 + patch.mask.shape[1]] = patch.mask == 1
    xy = points(face).xy.round().astype(int)
    assert whole[xy[:, 1], xy[:, 0]].all()
    expected = np.clip(np.floor(patch.pixels * 255 + 0.5), 0, 255).astype(int)
    local = patch.mask == 1
    assert np.abs(result[whole].astype(int) - expected[local]).max() <= 1


def test_a_head_is_larger_than_a_face_and_a_guessed_place_is_larger_than_a_measured_one(face: Face) -> None:
    sizes = [patch_of(face, method="solid", region=region).mask.sum() for region in ["face", "head"]]
    guessed = patch_of(replace(face, score=0.0), method="solid").mask.sum()
    assert sizes[1] > 1.4 * sizes[0]
    assert guessed > 1.3 * sizes[0]


def test_a_mask_turns_with_the_head_and_is_nobodys(face: Face) -> None:
    """Another expression and other proportions give the same mask; nose and mouth are not in it."""
    region = region_of(points(face), is_head=False)
    smiling = np.array(points(face).xyz)
    smiling[[61, 291, 0, 17], 1] += 3.0
    other = Landmarks(np.ascontiguousarray(smiling[:, :2]), np.ascontiguousarray(smiling[:, 2]))
    first, second = (covered(to_unit(scene()), region, one, "mask", 1) for one in (points(face), other))
    assert np.abs(first - second).mean() < 0.01
    x, y = points(face).xy[[164, 1, 17]].mean(axis=0).round().astype(int)  # below the nose
    middle = first[y - 12 : y + 12, x - 8 : x + 8].mean(axis=2)
    assert np.abs(np.diff(middle, axis=0)).max() < 0.02
    eye = first[tuple(points(face).xy[[159, 145]].mean(axis=0).round().astype(int)[::-1])]
    assert eye.max() < 0.2


def test_person_needs_somebody() -> None:
    with pytest.raises(ValueError, match="without anybody"):
        FaceAnonymiser(Settings())
