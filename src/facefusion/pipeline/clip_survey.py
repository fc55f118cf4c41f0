"""Measure a clip by several workers, chunk by chunk, and join what they found."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from facefusion.core import Analysis, FrameRange, Progress
from facefusion.faces.measures import FaceMeter, grain_of, interpolated
from facefusion.faces.people import join
from facefusion.faces.seams import Seams
from facefusion.faces.track import fill_gaps
from facefusion.media import MediaReader, prefetch
from facefusion.pipeline.chunk_store import ChunkStore
from facefusion.pipeline.flow import Flow, mapped
from facefusion.pipeline.measuring import (
    GRAIN_EVERY,
    Chunk,
    Tools,
    chunks_of,
    filled_grain,
    grain_of_pieces,
    measured_chunks,
    shots_of,
    spans_of,
)
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.processors.background_remover.survey import joined

LONGEST_GAP = 12
"""Frames for which a face that is not seen between two sightings is filled in."""
_MOST_WORKERS = 16
_MOST_BYTES = 800_000_000
"""What the frames that are on their way through all workers may take, about; large frames get fewer workers."""

Piece = tuple[Chunk, Analysis]


def survey_clip(
    reader: MediaReader,
    part: FrameRange,
    tools: Tools,
    progress: Progress,
    *,
    workers: int = 1,
    store: ChunkStore | None = None,
) -> Analysis:
    """Everything but the people. workers: threads, 0 takes one for every core; any number gives the same result."""
    progress.start("analyse", total=len(part))
    with single_threaded_opencv(True):  # the numbers of the optical flow depend on it
        pieces = list(_pieces(reader, part, tools, progress, workers or os.cpu_count() or 1, store))
    seams = Seams()
    for chunk, piece in pieces:
        seams.add(piece.tracks, piece.samples, shared=chunk.shared, shots=piece.shots)
    tracks, samples = seams.tracks()
    scenes, shots = [piece.scene for _, piece in pieces if piece.scene is not None], shots_of(pieces)
    return Analysis(
        num_frames=reader.num_frames,
        width=reader.info.width,
        height=reader.info.height,
        shots=shots,
        tracks=tuple(interpolated(fill_gaps(track, longest=LONGEST_GAP)) for track in tracks),
        samples=samples,
        grain=filled_grain(grain_of_pieces(pieces), part, reader.num_frames),
        part=part,
        scene=joined(scenes, shots) if scenes else None,
    )


def with_people(analysis: Analysis) -> Analysis:
    """`analysis` with its tracks joined into people."""
    cast = join(analysis.tracks, analysis.samples)
    return replace(analysis, tracks=cast.tracks, people=cast.people)


def measured_anew(reader: MediaReader, analysis: Analysis, tools: Tools, progress: Progress) -> Analysis:
    """`analysis` with grain and the measures of its faces taken again; where the faces are stays as it is."""
    part = analysis.measured
    progress.start("measure", total=len(part))
    meter, grain = FaceMeter(tools.parser), {}
    alone = {index for chunk in chunks_of(part) for index in range(chunk.alone.start, chunk.alone.stop)}
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop))) as frames:
        for frame in frames:
            if frame.index in alone:
                meter.see(frame.index, frame.pixels, analysis.faces_in(frame.index))
            if frame.index % GRAIN_EVERY == 0:
                grain[frame.index - part.start] = grain_of(frame.pixels)
            progress.advance()
    values = [grain.get(index, float("nan")) for index in range(len(part))]
    tracks = tuple(interpolated(meter.with_measures(track)) for track in analysis.tracks)
    return replace(analysis, tracks=tracks, grain=filled_grain(values, part, analysis.num_frames))


def _workers_for(reader: MediaReader) -> int:
    """How many workers have room: each holds about ten frames read ahead and twenty that the trackers keep, reduced."""
    info = reader.info
    frame = info.width * info.height * (3 if info.bit_depth <= 8 else 6)
    return max(_MOST_BYTES // (10 * frame + 20 * min(frame, 5_000_000)), 1)


def _pieces(
    reader: MediaReader,
    part: FrameRange,
    tools: Tools,
    progress: Progress,
    workers: int,
    store: ChunkStore | None,
) -> Iterator[Piece]:
    """Every chunk in order, from the store where it was finished before."""
    chunks, lock = chunks_of(part), threading.Lock()
    known = {} if store is None else {chunk.number: store.load(chunk) for chunk in chunks}
    missing = [chunk for chunk in chunks if known.get(chunk.number) is None]
    workers = max(min(workers, _MOST_WORKERS, _workers_for(reader), len(missing)), 1)

    def seen(faces: int) -> None:
        with lock:
            progress.advance(faces=faces)

    def measured(span: Sequence[Chunk]) -> list[Piece]:
        done = []
        with closing(measured_chunks(reader, span, part, tools, seen)) as pieces:
            for chunk, piece in zip(span, pieces, strict=True):
                if store is not None:
                    store.keep(chunk, piece)
                done.append((chunk, piece))
        return done

    if len(missing) < len(chunks):
        progress.advance(frames=sum(len(chunk.body) for chunk in chunks) - sum(len(chunk.body) for chunk in missing))
    spans = spans_of(missing, workers=workers)
    with Flow(progress) as flow, closing(mapped(flow, measured, spans, workers=workers, ahead=workers + 1)) as results:
        found = {chunk.number: piece for span in results for chunk, piece in span}
    for chunk in chunks:
        piece = known.get(chunk.number) or found[chunk.number]
        yield chunk, piece
