"""Head pose against rendered heads of known pose, and detection over face sizes, rolls and exposures.

python -m benchmarks.pose
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from benchmarks.heads import Head, render
from benchmarks.measures import pose_errors_deg
from benchmarks.media import MediaMissing, Picture, parser, people
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Face, Float32, HeadPose
from facefusion.core.arrays import UInt8
from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.transforms import apply, square_roi

YAWS = (-75, -60, -45, -30, -15, 0, 15, 30, 45, 60, 75)
PITCHES = (-30, -15, 0, 15, 30)
ROLLS = (-120, -30, 0, 30, 150)
SIZES_PX = (24, 32, 48, 64, 96, 160, 320)
TURNS_DEG = (0, 30, 60, 90, 135, 180, 225, 270, 315)
EXPOSURES = (0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 3.5)
CANVAS = (480, 640)
BARS = (Bar("found_24px_upright", "at least", 0.95), Bar("found_any_roll_64px", "at least", 0.97))


@dataclass(frozen=True, slots=True)
class PoseCase:
    """One rendered head: its pose and the absolute errors in degrees, or None when no face was found."""

    truth: HeadPose
    errors_deg: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class FoundCase:
    """One placed portrait: was it found, and how far its keypoints lie from the truth, in eye distances."""

    size_px: int
    roll_deg: int
    exposure: float
    offset: float | None


def pose_cases(analyser: FaceAnalyser, heads: Sequence[Head]) -> Iterator[PoseCase]:
    """Every yaw at every pitch without roll, and every roll at a few yaws; the heads take turns."""
    poses = [HeadPose(yaw, pitch, 0) for yaw in YAWS for pitch in PITCHES]
    poses += [HeadPose(yaw, 0, roll) for yaw in (-30, 0, 30) for roll in ROLLS]
    for k, pose in enumerate(poses):
        for head in (heads[k % len(heads)], heads[(k * 5 + 2) % len(heads)]):
            faces = analyser.find(render(head, pose), embed=False)
            yield PoseCase(pose, pose_errors_deg(faces[0].pose, pose) if faces and faces[0].pose else None)


def found_cases(analyser: FaceAnalyser, portraits: Sequence[Picture]) -> Iterator[FoundCase]:
    """Every size upright, every roll at 64 px, and every exposure at 160 px, of every portrait."""
    places = [(size, 0, 1.0) for size in SIZES_PX] + [(64, turn, 1.0) for turn in TURNS_DEG]
    places += [(160, 0, gain) for gain in EXPOSURES]
    for portrait in portraits:
        face = analyser.find(portrait.pixels, embed=False)[0]
        for size, turn, gain in places:
            pixels, truth = placed(face, portrait.pixels, size, turn)
            found = analyser.find(exposed(pixels, gain), embed=False)
            yield FoundCase(size, turn, gain, offset_of(found, truth))


def placed(face: Face, pixels: UInt8, size_px: int, roll_deg: float) -> tuple[UInt8, Float32]:
    """The portrait with its face `size_px` high, turned by `roll_deg`, on a canvas; and where its keypoints lie."""
    height, width = CANVAS
    side = face.box.height
    matrix = square_roi(face.box.center, side, -roll_deg, size_px)
    matrix[:, 2] += ((width - size_px) / 2, (height - size_px) / 2)
    scale = size_px / side
    sharp = cv2.GaussianBlur(pixels, (0, 0), 0.45 / scale) if scale < 0.8 else pixels
    color = tuple(float(v) for v in np.median(pixels[:24].reshape(-1, 3), axis=0))
    laid = cv2.warpAffine(sharp, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=color)
    return laid, apply(matrix, face.keypoints.xy)


def exposed(pixels: UInt8, gain: float) -> UInt8:
    """The picture as a camera sees it with `gain` times the light (in linear light), clipped, with a little noise."""
    linear = (pixels.astype(np.float32) / 255) ** 2.2 * np.float32(gain)
    noise = np.random.default_rng(3).normal(0, 1.0, pixels.shape)
    return np.clip(np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + noise + 0.5, 0, 255).astype(np.uint8)


def offset_of(found: Sequence[Face], truth: Float32) -> float | None:
    """Mean keypoint distance, in eye distances, of the face nearest to the truth; None when it is another one."""
    span = float(np.linalg.norm(truth[1] - truth[0]))
    away = [float(np.linalg.norm(face.keypoints.xy - truth, axis=1).mean()) / span for face in found]
    return min(away) if away and min(away) < 0.5 else None


def pose_row(cases: Sequence[PoseCase]) -> dict[str, float]:
    """Mean errors and the share of heads found."""
    errors = np.array([case.errors_deg for case in cases if case.errors_deg is not None]).reshape(-1, 3)
    means = errors.mean(axis=0) if len(errors) else np.full(3, np.nan)
    return {"found": len(errors) / len(cases), **dict(zip(("yaw", "pitch", "roll"), means.tolist(), strict=True))}


def is_usual(pose: HeadPose) -> bool:
    """Whether actors turn like this in most shots."""
    return abs(pose.yaw_deg) <= 45 and abs(pose.pitch_deg) <= 15 and abs(pose.roll_deg) <= 30


def found_row(cases: Sequence[FoundCase]) -> dict[str, float]:
    """Share found and mean keypoint distance in eye distances."""
    offsets = [case.offset for case in cases if case.offset is not None]
    return {"found": len(offsets) / len(cases), "offset": float(np.mean(offsets)) if offsets else float("nan")}


def summary(poses: Sequence[PoseCase], found: Sequence[FoundCase]) -> Result:
    """Figures and tables of both halves."""
    by_yaw = {f"{yaw}": pose_row([c for c in poses if abs(c.truth.yaw_deg) == yaw and c.truth.roll_deg == 0])
              for yaw in sorted({abs(y) for y in YAWS})}  # fmt: skip
    errors = pose_row([case for case in poses if is_usual(case.truth)])

    def rows(keep: Callable[[FoundCase], bool], key: Callable[[FoundCase], float]) -> dict[str, dict[str, float]]:
        kept = [case for case in found if keep(case)]
        return {f"{v:g}": found_row([c for c in kept if key(c) == v]) for v in sorted({key(c) for c in kept})}

    sizes = rows(lambda c: c.roll_deg == 0 and c.exposure == 1.0, lambda c: c.size_px)
    rolls = rows(lambda c: c.size_px == 64 and c.exposure == 1.0, lambda c: c.roll_deg)
    light = rows(lambda c: c.size_px == 160, lambda c: c.exposure)
    figures = {
        "pose_error_deg": float(np.mean([errors[name] for name in ("yaw", "pitch", "roll")])),
        "yaw_error_deg": errors["yaw"],
        "pitch_error_deg": errors["pitch"],
        "roll_error_deg": errors["roll"],
        "found_24px_upright": sizes["24"]["found"],
        "found_any_roll_64px": float(np.mean([row["found"] for row in rolls.values()])),
        "found_any_exposure": float(np.mean([row["found"] for row in light.values()])),
    }
    details: dict[str, Any] = {
        "errors_are_over": "yaw to 45, pitch to 15, roll to 30 degrees; heads of portraits on the canonical mesh",
        "pose_by_yaw_deg": by_yaw,
        "detection_by_face_height_px": sizes,
        "detection_by_roll_deg": rolls,
        "detection_by_exposure": light,
    }
    return Result("pose", figures, BARS, details)


def printed(details: dict[str, Any]) -> str:
    """The tables for a terminal."""
    parts = []
    for name in ("pose_by_yaw_deg", "detection_by_face_height_px", "detection_by_roll_deg", "detection_by_exposure"):
        rows = details[name]
        columns = list(next(iter(rows.values())))
        lines = [(key, *(f"{row[c]:.3f}" for c in columns)) for key, row in rows.items()]
        parts.append(grid([(name, *columns), *lines]))
    return "\n\n".join(parts)


def main() -> int:
    """The command."""
    options = parser(__doc__ or "").parse_args()
    try:
        portraits = people(options.media)
    except MediaMissing as missing:
        print(f"pose: skipped, {missing}")
        return 0
    cv2.setNumThreads(1)
    analyser = FaceAnalyser()
    heads = [Head.of(analyser.find(portrait.pixels, embed=False)[0]) for portrait in portraits[::2]]
    result = summary(list(pose_cases(analyser, heads)), list(found_cases(analyser, portraits)))
    print(printed(dict(result.details)), end="\n\n")
    return finish(result, date=options.date, folder=options.results)


if __name__ == "__main__":
    sys.exit(main())
