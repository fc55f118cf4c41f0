"""A corrupt frame in the middle: held, passed or refused, by name, and the clip keeps its frames and times."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from copying import copy_clip
from joined_copying import copy_by_segments

from clips import Clip, Look, Sound, make_clip, number_of, packets_of, picture, spoiled
from facefusion.errors import MediaUnreadable
from facefusion.media import open_media, probe
from facefusion.media.policy import ReadPolicy

INTRA = {"crf": "8", "g": "1", "preset": "fast"}
LOOKS = {
    "h264.mp4": Look(options=INTRA),
    "h264.mkv": Look(options=INTRA),
    "h265.mp4": Look("libx265", options={"crf": "8", "x265-params": "keyint=1:log-level=none"}),
    "prores.mov": Look("prores", "yuv422p10le", options={"profile": "3"}),
    "av1.mp4": Look("libsvtav1", options={"crf": "10", "preset": "8", "g": "1"}),
    "vp9.webm": Look("libvpx-vp9", options={"cpu-used": "8", "g": "1"}),
}


def made(folder: Path, name: str, **more: Any) -> Clip:
    base = Fraction(1, 1000) if name.endswith((".mkv", ".webm")) else None
    return make_clip(folder / name, look=LOOKS[name], time_base=base, **more)


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("threads", [0, 1])
def test_a_lost_frame_is_held(name: str, threads: int, tmp_path: Path) -> None:
    clip = made(tmp_path, name)
    path = spoiled(clip, [9])
    with open_media(path, threads=threads) as reader:
        frames = list(reader)
        assert [number_of(frame.pixels) for frame in frames] == [*range(9), 8, *range(10, 24)]
        assert [frame.index for frame in frames] == list(range(24))
        assert [frame.timestamp.seconds for frame in frames] == clip.seconds
        assert reader.warnings == [
            f"{path.name}: frame 9 (0.360 s) is damaged; the last whole picture is shown instead"
        ]
        assert np.array_equal(frames[9].pixels, frames[8].pixels)


@pytest.mark.parametrize("name", LOOKS)
def test_stop_names_the_frame(name: str, tmp_path: Path) -> None:
    path = spoiled(made(tmp_path, name), [9])
    seen = []
    with (
        open_media(path, policy=ReadPolicy(damaged="stop")) as reader,
        pytest.raises(MediaUnreadable, match=r"frame 9 \(0\.360 s\) is damaged; copy the clip again, or"),
    ):
        seen += [frame.index for frame in reader]
    with open_media(path, policy=ReadPolicy(damaged="stop")) as reader:
        assert [number_of(frame.pixels) for frame in reader.frames(start=10)] == list(range(10, 24))


def half_noise(clip: Clip, number: int) -> Path:
    """The second half of a frame's packet, spoiled: decoders make something of the rest."""
    data = bytearray(clip.path.read_bytes())
    with av.open(str(clip.path)) as container:
        packets = sorted((p.pts, bytes(p)) for p in container.demux(video=0) if p.size)
    packet = packets[number][1]
    at, half = data.index(packet), len(packet) // 2
    data[at + half : at + len(packet)] = np.random.default_rng(1).bytes(len(packet) - half)
    clip.path.write_bytes(data)
    return clip.path


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mkv", "prores.mov"])
def test_pass_shows_what_can_be_decoded(name: str, tmp_path: Path) -> None:
    path = half_noise(made(tmp_path, name), 9)
    with open_media(path, policy=ReadPolicy(damaged="pass")) as reader:
        frames = list(reader)
        assert [line for line in reader.warnings if "shown as far as it can be decoded" in line] == reader.warnings
        assert len(reader.warnings) == 1
    with open_media(path) as reader:
        held = list(reader)
    assert number_of(held[9].pixels) == 8
    off = np.abs(frames[9].pixels.astype(float) - picture(9, dtype=frames[9].pixels.dtype)).mean(axis=(1, 2))
    full = np.iinfo(frames[9].pixels.dtype).max
    assert off[:16].max() < 0.05 * full  # the top came through
    if name == "prores.mov":  # H.264 fills the rest from the frame before
        assert not np.array_equal(frames[9].pixels, held[9].pixels)
    for index in (*range(9), *range(10, 24)):
        assert number_of(frames[index].pixels) == index


