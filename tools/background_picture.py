"""Make docs/images/background.jpg: a portrait before a screen made by code, and on three new backgrounds.

python tools/background_picture.py

The portrait is scikit-image's `astronaut` (NASA, public domain).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from facefusion.blend.compositing import over
from facefusion.core import Frame, UInt8
from facefusion.media import read_image, write_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.processors.background_remover import BackgroundRemover, Settings

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "background.jpg"
CELL = 300
CUT = (slice(0, 400), slice(20, 420))


def before_a_screen() -> UInt8:
    """(400, 400, 3) the portrait before an uneven green screen, some of whose light lies on it."""
    pixels = np.ascontiguousarray(astronaut()[CUT])
    cutout = BackgroundRemover(Settings(screen="none")).cut_out(Frame(pixels))
    y, x = np.mgrid[0:400, 0:400].astype(np.float32) / 400
    light = (1.05 - 0.35 * np.hypot(x - 0.4, y - 0.3))[..., None]
    screen = np.clip(light * np.array([60, 178, 82]), 0, 255).astype(np.uint8)
    mixed: UInt8 = over(cutout, screen)
    return mixed


def backgrounds(folder: Path) -> list[str]:
    """A colour, a dusk, and coloured lights, as `--background` takes them."""
    y = np.linspace(0, 1, 400, dtype=np.float32)[:, None, None]
    dusk = (1 - y) * np.array([40, 52, 110]) + y * np.array([250, 150, 80]) + np.zeros((400, 400, 3))
    rng, lights = np.random.default_rng(4), np.full((400, 400, 3), 18, np.uint8)
    for _ in range(60):
        color = tuple(int(value) for value in rng.integers(40, 255, 3))
        cv2.circle(lights, tuple(rng.integers(0, 400, 2).tolist()), int(rng.integers(8, 26)), color, -1, cv2.LINE_AA)
    for name, pixels in (("dusk", dusk.astype(np.uint8)), ("lights", cv2.GaussianBlur(lights, (0, 0), 4))):
        write_image(folder / f"{name}.png", Frame(pixels))
    return ["#e8e4dc", str(folder / "dusk.png"), str(folder / "lights.png")]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "screen.png"
        write_image(target, Frame(before_a_screen()))
        cells = [read_image(target).pixels]
        for number, background in enumerate(backgrounds(folder)):
            values = {"target": str(target), "output": str(folder / f"{number}.png"), "background": background}
            run(Plan.from_mapping({**values, "processor": "background_remover", "label-position": "bottom-right"}))
            cells.append(read_image(folder / f"{number}.png").pixels)
    row = np.hstack([cv2.resize(cell, (CELL, CELL), interpolation=cv2.INTER_AREA) for cell in cells])
    write_image(PICTURE, Frame(np.ascontiguousarray(row)), quality=90, overwrite=True)
    print(f"written: {PICTURE}")


if __name__ == "__main__":
    main()
