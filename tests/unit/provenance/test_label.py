"""The visible label: legible, only where it says, and the same for every dtype."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from facefusion.core import Box, ColorInfo, Pixels, SettingsError
from facefusion.errors import InvalidInput, UsageError
from facefusion.provenance import Labeller, LabelSettings, fonts
from facefusion.provenance.settings import LabelPreset

SIZES = [(1920, 1080), (1080, 1920), (640, 360), (176, 144), (144, 176), (64, 64), (2000, 100)]
GREY = 128


def labeller(width: int = 640, height: int = 360, *, is_video: bool = False, **settings: object) -> Labeller:
    return Labeller(LabelSettings(**settings), width=width, height=height, is_video=is_video)  # type: ignore[arg-type]


def grounds(width: int, height: int) -> dict[str, Pixels]:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    flat = {name: np.full((height, width, 3), level, np.uint8) for name, level in
            (("black", 0), ("white", 255), ("grey", GREY))}  # fmt: skip
    return {**flat, "noise": noise}


def cut(pixels: Pixels, box: Box) -> Pixels:
    return pixels[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]


def relative_luminance(pixels: Pixels) -> np.ndarray:
    """WCAG 2.2, of uint8 sRGB."""
    c = pixels / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seconds", [0.0, 10.0])
def test_contrast_is_at_least_4_5_on_any_ground(size: tuple[int, int], seconds: float) -> None:
    label = labeller(*size, is_video=True)
    box = label.box(seconds=seconds)
    on = {name: cut(label.apply(p, seconds=seconds), box) for name, p in grounds(*size).items()}
    text = on["black"].min(axis=2) > 240  # fully covered by ink, seen where nothing else is bright
    plate = on["black"].max(axis=2) == 0
    plate[[0, -1]] = plate[:, [0, -1]] = False  # the outermost line may be half a pixel of rounded corner
    assert text.sum() > 0.01 * text.size
    for name, picture in on.items():
        light = relative_luminance(picture)
        ink, ground = light[text].min(), np.quantile(light[plate], 0.98)
        assert (ink + 0.05) / (ground + 0.05) >= 4.5, name


@pytest.mark.parametrize("transfer", [16, 18, 8])
def test_contrast_holds_on_white_in_other_transfers(transfer: int) -> None:
    settings = LabelSettings()
    label = Labeller(settings, width=640, height=360, is_video=False, color=ColorInfo(transfer=transfer))
    cut_out = cut(label.apply(np.ones((360, 640, 3), np.float32)), label.box())
    levels = np.unique(np.round(cut_out, 3))
    text, plate = {16: 0.58, 18: 0.75, 8: 1.0}[transfer], float(np.median(cut_out))
    assert np.any(np.isclose(levels, text))
    if transfer == 8:  # linear light: the ratio can be computed at once
        assert (text + 0.05) / (plate + 0.05) >= 4.5
    else:
        assert plate < 0.4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("is_video", [False, True])
def test_only_the_box_changes(dtype: type, is_video: bool) -> None:
    rng = np.random.default_rng(2)
    noise = rng.random((360, 640, 3), np.float32)
    pixels = noise if dtype is np.float32 else (noise * np.iinfo(dtype).max).astype(dtype)
    kept = pixels.copy()
    label = labeller(is_video=is_video)
    result, box = label.apply(pixels, seconds=0.0), label.box(seconds=0.0)
    outside = np.ones((360, 640), bool)
    outside[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = False
    assert result.dtype == pixels.dtype
    assert np.array_equal(pixels, kept)
    assert np.array_equal(result[outside], pixels[outside])
    assert (cut(result, box) != cut(pixels, box)).any(axis=2).mean() > 0.95
    label.draw(pixels, seconds=0.0)
    assert np.array_equal(pixels, result)


def test_dtypes_agree() -> None:
    label, levels = labeller(), np.linspace(0, 1, 640 * 360 * 3).reshape(360, 640, 3)
    eight = np.rint(levels * 255).astype(np.uint8)
    by_float = label.apply(eight.astype(np.float32) / 255)
    by_16 = label.apply(eight.astype(np.uint16) * 257)
    by_8 = label.apply(eight)
    assert np.abs(by_16 / 65535 - by_float).max() < 1e-4
    assert np.abs(by_8 / 255 - by_float).max() < 1.1 / 255


def test_over_bright_and_broken_floats_are_covered() -> None:
    label = labeller()
    for value in (50.0, -3.0, np.nan, np.inf):
        shown = cut(label.apply(np.full((360, 640, 3), value, np.float32)), label.box())
        assert np.isfinite(shown).all()
        assert shown.min() >= 0
        assert np.median(shown) <= 0.4
        assert shown.max() == 1.0


@pytest.mark.parametrize("size", SIZES)
def test_letters_are_as_high_as_the_rule_asks(size: tuple[int, int]) -> None:
    """GB 45438-2025: 5 % of the shorter side on pictures, of the height in a clip's opening; measured in the output."""
    for is_video, reference in ((False, min(size)), (True, size[1])):
        label = labeller(*size, is_video=is_video, text="AI")
        shown = cut(label.apply(np.zeros((size[1], size[0], 3), np.uint8), seconds=0.0), label.box(seconds=0.0))
        rows = np.nonzero((shown > 100).any(axis=(1, 2)))[0]
        assert rows[-1] - rows[0] + 1 >= 0.05 * reference - 1e-9
        assert label.letter_height_px(seconds=0.0) == pytest.approx(rows[-1] - rows[0] + 1, abs=2)


