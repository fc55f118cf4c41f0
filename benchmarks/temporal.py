"""Whether swapped clips hold still: warped-frame error, identity, trembling landmarks, dropped swaps, a still photo.

python -m benchmarks.temporal [--frames 48] [--sources 3] [--clips vr_1 actress …] [--strips build/temporal]

Every clip is swapped with every source as the product does it. Figures are means over clips and sources; the worst pair
is named in the details. Tremble is the part above 6 Hz of the difference between the result's landmarks and the
target's. --strips writes a strip of frames of every pair to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.identity import embedding
from benchmarks.measures import dense
from benchmarks.media import MediaMissing, actress_clip, parser, people, read_picture, write_picture
from benchmarks.record import Bar, Result, finish, grid
from benchmarks.rest import rest_ratio
from benchmarks.runs import plan_of, source_photo
from benchmarks.warped import Warped, to_uint8, warped_error
from facefusion.core import Analysis, Face, Float32, Frame, FrameRange, Pixels, Progress
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.media import MediaReader, open_media
from facefusion.pipeline.analyse import survey
from facefusion.pipeline.frame_source import SeekingSource
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer, rendered_frames
from facefusion.pipeline.render_context import Rendered
from facefusion.pipeline.windows import Drawn
from facefusion.provenance.asset import asset_id_of

BARS = (
    Bar("warped_error_ratio", "at most", 1.10),
    Bar("identity_std", "at most", 0.03),
    Bar("tremble_above_6_hz", "at most", 0.005),
    Bar("dropped_swaps", "at most", 0.0),
    Bar("rest_ratio", "at most", 1.0),
)
_HIGH_HZ = 6.0
_TURNED_AWAY_DEG = 70.0


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One source on one clip.

    warped: of neighbouring frames. unmarked: the same before label and watermark were drawn. to_source: distance of
    the result's face to the source. difference: (n, 478, 2), landmarks of the result minus the target's, in eye
    distances. dropped: frames in which a visible face was not swapped. looked_like_target: frames whose result is
    nearer to the performer than to the source.
    """

    clip: str
    source: str
    warped: tuple[Warped, ...]
    unmarked: tuple[Warped, ...]
    to_source: tuple[float, ...]
    difference: Float32
    rate_hz: float
    dropped: tuple[int, ...]
    looked_like_target: tuple[int, ...]

    @property
    def detail_ratio(self) -> float:
        """How much more fine detail the result shows than the target: it shows any movement that much more."""
        return sum(one.result_detail for one in self.warped) / max(sum(one.target_detail for one in self.warped), 1e-9)

    @property
    def figures(self) -> dict[str, float]:
        return {
            "warped": ratio(self.warped),
            "warped_before_marks": ratio(self.unmarked),
            "detail": self.detail_ratio,
            "identity_std": float(np.std(self.to_source)),
            "to_source": float(np.mean(self.to_source)),
            "tremble": above(self.difference, self.rate_hz, _HIGH_HZ),
            "dropped": float(len(self.dropped)),
        }


def ratio(warped: Sequence[Warped]) -> float:
    """Error of the result, divided by the target's."""
    return sum(one.result for one in warped) / max(sum(one.target for one in warped), 1e-9)


def above(signal: Float32, rate_hz: float, limit_hz: float) -> float:
    """Root mean square distance that is left of (n, K, 2) when everything below `limit_hz` is taken away."""
    centred = signal - signal.mean(axis=0)
    ramp = np.linspace(-1, 1, len(centred))[:, None, None]
    centred = centred - ramp * (centred * ramp).sum(axis=0) / (ramp**2).sum()
    spectrum = np.fft.rfft(centred, axis=0)
    spectrum[np.fft.rfftfreq(len(centred), 1 / rate_hz) <= limit_hz] = 0
    left = np.fft.irfft(spectrum, n=len(centred), axis=0)
    return float(np.sqrt((left**2).sum(axis=2).mean()))


class Watched(RangeRenderer):
    """Keeps frames as they are before they are marked, by index."""

    __slots__ = ("unmarked",)

    def labelled(self, drawn: Drawn) -> Rendered:
        self.unmarked[drawn.frame.index] = drawn.frame.pixels.copy()
        return RangeRenderer.labelled(self, drawn)


