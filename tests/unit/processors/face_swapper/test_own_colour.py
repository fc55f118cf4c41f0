"""What of a photo is skin at the rim of a face: painted in texture space, where everything's place is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facefusion.core import Float32
from facefusion.geometry.uv_maps import uv_maps
from facefusion.processors.face_swapper.own_colour import skin_coloured
from facefusion.processors.face_swapper.texture import facing_at_rim

SIZE = 256
HAIR, SKIN = np.array([0.25, 0.16, 0.10], np.float32), np.array([0.78, 0.58, 0.47], np.float32)


def painted() -> Float32:
    """(256, 256, 3) float32: a face in side light, with the little unevenness that skin has."""
    noise = cv2.GaussianBlur(np.random.default_rng(1).standard_normal((SIZE, SIZE)).astype(np.float32), (0, 0), 1.5)
    shade = np.linspace(1.0, 0.72, SIZE, dtype=np.float32)[None, :, None]
    return np.clip(SKIN * shade * (1.0 + 0.05 * noise[..., None]), 0.0, 1.0).astype(np.float32)


SEEN = uv_maps(SIZE).coverage


def test_skin_in_the_shade_is_skin() -> None:
    kept = skin_coloured(painted(), SEEN)
    assert kept.shape == (SIZE, SIZE)
    assert (kept[SEEN > 0] > 0.9).mean() > 0.97


@pytest.mark.parametrize("columns", [slice(10, 34), slice(222, 246)])
def test_hair_beside_the_cheek_is_not_and_the_cheek_stays(columns: slice) -> None:
    pixels = painted()
    pixels[100:200, columns] = HAIR
    kept = skin_coloured(pixels, SEEN)
    inside = np.zeros_like(SEEN)
    inside[110:160, columns] = SEEN[110:160, columns]
    assert kept[inside > 0].mean() < 0.1
    assert kept[100:200, 80:176].min() > 0.9


def test_lips_and_brows_keep_their_colour() -> None:
    pixels, maps = painted(), uv_maps(SIZE)
    pixels[maps.lips > 0] = (0.6, 0.15, 0.2)
    features = (maps.coverage > 0) & (maps.skin == 0) & (maps.inset_cm > 2.0)
    pixels[features] *= 0.4
    assert skin_coloured(pixels, SEEN)[features].min() > 0.6


def test_a_beard_stays_where_hair_as_dark_beside_a_shaven_chin_goes() -> None:
    maps = uv_maps(SIZE)
    dark = (maps.beard > 0) & (maps.inset_cm < 2.0)
    strands = np.random.default_rng(2).uniform(0.3, 2.0, (SIZE, SIZE, 1)).astype(np.float32)
    jaw, bearded = painted(), painted()
    jaw[dark] = HAIR
    bearded[maps.beard > 0] = (HAIR * strands)[maps.beard > 0]
    sides = dark & (np.abs(np.arange(SIZE) - SIZE / 2) > SIZE * 0.2)[None] & (maps.inset_cm > 0.2)
    assert skin_coloured(jaw, SEEN)[sides].mean() < 0.3
    assert skin_coloured(bearded, SEEN)[sides].mean() > 0.9


def test_the_rim_counts_only_where_it_is_seen_squarely() -> None:
    squarely, turned = (facing_at_rim(np.full((SIZE, SIZE), cosine**2, np.float32)) for cosine in (0.5, 0.2))
    rim, inner = (uv_maps(SIZE).inset_cm < 1.0) & (SEEN > 0), uv_maps(SIZE).inset_cm > 3.5
    assert squarely.min() == 1.0
    assert turned[rim].max() < 0.05
    assert turned[inner].min() == 1.0
