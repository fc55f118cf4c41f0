"""The small parts: order, threads, turns, timecode, colour arithmetic, imports."""

from __future__ import annotations

import itertools
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facefusion.media
from facefusion.core import ColorInfo
from facefusion.media import VideoFormat, natural_key, prefetch
from facefusion.media.codecs import CODECS, CONTAINERS, choose_codec, choose_container, choose_pixel_format
from facefusion.media.conversion import FromRgb, ToRgb, assumed_matrix
from facefusion.media.orientation import Orientation, from_display_matrix, from_exif
from facefusion.media.timecode import advanced


def test_importing_loads_no_codecs() -> None:
    code = "import facefusion.media, sys; print([m for m in ('av', 'cv2', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_what_is_promised_is_there() -> None:
    assert all(hasattr(facefusion.media, name) for name in facefusion.media.__all__)


@given(st.lists(st.integers(0, 10**6), unique=True), st.text("ab ._", max_size=4), st.text("xy.", max_size=3))
def test_names_sort_by_their_numbers(numbers: list[int], before: str, after: str) -> None:
    names = [f"{before}{number}{after}" for number in numbers]
    assert [int(re.search(r"\d+", name)[0]) for name in sorted(names, key=natural_key)] == sorted(numbers)  # type: ignore[index]


