"""A measured clip with its history: what commands ask, in the words of people, answered with ids and frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facefusion.core import Analysis, FrameRange, Identity, Pixels
from facefusion.errors import NoFaceFound, UsageError
from facefusion.faces.people import portrait
from facefusion.pipeline import recut
from facefusion.pipeline.analysis_file import read_analysis, write_edits
from facefusion.pipeline.contact_sheet import Portrait, contact_sheet
from facefusion.pipeline.cues import Cue, parse_cue
from facefusion.pipeline.edit_log import EditLog, Entry
from facefusion.pipeline.editing import edited
from facefusion.pipeline.edits import Edit, Split, Who
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.recipes import changed_frames


@dataclass(frozen=True, slots=True, eq=False)
class EditedClip:
    """measured: as it was measured. log: what was said about it. analysis, overrides: what `edited` makes of both."""

    measured: Analysis
    log: EditLog
    analysis: Analysis
    overrides: Overrides

    @staticmethod
    def of(measured: Analysis) -> EditedClip:
        """The clip with the edits that `measured` carries. Raises InvalidInput and UsageError."""
        return EditedClip._with(measured, EditLog.from_plain(measured.edits))

    @staticmethod
    def read(path: str | Path) -> EditedClip:
        """From an analysis file. Raises InvalidInput and UsageError."""
        return EditedClip.of(read_analysis(path))

    def store(self, path: str | Path) -> None:
        """Put this history into the analysis file it was read from. Raises OutputFailed, also when the file was edited
        since."""
        write_edits(path, self.log.to_plain(), instead_of=self.measured.edits)

    def adding(self, edit: Edit, *, author: str) -> EditedClip:
        """With one more edit. Raises UsageError, naming it, when it does not fit."""
        return self._with(self.measured, self.log.adding(edit, author=author))

    def adding_all(self, edits: Sequence[Edit], *, author: str) -> EditedClip:
        """With several more edits, or none of them when one does not fit. Raises UsageError, naming it."""
        log = self.log
        for edit in edits:
            log = log.adding(edit, author=author)
        return self._with(self.measured, log)

    def undoing(self, number: int | None, *, author: str) -> EditedClip:
        """Without an edit, by default the latest. Raises UsageError when there is none, or others build on it."""
        log = self.log.undoing(number, author=author)
        try:
            return self._with(self.measured, log)
        except UsageError as error:
            raise UsageError(f"undo: later edits build on it: {error}; undo those first") from error

    def redoing(self, number: int | None, *, author: str) -> EditedClip:
        """With an undone edit again. Raises UsageError when there is none, or it does not fit any more."""
        return self._with(self.measured, self.log.redoing(number, author=author))

    def changed_since(self, before: EditedClip) -> tuple[FrameRange, ...]:
        """The frames that may look different from what `before` gives."""
        return changed_frames((before.analysis, before.overrides), (self.analysis, self.overrides))

    def entry(self, number: int) -> Entry:
        """One edit, undone or not."""
        return self.log.entries[number - 1]

    def person(self, text: str) -> int:
        """The id of who is called `text`, an id or a name. Raises UsageError."""
        return self.overrides.person_called(text, [person.person_id for person in self.analysis.people])

    def who(self, person: str | None, track: int | None) -> Who:
        """Whom `--person` and `--track` mean; nobody named is everybody. Raises UsageError."""
        return Who(None if person is None else self.person(person), track)

    def part(self, start: str | None, stop: str | None) -> FrameRange | None:
        """The frames from one cue to another, the second excluded; None when neither is given. Raises UsageError."""
        if start is None and stop is None:
            return None
        first = 0 if start is None else self.frame(start, option="from")
        last = self.measured.num_frames if stop is None else self.frame(stop, option="to")
        if first >= last:
            raise UsageError(f"from: frame {first} is at or after --to, frame {last}; --to is the first frame left out")
        return FrameRange(first, last)

    def frame(self, text: str, *, option: str) -> int:
        """The frame of a cue: `250f`, or the first that is shown at or after a time. Raises UsageError."""
        cue = parse_cue(text, option=option)
        if cue is None:
            raise UsageError(f"{option}: nothing given; give a time (12.5, 1:02.5) or a frame (250f)")
        return cue.frame if cue.frame is not None else self._shown_at(cue, option)

    def num_frames_in(self, text: str, *, option: str) -> int:
        """How many frames a duration is at the clip's mean rate: `0.25` seconds or `6f`. Raises UsageError."""
        cue = parse_cue(text, option=option)
        if cue is None or cue.frame is not None:
            return 0 if cue is None or cue.frame is None else cue.frame
        media = self.measured.media
        if media is None or len(media.pts) < 2:
            raise UsageError(f"{option}: the analysis holds no times; give frames, like 6f")
        seconds_a_frame = Fraction(int(media.pts[-1] - media.pts[0]), len(media.pts) - 1) * media.time_base
        return round((cue.seconds or Fraction(0)) / seconds_a_frame)

    def seconds_at(self, index: int) -> float | None:
        """When frame `index` is shown, from the first; None where the file holds no times."""
        media = self.measured.media
        if media is None or index >= len(media.pts):
            return None
        return float(int(media.pts[index] - media.pts[0]) * media.time_base)

    def split(self, person: int, tracks: tuple[int, ...], part: FrameRange | None) -> Split:
        """A split whose new ids were never used before."""
        pieces: tuple[int, ...] = ()
        if part is not None:
            mine = [t for t in self.analysis.tracks if t.person_id == person and (not tracks or t.track_id in tracks)]
            pieces = tuple(t.track_id for t in mine if recut.is_seen(t, part) and not recut.is_whole(t, part))
        used_people, used_tracks = self._used()
        cut = tuple((track, used_tracks + place) for place, track in enumerate(pieces, start=1))
        return Split(person, used_people + 1, tracks, part, cut)

    def sheet(self) -> Pixels:
        """The contact sheet, (H, W, 3) uint8 RGB: everybody with id, name and the frames they are seen in.

        Grey is who has no portrait, because an edit cut it off. Raises NoFaceFound when nobody is there.
        """
        if not self.analysis.people:
            raise NoFaceFound("show: nobody is in this clip, so there is nothing to put on a sheet")
        return contact_sheet([self._portrait(person) for person in self.analysis.people])

    def _portrait(self, person: Identity) -> Portrait:
        name = self.overrides.names.get(person.person_id, "")
        picture = portrait(person, self.analysis.samples)
        return Portrait(picture, f"{person.person_id}  {name}".strip(), f"{person.num_frames} frames")

    def _used(self) -> tuple[int, int]:
        """The highest ids of a person and of a track that were ever given."""
        splits = [entry.edit for entry in self.log.entries if isinstance(entry.edit, Split)]
        people = [p.person_id for p in self.measured.people] + [split.new_person for split in splits]
        tracks = [t.track_id for t in self.measured.tracks] + [new for split in splits for _, new in split.cut]
        return max(people, default=0), max(tracks, default=0)

    def _shown_at(self, cue: Cue, option: str) -> int:
        media = self.measured.media
        if media is None or not len(media.pts):
            raise UsageError(f"{option}: the analysis holds no times; give a frame, like 250f")
        ticks = (cue.seconds or Fraction(0)) / media.time_base
        return int(np.searchsorted(media.pts - media.pts[0], -(-ticks.numerator // ticks.denominator)))

    @staticmethod
    def _with(measured: Analysis, log: EditLog) -> EditedClip:
        analysis, overrides = edited(measured, log)
        return EditedClip(measured, log, analysis, overrides)
