"""How pictures are stored: depth, chroma, range, matrix, HDR and size, compared plane by plane."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from copying import copy_clip
from joined_copying import copy_by_segments
from numpy.typing import NDArray

from clips import Look, make_clip, number_of, picture
from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.media import MediaInfo, VideoFormat, VideoWriter, open_media, probe
from facefusion.media.light_metadata import LightMetadata, MasteringDisplay

Planes = list[NDArray[Any]]
COLOURS = {"bt601": (6, 6, 6), "bt709": (1, 1, 1), "bt2020": (9, 14, 9), "pq": (9, 16, 9), "hlg": (9, 18, 9)}


def planes_in(path: Path) -> list[Planes]:
    """The stored samples of every picture."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            dtype = np.uint8 if max(c.bits for c in frame.format.components) == 8 else np.uint16
            rows = [np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes]
            found.append([row.copy() for row in rows])
    return found


def write_ramps(path: Path, pixel_format: str, color: tuple[int, int, int], is_full: bool, count: int = 3) -> None:
    """FFV1 pictures of slow ramps in each plane, through all legal levels that stay inside RGB."""
    width, height = 256, 128
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("ffv1", rate=25, options={"level": "3"})
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, pixel_format
        context.color_primaries, context.color_trc, context.colorspace = color
        context.color_range = 2 if is_full else 1
        for number in range(count):
            frame = av.VideoFrame(width, height, pixel_format)
            bits = frame.format.components[0].bits
            for index, plane in enumerate(frame.planes):
                dtype: Any = np.uint8 if bits == 8 else np.uint16
                samples = _ramp(index, plane.height, plane.width, bits, is_full, number).astype(dtype)
                stored = np.zeros((plane.height, plane.line_size // samples.itemsize), dtype)
                stored[:, : plane.width] = samples
                plane.update(stored.tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _ramp(index: int, height: int, width: int, bits: int, is_full: bool, number: int) -> NDArray[Any]:
    """Luma runs from dark to bright along x, chroma stays near grey and moves along y."""
    scale = 1 << (bits - 8)
    along, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(-1, 1, height))
    if index == 0:
        low, high = (0, 255) if is_full else (16, 235)
        return np.round((low + (high - low) * (0.1 + 0.8 * along)) * scale) + number
    return np.round((128 + (10 if index == 1 else -12) * down) * scale)


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("color", ["bt601", "bt709", "pq"])
def test_stored_samples_come_back(color: str, is_full: bool, pixel_format: str, copy: Any, tmp_path: Path) -> None:
    """Through RGB and back, luma is off by a level at most, and no depth, chroma or range is lost."""
    source, output = tmp_path / "in.mkv", tmp_path / "out.mkv"
    write_ramps(source, pixel_format, COLOURS[color], is_full)
    assert copy(source, output, codec="ffv1").warnings == []
    before, after = planes_in(source), planes_in(output)
    assert len(after) == 3
    with av.open(str(output)) as container:
        assert container.streams.video[0].pix_fmt == pixel_format
    for old, new in zip(before, after, strict=True):
        for plane, (a, b) in enumerate(zip(old, new, strict=True)):
            off = np.abs(a.astype(int) - b)
            edge = slice(2, -2) if plane else slice(None)  # thinned chroma is smoothed at the border
            assert off[edge, edge].max() <= 1
        if "10" in pixel_format:
            assert len(np.unique(new[0])) > 240
    assert probe(output).color == ColorInfo(*COLOURS[color], is_full)


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("color", ["bt709", "bt2020", "pq", "hlg"])
def test_ten_bits_stay_ten_bits(color: str, codec: str, copy: Any, tmp_path: Path) -> None:
    source, output = tmp_path / "in.mkv", tmp_path / "out.mp4"
    write_ramps(source, "yuv420p10le", COLOURS[color], is_full=False)
    assert copy(source, output, codec=codec).warnings == []
    assert (probe(output).bit_depth, probe(output).color) == (10, ColorInfo(*COLOURS[color], False))
    for old, new in zip(planes_in(source), planes_in(output), strict=True):
        assert np.abs(old[0].astype(int) - new[0]).mean() < 1.5
        assert len(np.unique(new[0])) > 240


DISPLAY = MasteringDisplay(
    red=(Fraction(34_000, 50_000), Fraction(16_000, 50_000)),
    green=(Fraction(13_250, 50_000), Fraction(34_500, 50_000)),
    blue=(Fraction(7_500, 50_000), Fraction(3_000, 50_000)),
    white=(Fraction(15_635, 50_000), Fraction(16_450, 50_000)),
    min_nits=Fraction(1, 200),
    max_nits=Fraction(1000),
)
LIGHT = LightMetadata(DISPLAY, max_cll=987, max_fall=321)
_GRADED = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=987,321"
_PQ = {"primaries": 9, "transfer": 16, "matrix": 9, "color_range": 1}


HOLD_LIGHT = [
    ("auto", ".mp4"),
    ("h264", ".mkv"),
    ("h265", ".mp4"),
    ("h265", ".mov"),
    ("h265", ".ts"),
    ("av1", ".webm"),
    ("prores", ".mov"),
    ("prores", ".mkv"),
    ("ffv1", ".mkv"),
]


def hdr10(path: Path) -> Path:
    options = {"crf": "12", "x265-params": f"log-level=none:{_GRADED}"}
    return make_clip(path, look=Look("libx265", "yuv420p10le", options=options, **_PQ)).path


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
@pytest.mark.parametrize(("codec", "suffix"), HOLD_LIGHT)
def test_mastering_metadata_goes_along(codec: str, suffix: str, copy: Any, tmp_path: Path) -> None:
    source, output = hdr10(tmp_path / "in.mp4"), tmp_path / f"out{suffix}"
    assert probe(source).light == LIGHT
    assert copy(source, output, codec=codec).warnings == []
    found = probe(output)
    assert (found.bit_depth, found.color) == (10, ColorInfo(9, 16, 9, False))
    assert found.light is not None
    assert found.light.mastering is not None
    assert (found.light.max_cll, found.light.max_fall) == (987, 321)
    if codec != "av1":
        assert found.light == LIGHT
    assert [abs(a - b) < Fraction(1, 20_000) for a, b in zip(found.light.mastering.red, DISPLAY.red, strict=True)]
    assert abs(found.light.mastering.max_nits - 1000) < 1
    assert abs(found.light.mastering.min_nits - Fraction(1, 200)) < Fraction(1, 10_000)


def test_what_cannot_hold_hdr_says_so(tmp_path: Path) -> None:
    source = hdr10(tmp_path / "in.mp4")
    lines = copy_clip(source, tmp_path / "out.webm", codec="vp9").warnings
    assert any("vp9 stores 8 bits of 10" in line for line in lines)
    assert probe(tmp_path / "out.webm").color == ColorInfo(9, 16, 9, False)
    assert probe(tmp_path / "out.webm").light == LIGHT
    lines = copy_clip(source, tmp_path / "out.avi").warnings
    assert any("does not keep the mastering metadata" in line for line in lines)


@pytest.mark.parametrize("light", [LightMetadata(DISPLAY), LightMetadata(None, 1200, 400)])
@pytest.mark.parametrize(
    ("codec", "suffix"), [("h265", ".mp4"), ("h264", ".mp4"), ("prores", ".mov"), ("ffv1", ".mkv")]
)
def test_half_of_the_metadata_is_enough(codec: Any, suffix: str, light: LightMetadata, tmp_path: Path) -> None:
    like = VideoFormat(96, 72, color=ColorInfo(9, 16, 9, False), bit_depth=10, light=light, time_base=Fraction(1, 25))
    with VideoWriter(tmp_path / f"a{suffix}", like=like, codec=codec) as writer:
        for number in range(4):
            writer.write(Frame(picture(number, dtype=np.uint16), number, Timestamp(number, Fraction(1, 25)), 1))
    assert writer.warnings == []
    assert probe(tmp_path / f"a{suffix}").light == light
    assert probe(tmp_path / f"a{suffix}").average_fps == 25


def with_captions(source: Path, output: Path) -> Path:
    """The clip, with closed captions (CTA-708 in an SEI message, ATSC A/53) in front of every picture."""
    body = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | 1, 0xFF]) + b"\xfc\x94\x2c" + b"\xff"
    message = b"\x06\x04" + bytes([len(body)]) + body + b"\x80"
    with av.open(str(source)) as whole, av.open(str(output), "w") as out:
        copy = out.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.size:
                filled = av.Packet(len(message).to_bytes(4, "big") + message + bytes(packet))
                filled.pts, filled.dts, filled.time_base = packet.pts, packet.dts, packet.time_base
                filled.is_keyframe, filled.stream = packet.is_keyframe, copy
                out.mux_one(filled)
    return output


