"""Who is in a medium: one id a person, how long each is seen, a portrait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from facefusion.core import Analysis, Identity, Pixels, Progress, Timestamp, UInt8
from facefusion.core.settings import check_settings
from facefusion.errors import NoFaceFound
from facefusion.faces.people import portrait
from facefusion.media import MediaReader, open_media
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.contact_sheet import Portrait, contact_sheet
from facefusion.pipeline.finding import analyser_of
from facefusion.pipeline.settings import FinderSettings, JobSettings


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person of a medium.

    person_id: from 1, the longest seen first; what `--assign` takes. seconds: how long they are seen (0 for pictures
    that are no clip). first_seconds: when they are first seen, from the first frame. portrait: (192, 192, 3) uint8 RGB,
    or None where no view was good enough.
    """

    person_id: int
    num_frames: int
    seconds: float
    first_seconds: float
    portrait: UInt8 | None


@dataclass(frozen=True, slots=True, eq=False)
class PeopleReport:
    """The people of a medium, the longest seen first."""

    path: Path
    people: tuple[Person, ...]

    def sheet(self) -> Pixels:
        """The contact sheet, (H, W, 3) uint8 RGB: every portrait with its id and how long it is seen."""
        return contact_sheet([Portrait(one.portrait, str(one.person_id), _seen(one)) for one in self.people])


def find_people(
    path: str | Path,
    progress: Progress | None = None,
    *,
    providers: Sequence[str] = ("cpu",),
    models_folder: Path | None = None,
    workers: int = 1,
    cache: AnalysisCache | None = None,
    finder: FinderSettings = FinderSettings(),
) -> PeopleReport:
    """Look through the whole medium at `path` and tell who is in it.

    models_folder: where the user's own weights lie, for a learned `finder`. workers, cache: as in `survey`.
    Raises NoFaceFound, InvalidInput, MediaUnreadable, Cancelled.
    """
    check_settings(finder)
    job = JobSettings(execution_provider=tuple(providers), models_folder=str(models_folder or ""))  # type: ignore[arg-type]
    with open_media(path) as reader:
        part = range_of(reader, None, None)
        found = survey(reader, part, analyser_of(job, finder), progress or Progress(), workers=workers, cache=cache)
        if not found.people:
            raise NoFaceFound(f"{path}: no face found anywhere; try a part in which somebody faces the camera")
        people = tuple(_person(person, found, reader) for person in found.people)
    return PeopleReport(Path(path), people)


def _person(person: Identity, found: Analysis, reader: MediaReader) -> Person:
    tracks = [track for track in found.tracks if track.person_id == person.person_id]
    indices = sorted({index for track in tracks for index in track.frames.tolist()})
    lengths, starts = _times(reader.timestamps(), reader.info.average_fps, is_clip=reader.info.is_clip)
    return Person(
        person_id=person.person_id,
        num_frames=len(indices),
        seconds=float(sum(lengths[index] for index in indices)),
        first_seconds=float(starts[indices[0]]),
        portrait=portrait(person, found.samples),
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


def _seen(person: Person) -> str:
    return f"{person.seconds:.1f} s" if person.seconds else f"{person.num_frames} x"
