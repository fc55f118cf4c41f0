"""Decoding and encoding a whole clip by segments, as the render engine does."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from facefusion.media import VideoWriter, open_media
from facefusion.media.joining import SegmentEncoder
from facefusion.media.policy import ReadPolicy


def copy_by_segments(
    source: Path,
    output: Path,
    *,
    segment_frames: int = 5,
    start: int = 0,
    stop: int | None = None,
    policy: ReadPolicy | None = None,
    **options: object,
) -> VideoWriter:
    """Decode and encode a clip in segments of `segment_frames`, the last one first, and join them."""
    with open_media(source, policy=policy) as reader:
        times = reader.timestamps()
        end = len(times) if stop is None else stop
        if start or stop is not None:
            options["start"] = times[start]
            options["stop"] = times[end] if end < len(times) else None
        options.setdefault("copy_streams_from", source)
        begins = list(range(start, end, segment_frames))
        with VideoWriter(output, like=reader.info, **options) as writer:  # type: ignore[arg-type]
            paths = [output.with_name(f"{output.name}.{begin}.seg") for begin in begins]
            for begin, path in reversed(list(zip(begins, paths, strict=True))):
                with path.open("wb") as file, closing(SegmentEncoder(file, writer.plan, output)) as encoder:
                    for frame in reader.frames(start=begin, stop=min(begin + segment_frames, end)):
                        encoder.write(frame)
                    encoder.finish({"begin": begin})
            writer.join(paths, times=times[start:end])
    return writer
