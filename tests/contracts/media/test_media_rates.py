"""A new frame rate: frames are chosen by time, the clip keeps its length, and the sound stays where it was."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av
import pytest
from copying import copy_clip
from hypothesis import given
from hypothesis import strategies as st
from joined_copying import copy_by_segments

from clips import SAMPLE_RATE, Clip, Sound, heard, lag_seconds, make_clip, number_of, packets_of
from facefusion.errors import OutputFailed, UsageError
from facefusion.media import VideoWriter, open_media, probe
from facefusion.media.rates import parse_rate, places
from facefusion.media.timecode import counted_at

Get = Callable[[str], Clip]
Copy = Callable[..., VideoWriter]
NTSC = Fraction(30_000, 1001)
CHANGES = [
    ("plain.mp4", Fraction(50)),
    ("plain.mp4", Fraction(30)),
    ("plain.mp4", Fraction(24_000, 1001)),
    ("plain.mp4", Fraction(10)),
    ("plain.mp4", Fraction(2)),  # most segments have no frame left
    ("29.97.mp4", Fraction(25)),
    ("59.94.mp4", NTSC),
    ("23.976.mkv", Fraction(24_000, 1001)),  # each of its times is rounded to 1 ms
    ("variable.mp4", Fraction(24)),
    ("variable.mkv", Fraction(25)),
    ("late.mp4", Fraction(60)),
]


def shown_at(clip: Clip, seconds: Fraction, length: Fraction) -> int | None:
    """The number of the picture on the screen at a time, None before the first."""
    numbers = [n for n, begin in zip(clip.numbers, clip.seconds, strict=True) if begin <= seconds + length / 2]
    return numbers[-1] if numbers else None


def expected(clip: Clip, rate: Fraction, end: Fraction) -> list[tuple[Fraction, int]]:
    """(seconds, number) of every frame of the result, found by looking at the screen in the middle of each."""
    count = ceil(end * rate - Fraction(1, 2))
    seen = [(k / rate, shown_at(clip, k / rate, 1 / rate)) for k in range(count)]
    return [(seconds, number) for seconds, number in seen if number is not None]


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
@pytest.mark.parametrize(("name", "rate"), CHANGES)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_frames_are_those_on_the_screen(
    suffix: str, name: str, rate: Fraction, copy: Copy, clips: Get, tmp_path: Path
) -> None:
    clip, output = clips(name), tmp_path / f"out{suffix}"
    writer = copy(clip.path, output, frame_rate=rate)
    assert writer.warnings == []
    with open_media(clip.path) as reader:
        last = next(iter(reader.frames(start=len(clip.numbers) - 1)))
    end = last.timestamp.seconds + (last.duration_pts * last.timestamp.time_base or 1 / probe(clip.path).average_fps)
    wanted = expected(clip, rate, end)
    with open_media(output) as reader:
        frames = list(reader)
        assert reader.info.average_fps == pytest.approx(float(rate), rel=0.01)
    assert [number_of(frame.pixels) for frame in frames] == [number for _, number in wanted]
    tolerance = 0 if suffix == ".mp4" else Fraction(1, 2000)
    assert all(abs(f.timestamp.seconds - at) <= tolerance for f, (at, _) in zip(frames, wanted, strict=True))
    assert packets_of(output, "audio") == packets_of(clip.path, "audio")


def test_a_rounded_clock_can_be_made_exact(clips: Get, tmp_path: Path) -> None:
    copy_clip(clips("23.976.mkv").path, tmp_path / "out.mp4", frame_rate=Fraction(24_000, 1001))
    with open_media(tmp_path / "out.mp4") as reader:
        assert [time.seconds for time in reader.timestamps()] == [Fraction(n * 1001, 24_000) for n in range(48)]
        assert [number_of(frame.pixels) for frame in reader] == list(range(48))


@pytest.mark.parametrize("rate", [Fraction(50), Fraction(12), NTSC])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm", ".ts"])
def test_twice_the_rate_is_not_twice_the_length_and_sound_is_whole(suffix: str, rate: Fraction, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mov", frames=25, sounds=[Sound(codec="pcm_s16le", seconds=1)])
    output = tmp_path / f"out{suffix}"
    copy_clip(clip.path, output, frame_rate=rate)
    with open_media(output) as reader:
        times = [time.seconds for time in reader.timestamps()]
    assert abs(times[-1] - times[0] + 1 / rate - 1) <= 1 / rate
    begin, samples = heard(output)
    first, whole = heard(clip.path)
    off = float(begin - times[0] - first) + lag_seconds(whole, samples)
    assert abs(off) * SAMPLE_RATE <= 1
    assert abs(len(samples) - len(whole)) < 2048


def test_a_part_at_another_rate_begins_and_ends_where_it_should(clips: Get, tmp_path: Path) -> None:
    for copy in (copy_clip, copy_by_segments):
        output = tmp_path / f"{copy.__name__}.mp4"
        copy(clips("plain.mp4").path, output, start=7, stop=17, frame_rate=Fraction(50))
        with open_media(output) as reader:
            assert [number_of(frame.pixels) for frame in reader] == [n for n in range(7, 17) for _ in "ab"]
            assert reader.timestamps()[0].seconds == 0
        start, samples = heard(output)
        first, whole = heard(clips("plain.mp4").path)
        in_source = first + Fraction(lag_seconds(samples, whole))
        assert abs(float(in_source - start - Fraction(7, 25))) < 0.002


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
def test_a_clip_too_short_for_the_rate_is_refused(copy: Copy, clips: Get, tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="has no frame at 10 frames a second; choose a higher rate"):
        copy(clips("one.mp4").path, tmp_path / "out.mp4", frame_rate=Fraction(10))
    assert not (tmp_path / "out.mp4").exists()


def test_timecode_counts_at_the_new_rate(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "camera.mov", metadata={"timecode": "01:02:03:04"}).path
    copy_clip(source, tmp_path / "out.mov", start=5, frame_rate=Fraction(50))
    with av.open(str(tmp_path / "out.mov")) as container:
        assert [s.metadata.get("timecode") for s in container.streams if s.type == "data"] == ["01:02:03:18"]


@pytest.mark.parametrize(
    ("code", "old", "new", "wanted"),
    [
        ("01:02:03:04", Fraction(25), Fraction(25), "01:02:03:04"),
        ("01:02:03:24", Fraction(25), Fraction(30), "01:02:03:28"),
        ("00:01:00:00", Fraction(25), NTSC, "00:01:00:00"),
        ("00:01:00;02", NTSC, 2 * NTSC, "00:01:00;04"),
        ("00:00:59;29", NTSC, 2 * NTSC, "00:00:59;58"),
        ("00:01:00;02", NTSC, Fraction(25), "00:01:00:01"),
    ],
)
def test_timecodes_are_counted_anew(code: str, old: Fraction, new: Fraction, wanted: str) -> None:
    assert counted_at(code, old, new) == wanted


@given(
    st.lists(st.fractions(Fraction(1, 200), 2), min_size=1, max_size=20),
    st.sampled_from([Fraction(24_000, 1001), Fraction(25), NTSC, Fraction(60), Fraction(7, 3)]),
    st.fractions(0, 3),
)
def test_places_have_neither_gap_nor_double(lengths: list[Fraction], rate: Fraction, begin: Fraction) -> None:
    found: list[int] = []
    at = begin
    for length in lengths:
        found += places(at, at + length, rate)
        at += length
    assert found == list(places(begin, at, rate))
    assert abs(len(found) / rate - (at - begin)) <= 1 / rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("25", 25), ("23.976", Fraction(24_000, 1001)), ("29.97", NTSC), ("59.94", 2 * NTSC), ("24000/1001", None)],
)
def test_rates_as_people_write_them(text: str, rate: Any) -> None:
    assert parse_rate(text, option="rate") == (rate or Fraction(24_000, 1001))


@pytest.mark.parametrize("text", ["fast", "0", "-5", "1e400", "5/0", "5000", ""])
def test_other_texts_are_no_rate(text: str) -> None:
    with pytest.raises(UsageError, match="24000/1001"):
        parse_rate(text, option="rate")
