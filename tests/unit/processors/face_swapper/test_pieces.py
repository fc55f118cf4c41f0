import numpy as np
import pytest

from facefusion.core import Face, Float32, Landmarks
from facefusion.geometry.canonical_shape import canonical_shape
from facefusion.geometry.color import linear_to_srgb, srgb_to_linear
from facefusion.geometry.identity_shape import identity_part
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.uv_maps import uv_maps
from facefusion.processors.face_swapper.detail import match_detail
from facefusion.processors.face_swapper.eyes import Iris, iris_of, opening, paint_iris
from facefusion.processors.face_swapper.light import (
    fit_shading,
    harmonics,
    light_ratio,
    lip_colour,
    lip_share,
    skin_field,
    skin_weight,
)
from facefusion.processors.face_swapper.own_skin import own_share, show_own_skin
from facefusion.processors.face_swapper.render import light_fields, relight
from facefusion.processors.face_swapper.shape import moved_landmarks

RNG = np.random.default_rng(3)


def sphere(size: int = 48) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j] * 0.9
    z = -np.sqrt(np.clip(1 - x**2 - y**2, 0.05, 1))
    normals = np.dstack([x, y, z])
    return (normals / np.linalg.norm(normals, axis=2, keepdims=True)).astype(np.float32)


def test_shading_is_found_again_among_outliers() -> None:
    normals = sphere().reshape(-1, 3)
    truth = np.array([0.1, 0.4, -0.2, 0.3, 0, 0, 0, 0, 0], np.float32)
    values = np.exp(harmonics(normals) @ truth)
    values[RNG.choice(len(values), len(values) // 6, replace=False)] *= 5.0
    found = fit_shading(values.astype(np.float32), normals, np.ones(len(values), np.float32))
    np.testing.assert_allclose(harmonics(normals) @ found, harmonics(normals) @ truth, atol=0.12)


def test_the_ratio_between_two_lights_is_found_and_lips_do_not_matter() -> None:
    normals = sphere()
    source = np.full((48, 48, 3), 0.3, np.float32)
    light = np.exp(0.5 * normals[..., :1])
    target = source * light * np.array([1.0, 0.8, 0.7], np.float32)
    target[20:28, 15:33] = (0.9, 0.05, 0.05)
    weight = np.ones((48, 48), np.float32)
    weight[18:30, 13:35] = 0.0
    ratio = light_ratio(target.astype(np.float32), source, normals, weight)
    expected = np.broadcast_to(light * np.array([1.0, 0.8, 0.7]), ratio.shape)
    assert np.abs(np.log(ratio / expected)).max() < 0.12


def test_nothing_seen_means_no_change_of_light() -> None:
    dark = np.full((48, 48, 3), 0.01, np.float32)
    ratio = light_ratio(dark, dark * 9, sphere(), np.zeros((48, 48), np.float32))
    assert (ratio == 1.0).all()


def test_a_beard_does_not_count_as_skin() -> None:
    seen = np.ones((64, 64), np.float32)
    skin = np.full((64, 64, 3), 0.4, np.float32) * np.array([1.0, 0.7, 0.55], np.float32)
    bearded = skin.copy()
    bearded[44:] = 0.05
    plain, hairy = skin_weight(skin, seen), skin_weight(bearded.astype(np.float32), seen)
    assert hairy[48:60].sum() < plain[48:60].sum() * 0.3
    np.testing.assert_array_equal(hairy[:30], plain[:30])


def lit(texture: Float32, base: Float32, ratio: Float32, covered: Float32) -> Float32:
    """`relight` with a texel of light for each pixel."""
    rows, columns = np.indices(covered.shape, dtype=np.float32)
    uv = np.dstack([columns / (covered.shape[1] - 1), rows / (covered.shape[0] - 1)])
    return relight(texture, light_fields(base, ratio), uv, covered)


def test_relighting_by_one_is_the_identity_and_highlights_stay_modest() -> None:
    texture = RNG.random((20, 30, 3)).astype(np.float32)
    base = np.full_like(texture, 0.3)
    ones, covered = np.ones_like(texture), np.ones((20, 30), np.float32)
    np.testing.assert_allclose(lit(texture, base, ones, covered), texture, atol=2e-3)
    bright = lit(np.full_like(texture, 0.9), np.full_like(texture, 0.1), ones * 4, covered)
    diffuse = lit(np.full_like(texture, 0.9), np.full_like(texture, 0.9), ones * 4, covered)
    assert bright.mean() < diffuse.mean() <= 1.0
    assert lit(texture, base, ones, np.zeros_like(covered)).max() == 0.0


def test_grey_things_take_no_tint() -> None:
    grey = np.full((4, 4, 3), 0.6, np.float32)
    base = np.broadcast_to(np.array([0.4, 0.25, 0.18], np.float32), grey.shape).copy()
    tint = np.broadcast_to(np.array([0.7, 1.0, 1.4], np.float32), grey.shape).copy()
    out = lit(grey, base, tint, np.ones((4, 4), np.float32))
    assert np.ptp(out[0, 0]) < 0.03


def test_small_differences_of_hue_do_not_grow_on_more_colourful_skin() -> None:
    pale, orange = np.array([0.42, 0.38, 0.36], np.float32), np.array([0.40, 0.16, 0.06], np.float32)
    ruddy, ashen = np.array([0.44, 0.37, 0.34], np.float32), np.array([0.40, 0.385, 0.375], np.float32)
    texture = linear_to_srgb(np.stack([[pale, ruddy, ashen]] * 2))
    base = np.broadcast_to(pale, texture.shape).copy()
    out = srgb_to_linear(lit(texture, base, base * 0 + orange / pale, np.ones((2, 3), np.float32)))[0]
    hue = out / (out @ np.array([0.2126, 0.7152, 0.0722], np.float32))[:, None]
    assert np.abs(hue[1] - hue[0]).max() < 0.15
    assert np.abs(hue[2] - hue[0]).max() < 0.15
    np.testing.assert_allclose(out[0], orange, rtol=0.05)


def test_highlights_have_no_edge_where_the_change_of_light_passes_one() -> None:
    base = np.full((2, 201, 3), 0.12, np.float32)
    ratio = np.broadcast_to(np.linspace(0.7, 1.8, 201, dtype=np.float32)[None, :, None], base.shape).copy()
    for share in (1.6, 3.0, 5.0):
        texture = linear_to_srgb(base * np.float32(share))
        steps = np.diff(lit(texture, base, ratio, np.ones((2, 201), np.float32))[0, :, 1])
        assert np.abs(steps).max() < 0.012
        assert np.abs(np.diff(steps)).max() < 0.01


def test_skin_a_little_brighter_than_its_level_is_no_highlight_yet() -> None:
    """Where the target is much darker, the change from skin to highlight shows no line."""
    base = np.full((2, 201, 3), 0.25, np.float32)
    texture = linear_to_srgb(base * np.linspace(0.8, 1.2, 201, dtype=np.float32)[None, :, None])
    out = srgb_to_linear(lit(texture, base, np.full_like(base, 0.2), np.ones((2, 201), np.float32)))[0, :, 1]
    below, above = np.diff(out[90:100]).mean(), np.diff(out[101:111]).mean()
    assert above / below < 1.25


def test_a_soft_target_softens_the_patch_and_its_grain_comes_along() -> None:
    import cv2

    sharp = cv2.GaussianBlur(RNG.random((200, 200, 3)).astype(np.float32), (0, 0), 1.0)
    soft = cv2.GaussianBlur(sharp, (0, 0), 2.0)
    grainy = soft + RNG.standard_normal((200, 200, 1)).astype(np.float32) * 0.03
    mask = np.ones((200, 200), np.float32)
    flat = np.full((200, 200, 3), 0.5, np.float32)

    def fine(pixels: np.ndarray) -> float:
        return float(np.var(pixels - cv2.GaussianBlur(pixels, (0, 0), 1.0)))

    assert fine(match_detail(sharp, soft, mask, 1.0, 0)) < fine(sharp) * 0.5
    assert match_detail(sharp, soft, mask, 0.0, 0) is sharp
    grained = match_detail(flat, flat + (grainy - soft), mask, 1.0, 5)
    assert float(np.std(grained - flat)) == pytest.approx(0.03, rel=0.35)
    np.testing.assert_array_equal(grained, match_detail(flat, flat + (grainy - soft), mask, 1.0, 5))
    assert not np.array_equal(grained, match_detail(flat, flat + (grainy - soft), mask, 1.0, 6))


def canonical_landmarks(scale: float = 12.0, shift: float = 200.0) -> Landmarks:
    vertices = canonical_mesh().vertices_cm * np.array([scale, -scale, -scale], np.float32)
    irises = np.vstack([np.repeat(vertices[[159, 386]].mean(axis=0, keepdims=True), 10, axis=0)])
    points = np.vstack([vertices, irises])
    return Landmarks((points[:, :2] + shift).astype(np.float32), points[:, 2].astype(np.float32))


def test_shape_moves_proportions_but_not_expressions(astronaut: Face) -> None:
    assert astronaut.landmarks is not None
    shape, _ = canonical_shape(astronaut.landmarks)
    wide = shape * np.array([1.06, 1.0, 1.0], np.float32)
    still = moved_landmarks(astronaut.landmarks, shape, 1.0)
    np.testing.assert_allclose(still, astronaut.landmarks.xy, atol=0.2)
    moved = moved_landmarks(astronaut.landmarks, wide, 1.0)
    assert np.abs(moved - astronaut.landmarks.xy).max() > 1.0
    open_mouth = np.zeros((468, 3), np.float32)
    open_mouth[[14, 15, 16, 17, 18, 200, 199, 175, 152, 87, 317], 1] -= 1.0
    kept = identity_part(open_mouth)
    assert np.linalg.norm(kept) < 0.5 * np.linalg.norm(open_mouth)


def test_irises_take_the_sources_colour_only_in_open_eyes(astronaut: Face) -> None:
    assert astronaut.landmarks is not None
    assert iris_of([astronaut]) is not None
    iris = Iris(np.broadcast_to(np.array([0.1, 0.2, 0.9], np.float32), (24, 3)).copy())
    assert astronaut.picture is not None
    picture = (astronaut.picture / 255).astype(np.float32)
    xy = astronaut.landmarks.xy
    painted = paint_iris(picture, xy, iris, 1.0, 1.0, 0)
    x, y = np.round(xy[468]).astype(int)
    before, after = (
        picture[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1)),
        painted[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1)),
    )
    assert after[2] - after[0] > before[2] - before[0] + 0.1
    changed = np.argwhere(np.abs(painted - picture).max(axis=2) > 1e-4)
    assert np.abs(changed - np.array([y, x])).max() <= 12
    closed = xy.copy()
    closed[[246, 161, 160, 159, 158, 157, 173]] = closed[[7, 163, 144, 145, 153, 154, 155]]
    assert opening(closed, (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)) < 0.05
    assert paint_iris(picture, closed, iris, 1.0, 1.0, 0) is picture


