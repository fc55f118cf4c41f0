"""Where the time of a run goes: the share of each stage, at several sizes of picture.

python -m benchmarks.stages [--sizes 360p 720p 1080p 4k] [--seconds 4]

Every call of a stage is clocked with the processor time of its own thread, less what stages inside of it took; so
waiting and other programs do not count, and the shares of one worker's run are those of its wall time. "other" is what
is left of the process's time: Python between the stages, the start of threads, and the like.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.clips import enlarged
from benchmarks.cost import MADE, MOVIE
from benchmarks.media import MediaMissing, actress_clip, clip, parser
from benchmarks.record import Bar, Result, finish, grid
from benchmarks.runs import plan_of, source_photo

STAGES: tuple[tuple[str, str], ...] = (
    ("decode", "facefusion.media.libav_reader:LibavReader.frames"),
    ("models", "facefusion.models.spreading:LoadedCard.run"),
    ("models", "facefusion.faces.parse:OcclusionParser.look"),
    ("models", "facefusion.faces.parse:OcclusionParser.shown"),
    ("models", "facefusion.faces.analyser:FaceAnalyser.find"),
    ("flow", "facefusion.temporal.flow:FaceFlow.between"),
    ("shots", "facefusion.temporal.shots:ShotFinder.push"),
    ("measures", "facefusion.faces.measures:FaceMeter.see"),
    ("smooth", "facefusion.pipeline.steady:SteadyFaces.faces_in"),
    ("warp and blend", "facefusion.processors.face_swapper.swapper:FaceSwapper.process_face"),
    ("warp and blend", "facefusion.pipeline.render:change_face"),
    ("warp and blend", "facefusion.pipeline.ranges:known_in"),
    ("warp and blend", "facefusion.pipeline.ranges:steadily_known"),
    ("label", "facefusion.pipeline.ranges:labelled"),
    ("watermark", "facefusion.pipeline.ranges:watermarked"),
    ("encode", "facefusion.media.picture_encoder:PictureEncoder.encode"),
    ("encode", "facefusion.media.picture_encoder:PictureEncoder.flush"),
    ("join", "facefusion.media.joining:Joining.finish"),
    ("prepare", "facefusion.pipeline.engine:load_given"),
    ("prepare", "facefusion.pipeline.ranges:prepare"),
    ("digests", "facefusion.pipeline.fingerprint:request_key"),
    ("digests", "facefusion.pipeline.analyse:identity_of"),
    ("track", "facefusion.faces.track:FaceTracker.update"),
)
NAMED = ("decode", "models", "warp and blend", "encode")
"""What a run is for; each other stage should stay below the bar."""
BAR_SHARE = 0.10
SIZES = ("360p", "720p", "1080p", "4k")


class Clock:
    """Processor seconds by stage, exclusive of inner stages; one stack for each thread."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._lock, self._local = threading.Lock(), threading.local()

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Clock the body as `stage`."""
        stack: list[float] = self._local.__dict__.setdefault("stack", [])
        begun = time.thread_time()
        stack.append(0.0)
        try:
            yield
        finally:
            spent, inner = time.thread_time() - begun, stack.pop()
            if stack:
                stack[-1] += spent
            with self._lock:
                self.seconds[stage] += spent - inner

    def clocked(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, clocked; the steps of an iterator that it gives back are, too."""

        def wrapped(*arguments: Any, **named: Any) -> Any:
            with self.within(stage):
                found = work(*arguments, **named)
            return self._steps(stage, found) if hasattr(found, "__next__") else found

        return wrapped

    def _steps(self, stage: str, items: Iterator[Any]) -> Iterator[Any]:
        try:
            while True:
                with self.within(stage):
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()


@contextmanager
def clocks_on(clock: Clock) -> Iterator[None]:
    """Every stage is clocked while the body runs."""
    undone = []
    for stage, place in STAGES:
        module, _, path = place.partition(":")
        holder: Any = importlib.import_module(module)
        *owners, name = path.split(".")
        for owner in owners:
            holder = getattr(holder, owner)
        undone.append((holder, name, getattr(holder, name)))
        setattr(holder, name, clock.clocked(stage, getattr(holder, name)))
    try:
        yield
    finally:
        for holder, name, before in undone:
            setattr(holder, name, before)


