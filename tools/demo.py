"""The demo: an astronaut's face on an actress's performance. Works after `pip install -e .`:  python tools/demo.py

Writes demo/output.mp4 and demo/before_after.png. With --readme-picture it also makes docs/images/before_after.jpg anew.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from media import ACTRESS, ASTRONAUT, ROOT, MediaUnavailable, fetch
from PIL import Image, ImageDraw, ImageFont

from facefusion import __version__
from facefusion.core import Frame, UInt8
from facefusion.media import open_media, read_image, write_image
from facefusion.pipeline.marking import Facts, Marking
from facefusion.provenance import Labeller, LabelSettings, Marks, verify
from facefusion.provenance.manifest.settings import SigningSettings

MOMENTS = (180, 240, 300, 420)
"""Frames of the clip that are shown: a hand across the face, speech, a laugh, a tilted head."""
PORTRAIT_PX = (0, 230, 110, 340)
"""Head of the astronaut: y0, y1, x0, x1."""
CELL_PX = 300
README_PICTURE = ROOT / "docs" / "images" / "before_after.jpg"


class DemoFailed(Exception):
    """The demo could not be made; what failed has been said."""


def swap(source: Path, target: Path, output: Path, *, end: str = "") -> None:
    """Run the same command as a user would; raises DemoFailed."""
    words = ["--source", str(source), "--target", str(target), "--output", str(output), "--overwrite"]
    words += ["--end", end] if end else []
    print("$ facefusion", *words, flush=True)
    if code := subprocess.run([sys.executable, "-m", "facefusion", *words], check=False).returncode:
        raise DemoFailed(f"facefusion ended with exit code {code}")


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame of the clip before and after the swap, cut to the square at the right edge, where the actress is."""

    before: UInt8
    after: UInt8
    seconds: float


def moments(before: Path, after: Path) -> list[Moment]:
    """What is shown: MOMENTS, or others when the swapped clip is shorter than that."""
    with open_media(before) as old, open_media(after) as new:
        count = new.num_frames
        chosen = MOMENTS if count > max(MOMENTS) else np.linspace(0, count - 1, len(MOMENTS)).astype(int)
        pairs = [(old.frame_at(int(index)), new.frame_at(int(index))) for index in chosen]
    return [Moment(_square(a), _square(b), float(a.timestamp.seconds)) for a, b in pairs]


def _square(frame: Frame) -> UInt8:
    return frame.pixels[:, -frame.height :]


def portrait(path: Path) -> UInt8:
    """The source's head."""
    y0, y1, x0, x1 = PORTRAIT_PX
    return read_image(path).pixels[y0:y1, x0:x1]


def sheet(source: Path, shown: Sequence[Moment]) -> UInt8:
    """One row a moment: source, before, after."""
    person = cell(portrait(source), "source")
    return np.vstack([np.hstack([person, *_pair(moment)]) for moment in shown])


def readme_picture(source: Path, shown: Sequence[Moment]) -> UInt8:
    """The source on the left; moments before the swap above the same moments after it."""
    person = cell(portrait(source), "source")
    margin = np.full((person.shape[0] // 2, person.shape[1], 3), 255, np.uint8)
    return np.hstack([np.vstack([margin, person, margin]), *(np.vstack(_pair(moment)) for moment in shown)])


def _pair(moment: Moment) -> tuple[UInt8, UInt8]:
    time = f"{moment.seconds:.1f} s"
    return cell(moment.before, f"before, {time}"), cell(moment.after, f"after, {time}")


def cell(pixels: UInt8, caption: str) -> UInt8:
    """A picture of CELL_PX with a caption below."""
    height = CELL_PX + CELL_PX // 10
    canvas = Image.new("RGB", (CELL_PX, height), "white")
    canvas.paste(Image.fromarray(pixels).resize((CELL_PX - 4, CELL_PX - 4), Image.Resampling.LANCZOS), (2, 2))
    draw = ImageDraw.Draw(canvas)
    middle = (CELL_PX / 2, (CELL_PX + height) / 2)
    draw.text(middle, caption, fill="black", font=ImageFont.load_default(CELL_PX / 18), anchor="mm")
    return np.asarray(canvas)


def save(picture: UInt8, path: Path) -> None:
    """Write a sheet with the same label, in a strip below, and the same metadata and signature as every result."""
    marks = Marks.of({"mesh"}, created=datetime.now(UTC), produce_id=f"demo-{path.stem}", version=__version__)
    strip = np.full((round(min(picture.shape[:2]) * 0.15), picture.shape[1], 3), 255, np.uint8)
    picture = np.vstack([picture, strip])
    label = Labeller(LabelSettings(), width=picture.shape[1], height=picture.shape[0], is_video=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = Facts(effects=(("face_swapper", "mesh"),), label={"text": LabelSettings().text})
    marking = Marking.of(marks, facts, SigningSettings(), overwrite=True)
    labelled = Frame(label.apply(picture, seconds=None))
    write_image(path, labelled, quality=88, xmp=marks.xmp(), seal=marking.seal(path), overwrite=True)


def report(path: Path) -> None:
    """Say where a result lies and that it is marked; raises DemoFailed when it is not."""
    found = verify(path)
    if not found.is_marked:
        raise DemoFailed("\n".join(found.lines()))
    print(f"{path}  (marked as AI-made)")


def run(folder: Path, *, end: str = "", with_readme_picture: bool = False) -> None:
    """The whole demo; raises DemoFailed and MediaUnavailable."""
    source, target = fetch(ASTRONAUT), fetch(ACTRESS)
    folder.mkdir(parents=True, exist_ok=True)
    output, before_after = folder / "output.mp4", folder / "before_after.png"
    swap(source, target, output, end=end)
    shown = moments(target, output)
    save(sheet(source, shown), before_after)
    made = [output, before_after]
    if with_readme_picture:
        save(readme_picture(source, shown), README_PICTURE)
        made.append(README_PICTURE)
    print()
    for path in made:
        report(path)
    print(f"\nPortrait: {ASTRONAUT.credit}. Clip: {ACTRESS.credit}.")


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 1 when something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "demo", help="where the results go (default: demo)")
    parser.add_argument("--end", default="", help="stop early, at a time (2.5) or a frame (48f)")
    parser.add_argument("--readme-picture", action="store_true", help=f"also write {README_PICTURE.relative_to(ROOT)}")
    given = parser.parse_args(words)
    try:
        run(given.folder, end=given.end, with_readme_picture=given.readme_picture)
    except (DemoFailed, MediaUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
