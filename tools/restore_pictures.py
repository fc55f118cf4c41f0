"""Draw the pictures of docs/guide/restore.md out of code alone:  python -m tools.restore_pictures"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from benchmarks.film_damage import Amount, damaged

from facefusion.core import Analysis, Frame, Shot, UInt8
from facefusion.processors.frame_enhancer import FrameEnhancer
from facefusion.processors.frame_enhancer import Settings as LargerSettings
from facefusion.processors.frame_restorer import FilmSurveyor, FrameRestorer, Settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT, FRAMES = 480, 270, 9


def scene(number: int) -> UInt8:
    """A street that a car crosses, under a sky, drawn at four times the size."""
    k = 4
    picture = np.empty((HEIGHT * k, WIDTH * k, 3), np.uint8)
    picture[:] = np.linspace((150, 175, 205), (215, 205, 185), HEIGHT * k)[:, None]
    rng = np.random.default_rng(4)
    for x in range(0, WIDTH, 48):
        top, tint = int(rng.integers(60, 140)), rng.integers(90, 170, 3).tolist()
        cv2.rectangle(picture, (x * k, top * k), ((x + 44) * k, 210 * k), tint, -1)
        for wx in range(x + 6, x + 40, 12):
            for wy in range(top + 8, 200, 18):
                cv2.rectangle(picture, (wx * k, wy * k), ((wx + 6) * k, (wy + 9) * k), (70, 72, 80), -1)
    cv2.rectangle(picture, (0, 210 * k), (WIDTH * k, HEIGHT * k), (96, 92, 90), -1)
    x = 120 + 4 * number
    cv2.rectangle(picture, (x * k, 205 * k), ((x + 110) * k, 236 * k), (150, 50, 44), -1)
    cv2.rectangle(picture, ((x + 24) * k, 186 * k), ((x + 84) * k, 206 * k), (130, 44, 40), -1)
    for wheel in (x + 24, x + 86):
        cv2.circle(picture, (wheel * k, 238 * k), 12 * k, (28, 28, 30), -1)
        cv2.circle(picture, (wheel * k, 238 * k), 5 * k, (170, 170, 170), -1)
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def film() -> UInt8:
    """Before and after, side by side."""
    clean = [scene(number) for number in range(FRAMES)]
    old = [one.pixels for one in damaged(clean, Amount(), seed=2)]
    frames = [Frame(pixels, index=index) for index, pixels in enumerate(old)]
    surveyor = FilmSurveyor(Settings(), Analysis(FRAMES, WIDTH, HEIGHT, shots=(Shot(0, FRAMES),)))
    for frame in frames:
        surveyor.look(frame)
    after = FrameRestorer(Settings(), surveyor.found()).process_window(frames[2:7], 2).pixels
    return np.hstack([old[4], np.full((HEIGHT, 6, 3), 255, np.uint8), np.asarray(after, np.uint8)])


def larger() -> UInt8:
    """A part of a small picture, four times as large: nearest, cubic, ours."""
    small = np.ascontiguousarray(scene(4)[170:258, 120:270])
    size = (small.shape[1] * 4, small.shape[0] * 4)
    ours = FrameEnhancer(LargerSettings(scale=4)).process_frame(Frame(small)).pixels
    ways = (
        cv2.resize(small, size, interpolation=cv2.INTER_NEAREST),
        cv2.resize(small, size, interpolation=cv2.INTER_CUBIC),
    )
    return np.vstack([*(np.asarray(way, np.uint8) for way in ways), np.asarray(ours, np.uint8)])


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in (("restore-film", film()), ("restore-larger", larger())):
        cv2.imwrite(str(FOLDER / f"{name}.png"), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
