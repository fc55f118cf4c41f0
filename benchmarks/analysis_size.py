"""How large an analysis is, on disk and in memory, what its cheap measures cost, and what two workers gain.

python -m benchmarks.analysis_size [--actress clip.mp4] [--gain]

Every clip with one face is measured once and written to a file; sizes are told for ten minutes and an hour at 25
frames a second. The share of the measures is processor time. With --gain the wall time of one worker is divided by that
of two, which tells something on an idle machine only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from benchmarks.media import MediaMissing, actress_clip, clip, parser
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Analysis, FrameRange, Progress
from facefusion.core.tracks import COLUMNS
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.measures import FaceMeter
from facefusion.faces.parse import OcclusionParser
from facefusion.media import open_media
from facefusion.pipeline.analyse import survey
from facefusion.pipeline.analysis_file import write_analysis
from facefusion.pipeline.clip_survey import survey_clip
from facefusion.pipeline.measuring import Tools

BARS = (
    Bar("mb_for_ten_minutes", "at most", 30),
    Bar("mb_in_memory_for_an_hour", "at most", 160),
    Bar("measures_share", "at most", 0.05),
)
CLIPS = ("lp_d0_green", "lp_d18", "lp_d19", "lp_s18", "vr_1", "vr_4", "echomimic_a_synthetic")
TIMED = "lp_s18"
FRAMES_IN_TEN_MINUTES, FRAMES_IN_AN_HOUR = 15_000, 90_000


@dataclass(frozen=True, slots=True)
class Size:
    """One clip's analysis: faces, bytes a face in the file and in memory, pixels between the eyes."""

    name: str
    faces: int
    file_bytes: float
    memory_bytes: float
    eyes_px: float


def size_of(path: Path, analyser: FaceAnalyser) -> Size | None:
    """The size of one clip's analysis; None where not every frame has just one face."""
    with open_media(path) as reader:
        found = survey(reader, FrameRange(0, reader.num_frames), analyser, Progress(), workers=0)
    faces = sum(len(track) for track in found.tracks)
    if len(found.people) != 1 or faces < 0.9 * found.num_frames:
        return None
    with tempfile.TemporaryDirectory(prefix="facefusion_size_") as folder:
        write_analysis(Path(folder) / "a.ffa", found)
        stored = (Path(folder) / "a.ffa").stat().st_size
    eyes = found.tracks[0].face(found.tracks[0].first).eye_distance_px
    return Size(path.stem, faces, stored / faces, held_bytes(found) / faces, eyes)


def held_bytes(found: Analysis) -> int:
    """Bytes that the tracks of an analysis take in memory."""
    return sum(
        track.frames.nbytes
        + sum(getattr(track.columns, name).nbytes for name in COLUMNS)
        + sum(points.num_bytes for points in (track.points, track.moved) if points is not None)
        for track in found.tracks
    )


def measures_share(path: Path, analyser: FaceAnalyser) -> float:
    """Processor time of the measures as a part of the analysis, both in one thread, networks and code warm."""
    tools = Tools(analyser, OcclusionParser())
    spent, genuine = [0.0], FaceMeter.see

    def timed(*given: Any) -> None:
        begun = time.thread_time()
        genuine(*given)
        spent[0] += time.thread_time() - begun

    FaceMeter.see = timed  # type: ignore[method-assign]
    try:
        for _ in range(2):
            spent[0], begun = 0.0, time.process_time()
            surveyed(path, tools, workers=1)
            whole = time.process_time() - begun
    finally:
        FaceMeter.see = genuine  # type: ignore[method-assign]
    return spent[0] / whole


def gain_of_two_workers(path: Path, analyser: FaceAnalyser) -> float:
    """Wall time with one worker divided by that with two; the better of two turns each."""
    tools, best = Tools(analyser, OcclusionParser()), {}
    for workers in (1, 2, 1, 2):
        begun = time.perf_counter()
        surveyed(path, tools, workers=workers)
        best[workers] = min(best.get(workers, float("inf")), time.perf_counter() - begun)
    return best[1] / best[2]


def surveyed(path: Path, tools: Tools, *, workers: int) -> None:
    with open_media(path) as reader:
        survey_clip(reader, FrameRange(0, reader.num_frames), tools, Progress(), workers=workers)


def result(sizes: Sequence[Size], share: float, gain: float | None = None) -> Result:
    """The largest clip counts."""
    figures = {
        "mb_for_ten_minutes": max(size.file_bytes for size in sizes) * FRAMES_IN_TEN_MINUTES / 1e6,
        "mb_in_memory_for_an_hour": max(size.memory_bytes for size in sizes) * FRAMES_IN_AN_HOUR / 1e6,
        "measures_share": share,
    }
    if gain is not None:
        figures["gain_of_two_workers"] = gain
    rows = {size.name: [size.faces, size.file_bytes, size.memory_bytes, size.eyes_px] for size in sizes}
    return Result("analysis_size", figures, BARS, {"faces_file_bytes_memory_bytes_eyes_px": rows})


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--actress", type=Path, default=None, help="the demo's clip (default: where it is kept)")
    options.add_argument("--gain", action="store_true", help="measure what a second worker gains")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    analyser = FaceAnalyser()
    try:
        paths = [clip(chosen.media, f"{name}.mp4") for name in CLIPS]
        timed = clip(chosen.media, f"{TIMED}.mp4")
    except MediaMissing as missing:
        print(f"analysis_size: skipped, {missing}")
        return 0
    try:
        paths.append(actress_clip(chosen.actress))
    except MediaMissing as missing:
        print(f"analysis_size: without the actress, {missing}")
    sizes = [size for path in paths if (size := size_of(path, analyser)) is not None]
    gain = gain_of_two_workers(timed, analyser) if chosen.gain else None
    found = result(sizes, measures_share(timed, analyser), gain)
    head = ("clip", "faces", "B in the file", "B in memory", "px between the eyes")
    rows = [(s.name, str(s.faces), *(f"{n:.0f}" for n in (s.file_bytes, s.memory_bytes, s.eyes_px))) for s in sizes]
    print(grid([head, *rows]))
    return finish(found, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
