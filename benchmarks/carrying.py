"""How much detail blurred frames get back from the sharp ones of their clip: sharp clips, blurred by code.

python -m benchmarks.carrying [--frames 60] [--every 3] [--sheet FILE.png]

All frames but every twelfth are blurred (sigma 2.5 pixels at 90 between the eyes) and coded as JPEG 70. PSNR and SSIM
are measured inside the outline of the face, on blurred frames; identity is the distance between result and truth. The
last number is the distance between result and what was given. `enhancer` works on the frame alone, `carried` with the
clip. Further: share of the frames that ended further from the truth than they began, by identity.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.enhancing import ssim, unsharp
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import Bar, Result, finish
from facefusion.blend import BlendSettings, paste
from facefusion.core import AlignedFace, Face, Track, UInt8, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.faces.measures import measured
from facefusion.geometry.color import luma
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.media import open_media
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.processors.face_enhancer import FaceEnhancer, Settings
from facefusion.processors.face_enhancer.memory import FaceMemory, Sight, sharpest

CLIPS = ("vr_1.mp4", "lp_s18.mp4", "lp_d18.mp4")
SHARP_EVERY, SIGMA, EYES_PX, QUALITY = 12, 2.5, 90.0, 70
BARS = (
    Bar("psnr_over_blurred_db", "at least", 1.0),
    Bar("psnr_over_unsharp_db", "at least", 0.5),
    Bar("psnr_over_enhancer_db", "at least", 0.5),
    Bar("ssim_over_unsharp", "at least", 0.0),
    Bar("identity_under_unsharp", "at least", 0.0),
    Bar("identity_under_enhancer", "at least", 0.0),
    Bar("largest_self_distance_sharp", "at most", 0.15),
    Bar("further_from_truth", "at most", 0),
)
Row = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One clip: the sharp frames, the blurred ones, and the face that is found in each of those."""

    truth: Sequence[UInt8]
    given: Sequence[UInt8]
    faces: Sequence[Face | None]

    def memory(self) -> FaceMemory:
        """As a run gathers it."""
        found = {index: replace(face, measures=measured(self.given[index], face), track_id=1)
                 for index, face in enumerate(self.faces) if face is not None}  # fmt: skip
        track = Track.of(1, found, 1)
        picks = sharpest([track])
        return FaceMemory(
            {1: tuple(Sight.of(self.given[frame], found[frame], quality, frame) for _, frame, quality in picks)}
        )


def worsened(truth: Sequence[UInt8], analyser: FaceAnalyser) -> Shown:
    """All but every twelfth frame blurred."""
    faces = [_first(analyser, picture) for picture in truth]
    eyes = float(np.median([face.eye_distance_px for face in faces if face is not None]))
    given = [picture if index % SHARP_EVERY == 0 else _blurred(picture, SIGMA * eyes / EYES_PX)
             for index, picture in enumerate(truth)]  # fmt: skip
    return Shown(truth, given, [_first(analyser, picture) for picture in given])


