"""Numbered sequences and folders."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clips import number_of, picture
from facefusion.core import Frame
from facefusion.errors import InvalidInput, OutputExists, UsageError
from facefusion.media import NumberedPattern, SequenceWriter, open_media, probe, write_image


def put(folder: Path, names: dict[str, int], **size: int) -> None:
    folder.mkdir(exist_ok=True)
    for name, number in names.items():
        write_image(folder / name, Frame(picture(number, **size)))


def test_a_sequence_in_order_with_times(tmp_path: Path) -> None:
    put(tmp_path, {f"f.{n:04d}.png": n - 1000 for n in range(1001, 1012)})
    put(tmp_path, {"f.12.png": 99, "g.1001.png": 98})  # neighbours that do not fit the pattern
    with open_media(tmp_path / "f.%04d.png", frame_rate=Fraction(24_000, 1001)) as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(1, 12))
        assert [number_of(frame.pixels) for frame in reader.frames(start=3, stop=5)] == [4, 5]
        assert reader.timestamps()[2].seconds == Fraction(2002, 24_000)
        assert reader.path_of(0).name == "f.1001.png"
        info = reader.info
    assert (info.kind, info.num_frames_from_header, info.width, info.is_clip) == ("sequence", 11, 96, True)
    assert info.duration_seconds == Fraction(11_011, 24_000)


def test_a_gap_is_named(tmp_path: Path) -> None:
    put(tmp_path, {f"f.{n:04d}.png": n for n in (1, 2, 4, 5)})
    with pytest.raises(InvalidInput, match=r"f\.0003\.png: is missing"):
        open_media(tmp_path / "f.%04d.png")


def test_nothing_fits(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file fits"):
        probe(tmp_path / "f.%04d.png")
    with pytest.raises(InvalidInput, match="no such folder"):
        probe(tmp_path / "no" / "f.%04d.png")
    with pytest.raises(InvalidInput, match="holds no pictures"):
        probe(tmp_path)
    with pytest.raises(UsageError, match="got 2"):
        probe(tmp_path / "f.%04d.%02d.png")


def test_sizes_may_not_change_in_a_sequence_but_in_a_folder(tmp_path: Path) -> None:
    put(tmp_path, {"f.1.png": 1, "f.2.png": 2})
    put(tmp_path, {"f.3.png": 3}, width=64, height=48)
    with open_media(tmp_path / "f.%d.png") as reader, pytest.raises(InvalidInput, match="64×48 in a sequence of 96×72"):
        list(reader)
    with open_media(tmp_path) as reader:
        assert [(number_of(f.pixels), f.width) for f in reader] == [(1, 96), (2, 96), (3, 64)]


def test_a_folder_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, {"shot10.png": 10, "shot2.jpg": 2, "shot1.PNG": 1, "Shot3.webp": 3})
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"no picture")
    with open_media(tmp_path) as reader:
        assert [number_of(frame.pixels) for frame in reader] == [1, 2, 3, 10]
        assert [reader.path_of(n).name for n in range(4)] == ["shot1.PNG", "shot2.jpg", "Shot3.webp", "shot10.png"]
        assert (reader.info.kind, reader.info.is_clip) == ("folder", False)


def test_one_image(tmp_path: Path) -> None:
    put(tmp_path, {"one.png": 77})
    with open_media(tmp_path / "one.png") as reader:
        assert [number_of(frame.pixels) for frame in reader] == [77]
        assert reader.num_frames == 1


def test_a_percent_sign_in_a_real_name_is_no_pattern(tmp_path: Path) -> None:
    put(tmp_path, {"sale 50%d.png": 5})
    assert probe(tmp_path / "sale 50%d.png").kind == "image"


def test_a_written_sequence_reads_back(tmp_path: Path) -> None:
    with SequenceWriter(tmp_path / "out.%05d.png", first_number=998) as writer:
        paths = [writer.write(Frame(picture(n))) for n in range(6)]
        assert not any(path.exists() for path in paths)
    assert [path.name for path in paths] == [f"out.{n:05d}.png" for n in range(998, 1004)]
    with open_media(tmp_path / "out.%05d.png") as reader:
        assert [number_of(frame.pixels) for frame in reader] == list(range(6))


def write_two_and_fail(pattern: Path, **options: bool) -> None:
    with SequenceWriter(pattern, **options) as writer:
        writer.write(Frame(picture(0)))
        writer.write(Frame(picture(1)))
        raise ZeroDivisionError


def test_a_failed_sequence_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "out.2.png").write_bytes(b"mine")
    with pytest.raises(ZeroDivisionError):
        write_two_and_fail(tmp_path / "out.%d.png", overwrite=True)
    with pytest.raises(OutputExists, match=r"out\.2\.png"):
        write_two_and_fail(tmp_path / "out.%d.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.2.png"]
    assert (tmp_path / "out.2.png").read_bytes() == b"mine"


def test_overwriting_replaces_only_its_own_numbers(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"out.{number}.png").write_bytes(b"old")
    with SequenceWriter(tmp_path / "out.%d.png", overwrite=True) as writer:
        writer.write(Frame(picture(1)))
        writer.write(Frame(np.zeros((4, 4, 3), np.uint16)))
    assert (tmp_path / "out.3.png").read_bytes() == b"old"
    assert probe(tmp_path / "out.2.png").bit_depth == 16


def test_patterns_are_parsed() -> None:
    pattern = NumberedPattern.parse("a/b.%04d.exr")
    assert (pattern.prefix, pattern.digits, pattern.suffix) == ("b.", 4, ".exr")
    assert pattern.numbered(7).name == "b.0007.exr"
    assert pattern.numbered(12_345).name == "b.12345.exr"
    assert str(pattern.path).replace("\\", "/") == "a/b.%04d.exr"
