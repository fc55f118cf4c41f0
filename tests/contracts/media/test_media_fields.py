"""Interlaced clips: kept and flagged, made whole, or refused, as declared."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from copying import copy_clip
from joined_copying import copy_by_segments
from numpy.typing import NDArray

from clips import number_of, picture
from facefusion.errors import InvalidInput
from facefusion.media import open_media, probe
from facefusion.media.policy import ReadPolicy

WIDTH, HEIGHT = 96, 96
Draw = Callable[[int], NDArray[np.uint8]]
X264 = ("libx264", "yuv420p", {"crf": "6", "g": "8"})
SOURCES = {
    "camera.mp4": X264,
    "broadcast.ts": ("mpeg2video", "yuv420p", {"qscale": "2", "g": "8"}),
    "edit.mov": ("prores", "yuv422p10le", {"profile": "3"}),
    "archive.mkv": ("ffv1", "yuv420p", {"level": "3"}),
}


def two_numbers(time: int) -> NDArray[np.uint8]:
    """At even times a small number, at odd times the same and 100."""
    return picture(time // 2 + 100 * (time % 2), WIDTH, HEIGHT)


def moving_bar(time: int) -> NDArray[np.uint8]:
    """A white bar on a grey wedge; three pixels to the right with every field."""
    columns = np.arange(WIDTH)
    rows = np.broadcast_to(40 + np.arange(HEIGHT)[:, None], (HEIGHT, WIDTH)).copy()
    rows[:, (columns - 8 - 3 * time) % WIDTH < 12] = 235
    return np.repeat(rows[..., None], 3, axis=2).astype(np.uint8)


def write_interlaced(path: Path, coding: tuple[str, str, dict[str, str]], order: str, draw: Draw, count: int) -> Path:
    """Frames woven of the pictures at times 2n and 2n + 1, flagged as cameras do."""
    codec, pixel_format, options = coding
    if codec == "libx264":
        options = {**options, "x264-params": "tff=1" if order == "top" else "bff=1"}
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25, options=options)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, pixel_format
        context.field_order = 2 if order == "top" else 3
        context.flags |= (1 << 18 | 1 << 29) if codec != "ffv1" else 0
        for number in range(count):
            woven = draw(2 * number)
            woven[(1 if order == "top" else 0) :: 2] = draw(2 * number + 1)[(1 if order == "top" else 0) :: 2]
            frame = av.VideoFrame.from_ndarray(woven, format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            marked = set_field(frame, "tff" if order == "top" else "bff")
            marked.pts, marked.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(marked))
        out.mux(stream.encode(None))
    return path


def set_field(frame: av.VideoFrame, mode: str) -> av.VideoFrame:
    graph: Any = av.filter.Graph()
    source = graph.add_buffer(width=WIDTH, height=HEIGHT, format=frame.format, time_base=frame.time_base)
    work, sink = graph.add("setfield", mode), graph.add("buffersink")
    graph.link_nodes(source, work, sink).configure()
    source.push(frame)
    return sink.pull()


def flags_in(path: Path) -> tuple[set[bool], int]:
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        flags = {frame.interlaced_frame for frame in container.decode(stream)}
        return flags, stream.codec_context.field_order


@pytest.mark.parametrize("copy", [copy_clip, copy_by_segments])
@pytest.mark.parametrize("order", ["top", "bottom"])
@pytest.mark.parametrize(
    ("source", "output", "codec"),
    [
        ("camera.mp4", "out.mp4", "h264"),
        ("camera.mp4", "out.mov", "prores"),
        ("broadcast.ts", "out.ts", "h264"),
        ("edit.mov", "out.mov", "prores"),
        ("edit.mov", "out.mp4", "h265"),
        ("archive.mkv", "out.mkv", "ffv1"),
    ],
)
def test_kept_fields_stay_apart_and_flagged(
    source: str, output: str, codec: str, order: str, copy: Any, tmp_path: Path
) -> None:
    path = write_interlaced(tmp_path / source, SOURCES[source], order, two_numbers, 10)
    assert probe(path).field_order == order
    writer = copy(path, tmp_path / output, codec=codec)
    assert writer.warnings == []
    assert probe(tmp_path / output).field_order == order
    flags, stored_order = flags_in(tmp_path / output)
    assert flags == {codec != "h265"}  # H.265 is flagged by the container
    assert stored_order == (2 if order == "top" else 3)
    first = 0 if order == "top" else 1
    with open_media(tmp_path / output) as reader:
        frames = list(reader)
    assert [number_of(frame.pixels[first::2]) for frame in frames] == list(range(10))
    assert [number_of(frame.pixels[1 - first :: 2]) for frame in frames] == list(range(100, 110))


@pytest.mark.parametrize("order", ["top", "bottom"])
@pytest.mark.parametrize("source", SOURCES)
def test_deinterlaced_pictures_are_whole(source: str, order: str, tmp_path: Path) -> None:
    path = write_interlaced(tmp_path / source, SOURCES[source], order, moving_bar, 16)
    with open_media(path) as reader:
        kept = [frame.pixels for frame in reader]
        assert "is interlaced; the two fields of each picture were treated as one" in reader.warnings[0]
    with open_media(path, policy=ReadPolicy(interlaced="deinterlace")) as reader:
        frames = list(reader)
        whole = [frame.pixels for frame in frames]
        assert reader.info.field_order == "progressive"
        assert "whole pictures were made of its fields" in reader.warnings[0]
        assert len(whole) == 16
        assert [frame.timestamp.seconds - frames[0].timestamp.seconds for frame in frames] == [
            Fraction(n, 25) for n in range(16)
        ]
        for index in (0, 1, 5, 7, 8, 9, 15):  # the same picture wherever decoding begins
            assert np.array_equal(next(iter(reader.frames(start=index, stop=index + 1))).pixels, whole[index])
    scale = np.iinfo(whole[0].dtype).max / 255
    for number in range(2, 14):
        wanted = moving_bar(2 * number) * scale
        assert off_by(whole[number], wanted) < 0.45 * off_by(kept[number], wanted)


def off_by(pixels: NDArray[Any], wanted: NDArray[Any]) -> float:
    return float(np.abs(pixels.astype(float) - wanted).mean())


def test_a_deinterlaced_clip_is_written_progressive(tmp_path: Path) -> None:
    path = write_interlaced(tmp_path / "in.mp4", X264, "top", moving_bar, 10)
    for copy in (copy_clip, copy_by_segments):
        copy(path, tmp_path / f"{copy.__name__}.mp4", policy=ReadPolicy(interlaced="deinterlace"))
        assert flags_in(tmp_path / f"{copy.__name__}.mp4") == ({False}, 1)


def test_interlaced_clips_can_be_refused(tmp_path: Path) -> None:
    path = write_interlaced(tmp_path / "in.mp4", X264, "top", moving_bar, 4)
    with pytest.raises(InvalidInput, match="is interlaced; deinterlace it first"):
        open_media(path, policy=ReadPolicy(interlaced="stop"))