def test_opening_lasts_then_a_quieter_mark_stays() -> None:
    label = labeller(is_video=True, opening_seconds=2.5)
    opening, later = label.box(seconds=2.499), label.box(seconds=2.5)
    assert label.box(seconds=0.0) == opening
    assert opening.area > 2 * later.area > 0
    assert label.box(seconds=3600.0) == later
    black = np.zeros((360, 640, 3), np.uint8)
    assert label.apply(black, seconds=3600.0).max() == 255


def test_video_needs_a_time_and_the_right_size() -> None:
    with pytest.raises(ValueError, match="seconds"):
        labeller(is_video=True).apply(np.zeros((360, 640, 3), np.uint8))
    with pytest.raises(ValueError, match="shape"):
        labeller().apply(np.zeros((361, 640, 3), np.uint8))


@pytest.mark.parametrize("text", ["", "   ", "!", "-", "x", "..."])
def test_a_label_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot be switched off"):
        LabelSettings(text=text)


def test_invisible_characters_and_small_values_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"U\+200B"):
        LabelSettings(text="AI\u200bgenerated")
    for settings in ({"size": 0.049}, {"opening_seconds": 1.9}, {"opening_size": 0.01}, {"corner_size": 0.0}):
        with pytest.raises(SettingsError):
            LabelSettings(**settings)
    with pytest.raises(SettingsError):
        LabelSettings(position="nowhere")  # type: ignore[arg-type]


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidInput, match="12×12"):
        labeller(12, 12)
    with pytest.raises(InvalidInput, match="shorter label-text"):
        labeller(text="word " * 300)


def test_long_text_wraps_and_keeps_its_height() -> None:
    text = "This picture was generated by software and shows nothing that happened"
    label = labeller(320, 480, text=text)
    shown = cut(label.apply(np.zeros((480, 320, 3), np.uint8)), label.box())
    inked = (shown > 100).any(axis=(1, 2))
    lines = sum(a != b for a, b in pairwise(inked)) // 2
    assert lines >= 3
    assert label.letter_height_px() >= 0.05 * 320


