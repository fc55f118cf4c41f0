"""Looking at a job's pictures before anything is drawn: photos at once, frames of a clip while they are measured."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from facefusion.core import Frame, FrameRange, Pixels, Shot, Timestamp
from facefusion.media import MediaReader
from facefusion.pipeline.durable import disk_errors
from facefusion.provenance.content import nudity
from facefusion.provenance.content.verdict import Sight

EVERY_SECONDS = 2


class ContentWatch:
    """The frames of one medium that are looked at; each is scored once, whoever decodes it. Safe in threads.

    A clip is looked at every two seconds and at every cut; a folder of pictures at each of them.
    """

    def __init__(
        self, reader: MediaReader, part: FrameRange, frames: Sequence[int] | None = None, *, kept: Path | None = None
    ) -> None:
        """frames: to look at nothing but these, for a preview. kept: a file of scores, of this very target, that a run
        which was stopped has left and that this one goes on with; it need not be there."""
        self._reader, self._part = reader, part
        self._times, self._cuts_too = reader.timestamps(), reader.info.is_clip and frames is None
        regular = regular_frames(part, self._times) if reader.info.is_clip else _all(part)
        self._regular = frozenset(regular if frames is None else frames)
        self._kept, self._scores = kept, _scores_in(kept)
        self._lock = threading.Lock()

    def watched(self) -> MediaReader:
        """The same medium; frames that are read through it are looked at on their way."""
        return _WatchedReader(self._reader, self)

    def see(self, frame: Frame) -> None:
        """Look at `frame` if it is one of those that are due."""
        if frame.index in self._regular and frame.index not in self._scores:
            self._score(frame.index, frame)

    def sights(self, shots: Sequence[Shot]) -> tuple[Sight, ...]:
        """What was seen, in order; frames that nobody has decoded yet are read now. shots: of the analysis."""
        due = self._regular | {shot.start for shot in shots if shot.start in self._part and self._cuts_too}
        for index in sorted(due - self._scores.keys()):
            self._score(index, self._reader.frame_at(index))
        return tuple(self._sight(index) for index in sorted(due))

    def _score(self, index: int, frame: Frame) -> None:
        (score,) = nudity.scores_of([frame.pixels])
        with self._lock:
            self._scores[index] = score
            if self._kept is not None:
                with disk_errors(self._kept.parent), self._kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([index, score]) + "\n")

    def _sight(self, index: int) -> Sight:
        score, info = self._scores[index], self._reader.info
        if not info.is_clip:
            return Sight(self._reader.path_of(index).name, score)
        seconds = float(self._times[index].seconds - self._times[0].seconds)
        return Sight(info.path.name, score, index, seconds)


def photo_sights(photos: Sequence[tuple[str, Pixels]]) -> tuple[Sight, ...]:
    """What single pictures show: name and pixels of each."""
    return tuple(Sight(name, nudity.scores_of([pixels])[0]) for name, pixels in photos)


def regular_frames(part: FrameRange, times: Sequence[Timestamp]) -> Iterator[int]:
    """The first frame of `part` and one every two seconds: the same for every run of a clip."""
    due = times[part.start].seconds
    for index in range(part.start, part.stop):
        if times[index].seconds >= due:
            yield index
            due = times[index].seconds + EVERY_SECONDS


def _scores_in(kept: Path | None) -> dict[int, float]:
    """Scores by frame; lines that are none, as a kill leaves them, are left aside."""
    found: dict[int, float] = {}
    with suppress(OSError, UnicodeDecodeError):
        for line in kept.read_text(encoding="utf-8").splitlines() if kept is not None else ():
            with suppress(ValueError, TypeError, RecursionError):
                index, score = json.loads(line)
                if type(index) is int and isinstance(score, float) and 0 <= score <= 1:
                    found[index] = score
    return found


def _all(part: FrameRange) -> range:
    return range(part.start, part.stop)


class _WatchedReader(MediaReader):
    """A reader whose frames are looked at on their way; all else is the reader's own."""

    def __init__(self, reader: MediaReader, watch: ContentWatch) -> None:
        self._inner, self._watch = reader, watch
        self.info, self.policy = reader.info, reader.policy

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for frame in self._inner.frames(start=start, stop=stop):
            self._watch.see(frame)
            yield frame

    def timestamps(self) -> list[Timestamp]:
        return self._inner.timestamps()

    @property
    def damaged(self) -> dict[int, int]:
        return self._inner.damaged

    def remember_damaged(self, found: Any) -> None:
        self._inner.remember_damaged(found)

    @property
    def warnings(self) -> list[str]:
        return self._inner.warnings

    @property
    def seeks(self) -> bool:
        return self._inner.seeks

    def frame_at(self, index: int) -> Frame:
        return self._inner.frame_at(index)

    def path_of(self, index: int) -> Any:
        return self._inner.path_of(index)
