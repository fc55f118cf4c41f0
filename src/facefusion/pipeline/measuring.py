"""Measure a clip in chunks: pieces of fixed length that overlap by a few frames, each tracked on its own.

Where the chunks lie depends on the part of the clip alone, and what is measured in one depends on its own frames alone.
So any number of workers gives the same numbers, and a chunk that was finished need not be measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facefusion.core import Analysis, Frame, FrameRange, Progress, Shot
from facefusion.core.scene import Scene
from facefusion.errors import UnusableOutput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.measures import FaceMeter, grain_of
from facefusion.faces.parse import OcclusionParser
from facefusion.faces.track import FaceTracker, TrackerOptions
from facefusion.media import MediaReader, prefetch
from facefusion.processors.background_remover.people import Segmenter
from facefusion.processors.background_remover.survey import SceneMeter, joined
from facefusion.temporal.flow import FaceFlow
from facefusion.temporal.settings import TemporalSettings
from facefusion.temporal.shots import LAG, LEAD, ShotFinder, with_cuts

CHUNK_FRAMES = 120
OVERLAP_FRAMES = 8
"""Frames that a chunk measures of the one before, so that its tracks have settled and can be joined."""
GRAIN_EVERY = 12
_SPAN_CHUNKS = 8
"""Most chunks that are read one after another without seeking."""
_READ_AHEAD = 4

Seen = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """number: from 0. body: the frames that this chunk stands for. tracked: with those it shares before them.
    alone: the frames that no other chunk looks at."""

    number: int
    body: FrameRange
    tracked: FrameRange
    alone: FrameRange

    @property
    def shared(self) -> FrameRange:
        """The frames in common with the chunk before."""
        return FrameRange(self.tracked.start, self.body.start)


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What measures: the networks of faces, the one that sees what covers them (or None), how often faces are read; and
    what sees people and screens, where something is to be cut out."""

    analyser: FaceAnalyser
    parser: OcclusionParser | None = None
    temporal: TemporalSettings = TemporalSettings()
    segmenter: Segmenter | None = None

    def tracker(self) -> FaceTracker:
        """A tracker that measures how the skin moves, too."""
        options = TrackerOptions(
            key_frame_interval=self.temporal.key_frame_interval, flow_confidence=self.temporal.flow_confidence
        )
        return FaceTracker(self.analyser, options, motion=FaceFlow())


def chunks_of(part: FrameRange) -> list[Chunk]:
    """The chunks of a part of a clip; the last is between half and one and a half times as long as the others."""
    count = max(round(len(part) / CHUNK_FRAMES), 1) if len(part) else 0
    ends = [*(part.start + number * CHUNK_FRAMES for number in range(count)), part.stop]
    bodies = [FrameRange(start, stop) for start, stop in pairwise(ends)]
    return [_chunk(number, body, part) for number, body in enumerate(bodies)]


def _chunk(number: int, body: FrameRange, part: FrameRange) -> Chunk:
    tracked = FrameRange(max(body.start - OVERLAP_FRAMES, part.start), body.stop)
    shares_end = body.stop < part.stop
    return Chunk(number, body, tracked, FrameRange(body.start, body.stop - (OVERLAP_FRAMES if shares_end else 0)))


