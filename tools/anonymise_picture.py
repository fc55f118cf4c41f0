"""Make docs/images/anonymise.jpg: one portrait, hidden in every way there is.

python tools/anonymise_picture.py

The portrait is scikit-image's `astronaut` (NASA, public domain).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from facefusion.core import Frame
from facefusion.media import read_image, write_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "anonymise.jpg"
CELL, STRIP = 220, 24
CUT = (slice(0, 300), slice(75, 375))
WAYS = {
    "the original": {},
    "person": {"method": "person"},
    "another seed": {"method": "person", "seed": 3},
    "neutral": {"method": "person", "looks": "neutral"},
    "blur": {"method": "blur"},
    "pixelate": {"method": "pixelate"},
    "mask": {"method": "mask"},
    "solid, head": {"method": "solid", "region": "head"},
}


def hidden(folder: Path, options: dict[str, object]) -> np.ndarray:
    """The portrait as a whole run hides it; as it is without options."""
    if not options:
        return astronaut()
    values = {f"face-anonymiser-{name}": value for name, value in options.items()}
    paths = {"target": str(folder / "in.png"), "output": str(folder / "out.png"), "overwrite": True}
    run(Plan.from_mapping({**paths, **values, "processor": ["face_anonymiser"]}))
    return read_image(folder / "out.png").pixels


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        write_image(Path(name) / "in.png", Frame(np.ascontiguousarray(astronaut())))
        cells = [cell(title, hidden(Path(name), options)) for title, options in WAYS.items()]
    sheet = np.vstack([np.hstack(cells[:4]), np.hstack(cells[4:])])
    cv2.imwrite(str(PICTURE), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(f"written: {PICTURE}")


def cell(title: str, pixels: np.ndarray) -> np.ndarray:
    """(CELL + STRIP, CELL, 3): the head with its title."""
    strip = np.full((STRIP, CELL, 3), 255, np.uint8)
    cv2.putText(strip, title, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 30), 1, cv2.LINE_AA)
    return np.vstack([cv2.resize(pixels[CUT], (CELL, CELL), interpolation=cv2.INTER_AREA), strip])


if __name__ == "__main__":
    main()
