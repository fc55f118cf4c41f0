"""Sound: packets as they were where the container takes them, in step to the sample where it does not, never lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from copying import copy_clip

from clips import SAMPLE_RATE, Look, Sound, heard, lag_seconds, make_clip, number_of, packets_of
from facefusion.media import open_media, probe
from named_clips import MAKERS

CODECS = {
    "aac": ".mp4",
    "pcm_s16le": ".mov",
    "pcm_s24le": ".mov",
    "pcm_u8": ".avi",
    "pcm_mulaw": ".mov",
    "adpcm_ms": ".avi",
    "mp2": ".mkv",
    "libmp3lame": ".mp4",
    "ac3": ".mp4",
    "alac": ".mov",
    "flac": ".mkv",
    "libopus": ".mkv",
    "wmav2": ".avi",
}
CONTAINERS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts")
COARSE = (".mkv", ".webm", ".avi")
"""Their clocks tell when a stream begins to the millisecond, or count whole packets."""


def offset_seconds(before: Path, after: Path, track: int = 0) -> float:
    """How much later the sound of `after` is heard, against the pictures, than that of `before`."""
    begin, samples = heard(after, track)
    first, whole = heard(before, track)
    moved = probe(before).start_seconds - probe(after).start_seconds
    return float(begin - first + moved) + lag_seconds(whole, samples)


def payload(path: Path) -> list[list[bytes]]:
    """Packets without the seven bytes that MPEG-TS sets before each packet of AAC."""
    return [
        [packet[7:] if packet[:2] == b"\xff\xf1" else packet for packet in each] for each in packets_of(path, "audio")
    ]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_no_sound_is_lost_in_any_container(codec: str, suffix: str, tmp_path: Path) -> None:
    look = Look("mpeg4", options={"qscale": "2"}) if CODECS[codec] == ".avi" else Look()
    source = make_clip(tmp_path / f"in{CODECS[codec]}", look=look, sounds=[Sound(codec=codec, seconds=1)]).path
    output = tmp_path / f"out{suffix}"
    writer = copy_clip(source, output)
    lines = [line for line in writer.warnings if "sound" in line]
    if payload(output) == payload(source):
        assert lines == []
    else:
        assert len(lines) == 1
        assert "re-encoded as" in lines[0]
    tolerance = 0.001 if suffix in COARSE else 1 / SAMPLE_RATE
    assert abs(offset_seconds(source, output)) <= tolerance
    lengths = [len(heard(path)[1]) / SAMPLE_RATE for path in (source, output)]
    assert abs(lengths[0] - lengths[1]) < 0.03


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".ts"])
@pytest.mark.parametrize("codec", ["aac", "libopus", "ac3"])
def test_packets_that_are_decoded_but_not_heard_go_along(codec: str, suffix: str, tmp_path: Path) -> None:
    """Priming: the encoder's first samples, at negative times, hidden by MP4's edit list and Matroska's CodecDelay."""
    if (codec, suffix) == ("libopus", ".mov"):
        pytest.skip("MOV holds no Opus")
    for origin in (".mp4", ".mkv"):
        source = make_clip(tmp_path / f"in{origin}", sounds=[Sound(codec=codec, seconds=1)]).path
        output = tmp_path / f"out{origin}{suffix}"
        assert copy_clip(source, output).warnings == []
        assert payload(output) == payload(source)
        assert abs(offset_seconds(source, output)) * SAMPLE_RATE <= 1
        assert heard(output)[0] == heard(source)[0] or suffix == ".ts"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_a_clip_without_sound_stays_so(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=6).path
    copy_clip(source, tmp_path / f"out{suffix}")
    assert {stream.kind for stream in probe(tmp_path / f"out{suffix}").streams} == {"video"}
    with open_media(tmp_path / f"out{suffix}") as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(6))


@pytest.mark.parametrize(("seconds", "frames"), [(3.0, 10), (0.1, 40)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_longer_or_shorter_than_the_pictures_keeps_its_length(
    suffix: str, seconds: float, frames: int, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "in.mp4", frames=frames, sounds=[Sound(seconds=seconds)]).path
    output = tmp_path / f"out{suffix}"
    copy_clip(source, output)
    assert packets_of(output, "audio") == packets_of(source, "audio")
    assert len(heard(output)[1]) == len(heard(source)[1])
    with open_media(output) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(frames))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts"])
@pytest.mark.parametrize("begin", [Fraction(1, 4), Fraction(37, 50)])
def test_sound_that_begins_late_begins_late(suffix: str, begin: Fraction, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", sounds=[Sound(seconds=1, begin_seconds=begin)]).path
    output = tmp_path / f"out{suffix}"
    copy_clip(source, output)
    assert abs(offset_seconds(source, output)) < (0.0011 if suffix in COARSE else 1.5 / SAMPLE_RATE)


def test_sound_at_another_rate_is_in_step(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", sounds=[Sound(seconds=1, rate_hz=44_100)]).path
    assert probe(source).streams[1].sample_rate_hz == 44_100
    for suffix in (".mp4", ".mkv", ".webm"):
        copy_clip(source, tmp_path / f"out{suffix}")
        assert abs(offset_seconds(source, tmp_path / f"out{suffix}")) < 1.5 / SAMPLE_RATE


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le", "ac3"])
def test_a_part_is_in_step_in_any_container(codec: str, suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mov", sounds=[Sound(codec=codec, seconds=1)]).path
    output = tmp_path / f"out{suffix}"
    copy_clip(source, output, start=7, stop=20)
    with open_media(output) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(7, 20))
        begin_of_pictures = reader.timestamps()[0].seconds
    begin, samples = heard(output)
    first, whole = heard(source)
    in_source = float(first) + lag_seconds(samples, whole)
    assert abs(in_source - float(begin - begin_of_pictures) - 7 / 25) < (
        0.001 if suffix in COARSE else 1.5 / SAMPLE_RATE
    )
    end = float(begin - begin_of_pictures) + len(samples) / SAMPLE_RATE
    assert abs(end - 13 / 25) < 0.05


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_pictures_that_begin_late_stay_in_step(suffix: str, tmp_path: Path) -> None:
    ticks, base = [6006 + n * 1001 for n in range(12)], Fraction(1, 30_000)
    source = make_clip(tmp_path / "in.mp4", ticks=ticks, time_base=base, sounds=[Sound(seconds=1)]).path
    output = tmp_path / f"out{suffix}"
    copy_clip(source, output)
    begin, samples = heard(output)
    if suffix == ".avi":  # it begins with its first picture, and the sound is cut there
        first, whole = heard(source)
        assert probe(output).start_seconds == begin == 0
        assert abs(float(first) + lag_seconds(samples, whole) - 0.2002) < 0.0011
    else:
        assert abs(offset_seconds(source, output)) < (0.0011 if suffix in COARSE else 1.5 / SAMPLE_RATE)
        assert abs(float(probe(output).start_seconds - begin) - 0.2002) < 0.03


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_negative_times_keep_pictures_and_sound_in_step(suffix: str, tmp_path: Path) -> None:
    source = MAKERS["negative.ts"](tmp_path / "in.ts").path
    output = tmp_path / f"out{suffix}"
    copy_clip(source, output)
    with open_media(output) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(24))
        times = [time.seconds for time in reader.timestamps()]
        tolerance = Fraction(1, 1000) if suffix == ".mkv" else 0
        assert all(abs(time - times[0] - Fraction(n, 25)) <= tolerance for n, time in enumerate(times))
    assert payload(output) == payload(source)
    assert abs(offset_seconds(source, output)) < (0.0011 if suffix == ".mkv" else 1.5 / SAMPLE_RATE)
