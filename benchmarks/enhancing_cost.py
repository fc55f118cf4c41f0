"""What restoring film, clearing a face and enlarging cost at 1080p, beside decoding and encoding the same frames.

python -m benchmarks.enhancing_cost [--clip CLIP]

All figures are processor milliseconds a frame of one thread, measured in one process. Film is damaged by code as in
`benchmarks.restoring`. One face a frame, found beforehand. Enlarging doubles 1080p to 4K and is compared with decoding
1080p and encoding 4K. The first frames are not counted: loops are compiled, and what is kept for neighbours is filled.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from benchmarks.film_damage import Amount, damaged
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import Bar, Result, finish
from facefusion.blend import BlendSettings, paste
from facefusion.core import AlignedFace, Analysis, Face, Frame, Shot, UInt8, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import MediaInfo, VideoWriter, open_media
from facefusion.pipeline.frame_steps import Window, windows
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.processors.face_enhancer import FaceEnhancer
from facefusion.processors.frame_enhancer import FrameEnhancer
from facefusion.processors.frame_restorer import FilmSurveyor, FrameRestorer, Settings

BARS = (
    Bar("restoring_to_coding", "at most", 5),
    Bar("restoring_seconds", "at most", 0.35),
    Bar("face_to_coding", "at most", 3),
    Bar("doubling_to_coding", "at most", 1.5),
)
Item = TypeVar("Item")
CLIP, SIZE, FRAMES, SKIPPED = "lp_s18.mp4", (1920, 1080), 14, 5


def frames_of(path: Path) -> tuple[list[Frame], MediaInfo]:
    """The first frames at 1080p, and what the clip says of itself."""
    with open_media(path) as reader:
        found = [
            replace(frame, pixels=cv2.resize(frame.pixels, SIZE, interpolation=cv2.INTER_CUBIC))
            for frame in islice(reader, FRAMES)
        ]
        return found, reader.info


def coding(frames: Sequence[Frame], like: MediaInfo, path: Path) -> tuple[float, float]:
    """(decoding, encoding): seconds a frame."""
    size = frames[0].pixels.shape[1::-1]
    begun = time.process_time()
    with VideoWriter(path, like=replace(like, width=size[0], height=size[1], streams=()), overwrite=True) as writer:
        for frame in frames:
            writer.write(frame)
    encoding = (time.process_time() - begun) / len(frames)
    with open_media(path, threads=1) as reader:
        begun = time.process_time()
        for _ in reader.frames():
            pass
        return (time.process_time() - begun) / len(frames), encoding


def restoring(frames: Sequence[Frame]) -> dict[str, float]:
    """Seconds a frame: the look before rendering, and restoring."""
    film = damaged([np.asarray(frame.pixels, np.uint8) for frame in frames], Amount(), seed=0)
    dirty = [replace(frame, pixels=one.pixels) for frame, one in zip(frames, film, strict=True)]
    analysis = Analysis(len(dirty), *SIZE, shots=(Shot(0, len(dirty)),))
    surveyor = FilmSurveyor(Settings(), analysis)
    looking = each(surveyor.look, dirty)
    restorer = FrameRestorer(Settings(), surveyor.found())
    return {"looking": looking, "restoring": each(lambda one: _restored(restorer, one), _windows(dirty, analysis))}


def _windows(frames: Sequence[Frame], analysis: Analysis) -> Iterator[Window]:
    return windows(frames, analysis, FrameRestorer.margin)


def _restored(restorer: FrameRestorer, window: Window) -> Frame:
    return restorer.process_window(window.frames, window.at)


def clearing(frames: Sequence[Frame], analyser: FaceAnalyser) -> dict[str, float]:
    """Seconds a frame: a sharp face, and one made four times smaller, which both networks work on."""
    face = analyser.find(frames[0].pixels)[0]
    enhancer = FaceEnhancer()
    small = [replace(frame, pixels=_worse(np.asarray(frame.pixels, np.uint8))) for frame in frames]
    return {
        "face": each(lambda frame: _cleared(enhancer, frame, face), frames),
        "small_face": each(lambda frame: _cleared(enhancer, frame, face), small),
        "eyes_px": face.eye_distance_px,
    }


def _worse(pixels: UInt8) -> UInt8:
    tiny = cv2.resize(pixels, (SIZE[0] // 4, SIZE[1] // 4), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(tiny, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def _cleared(enhancer: FaceEnhancer, frame: Frame, face: Face) -> object:
    box = enhancer.crop_box(face, frame.width, frame.height)
    part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    patch = enhancer.process_face(AlignedFace(to_unit(frame.pixels[part]), matrix, face, frame.index))
    return None if patch is None else paste(frame.pixels, patch, BlendSettings(blend_mode="plain"))


def each(work: Callable[[Item], object], items: Iterable[Item]) -> float:
    """Processor seconds of `work` for one of `items`, without the first ones."""
    seconds = []
    for item in items:
        begun = time.process_time()
        work(item)
        seconds.append(time.process_time() - begun)
    return float(np.mean(seconds[SKIPPED:]))


def main() -> int:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--clip", type=Path, default=None, help="another clip with one face")
    chosen = options.parse_args()
    try:
        path = chosen.clip or clip(chosen.media, CLIP)
    except MediaMissing as error:
        print(error)
        return 0
    with single_threaded_opencv(True), tempfile.TemporaryDirectory() as folder:
        frames, like = frames_of(path)
        analyser = FaceAnalyser()
        seconds = restoring(frames) | clearing(frames, analyser)
        doubled = FrameEnhancer()
        seconds["doubling"] = each(doubled.process_frame, frames[: SKIPPED + 4])
        seconds["decoding"], seconds["encoding"] = coding(frames, like, Path(folder) / "same.mp4")
        large = [doubled.process_frame(frame) for frame in frames[:4]]
        _, seconds["encoding_4k"] = coding(large, like, Path(folder) / "large.mp4")
    for name, value in seconds.items():
        print(f"{name:12} {value if name == 'eyes_px' else 1000 * value:8.1f}{' px' if name == 'eyes_px' else ' ms'}")
    base = seconds["decoding"] + seconds["encoding"]
    figures = {
        "restoring_to_coding": (seconds["looking"] + seconds["restoring"]) / base,
        "restoring_seconds": seconds["looking"] + seconds["restoring"],
        "face_to_coding": seconds["small_face"] / base,
        "doubling_to_coding": seconds["doubling"] / (seconds["decoding"] + seconds["encoding_4k"]),
    }
    result = Result("enhancing_cost", figures, BARS, {"seconds": seconds})
    return finish(result, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