def shares_of(source: Path, target: Path, seconds: float) -> tuple[dict[str, float], float, int]:
    """Share of each stage in a run of one worker, its processor seconds, and its frames; a run before warms up."""
    from facefusion.pipeline.engine import run
    from facefusion.pipeline.plan import Plan

    with tempfile.TemporaryDirectory(prefix="facefusion_stages_") as folder:
        values = plan_of(source, target, Path(folder) / "out.mp4").to_mapping()
        run(Plan.from_mapping(values | {"workers": 1, "end": "0.2"}))
        clock, begun = Clock(), time.process_time()
        with clocks_on(clock):
            report = run(Plan.from_mapping(values | {"workers": 1, "end": f"{seconds:g}"}))
        total = time.process_time() - begun
    spent = dict(clock.seconds) | {"other": max(0.0, total - sum(clock.seconds.values()))}
    return {stage: value / total for stage, value in spent.items()}, total, report.frames


def clips_to_measure(media: Path, actress: Path | None, sizes: list[str]) -> dict[str, Path]:
    """The clips that are there, by size; says in a line which are not."""
    makers: dict[str, Callable[[], Path]] = {
        "360p": lambda: actress_clip(actress),
        "720p": lambda: clip(media, MOVIE),
        "1080p": lambda: enlarged(clip(media, MOVIE), 1080, MADE / "lp_s18_1080.mp4"),
        "4k": lambda: enlarged(clip(media, MOVIE), 2160, MADE / "lp_s18_2160.mp4"),
    }
    found = {}
    for size in sizes:
        try:
            found[size] = makers[size]()
        except MediaMissing as missing:
            print(f"stages {size}: skipped, {missing}")
    return found


def summary(rows: dict[str, dict[str, float]], milliseconds: dict[str, float]) -> Result:
    """The largest share of a stage that a run is not for, by size."""
    figures = {
        f"largest_other_share_{size}": max(share for stage, share in row.items() if stage not in NAMED)
        for size, row in rows.items()
    }
    figures |= {f"milliseconds_a_frame_{size}": value for size, value in milliseconds.items()}
    bars = [Bar("largest_other_share_720p", "at most", BAR_SHARE)] if "720p" in rows else []
    return Result("stages", figures, bars, {"shares": rows})


def printed(rows: dict[str, dict[str, float]], milliseconds: dict[str, float]) -> str:
    """Milliseconds of processor time for a frame, and shares, for a terminal."""
    stages = sorted(
        {stage for row in rows.values() for stage in row}, key=lambda s: -max(r.get(s, 0) for r in rows.values())
    )
    lines = [("stage", *rows)]
    for stage in stages:
        cells = (
            f"{rows[size].get(stage, 0) * milliseconds[size]:.1f} ms {rows[size].get(stage, 0):.1%}" for size in rows
        )
        lines.append((stage, *cells))
    return grid([*lines, ("all", *(f"{milliseconds[size]:.0f} ms" for size in rows))])


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clips")
    options.add_argument("--actress", type=Path, default=None, help="the 360p clip (default: the demo's)")
    options.add_argument("--sizes", nargs="+", default=list(SIZES), choices=SIZES, help="which clips (default: all)")
    options.add_argument("--seconds", type=float, default=4.0, help="how much of each (default: 4)")
    chosen = options.parse_args()
    try:
        source = source_photo(chosen.source, chosen.media)
    except MediaMissing as missing:
        print(f"stages: skipped, {missing}")
        return 0
    rows, milliseconds = {}, {}
    for size, target in clips_to_measure(chosen.media, chosen.actress, chosen.sizes).items():
        rows[size], total, frames = shares_of(source, target, chosen.seconds)
        milliseconds[size] = 1000 * total / frames
    if not rows:
        return 0
    print(printed(rows, milliseconds), end="\n\n")
    return finish(summary(rows, milliseconds), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
