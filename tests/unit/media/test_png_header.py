"""What a PNG's header says, without its pixels being decoded."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from facefusion.media import clean_exif, probe
from facefusion.media.png import find_chunk


def saved(path: Path) -> Path:
    """40 × 20 stored, to be turned by a quarter."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "Alexa"
    Image.fromarray(np.zeros((20, 40, 3), np.uint8)).save(path, exif=exif)
    return path


def with_exif_behind_the_pixels(path: Path) -> Path:
    """The same file, its eXIf chunk moved to the end, where the standard allows it too."""
    data = path.read_bytes()
    start = data.index(b"eXIf") - 4
    stop = start + 12 + struct.unpack(">I", data[start : start + 4])[0]
    rest, end = data[:start] + data[stop:], len(data) - (stop - start) - 12
    path.write_bytes(rest[:end] + data[start:stop] + rest[end:])
    return path


@pytest.mark.parametrize("is_behind", [False, True])
def test_exif_is_found_without_decoding(is_behind: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.png")
    if is_behind:
        with_exif_behind_the_pixels(path)

    def refuse(_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", refuse)
    assert (probe(path).width, probe(path).height) == (20, 40)
    kept = Image.Exif()
    kept.load(clean_exif(path))
    assert kept[0x0110] == "Alexa"
    assert 0x0112 not in kept


def test_chunks_are_found_and_missed(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    assert struct.unpack(">II", find_chunk(path, b"IHDR")[:8]) == (40, 20)
    assert find_chunk(path, b"tEXt") is None
    path.write_bytes(path.read_bytes()[:60])
    assert find_chunk(path, b"IEND") is None
