"""A result measured against its target, frame by frame: identity, pose, expression, flicker, seam, likeness, marks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Analysis, Face, Float32, Pixels, Progress, from_unit, to_unit
from facefusion.errors import FaceFusionError, InvalidInput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.geometry.color import luma
from facefusion.media import MediaReader, open_media, read_image
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.comparison_stills import Still, Stills
from facefusion.pipeline.sources import the_face
from facefusion.quality.fidelity import seam_ratio
from facefusion.quality.openings import expression, expression_error
from facefusion.quality.similarity import gradient_deviation, ssim_map
from facefusion.quality.texture import sharpness

COLUMNS: Final = (
    "identity_source", "identity_target", "pose_deg", "expression", "flicker", "seam", "sharpness", "ssim_inside",
    "ssim_outside", "perceptual_inside", "perceptual_outside", "certainty",
)  # fmt: skip
"""identity_*: distance of the face to the source's and the target's (same person below 0.6). pose_deg, expression:
errors against the target. flicker: how much the change itself changes from one frame to the next, in 8-bit steps. seam:
gradient along the edge, result ÷ target. sharpness: result ÷ target. certainty: of the detector, 0 to 1."""
LIMITS: Final[Mapping[str, tuple[str, float]]] = {
    "identity_source": ("above", 0.6),
    "pose_deg": ("above", 6.0),
    "expression": ("above", 0.12),
    "flicker": ("above", 6.0),
    "seam": ("above", 1.6),
    "sharpness": ("below", 0.5),
    "ssim_outside": ("below", 0.9),
    "certainty": ("below", 0.5),
}
"""Past which a frame is flagged."""
_WIDER = 0.12


@dataclass(frozen=True, slots=True)
class Comparison:
    """Columns have a value a frame, None where there is none. dropped: frames in which the result lost its face."""

    output: str
    target: str
    num_frames: int
    fps: float
    columns: Mapping[str, Sequence[float | None]]
    dropped: Sequence[int]
    marks: Mapping[str, Any]
    warnings: Sequence[str] = ()
    means: Mapping[str, float | None] = field(default_factory=dict)
    stills: Sequence[Still] = ()

    @staticmethod
    def of(said: Mapping[str, Any]) -> Comparison:
        """The opposite of `as_dict`."""
        names = ("output", "target", "num_frames", "fps", "columns", "dropped", "marks", "warnings", "means")
        stills = tuple(Still(**one) for one in said.get("stills", ()))
        return Comparison(**{name: said[name] for name in names}, stills=stills)

    def flags(self) -> list[dict[str, Any]]:
        """Ranges of frames [start, stop) past a limit, with what is wrong."""
        found = [_flag(part, "dropped", "the result shows no face here") for part in _ranges(self.dropped)]
        for name, (side, limit) in LIMITS.items():
            bad = [
                n for n, value in enumerate(self.columns[name]) if value is not None and _is_past(value, side, limit)
            ]
            found += [_flag(part, name, f"{name} {side} {limit:g}") for part in _ranges(bad)]
        return sorted(found, key=lambda one: (one["start"], one["what"]))

    def as_dict(self, *, with_stills: bool = False) -> dict[str, Any]:
        """For JSON. with_stills: the pictures as well, as base64."""
        stills = {"stills": [one.as_dict() for one in self.stills]} if with_stills else {}
        return {
            "output": self.output, "target": self.target, "num_frames": self.num_frames, "fps": self.fps,
            "columns": {name: list(values) for name, values in self.columns.items()}, "means": dict(self.means),
            "dropped": list(self.dropped), "flags": self.flags(), "marks": dict(self.marks),
            "warnings": list(self.warnings), "limits": {name: list(limit) for name, limit in LIMITS.items()},
            **stills,
        }  # fmt: skip


def compare(
    output: Path, target: Path, progress: Progress | None = None, *, sources: Sequence[Path] = (), every: int = 5,
    cache: AnalysisCache | None = None, workers: int = 1,
) -> Comparison:  # fmt: skip
    """Measure `output` against `target`. sources: photos of whose face was put on. every: identity of each such frame.

    A result of another size is scaled to the target's. Raises InvalidInput, MediaUnreadable, NoFaceFound (a source).
    """
    if every < 1:
        raise InvalidInput(f"every: got {every}, supported is 1 or more frames")
    progress, analyser = progress or Progress(), FaceAnalyser()
    known = [the_face(read_image(path).pixels, path, analyser).embedding for path in sources]
    with open_media(output, threads=1) as after, open_media(target, threads=1) as before:
        count = min(after.num_frames, before.num_frames)
        warnings = [] if after.num_frames == before.num_frames else [_uneven(after, before)]
        found = [_faces(reader, analyser, progress, cache, workers) for reader in (after, before)]
        stills = Stills(count, {name: side for name, (side, _) in LIMITS.items()})
        run = _Run(analyser, found[0], found[1], [one for one in known if one is not None], every, stills)
        progress.start("report", total=count)
        rows = [run.row(*pair) for pair in progress.track(_pairs(after, before, count))]
        fps = float(before.info.average_fps) if before.info.is_clip else 0.0
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    means = {name: _mean(values) for name, values in columns.items()}
    past = {name: any(_is_past(one, *limit) for one in columns[name] if one is not None)
            for name, limit in LIMITS.items()}  # fmt: skip
    return Comparison(
        output.name, target.name, count, fps, columns, tuple(run.dropped), _marks(output), tuple(warnings), means,
        stills.found(past),
    )  # fmt: skip


def _pairs(after: MediaReader, before: MediaReader, count: int) -> Iterator[tuple[int, Pixels, Pixels]]:
    frames = zip(after.frames(stop=count), before.frames(stop=count), strict=True)
    for index, (new, old) in enumerate(frames):
        yield index, _fitted(new.pixels, old.pixels), old.pixels


def _fitted(pixels: Pixels, like: Pixels) -> Pixels:
    """The result in the size and depth of the target."""
    if pixels.shape != like.shape:
        size = (like.shape[1], like.shape[0])
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels if pixels.dtype == like.dtype else from_unit(to_unit(pixels), like.dtype)


def _faces(
    reader: MediaReader, analyser: FaceAnalyser, progress: Progress, cache: AnalysisCache | None, workers: int
) -> Analysis:
    part = range_of(reader, None, None)
    return survey(reader, part, analyser, progress, workers=workers, cache=cache)


class _Run:
    """The measures of one frame after another."""

    def __init__(
        self, analyser: FaceAnalyser, after: Analysis, before: Analysis, sources: Sequence[Float32], every: int,
        stills: Stills,
    ) -> None:  # fmt: skip
        self._analyser, self._after, self._before = analyser, after, before
        self._sources, self._every, self._stills = sources, every, stills
        self._last: tuple[Float32, NDArray[np.bool_]] | None = None
        self.dropped: list[int] = []

    def row(self, index: int, new: Pixels, old: Pixels) -> dict[str, float | None]:
        """All columns of one frame."""
        there = self._before.faces_in(index)
        meant = max(there, key=lambda face: face.box.area, default=None)
        said = self._measured(index, new, old, meant)
        self._stills.see(index, old, new, None if meant is None else meant.box, said)
        return said

    def _measured(self, index: int, new: Pixels, old: Pixels, meant: Face | None) -> dict[str, float | None]:
        if meant is None:
            self._last = None
            return {"ssim_outside": _rounded(float(ssim_map(new, old).mean()))}
        inside = _hull(meant, old.shape, wider=0.0)
        outside = ~_hull(meant, old.shape, wider=_WIDER)
        said = self._likeness(new, old, inside, outside)
        face = _same(self._after.faces_in(index), meant)
        if face is None:
            self.dropped.append(index)
            return said
        return {**said, **_geometry(face, meant), **self._identity(index, new, old, face, meant)}

    def _likeness(
        self, new: Pixels, old: Pixels, inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> dict[str, float | None]:
        alike, soft = ssim_map(new, old), inside.astype(np.float32)
        return {
            "ssim_inside": _rounded(float(alike[inside].mean()) if inside.any() else math.nan),
            "ssim_outside": _rounded(float(alike[outside].mean()) if outside.any() else math.nan),
            "perceptual_inside": _rounded(gradient_deviation(new, old, inside)),
            "perceptual_outside": _rounded(gradient_deviation(new, old, outside)),
            "flicker": _rounded(self._flicker(new, old, inside)),
            "seam": _rounded(seam_ratio(new, old, soft)),
            "sharpness": _rounded(sharpness(new, soft) / max(sharpness(old, soft), 1e-9)) if inside.any() else None,
        }

    def _flicker(self, new: Pixels, old: Pixels, inside: NDArray[np.bool_]) -> float:
        change = luma(to_unit(new)) - luma(to_unit(old))
        last, self._last = self._last, (change, inside)
        if last is None:
            return math.nan
        both = inside & last[1]
        return float(np.abs(change - last[0])[both].mean() * 255) if both.any() else math.nan

    def _identity(self, index: int, new: Pixels, old: Pixels, face: Face, meant: Face) -> dict[str, float | None]:
        if index % self._every:
            return {}
        mine = self._analyser.embedded(new, [face])[0].embedding
        theirs = self._analyser.embedded(old, [meant])[0].embedding
        if mine is None or theirs is None:
            return {}
        to_source = float(np.mean([distance(mine, one) for one in self._sources])) if self._sources else math.nan
        return {"identity_source": _rounded(to_source), "identity_target": _rounded(distance(mine, theirs))}


def _geometry(face: Face, meant: Face) -> dict[str, float | None]:
    said: dict[str, float | None] = {"certainty": _rounded(min(face.score, 1.0))}
    if face.pose is not None and meant.pose is not None:
        turns = ("yaw_deg", "pitch_deg", "roll_deg")
        apart = [abs(getattr(face.pose, name) - getattr(meant.pose, name)) for name in turns]
        said["pose_deg"] = _rounded(max(apart))
    if face.landmarks is not None and meant.landmarks is not None:
        said["expression"] = _rounded(expression_error(expression(face.landmarks), expression(meant.landmarks)))
    return said


def _same(faces: Sequence[Face], meant: Face) -> Face | None:
    """The face in the place of `meant`."""
    near = [face for face in faces if face.box.iou(meant.box) > 0.3]
    return max(near, key=lambda face: face.box.iou(meant.box), default=None)


def _hull(face: Face, shape: tuple[int, ...], *, wider: float) -> NDArray[np.bool_]:
    """(H, W) True within the outline of a face, or up to `wider` of its width beyond."""
    mask = np.zeros(shape[:2], np.uint8)
    xy = face.landmarks.xy[:468] if face.landmarks is not None else face.keypoints.xy if face.keypoints else None
    if xy is not None:
        cv2.fillConvexPoly(mask, cv2.convexHull(xy.round().astype(np.int32)), 1)
    grow = round(wider * face.box.width)
    if grow > 0:
        mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1,) * 2))
    return mask.astype(bool)


def _marks(path: Path) -> dict[str, Any]:
    from facefusion.provenance.verification import verify

    try:
        return verify(path).as_dict()
    except FaceFusionError as error:
        return {"verdict": "unreadable", "reason": str(error)}


def _uneven(after: MediaReader, before: MediaReader) -> str:
    return f"the result has {after.num_frames} frames and the target {before.num_frames}; the shorter length counts"


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def _flag(part: tuple[int, int], what: str, why: str) -> dict[str, Any]:
    return {"start": part[0], "stop": part[1], "what": what, "why": why}


def _is_past(value: float, side: str, limit: float) -> bool:
    return value > limit if side == "above" else value < limit


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(sum(known) / len(known)) if known else None


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