@given(st.lists(st.text(max_size=8)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    keys = [natural_key(name) for name in sorted(names, key=natural_key)]
    assert all(a <= b for a, b in itertools.pairwise(keys))


@given(st.lists(st.integers()), st.integers(1, 6))
@settings(deadline=None, max_examples=30)
def test_prefetch_changes_nothing(items: list[int], depth: int) -> None:
    assert list(prefetch(iter(items), depth=depth)) == items


def test_prefetch_stays_bounded_and_stops_when_left() -> None:
    made: list[int] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                made.append(len(made))
                yield made[-1]
        finally:
            made.append(-1)

    before = threading.active_count()
    ahead = prefetch(endless(), depth=3)
    assert next(ahead) == 0
    time.sleep(0.2)
    assert len(made) <= 6
    ahead.close()
    assert threading.active_count() == before
    assert made[-1] == -1


def test_prefetch_raises_what_the_producer_raised_in_its_place() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("third")

    got: list[int] = []
    with pytest.raises(KeyError, match="third"):
        got.extend(prefetch(failing(), depth=1))
    assert got == [1, 2]


def test_prefetch_wants_room() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        prefetch([], depth=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_agree_with_the_standard(orientation: int) -> None:
    """EXIF says where row 0 and column 0 of the stored picture lie on the upright one."""
    first_row, first_column = [
        ("top", "left"),
        ("top", "right"),
        ("bottom", "right"),
        ("bottom", "left"),
        ("left", "top"),
        ("right", "top"),
        ("right", "bottom"),
        ("left", "bottom"),
    ][orientation - 1]
    stored = np.zeros((6, 9), np.uint8)
    stored[0] += 1
    stored[:, 0] += 2
    upright = from_exif(orientation).apply(stored)
    sides = {"top": upright[0], "bottom": upright[-1], "left": upright[:, 0], "right": upright[:, -1]}
    assert (sides[first_row] % 2 == 1).all()
    assert (sides[first_column] >= 2).all()


@given(st.sampled_from([0, 90, 180, 270]), st.booleans())
def test_display_matrices_are_understood(rotation_deg: int, mirrored: bool) -> None:
    turn = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[rotation_deg]
    a, b, c, d = turn
    if mirrored:  # the mirror comes last: x' changes its sign
        a, c = -a, -c
    raw = struct.pack("=9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    assert from_display_matrix(raw) == Orientation(rotation_deg, mirrored)


@pytest.mark.parametrize(
    ("code", "frames", "fps", "wanted"),
    [
        ("01:00:00:00", 25, Fraction(25), "01:00:01:00"),
        ("00:00:59;29", 1, Fraction(30_000, 1001), "00:01:00;02"),
        ("00:09:59;29", 1, Fraction(30_000, 1001), "00:10:00;00"),
        ("00:00:00;00", 17_982, Fraction(30_000, 1001), "00:10:00;00"),
        ("00:00:00;00", 107_892, Fraction(30_000, 1001), "01:00:00;00"),
        ("00:00:59;59", 1, Fraction(60_000, 1001), "00:01:00;04"),
        ("23:59:59:23", 1, Fraction(24_000, 1001), "00:00:00:00"),
    ],
)
def test_timecode_moves_on(code: str, frames: int, fps: Fraction, wanted: str) -> None:
    assert advanced(code, frames, fps) == wanted


@given(st.integers(0, 10**7), st.integers(0, 10**6))
def test_timecode_adds_up(first: int, second: int) -> None:
    fps = Fraction(30_000, 1001)
    start = "00:00:00;00"
    assert advanced(advanced(start, first, fps), second, fps) == advanced(start, first + second, fps)


def test_timecode_wants_timecode() -> None:
    with pytest.raises(ValueError, match="HH:MM:SS:FF"):
        advanced("noon", 1, Fraction(25))


COEFFICIENTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # H.273: KR, KB
FORMATS = [("yuv444p", 8), ("yuv420p", 8), ("yuv422p10le", 10), ("yuv444p10le", 10), ("yuv420p10le", 10)]


@pytest.mark.parametrize("matrix", COEFFICIENTS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("pixel_format", "bits"), FORMATS)
def test_colours_are_stored_as_the_standard_says(matrix: int, full: bool, pixel_format: str, bits: int) -> None:
    """H.273 equations, for flat colours, to one level."""
    kr, kb = COEFFICIENTS[matrix]
    for rgb in ((1, 1, 1), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0.2, 0.4, 0.9), (0.5, 0.5, 0.5)):
        red, green, blue = rgb
        luma = kr * red + (1 - kr - kb) * green + kb * blue
        signals = [luma, (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
        top = 1 << bits
        if full:
            wanted = [signals[0] * (top - 1), *(s * (top - 1) + top // 2 for s in signals[1:])]
        else:
            scale = top // 256
            wanted = [scale * (219 * signals[0] + 16), *(scale * (224 * s + 128) for s in signals[1:])]
        dtype: Any = np.uint8 if bits == 8 else np.uint16
        levels = np.round(np.array(rgb) * np.iinfo(dtype).max).astype(dtype)
        pixels = np.broadcast_to(levels, (32, 32, 3))
        color = ColorInfo(matrix=matrix, full_range=full)
        stored = FromRgb(pixel_format, color, threads=1)(pixels, None)
        for plane, want in zip(stored.planes, wanted, strict=True):
            middle = np.frombuffer(plane, dtype).reshape(plane.height, -1)[plane.height // 2, plane.width // 2]
            assert abs(int(middle) - min(want, top - 1)) <= 1.01
        back, alpha = ToRgb(color, threads=1)(stored)
        assert alpha is None
        assert np.abs(back[16, 16].astype(float) - levels).max() <= 3 * np.iinfo(dtype).max / (top - 1)


def test_untagged_pictures_are_taken_for_what_they_usually_are() -> None:
    untagged = ColorInfo()
    assert assumed_matrix(untagged, 1920, 1080) == assumed_matrix(untagged, 1080, 1920) == 1
    assert assumed_matrix(untagged, 1280, 544) == assumed_matrix(untagged, 1280, 720) == 1
    assert assumed_matrix(untagged, 720, 576) == assumed_matrix(untagged, 640, 360) == 6
    assert assumed_matrix(ColorInfo(matrix=9), 64, 64) == 9


@given(
    st.sampled_from(list(CODECS)),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([8, 10, 12, 16]),
    st.sampled_from(["420", "422", "444", "rgb", "gray"]),
    st.booleans(),
)
def test_every_picture_finds_a_pixel_format(
    name: str, width: int, height: int, depth: int, chroma: Any, has_alpha: bool
) -> None:
    video = VideoFormat(width, height, bit_depth=depth, chroma=chroma, has_alpha=has_alpha)
    chosen = choose_pixel_format(CODECS[name], video)
    if CODECS[name].even_sides and (width % 2 or height % 2):
        assert "444" in chosen
    if not has_alpha and depth <= max(CODECS[name].pixel_formats):
        assert f"{max(depth, min(CODECS[name].pixel_formats))}le" in chosen or depth == 8 or name == "png"


def test_auto_keeps_the_depth() -> None:
    assert choose_codec(choose_container(".webm"), "auto", bit_depth=8).name == "vp9"
    assert choose_codec(choose_container(".webm"), "auto", bit_depth=10).name == "av1"
    for suffix in CONTAINERS:
        assert choose_codec(choose_container(suffix), "auto", bit_depth=16).name in CODECS
