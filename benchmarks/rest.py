"""Steadiness at rest: a still photo, repeated with added noise, may not vary more in the result than it does itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from benchmarks.runs import plan_of
from facefusion.core import Face, Float32, Frame, FrameRange, Pixels, Progress, Timestamp, UInt8
from facefusion.faces.analyser import FaceAnalyser
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.media import VideoFormat, VideoWriter, open_media
from facefusion.pipeline.analyse import survey
from facefusion.pipeline.frame_source import SeekingSource
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.prepare import load_given
from facefusion.pipeline.ranges import RangeRenderer, rendered_frames
from facefusion.provenance.asset import asset_id_of

FRAMES = 100
_NOISE = 3.0
_LONG_SIDE = 400
_RATE = Fraction(25)


def rest_ratio(analyser: FaceAnalyser, source: Path, photo: Pixels, *, frames: int = FRAMES) -> float:
    """Standard deviation over time inside the face: of the result ÷ of the target, a still with noise added."""
    small = shrunk(photo)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "still.mkv"
        _write(clip, small, frames)
        with open_media(clip) as reader:
            part = FrameRange(0, frames)
            plan = plan_of(source, clip, clip.with_suffix(".out.mkv"))
            analysis = survey(reader, part, analyser, Progress())
            given = load_given(plan, analyser, Progress())
            renderer = RangeRenderer.prepared(
                plan, reader, part, analysis, given, Progress(), asset_id=asset_id_of(marks_of(plan))
            )
            finished = rendered_frames(renderer, SeekingSource(reader), part, Progress(), threads=1)
            face = analysis.faces_in(frames // 2)[0]
            with closing(finished):
                spreads = [spread([f.pixels for f in reader.frames(start=0, stop=frames)], face)]
                spreads.append(spread([one.frame.pixels for one in finished], face))
    return spreads[1] / spreads[0]


def spread(pictures: Sequence[Pixels], face: Face) -> float:
    """Root mean square, over the face's pixels, of the standard deviation over time."""
    if face.landmarks is None:
        raise ValueError("spread: got a face without landmarks")
    inside = np.zeros(pictures[0].shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(face.landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 1)
    values: Float32 = np.stack([one[inside > 0] for one in pictures]).astype(np.float32)
    return float(np.sqrt(values.var(axis=0).mean()))


def shrunk(photo: Pixels) -> UInt8:
    """The photo at most `_LONG_SIDE` pixels a side, of even size."""
    scale = min(_LONG_SIDE / max(photo.shape[:2]), 1.0)
    size = tuple(round(side * scale / 2) * 2 for side in photo.shape[1::-1])
    return cv2.resize(np.ascontiguousarray(photo), size, interpolation=cv2.INTER_AREA)


def _write(path: Path, picture: UInt8, frames: int) -> None:
    """A lossless clip of the picture with fresh noise in every frame."""
    like = VideoFormat(picture.shape[1], picture.shape[0], 1 / _RATE, _RATE, chroma="444")
    with VideoWriter(path, like=like, codec="ffv1") as writer:
        for index in range(frames):
            noise = np.random.default_rng(index).normal(0, _NOISE, picture.shape)
            noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
            writer.write(Frame(noisy, index, Timestamp(index, 1 / _RATE), 1))
