"""Renders and encodes the segments of a clip by several workers. What is finished is on the disk and stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

from facefusion.core import Progress, Segment
from facefusion.errors import MediaUnreadable, OutputFailed
from facefusion.media import MediaReader
from facefusion.media.joining import SegmentEncoder, segment_details
from facefusion.media.write_plan import WritePlan
from facefusion.pipeline.durable import DurableFolder
from facefusion.pipeline.flow import Channel, Flow
from facefusion.pipeline.parallel import Parallel
from facefusion.pipeline.ranges import RangeRenderer, Source
from facefusion.pipeline.report import Tally

_TOLD_AHEAD = 64


@dataclass(frozen=True, slots=True, eq=False)
class SegmentRun:
    """What rendering the segments of one output needs.

    reader: of the clip; knows its damaged frames. write_plan: of the joined file. parallel: how many things are done at
    once, for a number of segments.
    """

    output: Path
    segments: Sequence[Segment]
    folder: DurableFolder
    renderer: RangeRenderer
    reader: MediaReader
    source: Source
    write_plan: WritePlan
    parallel: Callable[[int], Parallel]

    def run(self, progress: Progress, tally: Tally) -> int:
        """Make what is missing, and count everything into `tally`; gives back how many segments were there already.

        Raises DiskFull, OutputFailed, Cancelled, and what decoding and rendering raise.
        """
        missing = self._missing(progress, tally)
        progress.start("render", total=sum(map(len, missing)))
        if missing:
            self._make(missing, progress, tally)
        return len(self.segments) - len(missing)

    def paths(self) -> list[Path]:
        """The files of all segments, in order. Raises OutputFailed when one is not there."""
        found = [self.folder.found(_name_of(segment)) for segment in self.segments]
        if None in found:
            raise OutputFailed(f"{self.folder.folder}: a segment has gone; run the same command again")
        return [path for path in found if path is not None]

    def _missing(self, progress: Progress, tally: Tally) -> list[Segment]:
        missing = []
        for segment in self.segments:
            progress.check()
            counts = self._counts_of(segment, progress)
            if counts is None:
                self.folder.drop(_name_of(segment))
                missing.append(segment)
            else:
                tally.merge(Tally(**counts))
        return missing

    def _counts_of(self, segment: Segment, progress: Progress) -> dict[str, Any] | None:
        """What a finished segment counted; None when it is missing, damaged, or made for other edits."""
        path = self.folder.found(_name_of(segment))
        if path is None:
            return None
        if not self.folder.is_sound(path):
            progress.say(f"{path}: is damaged; it is rendered again")
            return None
        details = segment_details(path)
        is_same = details["frames"] == [segment.start, segment.stop] and details["recipe"] == self.renderer.recipe(
            segment
        )
        if not is_same:
            return None
        self.reader.remember_damaged(dict(details.get("damaged", ())))
        counts: dict[str, Any] = details["counts"]
        return counts

    def _make(self, missing: Sequence[Segment], progress: Progress, tally: Tally) -> None:
        parallel = self.parallel(len(missing))
        todo = Runs(missing, parallel.workers)
        with Flow(progress) as flow:
            told: Channel[tuple[str, ...]] = Channel(flow, size=_TOLD_AHEAD)
            for number in range(parallel.workers):
                work = partial(self._work, todo.of(number), parallel.threads, flow, told)
                flow.spawn(f"segments-{number}", work)
            for notes in _first(told, sum(map(len, missing))):
                tally.add(notes)
                progress.advance(faces=len(notes))

    def _work(self, todo: Iterator[Segment], threads: int, flow: Flow, told: Channel[tuple[str, ...]]) -> None:
        for segment in todo:
            self._make_one(segment, threads, flow, told)

    def _make_one(self, segment: Segment, threads: int, flow: Flow, told: Channel[tuple[str, ...]]) -> None:
        counts = Tally()
        last: tuple[str, ...] = ()
        with (
            self.folder.writing(_name_of(segment)) as file,
            closing(SegmentEncoder(file, self.write_plan, self.output)) as encoder,
            closing(self.renderer.rendered(self.source, segment, flow, threads=threads)) as frames,
        ):
            for rendered in frames:
                encoder.write(rendered.frame)
                counts.add(rendered.notes)
                if counts.frames < len(segment):
                    told.put(rendered.notes)
                last = rendered.notes
            encoder.finish(self._details(segment, counts))
        told.put(last)  # counted when it is safe on the disk: whoever hears of all frames may join them

    def _details(self, segment: Segment, counts: Tally) -> dict[str, Any]:
        if counts.frames != len(segment):
            raise MediaUnreadable(
                f"{self.output}: frames {segment.start} to {segment.stop} of the clip gave {counts.frames} pictures; "
                "repair or convert the clip first"
            )
        damaged = [[index, pts] for index, pts in self.reader.damaged.items() if index in segment]
        return {
            "frames": [segment.start, segment.stop],
            "damaged": sorted(damaged),
            "recipe": self.renderer.recipe(segment),
            "counts": asdict(counts),
        }


class Runs:
    """Segments shared among workers: each takes neighbours one after another, so that it can decode on where it stands;
    who has done its own takes the last one of whoever has most left. Safe in threads."""

    def __init__(self, segments: Sequence[Segment], workers: int) -> None:
        bounds = [len(segments) * number // workers for number in range(workers + 1)]
        self._runs = [deque(segments[start:stop]) for start, stop in pairwise(bounds)]
        self._lock = Lock()

    def of(self, number: int) -> Iterator[Segment]:
        """What worker `number` is to make, one at a time."""
        while (segment := self._next(number)) is not None:
            yield segment

    def _next(self, number: int) -> Segment | None:
        with self._lock:
            own, longest = self._runs[number], max(self._runs, key=len)
            if own:
                return own.popleft()
            return longest.pop() if longest else None


def _first(items: Channel[Any], count: int) -> Iterator[Any]:
    found = iter(items)
    for _ in range(count):
        yield next(found)


def _name_of(segment: Segment) -> str:
    return f"{segment.start:09}-{segment.stop:09}"
