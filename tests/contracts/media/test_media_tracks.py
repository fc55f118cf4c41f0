"""What goes along with the pictures: sound, subtitles, chapters, timecode, and where they are cut."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from copying import copy_clip
from joined_copying import copy_by_segments

from clips import Clip, Sound, heard, lag_seconds, make_clip, number_of, packets_of
from facefusion.media import VideoWriter, open_media, probe

Get = Callable[[str], Clip]


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


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_chapters_languages_and_titled_subtitles_go_along_in(suffix: str, tmp_path: Path) -> None:
    chapters = [
        {"id": 1, "start": 0, "end": 400, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}},
        {"id": 2, "start": 400, "end": 960, "time_base": Fraction(1, 1000), "metadata": {"title": "two"}},
    ]
    sounds = [Sound(), Sound(seed=2, language="fra")]
    lines = [(100, 200, "first line"), (500, 300, "second line")]
    source = make_clip(tmp_path / f"in{suffix}", sounds=sounds, chapters=chapters, subtitle=("mov_text", lines)).path
    writer = copy_clip(source, tmp_path / f"out{suffix}")
    assert writer.warnings == []
    for kind in ("audio", "subtitle"):
        assert packets_of(tmp_path / f"out{suffix}", kind) == packets_of(source, kind)
        assert times_of(tmp_path / f"out{suffix}", kind) == times_of(source, kind)
    assert [s.language for s in probe(tmp_path / f"out{suffix}").streams if s.kind == "audio"] == ["eng", "fra"]
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        found = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
    assert found == [(0, "one"), (Fraction(2, 5), "two")]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_chapters_are_cut_with_the_pictures(suffix: str, tmp_path: Path) -> None:
    chapters = [
        {
            "id": n,
            "start": 240 * n,
            "end": 240 * (n + 1),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": f"c{n}"},
        }
        for n in range(4)
    ]
    source = make_clip(tmp_path / f"in{suffix}", chapters=chapters).path
    copy_clip(source, tmp_path / f"out{suffix}", start=9, stop=20)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        found = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
    assert found == [(0, "c1"), (Fraction(12, 100), "c2"), (Fraction(36, 100), "c3")]


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
def test_the_name_and_language_of_the_pictures_stay(copy: Callable[..., VideoWriter], tmp_path: Path) -> None:
    make_clip(tmp_path / "plain.mkv", frames=4, time_base=Fraction(1, 1000))
    with av.open(str(tmp_path / "plain.mkv")) as whole, av.open(str(tmp_path / "in.mkv"), "w") as out:
        stream = out.add_stream_from_template(whole.streams[0])
        stream.metadata.update({"language": "deu", "title": "Kamera A"})
        for packet in whole.demux():
            if packet.size:
                packet.stream = stream
                out.mux_one(packet)
    copy(tmp_path / "in.mkv", tmp_path / "out.mkv")
    video = probe(tmp_path / "out.mkv").streams[0]
    assert (video.language, video.title) == ("deu", "Kamera A")


def test_a_second_picture_would_show_the_original_and_is_left_out(tmp_path: Path) -> None:
    make_clip(tmp_path / "plain.mkv", frames=4, time_base=Fraction(1, 1000))
    with av.open(str(tmp_path / "plain.mkv")) as whole, av.open(str(tmp_path / "in.mkv"), "w") as out:
        angles = [out.add_stream_from_template(whole.streams[0]) for _ in "ab"]
        for angle in angles:
            whole.seek(0)
            for packet in whole.demux():
                if packet.size:
                    packet.stream = angle
                    out.mux_one(packet)
    assert len([stream for stream in probe(tmp_path / "in.mkv").streams if stream.kind == "video"]) == 2
    writer = copy_clip(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert [stream.kind for stream in probe(tmp_path / "out.mkv").streams] == ["video"]
    assert writer.warnings == ["stream 1 (a second picture) is left out: it would show the original"]


def times_of(path: Path, kind: str) -> list[tuple[int, Fraction]]:
    """(stream, seconds) of every packet of a kind."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size and packet.stream.type == kind]
        return sorted((packet.stream_index, packet.pts * packet.time_base) for packet in packets)


def test_fonts_go_along(tmp_path: Path) -> None:
    make_clip(tmp_path / "plain.mkv", frames=4)
    with av.open(str(tmp_path / "plain.mkv")) as whole, av.open(str(tmp_path / "in.mkv"), "w") as out:
        copy = out.add_stream_from_template(whole.streams[0])
        out.add_attachment("a.ttf", "font/ttf", b"no real font")
        for packet in whole.demux():
            if packet.size:
                packet.stream = copy
                out.mux_one(packet)
    writer = copy_clip(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert writer.warnings == []
    with av.open(str(tmp_path / "out.mkv")) as container:
        fonts = [stream for stream in container.streams if stream.type == "attachment"]
        assert [(font.mimetype, font.data, font.metadata["filename"]) for font in fonts] == [
            ("font/ttf", b"no real font", "a.ttf")
        ]
    assert "left out" in copy_clip(tmp_path / "in.mkv", tmp_path / "out.mp4").warnings[0]


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
        ("mixed", ".avi", ["flac", "pcm_s16le"], 2),
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


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_timecode_goes_along_in(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "camera.mov", metadata={"timecode": "01:02:03:04"}).path
    copy_clip(source, tmp_path / f"out{suffix}", start=5)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        tags = [container.metadata, *(stream.metadata for stream in container.streams)]
        codes = {value for each in tags for name, value in each.items() if name.lower() == "timecode"}
    assert codes == {"01:02:03:09"}


@pytest.mark.parametrize(("start", "code"), [(0, "01:02:03:04"), (5, "01:02:03:09")])
def test_timecode_goes_along(start: int, code: str, tmp_path: Path) -> None:
    source = tmp_path / "camera.mov"
    make_clip(source, metadata={"timecode": "01:02:03:04"})
    with av.open(str(source)) as container:
        assert [s.type for s in container.streams] == ["video", "data"]
    writer = copy_clip(source, tmp_path / "out.mov", start=start)
    with av.open(str(tmp_path / "out.mov")) as container:
        codes = [s.metadata.get("timecode") for s in container.streams if s.type == "data"]
    assert codes == [code]
    assert writer.warnings == []
