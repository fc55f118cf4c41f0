"""Who is in a medium: one id a person, how long each is seen, a portrait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from facefusion.core import Analysis, Identity, Pixels, Progress, Timestamp, UInt8
from facefusion.errors import NoFaceFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.people import portrait
from facefusion.media import MediaReader, open_media
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache

_PORTRAIT_PX = 192
_CAPTION_PX = 44
_MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person of a medium.

    person_id: from 1, the longest seen first; what `--assign` takes. seconds: how long they are seen (0 for pictures
    that are no clip). first_seconds: when they are first seen, from the first frame. portrait: (192, 192, 3) uint8 RGB.
    """

    person_id: int
    num_frames: int
    seconds: float
    first_seconds: float
    portrait: UInt8


@dataclass(frozen=True, slots=True, eq=False)
class PeopleReport:
    """The people of a medium, the longest seen first."""

    path: Path
    people: tuple[Person, ...]

    def sheet(self) -> Pixels:
        """The contact sheet, (H, W, 3) uint8 RGB: every portrait with its id and how long it is seen."""
        columns = min(len(self.people), _MOST_COLUMNS)
        cells = [_cell(person) for person in self.people]
        blank = np.full_like(cells[0], 255)
        cells += [blank] * (-len(cells) % columns)
        rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
        return np.vstack(rows)


def find_people(
    path: str | Path,
    progress: Progress | None = None,
    *,
    providers: Sequence[str] = ("cpu",),
    models_folder: Path | None = None,
    workers: int = 1,
    cache: AnalysisCache | None = None,
) -> PeopleReport:
    """Look through the whole medium at `path` and tell who is in it.

    models_folder: where the user's own weights lie; the bundled ones suffice here. workers, cache: as in `survey`.
    Raises NoFaceFound, InvalidInput, MediaUnreadable, Cancelled.
    """
    with open_media(path) as reader:
        part = range_of(reader, None, None)
        found = survey(
            reader, part, FaceAnalyser(providers=providers), progress or Progress(), workers=workers, cache=cache
        )
        if not found.people:
            raise NoFaceFound(f"{path}: no face found anywhere; try a part in which somebody faces the camera")
        people = tuple(_person(person, found, reader) for person in found.people)
    return PeopleReport(Path(path), people)


def _person(person: Identity, found: Analysis, reader: MediaReader) -> Person:
    tracks = [track for track in found.tracks if track.person_id == person.person_id]
    indices = sorted({index for track in tracks for index in track.frames.tolist()})
    lengths, starts = _times(reader.timestamps(), reader.info.average_fps, is_clip=reader.info.is_clip)
    view = portrait(person, found.samples)
    return Person(
        person_id=person.person_id,
        num_frames=len(indices),
        seconds=float(sum(lengths[index] for index in indices)),
        first_seconds=float(starts[indices[0]]),
        portrait=np.full((_PORTRAIT_PX,) * 2 + (3,), 128, np.uint8) if view is None else view,
    )


def _times(
    stamps: Sequence[Timestamp], fps: Fraction, *, is_clip: bool
) -> tuple[Sequence[Fraction], Sequence[Fraction]]:
    """How long each frame is shown, and when, from the first; the last lasts as long as the rate says."""
    if not is_clip:
        return [Fraction(0)] * len(stamps), [Fraction(0)] * len(stamps)
    starts = [stamp.seconds - stamps[0].seconds for stamp in stamps]
    ends = [*starts[1:], starts[-1] + 1 / fps]
    return [end - start for start, end in zip(starts, ends, strict=True)], starts


def _cell(person: Person) -> UInt8:
    cell = np.full((_PORTRAIT_PX + _CAPTION_PX, _PORTRAIT_PX + 8, 3), 255, np.uint8)
    cell[4 : 4 + _PORTRAIT_PX, 4 : 4 + _PORTRAIT_PX] = person.portrait
    seen = f"{person.seconds:.1f} s" if person.seconds else f"{person.num_frames} x"
    for text, left, size, weight in ((str(person.person_id), 6, 1.0, 2), (seen, 78, 0.6, 1)):
        place = (left, _PORTRAIT_PX + 34)
        cv2.putText(cell, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), weight, cv2.LINE_AA)
    return cell
