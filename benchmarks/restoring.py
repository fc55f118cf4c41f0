"""How well old film is restored: clean clips are damaged by code, so that the truth is known.

python -m benchmarks.restoring [--frames 48] [--sheet FILE.png]

Moderate damage: brightness jumps by 6 %, thirty specks and hairs a frame, two scratches, grain of 5 of 255. Found:
share of the visible dirt's area. False: share of the clean area that was taken for dirt. Flicker: how much brightness
jumps between frames beyond what the clean clip's does. PSNR is against the clean frames. Blocks: of clean frames coded
as JPEG 25, with nothing but `deblock` on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.film_damage import Amount, Damaged, damaged
from benchmarks.media import MediaMissing, clip, parser
from benchmarks.record import Bar, Result, finish
from facefusion.core import Analysis, Frame, Pixels, Shot, UInt8, to_unit
from facefusion.geometry.color import luma
from facefusion.media import open_media
from facefusion.pipeline.frame_steps import windows
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.processors.frame_restorer import FilmSurveyor, FrameRestorer, Settings
from facefusion.processors.frame_restorer.blocks import blocks_of
from facefusion.quality import psnr

CLIPS = ("lp_s18.mp4", "lp_d18.mp4", "vr_1.mp4")
LONG_SIDE = 640
BARS = (
    Bar("dirt_found", "at least", 0.90),
    Bar("false_area", "at most", 0.01),
    Bar("flicker_reduced", "at least", 10),
    Bar("psnr_gain_db", "at least", 4),
    Bar("weave_reduced", "at least", 3),
    Bar("clean_psnr_db", "at least", 38),
    Bar("blocks_gain_db", "at least", 0.3),
    Bar("blocks_reduced", "at least", 4),
)


def frames_of(path: Path, count: int) -> list[UInt8]:
    """The first `count` frames, no larger than `LONG_SIDE`."""
    with open_media(path) as reader:
        return [_shrunk(frame.pixels) for frame in islice(reader, count)]


def _shrunk(pixels: Pixels) -> UInt8:
    factor = LONG_SIDE / max(pixels.shape[:2])
    size = (round(pixels.shape[1] * factor / 2) * 2, round(pixels.shape[0] * factor / 2) * 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def restored(pictures: Sequence[UInt8], settings: Settings) -> tuple[list[UInt8], list[np.ndarray]]:
    """Each frame restored, and (H, W) where dirt was found on it."""
    frames = [Frame(pixels, index=index) for index, pixels in enumerate(pictures)]
    analysis = Analysis(
        num_frames=len(frames), width=frames[0].width, height=frames[0].height, shots=(Shot(0, len(frames)),)
    )
    surveyor = FilmSurveyor(settings, analysis)
    for frame in frames:
        surveyor.look(frame)
    restorer = FrameRestorer(settings, surveyor.found())
    pixels, dirt = [], []
    for window in windows(frames, analysis, restorer.margin):
        pixels.append(np.asarray(restorer.process_window(window.frames, window.at).pixels, np.uint8))
        dirt.append(restorer.damage(window.frames, window.at) > 0.5)
    return pixels, dirt


def jumps(pictures: Sequence[UInt8], clean: Sequence[UInt8]) -> float:
    """How much brightness over the clean clip's jumps between frames: root mean square of the steps, in 1/255."""
    means = np.array([np.median(a.astype(float) - b) for a, b in zip(pictures, clean, strict=True)])
    return float(np.sqrt(np.square(np.diff(means)).mean()))


def trembling(pictures: Sequence[UInt8], clean: Sequence[UInt8]) -> float:
    """How far frames jump against the clean clip's, in pixels."""
    places = [
        cv2.phaseCorrelate(*(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32) for one in pair))[0]
        for pair in zip(clean, pictures, strict=True)
    ]
    return float(np.sqrt(np.square(np.diff(places, axis=0)).sum(axis=1).mean()))


