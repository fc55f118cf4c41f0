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

from clips import Clip, Look, Sound, heard, lag_seconds, make_clip, number_of, packets_of, picture
from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.media import VideoFormat, VideoWriter, open_media, probe

Get = Callable[[str], Clip]
AIGC = '{"Label":"1","ContentProducer":"中文"}'


def copy_clip(source: Path, output: Path, *, start: int = 0, stop: int | None = None, **options: object) -> VideoWriter:
    """Decode and encode a clip, sound and all."""
    with open_media(source) as reader:
        times = reader.timestamps()
        if start or stop is not None:
            options["start"] = times[start]
            options["stop"] = times[stop] if stop is not None and stop < len(times) else None
        options.setdefault("copy_streams_from", source)
        with VideoWriter(output, like=reader.info, **options) as writer:  # type: ignore[arg-type]
            for frame in reader.frames(start=start, stop=stop):
                writer.write(frame)
    return writer


SAME_CONTAINER = [
    "plain.mp4",
    "ntsc.mp4",
    "variable.mp4",
    "variable.mkv",
    "late.mp4",
    "turned90.mp4",
    "turned180.mov",
    "odd.mp4",
    "odd.webm",
    "tenbit.mp4",
    "tenbit.mov",
    "wide.mp4",
    "full.mp4",
    "two_sounds.mp4",
    "anamorphic.mp4",
]


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
        assert after.info.rotation_deg == 0
    assert packets_of(tmp_path / name, "audio") == packets_of(clip.path, "audio")
    assert writer.warnings == []


CODECS = [
    ("h264", ".mp4", 8),
    ("h264", ".mp4", 10),
    ("h265", ".mp4", 8),
    ("h265", ".mov", 10),
    ("vp9", ".webm", 8),
    ("vp9", ".mp4", 8),
    ("av1", ".mp4", 8),
    ("av1", ".mkv", 10),
    ("prores", ".mov", 8),
    ("prores", ".mov", 10),
    ("ffv1", ".mkv", 8),
    ("ffv1", ".mkv", 10),
    ("ffv1", ".avi", 8),
    ("h264", ".ts", 8),
]


@pytest.mark.parametrize(("codec", "suffix", "depth"), CODECS)
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


WITH_ALPHA = [("prores", ".mov", 10), ("ffv1", ".mkv", 8), ("ffv1", ".mkv", 16), ("vp9", ".webm", 8)]


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


def test_two_sounds_subtitles_and_chapters_go_along(tmp_path: Path) -> None:
    chapters = [
        {"id": 1, "start": 0, "end": 400, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}},
        {"id": 2, "start": 400, "end": 960, "time_base": Fraction(1, 1000), "metadata": {"title": "two"}},
    ]
    lines = [(100, 200, "first line"), (500, 300, "second line")]
    sounds = [Sound(), Sound(codec="libopus", seed=2, language="fra")]
    source = make_clip(tmp_path / "in.mkv", sounds=sounds, chapters=chapters, subtitle=("subrip", lines))
    writer = copy_clip(source.path, tmp_path / "out.mkv")
    assert writer.warnings == []
    assert packets_of(tmp_path / "out.mkv", "subtitle") == [[b"first line", b"second line"]]
    info = probe(tmp_path / "out.mkv")
    assert [s.language for s in info.streams if s.kind == "audio"] == ["eng", "fra"]
    assert [s.codec for s in info.streams if s.kind == "audio"] == ["aac", "opus"]
    with av.open(str(tmp_path / "out.mkv")) as container:
        found = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
    assert found == [(0, "one"), (Fraction(2, 5), "two")]


def test_sound_a_container_cannot_hold_is_re_encoded_in_step(clips: Get, tmp_path: Path) -> None:
    source = clips("plain.mp4").path
    writer = copy_clip(source, tmp_path / "out.webm")
    assert len(writer.warnings) == 1
    assert "re-encoded as libopus" in writer.warnings[0]
    start, samples = heard(tmp_path / "out.webm")
    first, whole = heard(source)
    assert abs(float(start - first) - lag_seconds(samples, whole)) < 0.002


