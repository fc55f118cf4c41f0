"""Whether a swapped clip holds still: identity, landmarks and brightness from frame to frame, and dropped swaps.

python -m benchmarks.steadiness [--source photo.jpg] [--actress clip.mp4]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.identity import embedding
from benchmarks.measures import Likeness, dense, likeness, outline
from benchmarks.media import MediaMissing, actress_clip, parser, read_picture
from benchmarks.record import Result, finish
from benchmarks.runs import plan_of, source_photo
from facefusion.core import Face, Float32, Pixels
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.media import open_media
from facefusion.pipeline.analyse import analyse
from facefusion.pipeline.rendering import render


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame, before and after.

    to_source, to_target: distances of the result's face to the photo and to the performer in the same frame.
    before, after: landmarks in eye distances. luma: mean luma inside the outline, before and after.
    """

    index: int
    to_source: float
    to_target: float
    likeness: Likeness
    before: Float32
    after: Float32
    luma: tuple[float, float]

    @property
    def is_dropped(self) -> bool:
        """The result still looks more like the performer than like the photo."""
        return self.to_source > self.to_target


def moments(analyser: FaceAnalyser, source: Path, target: Path) -> Iterator[Moment | None]:
    """Every frame in which the performer's face is found; None where none is found in the result."""
    person = embedding(analyser.find(read_picture(source))[0])
    plan = plan_of(source, target, target.with_suffix(".out.mp4"))
    with open_media(target) as reader:
        analysis = analyse(reader, plan)
        for before, after in zip(reader, render(reader, analysis, plan), strict=True):
            faces = analyser.find(before.pixels)
            if faces:
                found = analyser.find(after.pixels)
                yield moment(before.index, person, faces[0], found[0]) if found else None


def moment(index: int, person: Float32, before: Face, after: Face) -> Moment:
    """Measure one frame."""
    unit = before.eye_distance_px
    return Moment(
        index,
        distance(embedding(after), person),
        distance(embedding(after), embedding(before)),
        likeness(after, before),
        dense(before).xy / np.float32(unit),
        dense(after).xy / np.float32(unit),
        (mean_luma(before, before), mean_luma(after, before)),
    )


def mean_luma(shown: Face, place: Face) -> float:
    """Mean luma of `shown`'s picture inside the outline of `place`, 0 to 255."""
    pixels: Pixels | None = shown.picture
    if pixels is None:
        raise ValueError("mean_luma: got a face without its picture")
    inside = outline(place, (pixels.shape[0], pixels.shape[1])) > 0
    return float((pixels[inside].astype(np.float64) @ (0.2126, 0.7152, 0.0722)).mean())


def tremble(points: Sequence[Float32]) -> float:
    """Mean second difference over time of landmarks (T, K, 2): what is left when steady movement is taken away."""
    bent = np.diff(np.stack(points), n=2, axis=0)
    return float(np.linalg.norm(bent, axis=2).mean())


def flicker(values: Sequence[float]) -> float:
    """Mean absolute second difference over time."""
    return float(np.abs(np.diff(np.asarray(values), n=2)).mean())


def summary(all_moments: Sequence[Moment | None]) -> Result:
    """Spread over the clip and ratios of result to target; no bars: it tells, and the temporal work improves it."""
    known = [one for one in all_moments if one is not None]
    apart = np.array([one.to_source for one in known])
    before, after = tremble([m.before for m in known]), tremble([m.after for m in known])
    light_before, light_after = (flicker([m.luma[k] for m in known]) for k in (0, 1))
    figures = {
        "frames": float(len(all_moments)),
        "lost_faces": float(len(all_moments) - len(known)),
        "dropped_swaps": float(sum(m.is_dropped for m in known)),
        "verified": float((apart < 0.6).mean()),
        "to_source_mean": float(apart.mean()),
        "to_source_std": float(apart.std()),
        "to_source_largest_jump": float(np.abs(np.diff(apart)).max()),
        "pose_error_deg": float(np.mean([m.likeness.pose_deg for m in known])),
        "lid_error": float(np.mean([m.likeness.lids for m in known])),
        "mouth_error": float(np.mean([m.likeness.mouth for m in known])),
        "tremble_ratio": after / before,
        "flicker_ratio": light_after / light_before,
    }
    worst = sorted(known, key=lambda m: -m.to_source)[:12]
    details = {
        "worst_frames": [{"frame": m.index, "to_source": m.to_source} for m in worst],
        "dropped_frames": [m.index for m in known if m.is_dropped],
        "tremble_eye_distances": {"target": before, "result": after},
        "flicker_luma_steps": {"target": light_before, "result": light_after},
    }
    return Result("steadiness", figures, (), details)


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--source", type=Path, default=None, help="photo to put on the clip")
    options.add_argument("--actress", type=Path, default=None, help="the clip (default: the demo's)")
    chosen = options.parse_args()
    try:
        source, target = source_photo(chosen.source, chosen.media), actress_clip(chosen.actress)
    except MediaMissing as missing:
        print(f"steadiness: skipped, {missing}")
        return 0
    found = list(moments(FaceAnalyser(), source, target))
    return finish(summary(found), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
