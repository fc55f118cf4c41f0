"""The watermark: unseen, read after every attack that is promised, and never found where there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from facefusion.core import ColorInfo, Frame, Pixels, Timestamp
from facefusion.errors import InvalidInput
from facefusion.media import VideoFormat, VideoWriter, write_image
from facefusion.provenance.watermark import Watermark, detect, read_watermark
from facefusion.provenance.watermark.search import FALSE_POSITIVES

ASSET = 0x0123456789ABCDEF


def scene(width: int = 640, height: int = 480, *, seed: int = 1) -> Pixels:
    """Soft shapes of every size, a plain sky, some texture, lettering: all that a photo has, made by code."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for cells in (3, 6, 12, 24, 48, 96):
        drawn = rng.normal(0, 300 / cells, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = 120 + picture * (60 / picture.std())
    picture[: height // 3] = (150, 180, 215)
    picture[-(height // 4) :] += rng.normal(0, 12, (height // 4, width, 1)).astype(np.float32)
    whole = np.clip(picture, 0, 255).astype(np.uint8)
    return cv2.putText(whole, "FACEFUSION", (20, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 30), 4)


def psnr(a: Pixels, b: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


def marked(pixels: Pixels, asset_id: int = ASSET) -> Pixels:
    return Watermark(asset_id, width=pixels.shape[1], height=pixels.shape[0]).apply(pixels)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def scaled(pixels: Pixels, by: float) -> Pixels:
    size = round(pixels.shape[1] * by), round(pixels.shape[0] * by)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if by < 1 else cv2.INTER_CUBIC)


def cropped(pixels: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[int(top * height) : height - int(bottom * height), int(left * width) : width - int(right * width)]


ATTACKS: dict[str, Callable[[Pixels], Pixels]] = {
    "none": lambda p: p,
    "JPEG 70": lambda p: jpeg(p, 70),
    "half": lambda p: scaled(p, 0.5),
    "crop left and top": lambda p: cropped(p, 0.1, 0.1, 0, 0),
    "crop right and bottom": lambda p: cropped(p, 0, 0, 0.1, 0.1),
    "crop around": lambda p: cropped(p, 0.05, 0.04, 0.05, 0.06),
    "brighter": lambda p: np.clip(p * 1.2, 0, 255).astype(np.uint8),
    "darker": lambda p: (p * 0.8).astype(np.uint8),
    "lifted": lambda p: cv2.add(p, (51, 51, 51, 0)),
    "lowered": lambda p: cv2.subtract(p, (51, 51, 51, 0)),
    "scaled to 0.75": lambda p: scaled(p, 0.75),
    "scaled to 1.5": lambda p: scaled(p, 1.5),
    "crop, half, JPEG 70": lambda p: jpeg(scaled(cropped(p, 0.1, 0, 0, 0), 0.5), 70),
    "grey": lambda p: cv2.cvtColor(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_number_is_read_after(attack: str) -> None:
    reading = detect([ATTACKS[attack](marked(scene()))])
    assert reading.asset_id == ASSET
    assert reading.is_found
    assert reading.confidence > 0.3
    assert not detect([ATTACKS[attack](scene())]).is_found


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (501, 377), (1920, 1080)])
def test_every_shape_is_read_and_keeps_40_db(size: tuple[int, int]) -> None:
    pixels = scene(*size)
    with_mark = marked(pixels)
    assert detect([with_mark]).asset_id == ASSET
    assert psnr(pixels, with_mark) >= 40


@pytest.mark.parametrize("kind", ["noise", "black", "white", "checks", "scene"])
def test_psnr_is_at_least_40_db_whatever_the_picture(kind: str) -> None:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (360, 640, 3), dtype=np.uint8)
    checks = np.indices((360, 640)).sum(axis=0) % 2 * np.uint8(255)
    pixels = {
        "noise": noise,
        "black": np.zeros_like(noise),
        "white": np.full_like(noise, 255),
        "checks": np.repeat(checks[..., None], 3, axis=2).astype(np.uint8),
        "scene": scene(640, 360),
    }[kind]
    assert psnr(pixels, marked(pixels)) >= 40


def test_the_three_channels_move_alike_and_by_at_most_five_levels() -> None:
    pixels = np.full((200, 200, 3), (90, 120, 150), np.uint8)
    moved = marked(pixels).astype(int) - pixels
    assert np.ptp(moved, axis=2).max() == 0
    assert 1 <= np.abs(moved).max() <= 2  # a plain ground moves least
    busy = scene()
    assert np.abs(marked(busy).astype(int) - busy).max() <= 5


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deeper_pictures_are_marked_as_finely_as_they_can_be(dtype: type) -> None:
    full = 65535 if dtype is np.uint16 else 1.0
    pixels = (scene().astype(np.float64) / 255 * full).astype(dtype)
    with_mark = marked(pixels)
    assert with_mark.dtype == dtype
    assert psnr(pixels.astype(np.float64) / full * 255, with_mark.astype(np.float64) / full * 255) >= 40
    assert detect([with_mark]).asset_id == ASSET
    eight_bits = np.rint(with_mark.astype(np.float64) / full * 255).clip(0, 255).astype(np.uint8)
    assert detect([eight_bits]).asset_id == ASSET


@pytest.mark.parametrize("transfer", [8, 16, 18])
def test_other_transfers_are_read(transfer: int) -> None:
    color = ColorInfo(transfer=transfer)
    pixels = (scene().astype(np.float32) / 255) ** (2.0 if transfer == 8 else 1.0)
    pixels[:5, :5] = (np.nan, np.inf, -1.0)
    before = pixels.copy()
    with_mark = Watermark(ASSET, width=640, height=480, color=color).apply(pixels)
    assert detect([with_mark], color=color).asset_id == ASSET
    np.testing.assert_array_equal(pixels, before)
    if transfer == 8:  # light that is not there is not lit
        dark = np.zeros((64, 64, 3), np.float32)
        assert not Watermark(ASSET, width=64, height=64, color=color).apply(dark).any()


def test_the_same_everywhere_and_always() -> None:
    pixels = scene()
    watermark = Watermark(ASSET, width=640, height=480)
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(watermark.apply(pixels).tobytes())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {marked(pixels).tobytes()}
    own = pixels.copy()
    watermark.draw(own)
    assert own.tobytes() == found[0]
    assert marked(pixels, 5).tobytes() != found[0]


@pytest.mark.parametrize("asset_id", [0, 1, (1 << 64) - 1])
def test_every_number_is_carried(asset_id: int) -> None:
    assert detect([marked(scene(), asset_id)]).asset_id == asset_id


def test_unmarked_pictures_hold_nothing() -> None:
    assert FALSE_POSITIVES < 1e-8
    rng = np.random.default_rng(3)
    plain = np.full((300, 300, 3), 77, np.uint8)
    noise = rng.integers(0, 256, (300, 300, 3), dtype=np.uint8)
    stripes = np.ascontiguousarray(
        np.broadcast_to((np.arange(300) // 5 % 2 * 200).astype(np.uint8)[:, None], (300, 300, 3))
    )
    for picture in (plain, noise, stripes, scene(seed=9)):
        reading = detect([picture])
        assert not reading.is_found
        assert reading.asset_id is None
        assert reading.reason


def test_what_cannot_be_read_is_said() -> None:
    assert "too small" in detect([marked(scene(90, 90))]).reason
    assert "no picture" in detect([]).reason
    with pytest.raises(ValueError, match="one size"):
        detect([scene(), scene(320, 240)])
    with pytest.raises(ValueError, match="supported is"):
        Watermark(1, width=10, height=10).apply(scene())


def _clip(path: Path, frames: list[Pixels], *, quality: float) -> Path:
    height, width = frames[0].shape[:2]
    with VideoWriter(path, like=VideoFormat(width, height), quality=quality, codec="h264") as writer:
        for index, pixels in enumerate(frames):
            writer.write(Frame(pixels, index, Timestamp(index, Fraction(1, 25)), 1))
    return path


def _moving(num_frames: int) -> list[Pixels]:
    wide = scene(760, 360)
    return [np.ascontiguousarray(wide[:, 4 * number : 4 * number + 640]) for number in range(num_frames)]


def test_a_picture_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    write_image(path, Frame(marked(scene())), quality=70)
    reading = read_watermark(path)
    assert (reading.asset_id, reading.frames) == (ASSET, 1)
    assert reading.scale == pytest.approx(1, abs=0.01)
    assert reading.as_dict()["asset_id"] == "0123456789abcdef"
    write_image(tmp_path / "plain.png", Frame(scene()))
    assert read_watermark(tmp_path / "plain.png").as_dict()["asset_id"] is None
    with pytest.raises(InvalidInput, match="no such file"):
        read_watermark(tmp_path / "none.png")


def test_a_clip_is_read_after_crf_28_with_frames_dropped(tmp_path: Path) -> None:
    frames = _moving(20)
    kept = [marked(frame) for index, frame in enumerate(frames) if index % 10 != 3]
    reading = read_watermark(_clip(tmp_path / "marked.mp4", kept, quality=28))
    assert reading.asset_id == ASSET
    assert reading.frames <= len(kept)
    plain = read_watermark(_clip(tmp_path / "plain.mp4", frames, quality=28))
    assert not plain.is_found
    assert plain.frames == len(frames)


def test_frames_add_up() -> None:
    rng = np.random.default_rng(4)
    noisy = [np.clip(marked(frame) + rng.normal(0, 70, frame.shape), 0, 255).astype(np.uint8) for frame in _moving(24)]
    assert not detect(noisy[:1]).is_found
    assert detect(noisy).asset_id == ASSET
    assert detect(noisy[::-1]).asset_id == ASSET
