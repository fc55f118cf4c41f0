"""The enhancer makes faces clearer and leaves clean pictures, colours and edges alone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.blend import BlendSettings, MaskSettings, paste, restrict
from facefusion.core import AlignedFace, Face, Patch, to_unit
from facefusion.core.settings import SettingsError
from facefusion.faces.analyser import FaceAnalyser
from facefusion.processors.face_enhancer import FaceEnhancer, Settings
from facefusion.processors.face_enhancer.guided import smooth, smooth_by
from facefusion.processors.face_enhancer.layers import enhanced_luma, noise_of
from facefusion.processors.face_enhancer.network import restored, softness
from facefusion.processors.face_enhancer.tone import cast_of, without_cast
from portraits import astronaut

NOTHING = Settings(restore=0.0, detail=0.0, denoise=0.0, contrast=0.0, colour=0.0)


@pytest.fixture(scope="module")
def face() -> Face:
    """The astronaut, twice as large as the picture has her."""
    large = cv2.resize(astronaut(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return FaceAnalyser().find(large, embed=False)[0]


def picture_of(face: Face) -> NDArray[np.uint8]:
    assert face.picture is not None
    return face.picture


def patch_of(pixels: NDArray[np.generic], face: Face, settings: Settings) -> Patch:
    enhancer = FaceEnhancer(settings)
    box = enhancer.crop_box(face, pixels.shape[1], pixels.shape[0])
    x0, y0, x1, y1 = (int(side) for side in (box.x0, box.y0, box.x1, box.y1))
    matrix = np.array([[1, 0, -x0], [0, 1, -y0]], np.float32)
    patch = enhancer.process_face(AlignedFace(to_unit(pixels[y0:y1, x0:x1]), matrix, face))
    assert patch is not None
    return patch


def enhanced(pixels: NDArray[np.generic], face: Face, settings: Settings) -> NDArray[np.generic]:
    return paste(pixels, patch_of(pixels, face, settings), BlendSettings(blend_mode="plain"))


def on_face(face: Face) -> NDArray[np.bool_]:
    """Inside the face, away from its edge."""
    patch = patch_of(picture_of(face), face, Settings(blend=1.0))
    where = np.zeros(picture_of(face).shape[:2], bool)
    x0, y0 = (-int(shift) for shift in patch.matrix[:, 2])
    where[y0 : y0 + patch.mask.shape[0], x0 : x0 + patch.mask.shape[1]] = patch.mask > 0.98
    return where


def psnr(a: NDArray[np.generic], b: NDArray[np.generic], where: NDArray[np.bool_]) -> float:
    error = np.square(a[where].astype(float) - b[where]).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize("sigma", [6, 12, 24])
def test_a_noisy_face_comes_nearer_to_the_clean_one(face: Face, sigma: int) -> None:
    clean = picture_of(face)
    noise = np.random.default_rng(1).normal(0, sigma, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).astype(np.uint8)
    settings = Settings(restore=0.0, detail=0.0, contrast=0.0, colour=0.0)
    gained = psnr(enhanced(noisy, face, settings), clean, on_face(face)) - psnr(noisy, clean, on_face(face))
    assert gained > 2.0


def test_a_clean_face_is_not_smoothed(face: Face) -> None:
    clean = cv2.GaussianBlur(picture_of(face), (0, 0), 1.5)
    settings = Settings(restore=0.0, detail=0.0, contrast=0.0, colour=0.0, denoise=1.0)
    assert psnr(enhanced(clean, face, settings), clean, on_face(face)) > 45


def test_more_detail_is_more_sharpness_without_halos(face: Face) -> None:
    pixels, where = picture_of(face), on_face(face)
    sharp = []
    for detail in (0.0, 0.5, 1.0):
        result = enhanced(pixels, face, replace(NOTHING, detail=detail, blend=1.0))
        sharp.append(np.abs(cv2.Laplacian(result, cv2.CV_32F))[where].mean())
        near = cv2.erode(pixels, np.ones((9, 9))), cv2.dilate(pixels, np.ones((9, 9)))
        beyond = np.maximum(near[0].astype(int) - result, result.astype(int) - near[1])[where]
        assert beyond.max() < 30
        assert (beyond > 8).mean() < 0.02
    assert sharp[0] < sharp[1] < sharp[2]


def test_nothing_asked_for_changes_nothing(face: Face) -> None:
    result = enhanced(picture_of(face), face, NOTHING)
    assert np.abs(result.astype(int) - picture_of(face)).max() <= 1
    enhancer = FaceEnhancer(Settings(blend=0.0))
    pixels = to_unit(picture_of(face))
    assert enhancer.process_face(AlignedFace(pixels, np.eye(2, 3, dtype=np.float32), face)) is None


def test_a_colour_cast_is_taken_back_in_part_and_lightness_stays(face: Face) -> None:
    blue = np.clip(picture_of(face) * np.array([0.6, 0.8, 1.0]), 0, 255).astype(np.uint8)
    where = on_face(face)
    lab = [
        cv2.cvtColor(to_unit(p), cv2.COLOR_RGB2LAB)[where].mean(axis=0)
        for p in (picture_of(face), blue, enhanced(blue, face, replace(NOTHING, colour=0.8, blend=1.0)))
    ]
    assert np.hypot(*(lab[2] - lab[0])[1:]) < 0.75 * np.hypot(*(lab[1] - lab[0])[1:])
    assert abs(lab[2][0] - lab[1][0]) < 1.5


@pytest.mark.parametrize("rgb", [(236, 188, 160), (198, 134, 100), (141, 85, 58), (84, 50, 36)])
def test_skin_of_any_tone_has_no_cast(rgb: tuple[int, int, int]) -> None:
    skin = np.full((64, 64, 3), rgb, np.float32) / 255
    assert np.hypot(*cast_of(skin, np.ones((64, 64), np.float32))) < 1.0


def test_a_cast_of_nothing_is_nothing() -> None:
    pixels = np.random.default_rng(0).random((20, 20, 3)).astype(np.float32)
    assert without_cast(pixels, (0.0, 0.0), 1.0) is pixels
    assert cast_of(pixels, np.zeros((20, 20), np.float32)) == (0.0, 0.0)


def bad_copy(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """JPEG 30."""
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 30])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]).astype(np.uint8)


def test_a_bad_copy_of_a_face_comes_nearer_to_the_truth(face: Face) -> None:
    clean = np.ascontiguousarray(picture_of(face)[130:370, 350:550])
    bad, where = bad_copy(clean), np.ones(clean.shape[:2], bool)
    before = psnr(bad, clean, where)
    half, whole = (
        psnr((restored(to_unit(bad), 86.0, amount) * 255 + 0.5).astype(np.uint8), clean, where) for amount in (0.5, 1.0)
    )
    assert before + 0.1 < half < whole
    assert whole > before + 0.2


def test_a_sharp_face_hardly_changes(face: Face) -> None:
    clean = np.ascontiguousarray(picture_of(face)[130:370, 350:550])
    found = (restored(to_unit(clean), 86.0, 1.0) * 255 + 0.5).astype(np.uint8)
    assert psnr(found, clean, np.ones(clean.shape[:2], bool)) > 40


def test_a_face_that_was_made_small_is_told_from_a_sharp_one_and_gets_more_back(face: Face) -> None:
    clean = np.ascontiguousarray(astronaut()[60:190, 170:280])
    low = cv2.GaussianBlur(cv2.resize(clean, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
    small = cv2.resize(bad_copy(low), clean.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    eyes_px = face.eye_distance_px / 2
    assert softness(to_unit(clean), 63 / eyes_px) < 0.1
    assert softness(to_unit(small), 63 / eyes_px) > 0.7
    found = (restored(to_unit(small), eyes_px, 1.0) * 255 + 0.5).astype(np.uint8)
    where = np.ones(clean.shape[:2], bool)
    assert psnr(found, clean, where) > psnr(small, clean, where) + 0.3


@pytest.mark.parametrize("size", [(3, 40), (17, 16), (61, 58)])
def test_the_network_takes_any_size(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 0.5, np.float32)
    found = restored(pixels, 700.0, 1.0)
    assert found.shape == pixels.shape
    assert np.abs(found - 0.5).max() < 0.02
    assert restored(pixels, 700.0, 0.0) is pixels


@pytest.mark.parametrize("sigma", [2.0, 6.0, 15.0])
def test_the_measured_noise_is_the_noise_there_is(sigma: float) -> None:
    rows, _ = np.mgrid[:200, :200]
    luma = 0.3 + 0.4 * rows / 200 + np.random.default_rng(3).normal(0, sigma / 255, (200, 200))
    assert noise_of(luma.astype(np.float32), np.ones((200, 200), np.float32)) == pytest.approx(sigma / 255, rel=0.05)


@pytest.mark.parametrize("radius", [2.0, 12.0])
def test_the_guided_filter_keeps_edges_and_smooths_the_rest(radius: float) -> None:
    step = np.repeat(np.where(np.arange(120) < 60, 0.2, 0.8)[None], 120, axis=0)
    noisy = (step + np.random.default_rng(5).normal(0, 0.02, step.shape)).astype(np.float32)
    result = smooth(noisy, radius=radius, epsilon=0.01)
    assert result[:, 10:40].std() < 0.5 * noisy[:, 10:40].std()
    assert result[:, 70:].mean() - result[:, :50].mean() > 0.55
    by = smooth_by(noisy, step.astype(np.float32), radius=radius, epsilon=1e-4)
    assert np.abs(by[:, 62:66].mean() - 0.8) < 0.05


def test_flat_luma_stays_flat() -> None:
    flat = np.full((60, 60), 0.4, np.float32)
    features = np.ones((60, 60), np.float32)
    result = enhanced_luma(flat, features, scale_px=30, noise=0.0, denoise=1.0, detail=1.0, contrast=1.0)
    assert np.abs(result - flat).max() < 1e-4


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(SettingsError, match="detail"):
        FaceEnhancer(Settings(detail=3.0))


@pytest.mark.parametrize("scale", [1.0, 257.0])
def test_the_mask_ends_inside_the_crop(face: Face, scale: float) -> None:
    pixels = picture_of(face) if scale == 1.0 else picture_of(face).astype(np.uint16) * np.uint16(scale)
    patch = patch_of(pixels, face, Settings())
    edges = [patch.mask[0], patch.mask[-1], patch.mask[:, 0], patch.mask[:, -1]]
    assert max(edge.max() for edge in edges) == 0
    assert face.landmarks is not None
    assert restrict(patch, face.landmarks, MaskSettings()).mask.max() > 0.7
