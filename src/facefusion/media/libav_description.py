"""What a container says about itself, as MediaInfo."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.error

from facefusion.errors import MediaUnreadable
from facefusion.media.conversion import color_of, depth_of, has_alpha
from facefusion.media.decoding import pictures_of
from facefusion.media.description import DEFAULT_FPS, Chroma, MediaInfo, StreamInfo, StreamKind
from facefusion.media.fields import field_order_of
from facefusion.media.image_header import check_size
from facefusion.media.libav import reason
from facefusion.media.light_metadata import light_metadata_of
from facefusion.media.orientation import UPRIGHT, Orientation, from_display_matrix
from facefusion.media.picture_form import ALPHA_TAG, AlphaForm

_LEFT_OUT = {
    "A53_CC": "captions inside the pictures",
    "DYNAMIC_HDR_PLUS": "dynamic metadata (HDR10+)",
    "DYNAMIC_HDR_VIVID": "dynamic metadata (HDR Vivid)",
    "DOVI_METADATA": "dynamic metadata (Dolby Vision)",
}
"""Side data of pictures, by libav's names, that is about the picture as it was and cannot be written."""
_ATTACHED_PICTURE = 1 << 10


def main_video_stream(container: Any, path: Path) -> Any:
    """The first video stream that is not a cover picture. Raises MediaUnreadable when there is none."""
    for stream in container.streams.video:
        if not int(stream.disposition) & _ATTACHED_PICTURE:
            if stream.codec_context is None:
                raise MediaUnreadable(
                    f"{path}: its video codec is unknown to this build; convert it to H.264 or ProRes"
                )
            return stream
    kinds = sorted({stream.type for stream in container.streams})
    if not kinds:
        raise MediaUnreadable(f"{path}: holds no pictures and nothing else (zero length); export the clip again")
    raise MediaUnreadable(f"{path}: has no video stream, only {', '.join(kinds)}; give a clip with pictures")


def describe(path: Path, container: Any) -> MediaInfo:
    """Decodes one picture. Raises MediaUnreadable for a clip that has none."""
    stream = main_video_stream(container, path)
    context = stream.codec_context
    check_size(path, *_declared_size(context, path))
    _check_length(path, container, stream)
    picture = _first_picture(path, container, stream)
    check_size(path, picture.width, picture.height)
    turn = _orientation(picture)
    width, height = turn.upright_size(picture.width, picture.height)
    base = stream.time_base
    start = picture.pts if picture.pts is not None else (stream.start_time or 0)
    sample_aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    return MediaInfo(
        path=path,
        kind="video",
        width=width,
        height=height,
        rotation_deg=turn.rotation_deg,
        mirrored=turn.mirrored,
        num_frames_from_header=stream.frames or None,
        duration_seconds=_duration(container, stream),
        average_fps=stream.average_rate or stream.guessed_rate or DEFAULT_FPS,
        time_base=base,
        start_seconds=start * base,
        origin_seconds=_origin(container),
        codec=context.codec.canonical_name,
        pixel_format=picture.format.name,
        bit_depth=depth_of(picture.format),
        chroma=_chroma(picture.format),
        has_alpha=has_alpha(picture.format),
        color=color_of(picture, context),
        light=light_metadata_of(picture),
        field_order=field_order_of(picture, context),
        left_out=tuple(dict.fromkeys(words for name, words in _LEFT_OUT.items() if picture.side_data.get(name))),
        sample_aspect_ratio=1 / sample_aspect if turn.swaps_sides else sample_aspect,
        container=container.format.name,
        streams=tuple(_stream(each) for each in container.streams),
        alpha_form=_alpha_form(container),
        timecode=_timecode(container),
        metadata=dict(container.metadata),
    )


def _alpha_form(container: Any) -> AlphaForm:
    said = {name.lower(): value for name, value in container.metadata.items()}
    return "premultiplied" if said.get(ALPHA_TAG) == "premultiplied" else "straight"


def _timecode(container: Any) -> str | None:
    """Of the first picture: a tag of the pictures, of a timecode track, or of the file."""
    for tags in (*(stream.metadata for stream in container.streams), container.metadata):
        for name, value in tags.items():
            if name.lower() == "timecode":
                return str(value)
    return None


def _declared_size(context: Any, path: Path) -> tuple[int, int]:
    if not context.width or not context.height:
        raise MediaUnreadable(f"{path}: its video stream holds no pictures; export the clip again")
    return context.width, context.height


def _check_length(path: Path, container: Any, stream: Any) -> None:
    """A file shorter than its own index was cut off in copying."""
    if "mp4" not in container.format.name:
        return
    entries = stream.index_entries
    needed = max((entry.pos + entry.size for entry in entries[-32:]), default=0) if len(entries) else 0
    size = path.stat().st_size
    if needed > size:
        raise MediaUnreadable(f"{path}: is cut off ({size} bytes of at least {needed}); copy it again")


def _first_picture(path: Path, container: Any, stream: Any) -> av.VideoFrame:
    try:
        decoded = (picture for picture, _ in pictures_of(container, stream, threads=1) if picture is not None)
        picture = next(decoded, None)
    except av.error.FFmpegError as error:
        raise MediaUnreadable(
            f"{path}: its first picture cannot be decoded ({reason(error)}); export the clip again"
        ) from None
    if picture is None:
        raise MediaUnreadable(f"{path}: holds no pictures that can be decoded; export the clip again")
    return picture


def _orientation(picture: av.VideoFrame) -> Orientation:
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    return UPRIGHT if matrix is None else from_display_matrix(bytes(matrix))


def _duration(container: Any, stream: Any) -> Fraction | None:
    if stream.duration is not None and stream.duration > 0:
        return Fraction(stream.duration * stream.time_base)
    return None if not container.duration else Fraction(container.duration, 1_000_000)


def _origin(container: Any) -> Fraction:
    """Where the clock of a broadcast format happens to stand at the beginning; 0 for formats that count from 0."""
    if not container.format.flags & av.format.Flags.ts_discont.value or container.start_time is None:
        return Fraction(0)
    starts = [s.start_time * s.time_base for s in container.streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(container.start_time, 1_000_000))


def _chroma(pixel_format: Any) -> Chroma:
    if pixel_format.is_rgb or pixel_format.name == "pal8":
        return "rgb"
    if sum(not component.is_alpha for component in pixel_format.components) == 1:
        return "gray"
    chroma_width, chroma_height = pixel_format.chroma_width(64), pixel_format.chroma_height(64)
    return "444" if chroma_width == 64 else "422" if chroma_height == 64 else "420"


def _stream(stream: Any) -> StreamInfo:
    context = stream.codec_context
    is_audio = stream.type == "audio" and context is not None
    known = stream.duration is not None and stream.time_base
    return StreamInfo(
        index=stream.index,
        kind=cast(StreamKind, stream.type),
        codec=context.codec.canonical_name if context is not None else "",
        language=stream.language,
        title=stream.metadata.get("title"),
        duration_seconds=Fraction(stream.duration * stream.time_base) if known else None,
        sample_rate_hz=context.sample_rate if is_audio else None,
        channels=context.channels if is_audio else None,
    )