def test_closed_lids_show_the_performers_own_skin(astronaut: Face) -> None:
    assert astronaut.landmarks is not None
    nothing = np.zeros((256, 256), np.float32)
    wide = own_share(nothing, astronaut.landmarks.xy, 0.3)
    closed = astronaut.landmarks.xy.copy()
    closed[[246, 161, 160, 159, 158, 157, 173]] = closed[[7, 163, 144, 145, 153, 154, 155]]
    shut = own_share(nothing, closed, 0.3)
    assert wide.max() < 0.4
    assert shut[:, :128].max() > 0.9
    assert shut[:, 140:].max() == pytest.approx(wide[:, 140:].max(), abs=0.05)


def test_own_skin_keeps_its_detail_in_the_swapped_tone() -> None:
    base = (0.5 + 0.05 * RNG.standard_normal((80, 80, 1)) * np.ones(3)).astype(np.float32)
    pixels = np.full((80, 80, 3), 0.7, np.float32)
    share = np.zeros((80, 80), np.float32)
    share[20:50, 20:50] = 1.0
    out = show_own_skin(pixels, base, share, np.ones((80, 80), np.float32))
    inner = np.s_[25:45, 25:45]
    assert abs(out[inner].mean() - 0.7) < 0.03
    np.testing.assert_allclose((out - base)[inner].std(), 0.0, atol=0.03)
    np.testing.assert_array_equal(out[60:], pixels[60:])