def test_cjk_text_shows_its_characters() -> None:
    text = "人工智能生成"
    try:
        font = fonts.find_font(text)
    except InvalidInput:
        pytest.skip("no font with Chinese characters on this machine")
    assert fonts.missing_glyphs(font, text) == ""
    label = labeller(text=text)
    black = np.zeros((360, 640, 3), np.uint8)
    shown = cut(label.apply(black), label.box())
    other = cut(labeller(text="人工智能合成").apply(black), label.box())
    assert shown.shape == other.shape
    assert not np.array_equal(shown, other)
    columns = (shown > 100).any(axis=(0, 2))
    assert columns.sum() > 4 * label.letter_height_px()


def test_characters_without_a_font_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FONTS", ("no such font.ttf",))
    with pytest.raises(InvalidInput, match="生成") as caught:
        labeller(text="AI生成")
    assert "label-font" in str(caught.value)
    assert labeller(text="AI-generated").letter_height_px() == 18


def test_font_that_is_none() -> None:
    with pytest.raises(UsageError, match="label-font"):
        labeller(font=__file__)


def test_same_input_same_bytes() -> None:
    pixels = grounds(640, 360)["noise"]
    assert np.array_equal(labeller().apply(pixels), labeller().apply(pixels))


def test_cost_at_1080p() -> None:
    label, pixels = labeller(1920, 1080, is_video=True), np.zeros((1080, 1920, 3), np.uint8)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        label.draw(pixels, seconds=0.0)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5e-3


@pytest.mark.parametrize("preset", ["gb45438", "quiet", "card"])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (1080, 1920)])
def test_every_preset_keeps_the_limits_of_the_rule(preset: LabelPreset, width: int, height: int) -> None:
    clip = Labeller(LabelSettings(preset=preset), width=width, height=height, is_video=True)
    assert clip.box(seconds=1.99) == clip.box(seconds=0)
    assert clip.letter_height_px(seconds=1.99) >= 0.05 * min(width, height)
    picture = Labeller(LabelSettings(preset=preset), width=width, height=height, is_video=False)
    assert picture.letter_height_px() >= 0.05 * min(width, height)


def test_presets_differ_and_what_was_said_wins() -> None:
    quiet, card = LabelSettings(preset="quiet"), LabelSettings(preset="card")
    assert quiet.opening_seconds == 2.0
    assert quiet.corner_size < LabelSettings().corner_size
    assert card.opening_size > LabelSettings().opening_size
    assert LabelSettings(preset="card", opening_size=0.2).opening_size == 0.2
    assert LabelSettings(preset="gb45438") == replace(LabelSettings(), preset="gb45438")


def busy(kind: str) -> np.ndarray:
    """Grounds that swallow text: fine checkers, stripes, and a photo's detail at full strength."""
    rows, columns = np.mgrid[0:360, 0:640]
    if kind == "checker":
        flat = ((rows // 3 + columns // 3) % 2) * 255
    elif kind == "stripes":
        flat = (columns // 2 % 2) * 255
    else:
        waves = 127 + 90 * np.sin(rows * columns / 900)
        flat = (waves + np.random.default_rng(3).normal(0, 40, rows.shape)).clip(0, 255)
    return np.repeat(flat[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("kind", ["checker", "stripes", "photo"])
def test_letters_stand_out_from_busy_grounds(kind: str) -> None:
    """The darkest letter against the brightest ground that shows through the plate: at least 4.5 to 1."""
    labeller = Labeller(LabelSettings(), width=640, height=360, is_video=False)
    flat = labeller.apply(np.zeros((360, 640, 3), np.uint8))
    letters, plate = (flat == 255).all(axis=2), labeller.box()
    inside = np.zeros(letters.shape, bool)
    inside[int(plate.y0) + 6 : int(plate.y1) - 6, int(plate.x0) + 6 : int(plate.x1) - 6] = True
    shown = labeller.apply(busy(kind))[..., 0] / 255.0
    light = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    ground = inside & (flat == 0).all(axis=2)
    assert (light[letters].min() + 0.05) / (light[ground].max() + 0.05) >= 4.5