def measure(clean: Sequence[UInt8], film: Sequence[Damaged]) -> dict[str, float]:
    """The figures of one clip."""
    after, found = restored([one.pixels for one in film], Settings())
    dirt, seen = np.stack([one.dirt for one in film]), np.stack(found)
    near = np.stack([cv2.dilate(one.dirt.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0 for one in film])
    before_db = float(np.mean([psnr(a.pixels, b) for a, b in zip(film, clean, strict=True)]))
    after_db = float(np.mean([psnr(a, b) for a, b in zip(after, clean, strict=True)]))
    before_jumps, after_jumps = jumps([one.pixels for one in film], clean), jumps(after, clean)
    return {
        "dirt_found": float((seen & dirt).sum() / max(dirt.sum(), 1)),
        "false_area": float((seen & ~near).sum() / max((~near).sum(), 1)),
        "flicker_reduced": before_jumps / max(after_jumps, 1e-6),
        "psnr_before_db": before_db,
        "psnr_after_db": after_db,
        "psnr_gain_db": after_db - before_db,
    }


def unblocked(clean: Sequence[UInt8]) -> dict[str, float]:
    """What deblocking gains on coded frames: in dB, and how much lower the steps between blocks are."""
    coded = [_coded(pixels) for pixels in clean]
    after = restored(coded, Settings(deflicker=0.0, dust=0.0, scratches=0.0, grain=0.0))[0]
    gained = np.mean([psnr(a, c) - psnr(b, c) for a, b, c in zip(after, coded, clean, strict=True)])
    steps = [np.mean([blocks_of(luma(to_unit(one))).strength for one in pictures]) for pictures in (coded, after)]
    return {"blocks_gain_db": float(gained), "blocks_reduced": float(steps[0] / max(steps[1], 1e-4))}


def _coded(pixels: UInt8) -> UInt8:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 25])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def main() -> int:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--frames", type=int, default=48, help="of each clip")
    options.add_argument("--sheet", type=Path, default=None, help="a PNG with a damaged and a restored frame of each")
    chosen = options.parse_args()
    details, rows = {}, []
    try:
        paths = [clip(chosen.media, name) for name in CLIPS]
    except MediaMissing as error:
        print(error)
        return 0
    with single_threaded_opencv(True):
        for number, path in enumerate(paths):
            clean = frames_of(path, chosen.frames)
            film = damaged(clean, Amount(), seed=number)
            details[path.stem] = measure(clean, film)
            weaving = [one.pixels for one in damaged(clean[:24], replace(Amount(), weave_px=1.5), seed=number)]
            still = restored(weaving, Settings(stabilise=1.0))[0]
            details[path.stem]["weave_reduced"] = trembling(weaving, clean[:24]) / trembling(still, clean[:24])
            untouched = restored(clean[:12], Settings())[0]
            details[path.stem]["clean_psnr_db"] = float(
                np.mean([psnr(a, b) for a, b in zip(untouched, clean[:12], strict=True)])
            )
            details[path.stem] |= unblocked(clean[:6])
            print(path.stem, {name: round(value, 4) for name, value in details[path.stem].items()}, flush=True)
            if chosen.sheet:
                after = restored([one.pixels for one in film[:9]], Settings())[0]
                rows.append(np.hstack([film[4].pixels, after[4], clean[4]])[:360])
    if chosen.sheet:
        wide = max(row.shape[1] for row in rows)
        rows = [cv2.copyMakeBorder(row, 0, 0, 0, wide - row.shape[1], cv2.BORDER_CONSTANT) for row in rows]
        cv2.imwrite(str(chosen.sheet), np.vstack(rows)[..., ::-1])
    worst = {
        bar.figure: (min if bar.sense == "at least" else max)(one[bar.figure] for one in details.values())
        for bar in BARS
    }
    return finish(Result("restoring", worst, BARS, {"clips": details}), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
