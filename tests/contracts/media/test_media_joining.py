"""Segments: joined without coding again, the result holds the same pictures, times, sound and marks as one run."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from copying import EVERY_CODEC, copy_clip
from joined_copying import copy_by_segments

from clips import Clip, number_of, packets_of
from facefusion.core import Timestamp
from facefusion.errors import OutputFailed
from facefusion.media import open_media
from facefusion.media.joining import SegmentEncoder, decoding_times, segment_details
from facefusion.media.segment_file import read_packets
from facefusion.media.writer import VideoWriter
from named_clips import SAME_CONTAINER

Get = Callable[[str], Clip]
CODECS = [*EVERY_CODEC, ("h265", ".ts", 8)]


def video_packets(path: Path) -> list[tuple[Fraction, Fraction, bytes]]:
    """(pts, dts, data) of every picture, in the order of decoding."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        assert base is not None
        return [(p.pts * base, p.dts * base, bytes(p)) for p in container.demux(stream) if p.size]


@pytest.mark.parametrize("name", SAME_CONTAINER)
def test_joined_is_as_written_at_once(name: str, clips: Get, tmp_path: Path) -> None:
    clip = clips(name)
    whole, joined = tmp_path / f"whole_{name}", tmp_path / f"joined_{name}"
    first = copy_clip(clip.path, whole, metadata={"comment": "made by a machine"})
    second = copy_by_segments(clip.path, joined, metadata={"comment": "made by a machine"})
    assert second.warnings == first.warnings
    with open_media(whole) as one, open_media(joined) as other:
        assert other.timestamps() == one.timestamps()
        assert [number_of(frame.pixels) for frame in other] == list(clip.numbers)
        last = -1 if name.endswith((".mkv", ".webm")) else None
        lengths = [[frame.duration_pts for frame in reader][:last] for reader in (one, other)]
        assert lengths[0] == lengths[1]
        for what in ("width", "height", "color", "bit_depth", "sample_aspect_ratio", "average_fps", "metadata"):
            assert getattr(other.info, what) == getattr(one.info, what), what
    assert packets_of(joined, "audio") == packets_of(whole, "audio")


@pytest.mark.parametrize(("codec", "suffix", "depth"), CODECS)
def test_every_codec_joins(codec: str, suffix: str, depth: int, clips: Get, tmp_path: Path) -> None:
    clip = clips("tenbit.mp4" if depth == 10 else "plain.mp4")
    output = tmp_path / f"out{suffix}"
    copy_by_segments(clip.path, output, codec=codec, segment_frames=7)
    with open_media(output) as reader:
        frames = list(reader)
        assert [number_of(frame.pixels) for frame in frames] == list(clip.numbers)
        shift = frames[0].timestamp.seconds if suffix == ".ts" else 0
        tolerance = 0 if suffix in (".mp4", ".mov", ".ts", ".avi") else Fraction(1, 1000)
        times = [frame.timestamp.seconds - shift for frame in frames]
        assert max(abs(a - b) for a, b in zip(times, clip.seconds, strict=True)) <= tolerance
        for index in (0, 6, 7, 8, 20):
            assert number_of(reader.frame_at(index).pixels) == clip.numbers[index], "sought"
    packets = video_packets(output)
    decoded = [dts for _, dts, _ in packets]
    assert decoded == sorted(set(decoded))
    assert all(dts <= pts for pts, dts, _ in packets)


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("h265", ".mp4"), ("vp9", ".webm"), ("av1", ".mp4")])
def test_each_segment_decodes_alone_and_the_same_way(codec: str, suffix: str, clips: Get, tmp_path: Path) -> None:
    """A closed GOP: what a segment decodes to does not depend on its neighbours; and the bytes repeat."""
    clip = clips("plain.mp4")
    files = []
    for name in ("a", "b"):
        output = tmp_path / f"{name}{suffix}"
        copy_by_segments(clip.path, output, codec=codec, segment_frames=6)
        files.append(output.read_bytes())
    assert files[0] == files[1]
    for begin in (0, 6, 12, 18):
        first = next(iter(read_packets(tmp_path / f"a{suffix}.{begin}.seg")))
        assert first.is_key
        assert segment_details(tmp_path / f"a{suffix}.{begin}.seg") == {"begin": begin}
    with open_media(tmp_path / f"a{suffix}") as reader:
        whole = [frame.pixels for frame in reader.frames()]
        for begin in (6, 12, 18):
            assert all(
                (frame.pixels == whole[frame.index]).all() for frame in reader.frames(start=begin, stop=begin + 6)
            )


