"""Writers: what comes back is what went in, looked at picture by picture and packet by packet."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from copying import EVERY_CODEC, copy_clip

from clips import Clip, Look, make_clip, number_of, packets_of, picture
from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.media import VideoFormat, VideoWriter, open_media, probe
from named_clips import SAME_CONTAINER

Get = Callable[[str], Clip]
AIGC = '{"Label":"1","ContentProducer":"中文"}'


@pytest.mark.parametrize("name", SAME_CONTAINER)
def test_round_trip_keeps_everything(name: str, clips: Get, tmp_path: Path) -> None:
    clip = clips(name)
    writer = copy_clip(clip.path, tmp_path / name)
    with open_media(clip.path) as before, open_media(tmp_path / name) as after:
        frames = list(after)
        assert [number_of(frame.pixels) for frame in frames] == list(clip.numbers)
        assert [t.seconds for t in after.timestamps()] == [t.seconds for t in before.timestamps()]
        assert after.info.time_base == before.info.time_base
        last = -1 if name.endswith((".mkv", ".webm")) else None
        assert [f.duration_pts for f in frames][:last] == [f.duration_pts for f in before][:last]
        for what in ("width", "height", "color", "bit_depth", "sample_aspect_ratio", "average_fps"):
            assert getattr(after.info, what) == getattr(before.info, what), what
        assert (after.info.rotation_deg, after.info.mirrored) == (0, False)
    assert packets_of(tmp_path / name, "audio") == packets_of(clip.path, "audio")
    assert writer.warnings == []


@pytest.mark.parametrize(("codec", "suffix", "depth"), EVERY_CODEC)
def test_every_codec(codec: str, suffix: str, depth: int, clips: Get, tmp_path: Path) -> None:
    clip = clips("tenbit.mp4" if depth == 10 else "plain.mp4")
    output = tmp_path / f"out{suffix}"
    copy_clip(clip.path, output, codec=codec)
    with open_media(output) as reader:
        assert reader.info.codec == {"h265": "hevc"}.get(codec, codec)
        assert reader.info.bit_depth == (10 if codec == "prores" else depth)
        frames = list(reader)
        assert [number_of(frame.pixels) for frame in frames] == list(clip.numbers)
        shift = frames[0].timestamp.seconds if suffix == ".ts" else 0
        times = [frame.timestamp.seconds - shift for frame in frames]
        tolerance = 0 if suffix in (".mp4", ".mov", ".ts", ".avi") else Fraction(1, 1000)
        assert max(abs(a - b) for a, b in zip(times, clip.seconds, strict=True)) <= tolerance


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("h264", ".mp4"), ("h265", ".mp4"), ("vp9", ".mp4"), ("av1", ".mp4"), ("prores", ".mov"), ("ffv1", ".mkv")],
)
def test_odd_sizes_stay_exact(codec: str, suffix: str, clips: Get, tmp_path: Path) -> None:
    output = tmp_path / f"odd{suffix}"
    with open_media(clips("odd.webm").path) as reader:
        like = replace(reader.info.format, chroma="420")
        with VideoWriter(output, like=like, codec=codec) as writer:  # type: ignore[arg-type]
            for frame in reader:
                writer.write(frame)
    with open_media(output) as reader:
        assert (reader.info.width, reader.info.height) == (97, 71)
        assert [number_of(frame.pixels) for frame in reader] == list(range(24))


@pytest.mark.parametrize(
    ("codec", "suffix"), [("h264", ".mp4"), ("h265", ".mp4"), ("av1", ".webm"), ("av1", ".mp4"), ("prores", ".mov")]
)
def test_colour_tags_are_written(codec: str, suffix: str, tmp_path: Path) -> None:
    tags = ColorInfo(primaries=9, transfer=16, matrix=9, full_range=False)
    like = VideoFormat(96, 72, color=tags, bit_depth=10, time_base=Fraction(1, 25))
    output = tmp_path / f"wide{suffix}"
    with VideoWriter(output, like=like, codec=codec) as writer:  # type: ignore[arg-type]
        for number in range(6):
            writer.write(Frame(picture(number, dtype=np.uint16), number, Timestamp(number, Fraction(1, 25)), 1))
    assert probe(output).color == tags
    assert writer.warnings == []


@pytest.mark.parametrize("depth", [8, 10, 12, 16])
def test_ffv1_rgb_is_lossless(depth: int, tmp_path: Path) -> None:
    dtype = np.uint8 if depth == 8 else np.uint16
    rng = np.random.default_rng(5)
    frames = [rng.integers(0, 256, (48, 64, 3)).astype(dtype) * (1 if depth == 8 else 257) for _ in range(3)]
    like = VideoFormat(64, 48, bit_depth=depth, chroma="rgb", color=ColorInfo(1, 13, 0, True))
    with VideoWriter(tmp_path / "master.mkv", like=like, codec="ffv1") as writer:
        for index, pixels in enumerate(frames):
            writer.write(Frame(pixels, index, Timestamp(index, Fraction(1, 25))))
    with open_media(tmp_path / "master.mkv") as reader:
        step = 0 if depth in (8, 16) else 65_535 // ((1 << depth) - 1)
        for frame, pixels in zip(reader, frames, strict=True):
            assert np.abs(frame.pixels.astype(int) - pixels).max() <= step


WITH_ALPHA = [("prores", ".mov", 10), ("ffv1", ".mkv", 8), ("ffv1", ".mkv", 16), ("vp9", ".webm", 8),
              ("prores_4444", ".mov", 10), ("png", ".mov", 8), ("png", ".mov", 16), ("ffv1", ".avi", 8)]  # fmt: skip


@pytest.mark.parametrize(("codec", "suffix", "depth"), WITH_ALPHA)
def test_alpha_comes_back(codec: str, suffix: str, depth: int, tmp_path: Path) -> None:
    dtype, full = (np.uint8, 255) if depth == 8 else (np.uint16, 65_535)
    alpha = np.zeros((72, 96), dtype)
    alpha[:, 48:] = full
    like = VideoFormat(96, 72, bit_depth=depth, has_alpha=True)
    with VideoWriter(tmp_path / f"matte{suffix}", like=like, codec=codec) as writer:  # type: ignore[arg-type]
        for number in range(4):
            time = Timestamp(number, Fraction(1, 25))
            writer.write(Frame(picture(number, dtype=dtype), number, time, alpha=alpha))
    with open_media(tmp_path / f"matte{suffix}") as reader:
        for frame in reader:
            assert frame.alpha is not None
            error = np.abs(frame.alpha.astype(int) / np.iinfo(frame.alpha.dtype).max - alpha / full)
            assert error[:, :40].max() < 0.02
            assert error[:, 56:].max() < 0.02
            assert number_of(frame.pixels) == frame.index


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_metadata_can_be_read_back(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "source.mp4", frames=4, metadata={"title": "Take 3", "location": "+48.2+16.3/"})
    writer = copy_clip(source.path, tmp_path / f"out{suffix}", metadata={"AIGC": AIGC, "title": "Take 3, swapped"})
    found = {name.upper(): value for name, value in probe(tmp_path / f"out{suffix}").metadata.items()}
    assert found["AIGC"] == AIGC
    assert found["TITLE"] == "Take 3, swapped"
    assert found["LOCATION"].startswith("+48.2")
    assert writer.warnings == []


def test_mp4_index_is_in_front(clips: Get, tmp_path: Path) -> None:
    copy_clip(clips("plain.mp4").path, tmp_path / "web.mp4")
    data = (tmp_path / "web.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_keyframes_every_two_seconds(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=120, fps=Fraction(25))
    copy_clip(clip.path, tmp_path / "out.mp4", codec="h264", preset="ultrafast")
    with av.open(str(tmp_path / "out.mp4")) as container:
        keys = [packet.pts * packet.time_base for packet in container.demux(video=0) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(b - a for a, b in itertools.pairwise(keys)) <= 2


def test_a_picture_sequence_becomes_a_clip(tmp_path: Path) -> None:
    from facefusion.media import write_image

    for number in range(1001, 1007):
        write_image(tmp_path / f"shot.{number}.png", Frame(picture(number - 1001)))
    reader = open_media(tmp_path / "shot.%04d.png", frame_rate=Fraction(24))
    with reader, VideoWriter(tmp_path / "shot.mp4", like=reader.info) as writer:
        for frame in reader:
            writer.write(frame)
    with open_media(tmp_path / "shot.mp4") as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(6))
        assert [t.seconds for t in reader.timestamps()] == [Fraction(n, 24) for n in range(6)]
        assert reader.info.color == ColorInfo(1, 13, 1, False)
    assert writer.warnings == []


def test_a_writer_of_a_look_keeps_chroma(tmp_path: Path) -> None:
    for chroma in ("420", "422", "444"):
        clip = make_clip(tmp_path / f"{chroma}.mp4", frames=3, look=Look(pixel_format=f"yuv{chroma}p"))
        copy_clip(clip.path, tmp_path / f"out{chroma}.mp4")
        assert probe(tmp_path / f"out{chroma}.mp4").chroma == chroma