def spans_of(chunks: Sequence[Chunk], *, workers: int) -> list[list[Chunk]]:
    """Runs of neighbouring chunks, one for a worker at a time: long, for little seeking, but enough for everybody."""
    longest = max(1, min(_SPAN_CHUNKS, -(-len(chunks) // (2 * workers)))) if workers > 1 else max(len(chunks), 1)
    spans: list[list[Chunk]] = []
    for chunk in chunks:
        if spans and len(spans[-1]) < longest and spans[-1][-1].number + 1 == chunk.number:
            spans[-1].append(chunk)
        else:
            spans.append([chunk])
    return spans


def measured_chunks(
    reader: MediaReader, span: Sequence[Chunk], part: FrameRange, tools: Tools, seen: Seen
) -> Generator[Analysis, None, None]:
    """Measure neighbouring chunks in one reading. Each is an Analysis of the frames `tracked`.

    seen: told the number of faces of every frame of the chunks' bodies.
    """
    start = max(span[0].tracked.start - LEAD, part.start)
    stop = min(span[-1].tracked.stop + LAG, part.stop)
    coming, live = list(span), list[_Measuring]()
    with closing(prefetch(reader.frames(start=start, stop=stop), depth=_READ_AHEAD)) as frames:
        for frame, is_cut in with_cuts(frames, ShotFinder()):
            if coming and coming[0].tracked.start == frame.index:
                live.append(_Measuring(coming.pop(0), reader, tools))
            for measuring in live:
                measuring.take(frame, is_cut, seen)
            if live and live[0].chunk.tracked.stop == frame.index + 1:
                yield live.pop(0).finished()


class _Measuring:
    """One chunk that is being measured."""

    def __init__(self, chunk: Chunk, reader: MediaReader, tools: Tools) -> None:
        self.chunk = chunk
        self._reader = reader
        self._tracker = tools.tracker()
        self._meter = FaceMeter(tools.parser)
        self._begins: list[int] = []
        self._grain = np.full(len(chunk.tracked), np.nan, np.float16)
        self._scene = None if tools.segmenter is None else SceneMeter(tools.segmenter, chunk.body)

    def take(self, frame: Frame, is_cut: bool, seen: Seen) -> None:
        if is_cut and self._begins:
            self._tracker.reset()
        if is_cut or not self._begins:
            self._begins.append(frame.index)
        try:
            faces = self._tracker.update(frame.pixels, frame.index)
        except UnusableOutput as error:
            raise UnusableOutput(f"frame {frame.index}: {error}; measure with another model") from None
        if frame.index in self.chunk.alone:  # where faces go over from one chunk to the next they are not final
            self._meter.see(frame.index, frame.pixels, faces)
        if self._scene is not None:
            self._scene.see(frame, is_cut=is_cut)
        if frame.index % GRAIN_EVERY == 0:
            self._grain[frame.index - self.chunk.tracked.start] = grain_of(frame.pixels)
        if frame.index in self.chunk.body:
            seen(len(faces))

    def finished(self) -> Analysis:
        info, tracked = self._reader.info, self.chunk.tracked
        tracks = tuple(self._meter.with_measures(track) for track in self._tracker.tracks())
        samples = {number: evidence.as_samples() for number, evidence in self._tracker.evidence().items()}
        ends = [*self._begins[1:], tracked.stop]
        return Analysis(
            num_frames=len(tracked),
            width=info.width,
            height=info.height,
            shots=tuple(Shot(first, stop) for first, stop in zip(self._begins, ends, strict=True)),
            tracks=tracks,
            samples={track.track_id: samples[track.track_id] for track in tracks},
            grain=self._grain,
            part=tracked,
            scene=None if self._scene is None else self._scene.scene(),
        )


def measured_scene(
    reader: MediaReader, part: FrameRange, shots: Sequence[Shot], segmenter: Segmenter, progress: Progress
) -> Scene:
    """People and screens alone, just as they are measured together with everything else."""
    begins, pieces = {shot.start for shot in shots}, []
    for chunk in chunks_of(part):
        meter = SceneMeter(segmenter, chunk.body)
        with closing(prefetch(reader.frames(start=chunk.tracked.start, stop=chunk.tracked.stop))) as frames:
            for frame in frames:
                meter.see(frame, is_cut=frame.index in begins and frame.index > chunk.tracked.start)
                progress.advance(frames=int(frame.index in chunk.body))
        pieces.append(meter.scene())
    return joined(pieces, shots)


def shots_of(pieces: Sequence[tuple[Chunk, Analysis]]) -> tuple[Shot, ...]:
    """The shots of the whole: a chunk's first frame begins one only where the chunk before ends at a cut."""
    begins = [pieces[0][1].shots[0].start] if pieces else []
    for chunk, piece in pieces:
        begins += [shot.start for shot in piece.shots[1:] if shot.start in chunk.body and shot.start > begins[0]]
    stop = pieces[-1][0].body.stop if pieces else 0
    return tuple(Shot(first, end) for first, end in zip(begins, [*begins[1:], stop], strict=True))


def grain_of_pieces(pieces: Sequence[tuple[Chunk, Analysis]]) -> NDArray[np.float16]:
    """float16, one for every frame of the part, NaN where it was not measured."""
    parts = [piece.grain[len(chunk.shared) :] for chunk, piece in pieces if piece.grain is not None]
    return np.concatenate(parts) if parts else np.zeros(0, np.float16)


def filled_grain(values: ArrayLike, part: FrameRange, num_frames: int) -> NDArray[np.float16]:
    """(num_frames,) float16: values of the frames of `part`, interpolated where they are NaN; NaN outside."""
    found = np.array(values, np.float16).astype(np.float64)
    known = np.flatnonzero(np.isfinite(found))
    grain = np.full(num_frames, np.nan, np.float16)
    if len(known):
        grain[part.start : part.stop] = np.interp(np.arange(len(found)), known, found[known])
    return grain
