"""docs/images/editing.jpg: a clip, its swap, and the swap with an edit that fades it out and in again.

Run it after `make demo`:  python tools/editing_picture.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from demo import save
from media import ACTRESS, ASTRONAUT, ROOT, fetch
from PIL import Image, ImageDraw, ImageFont

from facefusion import Plan, analyse, open_media, render
from facefusion.core import Analysis, FrameRange, UInt8
from facefusion.pipeline.edited_clip import EditedClip
from facefusion.pipeline.edits import EVERYBODY, Strength

PICTURE = ROOT / "docs" / "images" / "editing.jpg"
START, STOP = 196, 260
FADED = FrameRange(204, 252)
SHOWN = (198, 206, 210, 216, 230, 240, 245, 256)
CELL_PX, CAPTION_PX = 150, 20


def main() -> None:
    """Make the picture."""
    source, target = fetch(ASTRONAUT), fetch(ACTRESS)
    values = {"source": str(source), "target": str(target), "output": "unused.mp4", "start": f"{START}f"}
    plan = Plan.from_mapping({**values, "end": f"{STOP}f"})
    with open_media(target) as reader:
        analysis = analyse(reader, plan)
        clip = EditedClip.of(analysis).adding(Strength(EVERYBODY, 0.0, FADED, ramp=12), author="docs")
        strengths = [clip.overrides.asked(None, None, index).strength for index in SHOWN]
        rows = [
            [reader.frame_at(index).pixels for index in SHOWN],
            _rendered(target, analysis, plan),
            _rendered(target, replace(analysis, edits=clip.log.to_plain()), plan),
        ]
    captions = [
        [f"frame {index}" for index in SHOWN],
        ["swap"] * len(SHOWN),
        [f"strength {strength:.2f}" for strength in strengths],
    ]
    cells = [[_cell(*pair) for pair in zip(*both, strict=True)] for both in zip(rows, captions, strict=True)]
    save(np.vstack([np.hstack(row) for row in cells]), PICTURE)
    print(PICTURE)


def _rendered(target: Path, analysis: Analysis, plan: Plan) -> list[UInt8]:
    with open_media(target) as reader:
        frames = {frame.index: frame.pixels for frame in render(reader, analysis, plan) if frame.index in SHOWN}
    return [frames[index] for index in SHOWN]


def _cell(pixels: UInt8, caption: str) -> UInt8:
    """The square at the right edge, where the actress is, with a caption below."""
    cell = Image.new("RGB", (CELL_PX, CELL_PX + CAPTION_PX), "white")
    face = Image.fromarray(pixels[:, -pixels.shape[0] :]).resize((CELL_PX - 4, CELL_PX - 4), Image.Resampling.LANCZOS)
    cell.paste(face, (2, 2))
    place = (CELL_PX / 2, CELL_PX + CAPTION_PX / 2)
    ImageDraw.Draw(cell).text(place, caption, fill="black", font=ImageFont.load_default(12), anchor="mm")
    return np.asarray(cell)


if __name__ == "__main__":
    main()