@pytest.mark.parametrize(
    ("source", "suffix", "codecs", "warnings"),
    [
        ("pcm", ".mov", ["pcm_s16le"], 0),
        ("pcm", ".mkv", ["pcm_s16le"], 0),
        ("pcm", ".ts", ["aac"], 1),
        ("pcm", ".webm", ["opus"], 1),
        ("mixed", ".mp4", ["flac", "opus"], 1),
        ("mixed", ".mov", ["aac", "aac"], 3),
        ("mixed", ".avi", ["flac", "mp3"], 2),
        ("mixed", ".mkv", ["flac", "opus", "subrip"], 0),
    ],
)
def test_what_a_container_cannot_hold_is_said(
    source: str, suffix: str, codecs: list[str], warnings: int, tmp_path: Path
) -> None:
    if source == "pcm":
        clip = make_clip(tmp_path / "in.mov", sounds=[Sound(codec="pcm_s16le")])
    else:
        sounds = [Sound(codec="flac"), Sound(codec="libopus", seed=3)]
        clip = make_clip(tmp_path / "in.mkv", sounds=sounds, subtitle=("subrip", [(0, 100, "hi")]))
    writer = copy_clip(clip.path, tmp_path / f"out{suffix}")
    streams = probe(tmp_path / f"out{suffix}").streams
    assert [stream.codec for stream in streams if stream.kind in ("audio", "subtitle")] == codecs
    assert len([line for line in writer.warnings if "stream" in line]) == warnings
    for track, stream in enumerate(s for s in streams if s.kind == "audio"):
        begin, samples = heard(tmp_path / f"out{suffix}", track)
        first, whole = heard(clip.path, track)
        off = float(begin - first) - lag_seconds(samples, whole)
        assert abs(off - float(probe(tmp_path / f"out{suffix}").origin_seconds)) < 0.03, stream


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(("start", "stop"), [(0, 10), (7, 20), (11, 24)])
def test_trim_is_exact_for_pictures_and_sound(suffix: str, start: int, stop: int, clips: Get, tmp_path: Path) -> None:
    clip = clips("plain.mp4")
    output = tmp_path / f"part{suffix}"
    writer = copy_clip(clip.path, output, start=start, stop=stop)
    with open_media(output) as reader:
        frames = list(reader)
        assert [number_of(frame.pixels) for frame in frames] == list(range(start, stop))
        assert [frame.timestamp.seconds for frame in frames] == [Fraction(n, 25) for n in range(stop - start)]
    begin, samples = heard(output)
    first, whole = heard(clip.path)
    in_source = first + Fraction(lag_seconds(samples, whole))
    assert abs(float(in_source - begin - Fraction(start, 25))) < 0.002
    assert 0 <= begin < Fraction(1, 40)
    if stop < 24:
        length = Fraction(len(samples), 48_000)
        assert -0.03 < float(begin + length) - (stop - start) / 25 < 0.05
    assert writer.warnings == []


@pytest.mark.parametrize("start", [0, 7, 11])
def test_trim_of_re_encoded_sound_is_exact(start: int, clips: Get, tmp_path: Path) -> None:
    source = clips("plain.mp4").path
    copy_clip(source, tmp_path / "part.webm", start=start, stop=start + 12, codec="vp9")
    begin, samples = heard(tmp_path / "part.webm")
    first, whole = heard(source)
    in_source = first + Fraction(lag_seconds(samples, whole))
    assert abs(float(in_source - begin - Fraction(start, 25))) < 0.002
    assert begin < Fraction(1, 100)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_subtitles_are_cut_with_the_pictures(suffix: str, tmp_path: Path) -> None:
    codec = "subrip" if suffix == ".mkv" else "mov_text"
    lines = [(0, 100, "gone"), (200, 300, "cut at both ends"), (480, 100, "whole"), (900, 50, "gone too")]
    source = make_clip(tmp_path / f"in{suffix}", subtitle=(codec, lines))
    writer = copy_clip(source.path, tmp_path / f"out{suffix}", start=6, stop=20)
    assert writer.warnings == []
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        found = [
            (
                round(packet.pts * packet.time_base * 1000),
                bytes(packet).decode(errors="replace").strip("\0\n\r\x10\x05"),
            )
            for packet in container.demux(subtitles=0)
            if packet.size > 2
        ]
    assert found == [(0, "cut at both ends"), (240, "whole")]


def test_trim_of_a_variable_clip(clips: Get, tmp_path: Path) -> None:
    clip = clips("variable.mp4")
    copy_clip(clip.path, tmp_path / "part.mp4", start=3, stop=9)
    with open_media(tmp_path / "part.mp4") as reader:
        base = clip.ticks[3]
        assert [t.pts for t in reader.timestamps()] == [tick - base for tick in clip.ticks[3:9]]
        assert [number_of(frame.pixels) for frame in reader] == list(range(3, 9))


def test_broadcast_clock_starts_at_zero_in_mp4(clips: Get, tmp_path: Path) -> None:
    source = clips("broadcast.ts").path
    copy_clip(source, tmp_path / "out.mp4")
    before, after = probe(source), probe(tmp_path / "out.mp4")
    assert after.start_seconds == before.start_seconds - before.origin_seconds
    begin, samples = heard(tmp_path / "out.mp4")
    first, whole = heard(source)
    assert abs(float(begin - first + before.origin_seconds) - lag_seconds(samples, whole)) < 0.002


def test_timecode_goes_along(tmp_path: Path) -> None:
    source = tmp_path / "camera.mov"
    make_clip(source, metadata={"timecode": "01:02:03:04"})
    with av.open(str(source)) as container:
        assert [s.type for s in container.streams] == ["video", "data"]
    writer = copy_clip(source, tmp_path / "out.mov")
    with av.open(str(tmp_path / "out.mov")) as container:
        codes = [s.metadata.get("timecode") for s in container.streams if s.type == "data"]
    assert codes == ["01:02:03:04"]
    assert writer.warnings == []


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