def frames_of(
    reader: MediaReader, plan: Plan, analysis: Analysis, analyser: FaceAnalyser, unmarked: dict[int, Pixels]
) -> Any:
    """The finished frames of what was analysed; into `unmarked`, as they were before they were marked."""
    part = analysis.part or FrameRange(0, reader.num_frames)
    given = load_given(plan, analyser, Progress())
    prepared = RangeRenderer.prepared(
        plan, reader, part, analysis, given, Progress(), asset_id=asset_id_of(marks_of(plan))
    )
    renderer = Watched(**{one.name: getattr(prepared, one.name) for one in fields(prepared)})
    object.__setattr__(renderer, "unmarked", unmarked)
    return closing(rendered_frames(renderer, SeekingSource(reader), part, Progress(), threads=1))


def measured(clip: Path, source: Path, analysis: Analysis, analyser: FaceAnalyser, strips: Path | None) -> Pair | None:
    """Swap and measure one pair; None where the clip shows too few faces."""
    person = embedding(analyser.find(read_picture(source))[0])
    with open_media(clip) as reader:
        plan = plan_of(source, clip, clip.with_suffix(".out.mp4"))
        part = analysis.part or FrameRange(0, reader.num_frames)
        unmarked: dict[int, Pixels] = {}
        with frames_of(reader, plan, analysis, analyser, unmarked) as finished:
            frames = reader.frames(start=part.start, stop=part.stop)
            found = list(moments(zip(frames, finished, strict=True), analysis, analyser))
        rate = float(reader.info.average_fps)
    if strips is not None:
        write_picture(strips / f"{clip.stem}_{source.stem}.png", strip(found))
    known = [one for one in found if one.after is not None]
    if len(known) < 8:
        return None
    pairs = [(a, b) for a, b in pairwise(found) if b.index == a.index + 1]
    warped = [warped_error((a.target, a.result), (b.target, b.result), (a.before, b.before)) for a, b in pairs]
    before = [
        warped_error((a.target, unmarked[a.index]), (b.target, unmarked[b.index]), (a.before, b.before))
        for a, b in pairs
    ]
    apart = [distance(embedding(one.after), person) for one in known]  # type: ignore[arg-type]
    itself = [distance(embedding(one.after), embedding(one.before)) for one in known]  # type: ignore[arg-type]
    return Pair(
        clip.stem,
        source.stem,
        tuple(one for one in warped if one is not None),
        tuple(one for one in before if one is not None),
        tuple(apart),
        np.stack([one.difference for one in known]),
        rate,
        tuple(one.index for one in found if one.is_dropped),
        tuple(one.index for one, a, b in zip(known, apart, itself, strict=True) if a > b),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame: target and result (H, W, 3), the performer's face in it, and the face found in the result."""

    index: int
    target: Pixels
    result: Pixels
    before: Face
    after: Face | None
    is_dropped: bool

    @property
    def difference(self) -> Float32:
        """(478, 2): landmarks of the result minus the target's, in eye distances."""
        if self.after is None:
            raise ValueError("difference: got a frame without a face in the result")
        return (dense(self.after).xy - dense(self.before).xy) / np.float32(self.before.eye_distance_px)


def moments(pairs: Iterator[tuple[Frame, Any]], analysis: Analysis, analyser: FaceAnalyser) -> Iterator[Moment]:
    """Every frame in which the tracked performer is found as a face again."""
    for before, done in pairs:
        tracked = analysis.faces_in(before.index)
        if not tracked:
            continue
        faces = near(analyser.find(before.pixels), tracked[0])
        if faces is None:
            continue
        is_turned = tracked[0].pose is not None and abs(tracked[0].pose.yaw_deg) > _TURNED_AWAY_DEG
        dropped = not is_turned and (not done.notes or done.notes[0] == "left_alone")
        after = near(analyser.find(done.frame.pixels), tracked[0])
        yield Moment(before.index, before.pixels, done.frame.pixels, faces, after, dropped)


def near(faces: Sequence[Face], wanted: Face) -> Face | None:
    """The face that lies where `wanted` does."""
    best = max(faces, key=lambda face: face.box.iou(wanted.box), default=None)
    return best if best is not None and best.box.iou(wanted.box) > 0.3 else None


def strip(found: Sequence[Moment], *, count: int = 8, side: int = 160) -> Pixels:
    """Targets above results, evenly spread, each around its face."""
    chosen = [found[i] for i in np.unique(np.linspace(0, len(found) - 1, count).astype(int))]
    rows = []
    for which in ("target", "result"):
        cells = []
        for one in chosen:
            x, y, half = *one.before.box.center, max(one.before.box.width, one.before.box.height) * 0.7
            pixels = to_uint8(getattr(one, which))
            padded = cv2.copyMakeBorder(pixels, *(int(half),) * 4, cv2.BORDER_REPLICATE)
            cut = padded[int(y) : int(y + 2 * half), int(x) : int(x + 2 * half)]
            cells.append(cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA))
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def summary(pairs: Sequence[Pair], rest: float) -> Result:
    """Means over all pairs, and each pair by itself."""
    rows = {f"{pair.source} on {pair.clip}": pair.figures for pair in pairs}
    mean = {name: float(np.mean([row[name] for row in rows.values()])) for name in next(iter(rows.values()))}
    figures = {
        "warped_error_ratio": mean["warped"],
        "warped_error_ratio_before_marks": mean["warped_before_marks"],
        "warped_error_ratio_worst": max(row["warped"] for row in rows.values()),
        "detail_ratio": mean["detail"],
        "identity_std": mean["identity_std"],
        "identity_std_worst": max(row["identity_std"] for row in rows.values()),
        "tremble_above_6_hz": mean["tremble"],
        "tremble_above_6_hz_worst": max(row["tremble"] for row in rows.values()),
        "dropped_swaps": sum(row["dropped"] for row in rows.values()),
        "looked_like_target": float(sum(len(pair.looked_like_target) for pair in pairs)),
        "frames": float(sum(len(pair.to_source) for pair in pairs)),
        "rest_ratio": rest,
    }
    dropped = {f"{p.source} on {p.clip}": list(p.dropped) for p in pairs if p.dropped}
    alike = {f"{p.source} on {p.clip}": list(p.looked_like_target) for p in pairs if p.looked_like_target}
    details = {"pairs": rows, "dropped_frames": dropped, "looked_like_target_frames": alike}
    return Result("temporal", figures, BARS, details)


