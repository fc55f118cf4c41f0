"""Bad input and failing disks: one clear line, the right error, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from clips import Clip, make_clip, make_sound_only, picture
from facefusion.core import Frame, Progress, ProgressEvent, Timestamp
from facefusion.errors import (
    Cancelled,
    FaceFusionError,
    InvalidInput,
    MediaUnreadable,
    OutputExists,
    OutputFailed,
    UsageError,
)
from facefusion.media import SequenceWriter, VideoFormat, VideoWriter, check_output, open_media, probe, write_image

Get = Callable[[str], Clip]
LIKE = VideoFormat(96, 72)


def frame(number: int) -> Frame:
    return Frame(picture(number), number, Timestamp(number, Fraction(1, 25)), 1)


def encode(path: Path, frames: Iterable[Frame], **options: Any) -> None:
    """Write a clip."""
    with VideoWriter(path, **{"like": LIKE, **options}) as writer:
        for each in frames:
            writer.write(each)


def left_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def one_line(error: FaceFusionError, path: Path) -> bool:
    text = str(error)
    return "\n" not in text and str(path) in text and len(text) > len(str(path)) + 15


def truncated(folder: Path) -> Path:
    path = make_clip(folder / "whole.mp4").path
    data = path.read_bytes()
    (folder / "bad.mp4").write_bytes(data[: data.index(b"moov") - 4])
    return folder / "bad.mp4"


def cut_after_index(folder: Path) -> Path:
    """An index in front, and half of the pictures missing."""
    source = make_clip(folder / "whole.mp4").path
    with open_media(source) as reader, VideoWriter(folder / "web.mp4", like=reader.info) as writer:
        for each in reader:
            writer.write(each)
    data = (folder / "web.mp4").read_bytes()
    (folder / "bad.mp4").write_bytes(data[: (data.index(b"mdat") + len(data)) // 2])
    return folder / "bad.mp4"


def zero_length(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height = 96, 72
        out.start_encoding()
    return path


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


BAD_CLIPS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda f: f / "none.mp4", "no such file"),
    "text": (lambda f: written(f, "bad.mp4", b"Dear diary, today I filmed nothing.\n" * 40), "text"),
    "text_as_txt": (lambda f: written(f, "bad.txt", b"Dear diary, today I filmed nothing.\n" * 40), "text"),
    "playlist": (lambda f: written(f, "bad.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n"), "text"),
    "truncated": (truncated, "cut-off"),
    "cut_after_index": (cut_after_index, "cut off"),
    "zero_bytes": (lambda f: written(f, "bad.mp4", b""), "empty"),
    "zero_length.mp4": (lambda f: zero_length(f / "bad.mp4"), "zero length"),
    "zero_length.mkv": (lambda f: zero_length(f / "bad.mkv"), "zero length"),
    "sound_only": (lambda f: make_sound_only(f / "bad.m4a"), "no video stream"),
    "noise": (lambda f: written(f, "bad.mkv", np.random.default_rng(1).bytes(4000)), "cannot be|can be read"),
}


@pytest.mark.parametrize("name", BAD_CLIPS)
def test_bad_clips_are_told_apart(name: str, tmp_path: Path) -> None:
    make, says = BAD_CLIPS[name]
    path = make(tmp_path)
    with pytest.raises(InvalidInput, match=says) as caught:
        probe(path)
    assert one_line(caught.value, path)


def test_damage_in_the_middle_names_the_place(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "in.mkv", frames=60, time_base=Fraction(1, 1000))
    data = bytearray(clip.path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1200] = bytes(1200)
    clip.path.write_bytes(data)
    seen = 0
    try:
        with open_media(clip.path) as reader:
            for _ in reader:
                seen += 1
    except MediaUnreadable as error:
        assert "is damaged after" in str(error)  # noqa: PT017 (a decoder may also conceal the damage)
    assert seen > 10


def test_a_frame_too_many(clips: Get) -> None:
    with open_media(clips("plain.mp4").path) as reader, pytest.raises(InvalidInput, match="it has 24"):
        list(reader.frames(start=99))


def failing_at(index: int, frames: Iterable[Frame]) -> Iterator[Frame]:
    """Raises ZeroDivisionError in place of frame `index`."""
    for each in frames:
        if each.index == index:
            raise ZeroDivisionError
        yield each


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_an_exception_midway_leaves_nothing(suffix: str, clips: Get, tmp_path: Path) -> None:
    source = clips("plain.mp4").path
    with open_media(source) as reader, pytest.raises(ZeroDivisionError):
        encode(tmp_path / f"out{suffix}", failing_at(12, reader), like=reader.info, copy_streams_from=source)
    assert left_in(tmp_path) == []


def test_cancellation_leaves_nothing_and_keeps_what_was_there(clips: Get, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"mine")

    def stop_after_five(event: ProgressEvent) -> None:
        if event.done == 5:
            progress.cancel()

    progress = Progress(stop_after_five)
    with open_media(clips("plain.mp4").path) as reader, pytest.raises(Cancelled):
        encode(tmp_path / "out.mp4", progress.track(reader), like=reader.info, overwrite=True)
    assert left_in(tmp_path) == ["out.mp4"]
    assert (tmp_path / "out.mp4").read_bytes() == b"mine"


def test_no_frame_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="no frame"), VideoWriter(tmp_path / "out.mp4", like=LIKE):
        pass
    assert left_in(tmp_path) == []


def test_wrong_size_and_time_going_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="40×30"):
        encode(tmp_path / "out.mp4", [Frame(np.zeros((30, 40, 3), np.uint8))])
    with pytest.raises(UsageError, match="not later"):
        encode(tmp_path / "out.mp4", [frame(3), frame(3)])
    assert left_in(tmp_path) == []


def test_the_output_is_not_replaced_behind_ones_back(tmp_path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield frame(0)
        (tmp_path / "out.mp4").write_bytes(b"came later")

    with pytest.raises(OutputExists):
        encode(tmp_path / "out.mp4", frames())
    assert (tmp_path / "out.mp4").read_bytes() == b"came later"
    assert left_in(tmp_path) == ["out.mp4"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"codec": "mpeg1"}, "supported are auto"),
        ({"codec": "prores"}, "cannot hold prores"),
        ({"quality": 99}, "0 .best. to 51"),
        ({"preset": "quick"}, "ultrafast"),
        ({"codec": "av1", "preset": "12"}, "0, 1, 2"),
    ],
)
def test_wrong_options(options: dict, says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        VideoWriter(tmp_path / "out.mp4", like=LIKE, **options)


def test_a_missing_encoder_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefusion.media.writer.encoder_present", lambda name: False)
    with pytest.raises(UsageError, match="has no libx264"):
        VideoWriter(tmp_path / "out.mp4", like=LIKE)


def test_unknown_suffix_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mp4, .*\.webm"):
        VideoWriter(tmp_path / "out.xyz", like=LIKE)


def test_output_checks_come_before_any_work(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"x")
    with pytest.raises(OutputFailed, match="no such folder"):
        check_output(tmp_path / "no" / "out.mp4", overwrite=True)
    with pytest.raises(OutputFailed, match="is a file, not a folder"):
        check_output(there / "out.mp4", overwrite=True)
    with pytest.raises(OutputFailed, match="is a folder"):
        check_output(tmp_path, overwrite=True)
    with pytest.raises(OutputExists):
        check_output(there, overwrite=False)
    with pytest.raises(OutputFailed, match="same file"):
        check_output(tmp_path / "." / "there.mp4", overwrite=True, inputs=[there])
    with pytest.raises(OutputFailed, match="255 bytes"):
        check_output(tmp_path / ("n" * 300 + ".mp4"), overwrite=True)
    check_output(there, overwrite=True)
    check_output(tmp_path / "新しい フィルム.mp4", overwrite=False)
    assert left_in(tmp_path) == ["there.mp4"]


def test_a_link_to_the_input_is_the_input(tmp_path: Path) -> None:
    (tmp_path / "in.mp4").write_bytes(b"x")
    os.link(tmp_path / "in.mp4", tmp_path / "other.mp4")
    with pytest.raises(OutputFailed, match="same file"):
        check_output(tmp_path / "other.mp4", overwrite=True, inputs=[tmp_path / "in.mp4"])


def test_names_in_any_script_and_very_long_paths(clips: Get, tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(4):
        folder = folder / ("лента " + "x" * 190)
    folder.mkdir(parents=True)
    output = folder / ("顔" * 80 + " 100% a:b.mp4")
    with open_media(clips("plain.mp4").path) as reader, VideoWriter(output, like=reader.info) as writer:
        for each in reader.frames(stop=3):
            writer.write(each)
    assert left_in(folder) == [output.name]
    assert probe(output).num_frames_from_header == 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 192 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small file system can only be mounted by root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def noisy(number: int) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    return Frame(pixels, number, Timestamp(number, Fraction(1, 25)), 1)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.mov"])
def test_a_full_disk_while_encoding(name: str, small_disk: Path) -> None:
    with pytest.raises(OutputFailed, match="the disk is full") as caught:
        encode(small_disk / name, map(noisy, range(40)), like=VideoFormat(640, 480), preset="ultrafast")
    assert one_line(caught.value, small_disk / name)
    assert left_in(small_disk) == []


def test_a_full_disk_at_the_very_end(small_disk: Path) -> None:
    """All frames are still inside the encoder when the disk fills."""
    with pytest.raises(OutputFailed, match="the disk is full"):
        encode(small_disk / "out.mp4", map(noisy, range(8)), like=VideoFormat(640, 480))
    assert left_in(small_disk) == []


def write_sequence(pattern: Path, frames: Iterable[Frame]) -> None:
    with SequenceWriter(pattern) as writer:
        for each in frames:
            writer.write(each)


def test_a_full_disk_for_pictures(small_disk: Path) -> None:
    with pytest.raises(OutputFailed, match="no space left"):
        write_image(small_disk / "big.png", noisy(1))
    with pytest.raises(OutputFailed, match="no space left"):
        write_sequence(small_disk / "s.%03d.png", [frame(0), frame(1), noisy(2)])
    assert left_in(small_disk) == []


def test_a_read_only_folder(tmp_path: Path) -> None:
    place = tmp_path / "ro"
    place.mkdir()
    if os.name == "posix" and os.geteuid() == 0:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], capture_output=True).returncode:
            pytest.skip("root may write anywhere here")
    else:
        place.chmod(0o500)
    try:
        with pytest.raises(OutputFailed, match="cannot be written to"):
            VideoWriter(place / "out.mp4", like=LIKE)
    finally:
        if os.name == "posix" and os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(place)], check=True)
