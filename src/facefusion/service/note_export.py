"""Notes as files for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from facefusion.jobs.tables import Job, Note

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(job: Job, fps: str, notes: Sequence[Note]) -> str:
    """A table; what a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("start_frame", "stop_frame", "start_seconds", "author", "text", "resolved"))
    for note in notes:
        seconds = f"{float(note.start / Fraction(fps)):.3f}"
        resolved = "yes" if note.is_resolved else "no"
        writer.writerow((note.start, note.stop, seconds, _plain(note.author), _plain(note.text), resolved))
    return out.getvalue()


def as_otio(job: Job, fps: str, notes: Sequence[Note]) -> str:
    """An OpenTimelineIO timeline with one clip, and a marker for each note."""
    rate = float(Fraction(fps))
    length = max([job.frames_total, *(note.stop for note in notes)])
    clip = {
        "OTIO_SCHEMA": "Clip.2",
        "name": job.name or job.id,
        "source_range": _range(0, length, rate),
        "markers": [_marker(note, rate) for note in notes],
        "media_references": {"DEFAULT_MEDIA": {"OTIO_SCHEMA": "MissingReference.1", "name": job.id, "metadata": {}}},
        "active_media_reference_key": "DEFAULT_MEDIA",
        "effects": [],
        "enabled": True,
        "metadata": {"facefusion": {"job": job.id}},
    }
    track = {"OTIO_SCHEMA": "Track.1", "name": "review", "kind": "Video", "children": [clip], "metadata": {}}
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [track], "metadata": {}}
    timeline = {"OTIO_SCHEMA": "Timeline.1", "name": job.name or job.id, "tracks": stack, "metadata": {}}
    return json.dumps(timeline, indent=1)


def _marker(note: Note, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": note.text[:80],
        "comment": note.text,
        "color": "GREEN" if note.is_resolved else "RED",
        "marked_range": _range(note.start, note.stop, rate),
        "metadata": {"facefusion": {"author": note.author, "resolved": note.is_resolved, "drawing": note.drawing}},
    }


def _range(start: int, stop: int, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(start)},
        "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(stop - start)},
    }


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