def clips_of(media: Path, actress: Path | None, wanted: Sequence[str]) -> list[Path]:
    """The clips of the media folder and the actress's; raises MediaMissing."""
    found = {"actress": actress_clip(actress)}
    found |= {path.stem: path for path in sorted((media / "clips").glob("*.mp4"))}
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        raise MediaMissing(f"no clips called {', '.join(unknown)}; there are {', '.join(found)}")
    return [found[name] for name in wanted or found]


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument(
        "--frames", type=int, default=48, help="of each clip, from its beginning; 0: all (default: 48)"
    )
    options.add_argument("--sources", type=int, default=3, help="how many people are put on (default: 3)")
    options.add_argument("--clips", nargs="*", default=(), help="names; default: all and the actress's")
    options.add_argument("--actress", type=Path, default=None, help="the actress's clip (default: the demo's)")
    options.add_argument("--strips", type=Path, default=None, help="folder for strips of frames")
    chosen = options.parse_args()
    try:
        clips = clips_of(chosen.media, chosen.actress, chosen.clips)
        first = source_photo(None, chosen.media)
        sources = [first, *(one.path for one in people(chosen.media)[6::8])][: chosen.sources]
    except MediaMissing as missing:
        print(f"temporal: skipped, {missing}")
        return 0
    analyser, pairs = FaceAnalyser(), list[Pair]()
    with single_threaded_opencv(True):
        rest = rest_ratio(analyser, first, read_picture(people(chosen.media)[0].path))
        for clip in clips:
            with open_media(clip) as reader:
                part = FrameRange(0, min(chosen.frames or reader.num_frames, reader.num_frames))
                analysis = survey(reader, part, analyser, Progress())
            for source in sources:
                pair = measured(clip, source, analysis, analyser, chosen.strips)
                if pair is not None:
                    pairs.append(pair)
                    print(clip.stem, source.stem, {k: round(v, 4) for k, v in pair.figures.items()}, flush=True)
    result = summary(pairs, rest)
    rows = [(name, *(f"{value:.4g}" for value in row.values())) for name, row in result.details["pairs"].items()]
    print(grid([("pair", *next(iter(result.details["pairs"].values()))), *rows]), end="\n\n")
    return finish(result, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
