"""GIF, animated WebP and PNG, in and out: pictures as a viewer sees them, lengths without drift."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clips import number_of, picture
from facefusion.core import Frame, Timestamp
from facefusion.errors import MediaUnreadable, OutputExists, OutputFailed, UsageError
from facefusion.media import AnimationWriter, open_media

SUFFIXES = (".gif", ".webp", ".apng")
NTSC = Fraction(1001, 24_000)


def frame(number: int, *, dtype: Any = np.uint8, alpha: Any = None) -> Frame:
    return Frame(picture(number, dtype=dtype), number, Timestamp(1001 * number, Fraction(1, 24_000)), 1001, alpha=alpha)


def write(path: Path, frames: list[Frame], **options: Any) -> Path:
    with AnimationWriter(path, **options) as writer:
        for each in frames:
            writer.write(each)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("count", [1, 2, 48])
def test_what_is_written_comes_back(suffix: str, count: int, tmp_path: Path) -> None:
    path = write(tmp_path / f"a{suffix}", [frame(number) for number in range(count)])
    if count == 1:
        assert number_of(np.asarray(Image.open(path).convert("RGB"))) == 0
        return
    with open_media(path) as reader:
        frames = list(reader)
        assert [number_of(each.pixels) for each in frames] == list(range(count))
        tick = Fraction(1, 100) if suffix == ".gif" else Fraction(1, 1000)
        for each in frames:  # 23.976 fits no tick: every time is the nearest, so nothing drifts
            assert abs(each.timestamp.seconds - each.index * NTSC) <= tick / 2
        if count > 2:
            assert reader.info.average_fps == pytest.approx(float(1 / NTSC), rel=0.02)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_deep_and_transparent_frames(suffix: str, tmp_path: Path) -> None:
    alpha = np.zeros((72, 96), np.uint16)
    alpha[:, 24:] = 65_535
    path = write(tmp_path / f"a{suffix}", [frame(n, dtype=np.uint16, alpha=alpha) for n in range(6)], quality=100)
    with open_media(path) as reader:
        assert reader.num_frames == 6
        for each in reader:
            assert each.alpha is not None
            assert each.alpha[:, :20].max() == 0
            assert each.alpha[:, 28:].min() == 255
            shown = each.pixels[:, 24:].astype(int) - picture(each.index)[:, 24:]
            assert np.abs(shown).max() <= (40 if suffix == ".gif" else 0)


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_pictures_that_change_a_part_are_composed(disposal: int, tmp_path: Path) -> None:
    """As old GIFs are made: later pictures are small and lie over what each leaves behind."""
    width, height = 64, 48
    base = Image.new("RGBA", (width, height), (200, 30, 30, 255))
    dots = []
    for place in range(4):
        dot = Image.new("RGBA", (width, height), (0, 0, 0, 0))
        dot.paste((30, 30, 220, 255), (8 + 12 * place, 10, 16 + 12 * place, 30))
        dots.append(dot)
    base.save(tmp_path / "a.gif", save_all=True, append_images=dots, duration=50, disposal=disposal, optimize=False)
    with Image.open(tmp_path / "a.gif") as animation:
        wanted = []
        for index in range(animation.n_frames):
            animation.seek(index)
            wanted.append(np.asarray(animation.convert("RGBA")))
    with open_media(tmp_path / "a.gif") as reader:
        frames = list(reader)
        assert len(frames) == len(wanted)
        for each, want in zip(frames, wanted, strict=True):
            seen = want[..., 3] > 0
            assert np.array_equal(each.pixels[seen], want[..., :3][seen])
        assert np.array_equal(reader.frame_at(3).pixels, frames[3].pixels)


def test_marks_are_inside_webp_and_png(tmp_path: Path) -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">made by a machine</x:xmpmeta>'
    for suffix in (".webp", ".apng"):
        path = write(tmp_path / f"a{suffix}", [frame(0), frame(1)], xmp=packet)
        assert packet in path.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    def fail() -> None:
        with AnimationWriter(tmp_path / f"a{suffix}") as writer:
            for number in range(8):
                writer.write(frame(number))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputFailed, match="no frame"):
        write(tmp_path / f"a{suffix}", [])
    (tmp_path / f"a{suffix}").write_bytes(b"mine")
    with pytest.raises(OutputExists):
        write(tmp_path / f"a{suffix}", [frame(0)])
    assert (tmp_path / f"a{suffix}").read_bytes() == b"mine"


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.gif, \.webp, \.apng"):
        AnimationWriter(tmp_path / "a.png")


def test_a_cut_off_animation_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif", [frame(number) for number in range(12)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaUnreadable, match="damaged"):
        open_media(path)