def test_the_skin_field_is_the_skin_without_beard_and_blemish() -> None:
    normals = sphere()
    shade = (0.6 + 0.4 * normals[..., 2:3]) * np.array([0.5, 0.32, 0.24])
    pixels = shade.astype(np.float32)
    maps = uv_maps(48)
    pixels[maps.beard > 0] *= 0.2
    pixels[14:17, 12:15] = 1.0
    weight = maps.skin * (1 - maps.beard)
    field = skin_field(pixels, normals, weight)
    on_skin = weight > 0.5
    on_skin[11:20, 9:18] = False
    assert np.abs(np.log(field[on_skin] / shade[on_skin])).max() < 0.12
    under_beard = (maps.beard > 0) & (maps.coverage > 0)
    assert np.abs(np.log(field[under_beard] / shade[under_beard])).mean() < 0.15


def test_hair_stays_dark_on_lighter_skin_and_a_white_beard_does_not_burn_out() -> None:
    skin = np.float32(0.08)
    base = np.full((2, 4, 3), skin, np.float32)
    levels = np.array([0.008, 0.08, 0.07, 0.4])
    texture = np.repeat(linear_to_srgb(levels.astype(np.float32))[None, :, None], 3, axis=2)
    texture = np.repeat(texture, 2, axis=0)
    out = lit(texture, base, np.full_like(base, 4.0), np.ones((2, 4), np.float32))
    hair, plain, crease, beard = srgb_to_linear(out)[0, :, 0]
    assert hair < 0.008 * 2.5
    assert plain == pytest.approx(0.32, rel=0.03)
    assert 0.07 / 0.08 + 0.01 < crease / plain < 0.95
    assert plain < beard < 0.75


def test_lips_are_measured_on_lips_alone() -> None:
    pixels = np.full((64, 64, 3), 0.4, np.float32)
    pixels[uv_maps(64).lips > 0] = (0.3, 0.1, 0.1)
    np.testing.assert_allclose(lip_colour(pixels, np.ones((64, 64), np.float32)), (0.3, 0.1, 0.1), atol=1e-6)
    assert lip_colour(pixels, np.zeros((64, 64), np.float32)) is None
    assert lip_share(64)[uv_maps(64).lips > 0].min() > 0.5


def test_no_skin_means_no_field() -> None:
    assert skin_field(np.ones((48, 48, 3), np.float32), sphere(), np.zeros((48, 48), np.float32)) is None