def _blurred(picture: UInt8, sigma: float) -> UInt8:
    soft = cv2.GaussianBlur(picture, (0, 0), sigma)
    _, data = cv2.imencode(".jpg", soft[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def _first(analyser: FaceAnalyser, picture: UInt8) -> Face | None:
    faces = analyser.find(picture)
    return faces[0] if faces else None


def enhanced(shown: Shown, index: int, memory: FaceMemory | None) -> UInt8:
    """The frame with its face enhanced, as a run does it."""
    pixels, face = shown.given[index], shown.faces[index]
    assert face is not None
    enhancer = FaceEnhancer(Settings(), memory)
    box = enhancer.crop_box(face, pixels.shape[1], pixels.shape[0])
    part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    patch = enhancer.process_face(AlignedFace(to_unit(pixels[part]), matrix, replace(face, track_id=1), index))
    return pixels if patch is None else np.asarray(paste(pixels, patch, BlendSettings(blend_mode="plain")), np.uint8)


def measure(shown: Shown, analyser: FaceAnalyser, every: int) -> tuple[dict[str, Row], float, list[bool], list[UInt8]]:
    """Mean rows by way, the largest distance of a sharp frame to itself, which frames went further from the truth, and
    pictures of one frame."""
    memory, rows, sheet = shown.memory(), [], []
    for index in range(SHARP_EVERY // 2, len(shown.truth), every):
        face = shown.faces[index]
        if index % SHARP_EVERY == 0 or face is None or face.landmarks is None:
            continue
        ways = {
            "blurred": shown.given[index],
            "unsharp": unsharp(shown.given[index]),
            "enhancer": enhanced(shown, index, None),
            "carried": enhanced(shown, index, memory),
        }
        rows.append({way: _row(shown, index, pixels, analyser) for way, pixels in ways.items()})
        if not sheet:
            part = np.s_[int(face.box.y0) : int(face.box.y1), int(face.box.x0) : int(face.box.x1)]
            sheet = [cv2.resize(one[part], (320, 400), interpolation=cv2.INTER_CUBIC)
                     for one in (*ways.values(), shown.truth[index])]  # fmt: skip
    selves = [_apart(analyser, enhanced(shown, index, memory), shown.given[index])
              for index in range(0, len(shown.truth), SHARP_EVERY) if shown.faces[index] is not None]  # fmt: skip
    means = {way: tuple(np.mean([row[way] for row in rows], axis=0)) for way in rows[0]}
    return means, max(selves), [row["carried"][2] > row["blurred"][2] for row in rows], sheet  # type: ignore[return-value]


def _row(shown: Shown, index: int, pixels: UInt8, analyser: FaceAnalyser) -> Row:
    truth, face = shown.truth[index], shown.faces[index]
    assert face is not None
    assert face.landmarks is not None
    inside = np.zeros(truth.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(face.landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 1)
    error = np.square(to_unit(pixels) - to_unit(truth))[inside > 0].mean()
    alike = ssim(luma(to_unit(pixels)), luma(to_unit(truth)), inside > 0)
    return (
        float(-10 * np.log10(error)),
        alike,
        _apart(analyser, pixels, truth),
        _apart(analyser, pixels, shown.given[index]),
    )


def _apart(analyser: FaceAnalyser, one: UInt8, other: UInt8) -> float:
    a, b = (_first(analyser, picture) for picture in (one, other))
    if a is None or b is None or a.embedding is None or b.embedding is None:
        return 1.0
    return distance(a.embedding, b.embedding)


def main() -> int:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--frames", type=int, default=60, help="of each clip")
    options.add_argument("--every", type=int, default=3, help="measure every n-th frame")
    options.add_argument("--sheet", type=Path, default=None, help="a PNG with all ways and the truth, a row a clip")
    chosen = options.parse_args()
    try:
        paths = [clip(chosen.media, name) for name in CLIPS]
    except MediaMissing as error:
        print(error)
        return 0
    analyser, details, selves, further, sheet = FaceAnalyser(), {}, [], [], []
    with single_threaded_opencv(True):
        for path in paths:
            with open_media(path) as reader:
                truth = [np.asarray(frame.pixels, np.uint8) for frame in islice(reader, chosen.frames)]
            means, own, away, strip = measure(worsened(truth, analyser), analyser, chosen.every)
            details[path.stem] = means
            selves.append(own)
            further += away
            sheet.append(np.hstack(strip))
            for way, row in means.items():
                print(f"{path.stem:10} {way:10} {row[0]:8.3f} {row[1]:8.4f} {row[2]:8.4f} {row[3]:8.4f}", flush=True)
    if chosen.sheet:
        cv2.imwrite(str(chosen.sheet), np.vstack(sheet)[..., ::-1])
    means = {way: np.mean([one[way] for one in details.values()], axis=0) for way in next(iter(details.values()))}
    ours = means["carried"]
    figures = {f"psnr_over_{way}_db": ours[0] - means[way][0] for way in ("blurred", "unsharp", "enhancer")}
    figures |= {f"ssim_over_{way}": ours[1] - means[way][1] for way in ("blurred", "unsharp", "enhancer")}
    figures |= {f"identity_under_{way}": means[way][2] - ours[2] for way in ("blurred", "unsharp", "enhancer")}
    figures |= {"largest_self_distance_sharp": max(selves), "further_from_truth": np.mean(further)}
    result = Result("carrying", {name: float(value) for name, value in figures.items()}, BARS, {"clips": details})
    return finish(result, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
