"""Whether the watermark is read after what happens to copies, what it costs, and whether it is ever read from nothing.

python -m benchmarks.watermark [--unmarked 1000]

Pictures and clips are marked with several numbers, attacked and read. Unmarked pictures are read too, as they are and
attacked. One 1080p and one 360p clip are rendered, to compare the watermark's processor time with that of rendering.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import enlarged
from benchmarks.cost import MADE, MOVIE
from benchmarks.identity import embedding
from benchmarks.media import MediaMissing, clip, parser, people, read_picture
from benchmarks.record import Bar, Result, finish
from benchmarks.runs import plan_of, source_photo
from facefusion.core import Face, Frame, Pixels, Timestamp
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import VideoFormat, VideoWriter, open_media
from facefusion.pipeline.analyse import analyse
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.pipeline.rendering import render
from facefusion.provenance.watermark import Reading, Watermark, detect, read_watermark
from facefusion.provenance.watermark.search import FALSE_POSITIVES
from facefusion.quality import psnr

NUMBERS = (0x0123456789ABCDEF, 0xFEDCBA9876543210, 1)
CLIP_FRAMES = 48
COSTS = {"360p": 360, "1080p": 1080}
BARS = (
    Bar("read_least", "at least", 0.99),
    Bar("false_positives", "at most", 0),
    Bar("false_positive_bound", "at most", 1e-4),
    Bar("psnr_least", "at least", 40),
    Bar("share_of_rendering_1080p", "at most", 0.15),
)
Attack = Callable[[Pixels], Pixels]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attacked copy. errors: share of the code's signs that were wrong; 0.5 when it was not read."""

    name: str
    attack: str
    is_read: bool
    errors: float

    @staticmethod
    def of(name: str, attack: str, reading: Reading, number: int) -> Outcome:
        is_read = reading.asset_id == number
        return Outcome(name, attack, is_read, (1 - reading.confidence) / 2 if is_read else 0.5)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Coded and decoded."""
    coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def scaled(pixels: Pixels, by: float) -> Pixels:
    """Scaled, to even sides."""
    size = [max(2, round(side * by / 2) * 2) for side in pixels.shape[1::-1]]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if by < 1 else cv2.INTER_CUBIC)


def cropped(pixels: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    """Without these fractions of its sides, to even sides."""
    height, width = pixels.shape[:2]
    x, y = int(left * width), int(top * height)
    across, down = int(width * (1 - right)) - x, int(height * (1 - bottom)) - y
    return np.ascontiguousarray(pixels[y : y + down // 2 * 2, x : x + across // 2 * 2])


def lit(pixels: Pixels, by: float) -> Pixels:
    """Multiplied."""
    return np.clip(pixels * by, 0, 255).astype(np.uint8)


ATTACKS: dict[str, Attack] = {
    "none": lambda p: p,
    "jpeg_70": lambda p: jpeg(p, 70),
    "half": lambda p: scaled(p, 0.5),
    "crop_left_top": lambda p: cropped(p, 0.1, 0.1, 0, 0),
    "crop_right_bottom": lambda p: cropped(p, 0, 0, 0.1, 0.1),
    "brighter_20": lambda p: lit(p, 1.2),
    "darker_20": lambda p: lit(p, 0.8),
}
MORE: dict[str, Attack] = {
    "half_jpeg_70": lambda p: jpeg(scaled(p, 0.5), 70),
    "crop_half_jpeg_70": lambda p: jpeg(scaled(cropped(p, 0.1, 0, 0, 0.05), 0.5), 70),
    "larger_1.5": lambda p: scaled(p, 1.5),
    "jpeg_50": lambda p: jpeg(p, 50),
}
CLIP_ATTACKS: dict[str, Attack | None] = {"crf_28": ATTACKS["none"], "crf_28_one_in_ten_dropped": None}
MORE_ON_CLIPS: dict[str, Attack | None] = {
    "half_crf_28": ATTACKS["half"],
    "crop_crf_28": ATTACKS["crop_left_top"],
    "crop_0.75_crf_28": lambda p: scaled(cropped(p, 0.1, 0, 0, 0.1), 0.75),
}


def on_picture(name: str, pixels: Pixels, number: int) -> Iterator[Outcome]:
    """Every attack on one picture."""
    marked = Watermark(number, width=pixels.shape[1], height=pixels.shape[0]).apply(pixels)
    for attack, done in (ATTACKS | MORE).items():
        yield Outcome.of(name, attack, detect([done(marked)]), number)


def on_clip(name: str, frames: Sequence[Pixels], number: int) -> Iterator[Outcome]:
    """Every attack on one clip."""
    watermark = Watermark(number, width=frames[0].shape[1], height=frames[0].shape[0])
    marked = [watermark.apply(frame) for frame in frames]
    for attack, done in (CLIP_ATTACKS | MORE_ON_CLIPS).items():
        kept = [frame for place, frame in enumerate(marked) if done is not None or place % 10 != 3]
        yield Outcome.of(name, attack, coded([frame if done is None else done(frame) for frame in kept]), number)


def coded(frames: Sequence[Pixels]) -> Reading:
    """What is read from the frames as H.264 at CRF 28."""
    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory(prefix="facefusion_watermark_") as folder:
        path = Path(folder) / "copy.mp4"
        with VideoWriter(path, like=VideoFormat(width, height), codec="h264", quality=28) as writer:
            for index, pixels in enumerate(frames):
                writer.write(Frame(pixels, index, Timestamp(index, Fraction(1, 25)), 1))
        return read_watermark(path)


def clip_frames(path: Path) -> list[Pixels]:
    """The first frames of a clip, of even size."""
    with open_media(path) as reader:
        stop = min(CLIP_FRAMES, reader.num_frames)
        return [cropped(frame.pixels, 0, 0, 0, 0) for frame in reader.frames(stop=stop)]


def false_positives(pictures: Sequence[Path]) -> tuple[int, int]:
    """How many unmarked pictures were read, and how often a number was found: each as it is, and attacked in turn."""
    attacks = list((ATTACKS | MORE).values())
    found = tried = 0
    for place, path in enumerate(pictures):
        pixels = read_picture(path)
        for picture in (pixels, attacks[place % len(attacks)](pixels)):
            tried += 1
            found += detect([picture]).is_found
    return tried, found


def processor_ms(source: Path, path: Path) -> tuple[float, float]:
    """Processor time a frame, in ms: the watermark alone, and all of rendering (decoding and watermark with it)."""
    with open_media(path) as reader, single_threaded_opencv(True):
        plan = plan_of(source, path, path.with_suffix(".out.mp4"))
        frames = [frame.pixels for frame in reader.frames(stop=20)]
        watermark = Watermark(1, width=reader.info.width, height=reader.info.height)
        alone = _timed(lambda: [watermark.draw(frame) for frame in frames] and len(frames))
        analysis = analyse(reader, plan)
        whole = _timed(lambda: sum(1 for _ in render(reader, analysis, plan)))
    return alone, whole


def _timed(work: Callable[[], int]) -> float:
    """Milliseconds of processor time for each thing that `work` counts; the first time compiles."""
    work()
    begun = time.process_time()
    count = work()
    return (time.process_time() - begun) * 1000 / count


def identity_moved(pictures: Sequence[Pixels]) -> float:
    """The farthest that the watermark moves the embedding of a picture's largest face; one person lies within 0.6."""
    analyser, moved = FaceAnalyser(), [0.0]
    for pixels in pictures:
        watermark = Watermark(NUMBERS[0], width=pixels.shape[1], height=pixels.shape[0])
        before, after = analyser.find(pixels), analyser.find(watermark.apply(pixels))
        if before and after:
            same = min(after, key=lambda face: _apart(face, before[0]))
            moved.append(float(np.linalg.norm(embedding(before[0]) - embedding(same))))
    return max(moved)


