"""Which parts of which media an edit uses, and the edit with other media in their place."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from facefusion.errors import InvalidInput
from facefusion.media.packages import film_package
from facefusion.media.paths import NumberedPattern

_WHAT = "OpenTimelineIO files"
TRACK = "FaceFusion"
"""What the new track is called."""


@dataclass(frozen=True, slots=True)
class UsedPart:
    """One use of a clip in an edit. place: of the clip within its track. media: a file or a numbered pattern.

    first, num_frames: what is used, counted in frames at `fps` from the media's first frame, or from 00:00:00:00 where
    the edit does not say where the media begins; lead, tail: further frames
    that transitions show before and after.
    """

    place: int
    name: str
    media: Path
    first: int
    num_frames: int
    fps: Fraction
    lead: int = 0
    tail: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What was made for one use.

    media: seen from the new edit's folder. first: of the used part within it. clock: frame that its timecode begins
    with, at `fps`.
    """

    media: str
    first: int
    num_frames: int
    fps: Fraction
    clock: int = 0


def used_parts(timeline: Any, folder: Path, *, media_folder: Path | None = None) -> list[UsedPart]:
    """Of the lowest video track of `timeline`, in order; relative media lie beside the edit in `folder`.

    media_folder: where media are looked for by name that the edit does not lead to. Raises InvalidInput when there is
    no such track, or a file is not found.
    """
    otio, track = film_package("opentimelineio", what=_WHAT), _video_track(timeline)
    items, found = list(track), []
    for place, item in enumerate(items):
        if not _shows_media(otio, item):
            continue
        media = _media_of(otio, item, folder, media_folder)
        used, rate = item.trimmed_range(), item.trimmed_range().duration.rate
        begin = used.start_time - _media_start(item, rate)
        speed = max((abs(_speed(effect)) for effect in item.effects), default=1.0)
        found.append(
            UsedPart(
                place=place,
                name=item.name or media.stem,
                media=media,
                first=max(0, round(begin.rescaled_to(rate).value)),
                num_frames=max(1, math.ceil(used.duration.value * max(1.0, speed))),
                fps=Fraction(rate).limit_denominator(1001),
                lead=_shown_by(otio, items, place - 1, "in_offset"),
                tail=_shown_by(otio, items, place + 1, "out_offset"),
            )
        )
    if not found:
        raise InvalidInput(f"{folder}: the edit uses no clip; nothing is there to be changed")
    return found


def with_results(timeline: Any, results: Mapping[int, Result], told: Mapping[str, str]) -> Any:
    """A copy of `timeline` with a track of `results`, by their place, above the others; elsewhere it is empty.

    Transitions and effects are those of the track that was read. told: goes into the metadata of the new track.
    """
    otio, edited = film_package("opentimelineio", what=_WHAT), copy.deepcopy(timeline)
    track = copy.deepcopy(_video_track(edited))
    track.name, track.metadata["facefusion"] = TRACK, dict(told)
    for place, item in enumerate(list(track)):
        if not isinstance(item, otio.schema.Clip):
            continue
        result = results.get(place)
        if result is None:
            track[place] = otio.schema.Gap(source_range=_range(otio, 0, item.trimmed_range().duration))
            continue
        placed(item, result)
    edited.tracks.append(track)
    return edited


def placed(item: Any, result: Result) -> None:
    """Let a clip of a track show `result`, for as long as it showed its media."""
    otio = film_package("opentimelineio", what=_WHAT)
    duration = item.trimmed_range().duration
    length = otio.opentime.RationalTime(result.num_frames, float(result.fps))
    item.media_reference = otio.schema.ExternalReference(
        target_url=result.media, available_range=_range(otio, result.clock, length)
    )
    begin = otio.opentime.RationalTime(result.clock + result.first, float(result.fps))
    item.source_range = otio.opentime.TimeRange(begin.rescaled_to(duration.rate), duration)


def _shows_media(otio: Any, item: Any) -> bool:
    """Whether an item of a track is a clip of something, no gap and no black or colour that an editor generates."""
    is_clip = isinstance(item, otio.schema.Clip)
    return is_clip and not isinstance(item.media_reference, otio.schema.GeneratorReference)


def _video_track(timeline: Any) -> Any:
    tracks = list(timeline.video_tracks())
    if not tracks:
        raise InvalidInput(f"{timeline.name or 'the edit'}: has no video track; export it with pictures")
    return tracks[0]


def _media_of(otio: Any, clip: Any, folder: Path, media_folder: Path | None) -> Path:
    reference = clip.media_reference
    named: Path | None = None
    if isinstance(reference, otio.schema.ExternalReference):
        named = _path_of(reference.target_url, folder)
    elif isinstance(reference, otio.schema.ImageSequenceReference):
        digits = f"%0{reference.frame_zero_padding}d" if reference.frame_zero_padding > 1 else "%d"
        base = _path_of(reference.target_url_base, folder)
        named = base / f"{reference.name_prefix}{digits}{reference.name_suffix}"
    for path in _candidates(named, clip.name, media_folder):
        if path.is_file() or (NumberedPattern.is_pattern(path) and NumberedPattern.parse(path).numbers_on_disk()):
            return path
    raise InvalidInput(f"{clip.name or named}: its media {named or '(none is named)'} is not there; name their folder")


def _candidates(named: Path | None, name: str, folder: Path | None) -> Iterator[Path]:
    if named is not None:
        if named.parent.is_dir():
            yield named
        if folder is not None:
            yield folder / named.name
    if folder is not None and name:
        yield from sorted(path for path in folder.iterdir() if name in (path.name, path.stem))


def _path_of(url: str, folder: Path) -> Path:
    parsed = urlparse(url)
    text = unquote(parsed.path) if parsed.scheme == "file" else unquote(url)
    return folder / text


def _media_start(clip: Any, rate: float) -> Any:
    """Where the media's first frame stands on its own clock."""
    available = clip.media_reference.available_range if clip.media_reference is not None else None
    if available is None:
        return film_package("opentimelineio", what=_WHAT).opentime.RationalTime(0, rate)
    return available.start_time.rescaled_to(rate)


def _speed(effect: Any) -> float:
    return float(getattr(effect, "time_scalar", 1.0))


def _shown_by(otio: Any, items: list[Any], place: int, side: str) -> int:
    if not 0 <= place < len(items) or not isinstance(items[place], otio.schema.Transition):
        return 0
    return math.ceil(getattr(items[place], side).value)


def _range(otio: Any, first: int, duration: Any) -> Any:
    time = otio.opentime
    return time.TimeRange(time.RationalTime(first, duration.rate), duration)