def test_a_trim_joins_exactly(clips: Get, tmp_path: Path) -> None:
    clip = clips("two_sounds.mp4")
    copy_clip(clip.path, tmp_path / "whole.mp4", start=5, stop=19)
    copy_by_segments(clip.path, tmp_path / "joined.mp4", start=5, stop=19, segment_frames=4)
    with open_media(tmp_path / "whole.mp4") as one, open_media(tmp_path / "joined.mp4") as other:
        assert [number_of(frame.pixels) for frame in other] == list(clip.numbers[5:19])
        assert other.timestamps() == one.timestamps()
    assert packets_of(tmp_path / "joined.mp4", "audio") == packets_of(tmp_path / "whole.mp4", "audio")


def _segments(clip: Clip, writer: VideoWriter, folder: Path, parts: list[tuple[int, int]]) -> list[Path]:
    paths = []
    with open_media(clip.path) as reader:
        for start, stop in parts:
            path = folder / f"{start}_{stop}.seg"
            with path.open("wb") as file:
                encoder = SegmentEncoder(file, writer.plan, writer.path)
                for frame in reader.frames(start=start, stop=stop):
                    encoder.write(frame)
                encoder.finish({})
                encoder.close()
            paths.append(path)
    return paths


@pytest.mark.parametrize(
    ("parts", "says"), [([(0, 6), (7, 12)], "11 frames of 12"), ([(0, 6), (7, 13)], "frame 6 at another time")]
)
def test_a_gap_is_noticed(parts: list[tuple[int, int]], says: str, clips: Get, tmp_path: Path) -> None:
    clip, output = clips("plain.mp4"), tmp_path / "out.mp4"
    with open_media(clip.path) as reader:
        times = reader.timestamps()[:12]
        writer = VideoWriter(output, like=reader.info)
    writer.join(_segments(clip, writer, tmp_path, parts), times=times)
    with pytest.raises(OutputFailed, match=says):
        writer.close()
    assert not output.exists()


def test_segments_of_another_encoder_are_refused(clips: Get, tmp_path: Path) -> None:
    clip, output = clips("plain.mp4"), tmp_path / "out.mp4"
    with open_media(clip.path) as reader:
        other = VideoWriter(output, like=reader.info, preset="ultrafast")
        paths = _segments(clip, other, tmp_path, [(0, 12)])
        writer = VideoWriter(output, like=reader.info)
        writer.join(paths, times=reader.timestamps()[:12])
    with pytest.raises(OutputFailed, match="other settings"):
        writer.close()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_cut_off_segment_is_noticed(keep: float, clips: Get, tmp_path: Path) -> None:
    clip, output = clips("plain.mp4"), tmp_path / "out.mp4"
    with open_media(clip.path) as reader:
        times: list[Timestamp] = reader.timestamps()[:12]
        writer = VideoWriter(output, like=reader.info)
    (path,) = _segments(clip, writer, tmp_path, [(0, 12)])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    writer.join([path], times=times)
    with pytest.raises(OutputFailed, match="is damaged"):
        writer.close()


@pytest.mark.parametrize(
    ("shown", "decoded"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 4, 2, 1, 3], [-2, -1, 0, 1, 2]),
        ([10, 40, 20, 41], [0, 10, 20, 40]),
        ([7], [7]),
        ([], []),
    ],
)
def test_decoding_times(shown: list[int], decoded: list[int]) -> None:
    assert decoding_times(shown) == decoded
