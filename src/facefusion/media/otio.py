"""Edits as OpenTimelineIO: reading which parts of a clip are used, and writing our results back as a track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput, MediaUnreadable, OutputFailed
from facefusion.media.edl import SUFFIX, read_edl
from facefusion.media.packages import film_package
from facefusion.media.paths import NumberedPattern, write_atomically

_WHAT = "OpenTimelineIO files"
_TRACK = "FaceFusion"
_METADATA = "facefusion"


@dataclass(frozen=True, slots=True)
class ShotNote:
    """One shot of a delivered sequence. first: its first frame's number. lines: what a person should know."""

    name: str
    first: int
    num_frames: int
    lines: tuple[str, ...] = ()


def write_shots(
    path: Path,
    *,
    name: str,
    fps: Fraction,
    plate: Path | NumberedPattern,
    layers: NumberedPattern,
    shots: Sequence[ShotNote],
    told: dict[str, str],
) -> None:
    """A timeline with the plate and, over it, the layers: one clip a shot on each, with markers for notes.

    Files are named as seen from the folder of `path`. told: goes into the metadata of our track.
    """
    otio = film_package("opentimelineio", what=_WHAT)
    timeline = otio.schema.Timeline(name=name)
    for title, media in (("Plate", plate), (_TRACK, layers)):
        track = otio.schema.Track(name=title, kind=otio.schema.TrackKind.Video)
        for shot in shots:
            track.append(_clip(otio, shot, fps, media, _span(shots), path.parent))
        if title == _TRACK:
            track.metadata[_METADATA] = dict(told)
        timeline.tracks.append(track)
    text = otio.adapters.write_to_string(timeline, "otio_json")
    write_atomically(path, text.encode(), overwrite=True)


def _span(shots: Sequence[ShotNote]) -> tuple[int, int]:
    first = min(shot.first for shot in shots)
    return first, max(shot.first + shot.num_frames for shot in shots) - first


def _clip(
    otio: Any, shot: ShotNote, fps: Fraction, media: Path | NumberedPattern, span: tuple[int, int], folder: Path
) -> Any:
    rate = float(fps)
    ranged = _range(otio, shot.first, shot.num_frames, rate)
    whole = _range(otio, span[0], span[1], rate)
    if isinstance(media, NumberedPattern):
        inside = media.folder.is_relative_to(folder)
        base = media.folder.relative_to(folder).as_posix() if inside else media.folder.resolve().as_uri()
        reference = otio.schema.ImageSequenceReference(
            target_url_base=base + "/", name_prefix=media.prefix, name_suffix=media.suffix, start_frame=span[0],
            frame_step=1, rate=rate, frame_zero_padding=media.digits, available_range=whole,
        )  # fmt: skip
    else:
        reference = otio.schema.ExternalReference(target_url=media.resolve().as_uri(), available_range=whole)
    clip = otio.schema.Clip(name=shot.name, media_reference=reference, source_range=ranged)
    for line in shot.lines:
        clip.markers.append(otio.schema.Marker(name=line, marked_range=ranged, color="YELLOW"))
    return clip


def _range(otio: Any, start: float, frames: float, rate: float) -> Any:
    time = otio.opentime.RationalTime
    return otio.opentime.TimeRange(time(start, rate), time(frames, rate))


def read_timeline(path: Path, *, edl_rate: Fraction | None = None) -> Any:
    """The timeline in an .otio or .edl file. edl_rate: frames a second of an EDL, which does not say it.

    Raises InvalidInput, MediaUnreadable, and UsageError for an EDL without a rate.
    """
    otio = film_package("opentimelineio", what=_WHAT)
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file; check the spelling")
    if path.suffix.lower() == SUFFIX:
        return read_edl(path, edl_rate)
    suffixes = otio.adapters.suffixes_with_defined_adapters(read=True)
    if path.suffix.lower().lstrip(".") not in suffixes:
        known = ", ".join(f".{one}" for one in sorted({*suffixes, SUFFIX[1:]}))
        raise InvalidInput(f"{path}: edits are read from {known}")
    try:
        found = otio.adapters.read_from_file(str(path))
    except Exception as error:
        raise MediaUnreadable(f"{path}: cannot be read ({' '.join(str(error).split())}); export it again") from None
    if not isinstance(found, otio.schema.Timeline):
        raise InvalidInput(f"{path}: holds no timeline, but a {type(found).__name__}; export the timeline itself")
    return found


def save_timeline(path: Path, timeline: Any, *, overwrite: bool) -> None:
    """Write a timeline as .otio. Raises OutputExists, OutputFailed."""
    otio = film_package("opentimelineio", what=_WHAT)
    try:
        text = otio.adapters.write_to_string(timeline, "otio_json")
    except Exception as error:
        raise OutputFailed(f"{path}: the timeline cannot be written ({error})") from None
    write_atomically(path, text.encode(), overwrite=overwrite)