def _apart(one: Face, other: Face) -> float:
    (ax, ay), (bx, by) = one.box.center, other.box.center
    return float(np.hypot(ax - bx, ay - by))


def rates(outcomes: Sequence[Outcome], attacks: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each attack: how many, the share that was read, and the mean share of wrong signs."""
    table = {}
    for attack in attacks:
        of_it = [one for one in outcomes if one.attack == attack]
        read = float(np.mean([one.is_read for one in of_it]))
        table[attack] = {"copies": len(of_it), "read": read, "wrong_signs": float(np.mean([o.errors for o in of_it]))}
    return table


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--unmarked", type=int, default=1000, help="unmarked pictures to read (default: 1000)")
    chosen = options.parse_args()
    try:
        portraits = people(chosen.media)
        clips = sorted((chosen.media / "clips").glob("*.mp4"))
        large = {name: enlarged(clip(chosen.media, MOVIE), px, MADE / f"lp_s18_{px}.mp4") for name, px in COSTS.items()}
    except MediaMissing as missing:
        print(f"watermark: skipped, {missing}")
        return 0
    pictures = [(portrait.name, cropped(portrait.pixels, 0, 0, 0, 0)) for portrait in portraits]
    outcomes = [one for name, p in pictures for number in NUMBERS for one in on_picture(name, p, number)]
    shots = {path.stem: clip_frames(path) for path in [*clips, *large.values()]}
    outcomes += [
        one for place, (name, shot) in enumerate(shots.items()) for one in on_clip(name, shot, NUMBERS[place % 3])
    ]
    tried, found = false_positives(sorted((chosen.media / "faces_train").rglob("*.[jp][pn]g"))[: chosen.unmarked])
    costs = {name: processor_ms(source_photo(None, chosen.media), path) for name, path in large.items()}
    grounds = [p for _, p in pictures] + [shot[0] for shot in shots.values()]
    return finish(_result(outcomes, grounds, tried, found, costs), date=chosen.date, folder=chosen.results)


def _result(
    outcomes: Sequence[Outcome],
    grounds: Sequence[Pixels],
    tried: int,
    found: int,
    costs: dict[str, tuple[float, float]],
) -> Result:
    promised = rates(outcomes, [*ATTACKS, *CLIP_ATTACKS])
    marked = [psnr(p, Watermark(NUMBERS[0], width=p.shape[1], height=p.shape[0]).apply(p)) for p in grounds]
    figures = {
        "read_least": min(row["read"] for row in promised.values()),
        "false_positives": float(found),
        "false_positive_bound": FALSE_POSITIVES,
        "psnr_least": min(marked),
        "psnr_median": float(np.median(marked)),
        "identity_moved_most": identity_moved(grounds),
    }
    for name, (alone, whole) in costs.items():
        figures |= {f"ms_{name}": alone, f"share_of_rendering_{name}": alone / whole}
    details = {
        "promised": promised,
        "beyond": rates(outcomes, [*MORE, *MORE_ON_CLIPS]),
        "unmarked_read": tried,
        "not_read": [f"{one.name}: {one.attack}" for one in outcomes if not one.is_read],
    }
    return Result("watermark", figures, BARS, details)


if __name__ == "__main__":
    sys.exit(main())