def test_a_lost_key_frame_holds_until_the_next(tmp_path: Path) -> None:
    options = {"crf": "8", "g": "8", "preset": "fast", "x264-params": "scenecut=0"}
    clip = make_clip(tmp_path / "long.mp4", look=Look(options=options))
    path = spoiled(clip, [8])
    with open_media(path) as reader:
        whole = [frame.pixels for frame in reader]
        assert len(whole) == 24
        numbers = [number_of(pixels) for pixels in whole]
        assert numbers[:7] == list(range(7))
        assert numbers[16:] == list(range(16, 24))
        assert numbers[8] == numbers[7]
        assert len(reader.warnings) >= 1
        for index in range(24):  # the same picture wherever decoding begins
            assert np.array_equal(next(iter(reader.frames(start=index))).pixels, whole[index]), index


@pytest.mark.parametrize("which", [[0], [23], [0, 1, 2], [4, 5, 6, 20]])
def test_at_the_ends_and_several_in_a_row(which: list[int], tmp_path: Path) -> None:
    clip = made(tmp_path, "h264.mp4")
    path = spoiled(clip, which)
    shown = list(range(24))
    for number in which:
        shown[number] = shown[number - 1] if number else -1
    first = next(number for number in range(24) if number not in which)
    for threads in (0, 1):
        with open_media(path, threads=threads) as reader:
            assert [number_of(frame.pixels) for frame in reader] == [first if n < 0 else n for n in shown]
            runs = [line for line in reader.warnings if "damaged" in line]
    assert len(runs) == (2 if which[0] == 4 else 1)
    assert ("frames 4 to 6 are" in runs[0]) == (which[0] == 4)


def test_a_copy_keeps_length_times_and_sound(tmp_path: Path) -> None:
    clip = made(tmp_path, "h264.mp4", sounds=[Sound()])
    path = spoiled(clip, [9, 15])
    for copy in (copy_clip, copy_by_segments):
        output = tmp_path / f"{copy.__name__}.mp4"
        copy(path, output)
        with open_media(output) as reader:
            assert [number_of(frame.pixels) for frame in reader] == [*range(9), 8, *range(10, 15), 14, *range(16, 24)]
            assert [time.seconds for time in reader.timestamps()] == clip.seconds
        assert packets_of(output, "audio") == packets_of(clip.path, "audio")


@pytest.mark.parametrize("how", ["hold", "pass"])
def test_formats_without_an_index_carry_on(how: Any, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "old.avi", look=Look("mpeg4", options={"qscale": "2", "g": "1"}))
    path = half_noise(clip, 9)
    with open_media(path, policy=ReadPolicy(damaged=how)) as reader:
        frames = list(reader)
        assert [frame.index for frame in frames] == list(range(24))
        assert [number_of(frame.pixels) for frame in frames if frame.index != 9] == [*range(9), *range(10, 24)]
        assert "frame 9 " in reader.warnings[0]
    if how == "hold":
        assert number_of(frames[9].pixels) == 8
    with (
        open_media(path, policy=ReadPolicy(damaged="stop")) as reader,
        pytest.raises(MediaUnreadable, match="frame 9 "),
    ):
        list(reader)


def test_a_clip_of_nothing_but_damage_is_refused(tmp_path: Path) -> None:
    path = spoiled(made(tmp_path, "h264.mp4", frames=4), [0, 1, 2, 3])
    with pytest.raises(MediaUnreadable, match="no pictures that can be decoded"):
        probe(path)
