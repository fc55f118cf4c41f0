"""An Analysis as the sections of a file, and back; every number comes back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import (
    Analysis,
    FaceColumns,
    Float32,
    FrameRange,
    Identity,
    MediaIdentity,
    PackedPoints,
    Samples,
    Shot,
    Track,
)
from facefusion.core.points import BLOCK_ROWS
from facefusion.core.tracks import COLUMNS
from facefusion.pipeline.packing import pack_array, packed, unpack_array, unpacked
from facefusion.pipeline.scene_section import scene_of, scene_section

MEASURES = ("sharpness", "hidden", "light")
"""The columns of a track that have a section of their own."""
_DIMENSIONS = 128
_MOST_POINTS = 1024


def sections_of(analysis: Analysis) -> dict[str, bytes]:
    """Every section by its name, in the order of the file; "scene" only where something was to be cut out."""
    return {
        "clip": packed(_clip(analysis), [_packed_times(analysis.media)]),
        "shots": packed({"shots": [[shot.start, shot.stop] for shot in analysis.shots]}),
        "tracks": _tracks(analysis),
        "people": _people(analysis),
        "samples": _samples(analysis),
        "measures": _measures(analysis),
        "edits": packed({"edits": [dict(edit) for edit in analysis.edits]}),
        **({} if analysis.scene is None else {"scene": scene_section(analysis.scene)}),
    }


def analysis_of(sections: Mapping[str, bytes]) -> Analysis:
    """What `sections_of` wrote. Raises ValueError, KeyError or TypeError when a section holds something else."""
    clip, (times,) = unpacked(sections["clip"])
    num_frames = _count(clip["num_frames"])
    measured, measures = unpacked(sections["measures"])
    columns = iter(measures)
    grain = None if not measured["has_grain"] else unpack_array(next(columns), (num_frames,), np.float16)
    part = clip["part"]
    return Analysis(
        num_frames=num_frames,
        width=_count(clip["width"]),
        height=_count(clip["height"]),
        shots=tuple(Shot(*shot) for shot in unpacked(sections["shots"])[0]["shots"]),
        tracks=tuple(_with_measures(track, columns) for track in _tracks_of(sections["tracks"])),
        people=_people_of(sections["people"]),
        samples=_samples_of(sections["samples"]),
        grain=grain,
        media=_media_of(clip["media"], times),
        part=None if part is None else FrameRange(*part),
        edits=tuple(unpacked(sections["edits"])[0]["edits"]),
        made_with=dict(clip["made_with"]),
        scene=scene_of(sections["scene"]) if "scene" in sections else None,
    )


def _clip(analysis: Analysis) -> dict[str, Any]:
    media, part = analysis.media, analysis.part
    return {
        "num_frames": analysis.num_frames,
        "width": analysis.width,
        "height": analysis.height,
        "part": None if part is None else [part.start, part.stop],
        "made_with": dict(analysis.made_with),
        "media": None
        if media is None
        else {
            "name": media.name,
            "digest": media.digest,
            "num_bytes": media.num_bytes,
            "num_frames": media.num_frames,
            "time_base": str(media.time_base),
        },
    }


def _packed_times(media: MediaIdentity | None) -> bytes:
    return b"" if media is None else pack_array(np.diff(media.pts, prepend=0))


def _media_of(media: Mapping[str, Any] | None, times: bytes) -> MediaIdentity | None:
    if media is None:
        return None
    count = _count(media["num_frames"])
    pts = np.cumsum(unpack_array(times, (count,), np.int64))
    time_base = Fraction(media["time_base"])
    return MediaIdentity(str(media["digest"]), _count(media["num_bytes"]), count, time_base, str(media["name"]), pts)


def _tracks(analysis: Analysis) -> bytes:
    described, parts = [], []
    for track in analysis.tracks:
        described.append(
            {
                "id": track.track_id,
                "person": track.person_id,
                "rows": len(track),
                "points": _points_described(track.points),
                "moved": _points_described(track.moved),
            }
        )
        parts.append(pack_array(np.diff(track.frames, prepend=0)))
        parts += [pack_array(getattr(track.columns, name)) for name in COLUMNS if name not in MEASURES]
        parts += [block for points in (track.points, track.moved) if points is not None for block in points.blocks]
    return packed({"tracks": described}, parts)


def _points_described(points: PackedPoints | None) -> dict[str, Any] | None:
    return None if points is None else {"points": points.num_points, "lengths": list(points.lengths)}


def _tracks_of(section: bytes) -> list[Track]:
    described, parts = unpacked(section)
    left = iter(parts)
    return [_track_of(track, left) for track in described["tracks"]]


def _track_of(described: Mapping[str, Any], parts: Any) -> Track:
    rows = _count(described["rows"])
    frames = np.cumsum(unpack_array(next(parts), (rows,), np.int64))
    stored = {
        name: unpack_array(next(parts), (rows, *shape), dtype)
        for name, (shape, dtype) in COLUMNS.items()
        if name not in MEASURES
    }
    unknown = {name: np.full((rows, *COLUMNS[name][0]), np.nan, np.float16) for name in MEASURES}
    points, moved = (_points_of(described[name], parts) for name in ("points", "moved"))
    person = described["person"]
    columns = FaceColumns(**stored, **unknown)  # type: ignore[arg-type]
    return Track(_count(described["id"]), frames, columns, points, None if person is None else _count(person), moved)


def _points_of(described: Mapping[str, Any] | None, parts: Any) -> PackedPoints | None:
    if described is None:
        return None
    lengths, num_points = described["lengths"], described["points"]
    if not 1 <= num_points <= _MOST_POINTS or not all(1 <= length <= BLOCK_ROWS for length in lengths):
        raise ValueError("blocks of points that no program of ours writes")
    return PackedPoints([next(parts) for _ in lengths], lengths, num_points)


def _measures(analysis: Analysis) -> bytes:
    parts = [] if analysis.grain is None else [pack_array(analysis.grain)]
    parts += [pack_array(getattr(track.columns, name)) for track in analysis.tracks for name in MEASURES]
    return packed({"has_grain": analysis.grain is not None}, parts)


def _with_measures(track: Track, parts: Any) -> Track:
    found = {name: unpack_array(next(parts), (len(track), *COLUMNS[name][0]), np.float16) for name in MEASURES}
    return replace(track, columns=replace(track.columns, **found))


def _people(analysis: Analysis) -> bytes:
    described = [
        {"id": person.person_id, "tracks": list(person.track_ids), "frames": person.num_frames}
        for person in analysis.people
    ]
    return packed({"people": described}, [_vector(person.embedding) for person in analysis.people])


def _people_of(section: bytes) -> tuple[Identity, ...]:
    described, vectors = unpacked(section)
    return tuple(
        Identity(_count(person["id"]), _vector_of(vector), tuple(person["tracks"]), _count(person["frames"]))
        for person, vector in zip(described["people"], vectors, strict=True)
    )


def _samples(analysis: Analysis) -> bytes:
    described, parts = [], []
    for track_id, samples in sorted(analysis.samples.items()):
        described.append({"track": track_id, "samples": len(samples.frames)})
        parts += [pack_array(samples.frames), pack_array(samples.qualities), pack_array(samples.embeddings)]
        parts.append(samples.thumbnail)
    return packed({"samples": described}, parts)


def _samples_of(section: bytes) -> dict[int, Samples]:
    described, parts = unpacked(section)
    left = iter(parts)
    return {_count(one["track"]): _one_samples(_count(one["samples"]), left) for one in described["samples"]}


def _one_samples(count: int, parts: Any) -> Samples:
    frames = unpack_array(next(parts), (count,), np.int64)
    qualities = unpack_array(next(parts), (count,), np.float32)
    embeddings = unpack_array(next(parts), (count, _DIMENSIONS), np.float32)
    return Samples(frames, qualities, embeddings, next(parts))


def _vector(embedding: Float32 | None) -> bytes:
    return b"" if embedding is None else embedding.astype("<f4").tobytes()


def _vector_of(data: bytes) -> Float32 | None:
    if not data:
        return None
    vector: NDArray[Any] = np.frombuffer(data, "<f4").astype(np.float32)
    if vector.shape != (_DIMENSIONS,):
        raise ValueError("an embedding of another length")
    return vector


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} where a number belongs")
    return value