def test_what_pictures_carry_beside_and_is_not_kept_is_said(tmp_path: Path) -> None:
    source = with_captions(make_clip(tmp_path / "plain.mp4").path, tmp_path / "in.mp4")
    with open_media(source) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(24))
        assert reader.warnings == ["in.mp4: captions inside the pictures left out"]
    with open_media(tmp_path / "plain.mp4") as reader:
        list(reader)
        assert reader.warnings == []


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="slow")
def test_4k(tmp_path: Path) -> None:
    look = Look(width=3840, height=2160, options={"crf": "20", "preset": "ultrafast"})
    clip = make_clip(tmp_path / "in.mp4", frames=3, look=look)
    copy_clip(clip.path, tmp_path / "out.mp4", preset="ultrafast")
    with open_media(tmp_path / "out.mp4") as reader:
        assert (reader.info.width, reader.info.height) == (3840, 2160)
        assert [number_of(frame.pixels) for frame in reader] == [0, 1, 2]


def enlarged(info: MediaInfo, times: int) -> Any:
    return replace(info.format, width=info.width * times, height=info.height * times)


def test_four_times_as_large_keeps_every_frame_in_order(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mp4", frames=30)
    reader = open_media(clip.path)
    with reader, VideoWriter(tmp_path / "out.mp4", like=enlarged(reader.info, 4)) as writer:
        for frame in reader:
            large = frame.pixels.repeat(4, axis=0).repeat(4, axis=1)
            writer.write(Frame(large, frame.index, frame.timestamp, frame.duration_pts))
    with open_media(tmp_path / "out.mp4") as reader:
        for frame in reader:
            assert frame.pixels.shape == (288, 384, 3)
            assert number_of(frame.pixels) == frame.index
            assert np.abs(frame.pixels.astype(int) - picture(frame.index, 384, 288)).mean() < 6
        assert [time.seconds for time in reader.timestamps()] == clip.seconds
