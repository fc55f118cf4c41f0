"""Contact sheets to look at: source, target, result and mask of chosen pairs or of frames of a clip.

python -m benchmarks.sheets --pairs 2x4_11:3x6_14 3x6_14:3x6_03 --output build/sheets/pairs.png
python -m benchmarks.sheets --source a.jpg --clip b.mp4 --frames 8 --output build/sheets/clip.png
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.media import DEFAULT_MEDIA, people, read_picture, write_picture
from benchmarks.product import Product, Swap
from facefusion.core import Face, Pixels
from facefusion.media import open_media
from facefusion.processors.face_swapper import FaceSwapper
from facefusion.quality import contact_sheet

_AROUND = 0.75
"""Half a cell's side, in face heights."""

Row = tuple[list[Pixels], list[str]]


def pair_rows(product: Product, media: Path, pairs: Sequence[str]) -> Iterator[Row]:
    """A row for each `source:target`, of portraits or of picture files."""
    faces = {portrait.name: portrait.pixels for portrait in people(media)}
    for pair in pairs:
        names = pair.split(":")
        source, target = (product.face(faces[n] if n in faces else read_picture(Path(n))) for n in names)
        yield row(product, product.swapper([source]), source, target, [Path(n).stem for n in names])


def clip_rows(product: Product, source: Path, clip: Path, frames: int, span: tuple[int, int]) -> Iterator[Row]:
    """A row for each of `frames` pictures spread over the clip's `span`; pictures without a face are left out."""
    person = product.face(read_picture(source))
    swapper = product.swapper([person])
    with open_media(clip) as reader:
        last = min(span[1], reader.num_frames - 1)
        for index in np.linspace(span[0], last, frames).round().astype(int).tolist():
            target = product.largest(reader.frame_at(index).pixels, embed=False)
            if target is not None:
                yield row(product, swapper, person, target, [source.stem, f"frame {index}"])


def row(product: Product, swapper: FaceSwapper, source: Face, target: Face, names: list[str]) -> Row:
    """Source, target, result and mask around the face, with captions."""
    swap = product.swap(swapper, target)
    before, photo = target.picture, source.picture
    if before is None or photo is None:
        raise ValueError("row: got a face without its picture")
    cells = [around(photo, source), around(before, target), around(swap.pixels, target), around(shown(swap), target)]
    return cells, [*names, swap.note, "mask; red: in front"]


def shown(swap: Swap) -> Pixels:
    """The mask in white; what was found in front of the face in red."""
    hidden = np.clip(1 - swap.visible, 0, 1)
    kept = swap.mask * swap.visible
    return (np.dstack([np.maximum(kept, hidden), kept, kept]) * 255).astype(np.uint8)


def around(pixels: Pixels, face: Face) -> Pixels:
    """The square around a face, black beyond the picture."""
    half = round(max(face.box.width, face.box.height) * _AROUND)
    x, y = (round(v) for v in face.box.center)
    framed = cv2.copyMakeBorder(pixels, half, half, half, half, cv2.BORDER_CONSTANT)
    return framed[y : y + 2 * half, x : x + 2 * half]


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--media", type=Path, default=DEFAULT_MEDIA)
    options.add_argument("--pairs", nargs="*", default=(), metavar="SOURCE:TARGET", help="portraits or picture files")
    options.add_argument("--source", type=Path, help="photo for --clip")
    options.add_argument("--clip", type=Path)
    options.add_argument("--frames", type=int, default=8, help="pictures of the clip")
    options.add_argument("--span", type=int, nargs=2, default=(0, 10**9), metavar=("FIRST", "LAST"))
    options.add_argument("--cell", type=int, default=360, help="side of a cell in pixels")
    options.add_argument("--output", type=Path, default=Path("build/sheets/sheet.png"))
    chosen = options.parse_args()
    product = Product()
    if chosen.clip is not None:
        rows = list(clip_rows(product, chosen.source, chosen.clip, chosen.frames, tuple(chosen.span)))
    else:
        rows = list(pair_rows(product, chosen.media, chosen.pairs))
    sheet = contact_sheet([cells for cells, _ in rows], [names for _, names in rows], cell_px=chosen.cell)
    print(write_picture(chosen.output, sheet))
    return 0


if __name__ == "__main__":
    sys.exit(main())
