"""Edges against pictures whose foreground is known: cut out alone, and cut out and swapped in one pass.

python -m benchmarks.edges [--sheets FOLDER] [--every N]

The forty keying cases are put on a bright, a dark and a busy background, by our opacity and by the true one. Then
portraits with drawn strands are mixed with a green screen and given to the one command that swaps and keys; what comes
out is compared with the same swap on the true composite, the same person mixed with the new background directly. Label,
watermark and swap are in both, so that what differs is the cutting out. All differences are CIEDE2000 at the edge.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.keying import ours, threshold
from benchmarks.keying_cases import Case, cases
from benchmarks.matting import background, strands
from benchmarks.media import Picture, parser, people, write_picture
from benchmarks.record import Bar, Result, finish, grid
from facefusion.blend.compositing import over
from facefusion.core import Cutout, Frame
from facefusion.core.arrays import UInt8
from facefusion.media import read_image, write_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.processors.background_remover.matting import refined
from facefusion.processors.background_remover.people import PersonSegmenter, shrunk
from facefusion.quality import delta_e

BARS = (
    Bar("edge_delta_e", "at most", 3.0),
    Bar("edge_to_threshold", "at most", 0.5),
    Bar("joint_edge_delta_e", "at most", 3.0),
    Bar("swapped_and_transparent", "at most", 0.0),
)
Array = NDArray[np.float32]
SCREEN, SIZE = (46, 158, 78), 640
_BAND = 3
_MOVED = 12
"""Levels by which a pixel differs that was swapped; the watermark moves fewer."""
PLAIN = {"background-match": 0.0, "background-wrap": 0.0, "background-grain": 0.0, "overwrite": True}


def grounds(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, UInt8]:
    """A bright, a dark and a busy background, (H, W, 3)."""
    fall = np.linspace(0, 1, shape[0])[:, None, None] * np.ones((1, shape[1], 3))
    return {
        "bright": (235 - 20 * fall).astype(np.uint8),
        "dark": (14 + 8 * fall).astype(np.uint8),
        "busy": background(rng, shape).astype(np.uint8),
    }


def edge_of(alpha: Array) -> NDArray[np.bool_]:
    """(H, W): where the opacity is neither 0 nor 1, and a few pixels round it."""
    soft = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    return cv2.dilate(soft, np.ones((2 * _BAND + 1,) * 2, np.uint8)) > 0


def of_case(case: Case, number: int) -> dict[str, dict[str, float]]:
    """Way → background → mean difference at the edge."""
    edge = edge_of(case.alpha)
    truth = Cutout((case.front * 255 + 0.5).astype(np.uint8), case.alpha)
    found: dict[str, dict[str, float]] = {"ours": {}, "threshold": {}}
    for way, cutout in (("ours", ours(case)), ("threshold", threshold(case))):
        for name, ground in grounds(np.random.default_rng(number), case.alpha.shape).items():
            found[way][name] = float(delta_e(over(cutout, ground), over(truth, ground))[edge].mean())
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A portrait whose opacity is known: before a screen, and before a new background."""

    name: str
    ground: str
    alpha: Array
    screened: UInt8
    composed: UInt8
    behind: UInt8


def persons(pictures: list[Picture]) -> Iterator[Person]:
    """Each before a screen and one of the three backgrounds, in turns."""
    segmenter = PersonSegmenter()
    for number, picture in enumerate(pictures):
        rng = np.random.default_rng(number)
        scale = SIZE / max(picture.pixels.shape[:2])
        pixels = cv2.resize(picture.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        hold = np.zeros(pixels.shape[:2], np.float32)
        alpha = cv2.GaussianBlur(refined(pixels, segmenter.person(shrunk(pixels)), hold), (0, 0), 1.0)
        alpha = np.maximum(alpha, strands(rng, alpha)).astype(np.float32)
        screen = np.clip(np.array(SCREEN) + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
        name, behind = list(grounds(rng, pixels.shape).items())[number % 3]
        cutout = Cutout(pixels, alpha)
        yield Person(
            picture.name,
            name,
            alpha,
            over(cutout, screen).astype(np.uint8),
            over(cutout, behind).astype(np.uint8),
            behind,
        )


def of_person(person: Person, source: Path, folder: Path) -> tuple[dict[str, float], UInt8, UInt8]:
    """Figures of one portrait, the joint result, and the swapped true composite."""
    pictures = {"screened": person.screened, "composed": person.composed, "behind": person.behind}
    for name, pixels in pictures.items():
        write_image(folder / f"{name}.png", Frame(pixels), overwrite=True)
    swap = {"source": str(source), "processor": "face_swapper,background_remover"}
    joint = _run(folder, "screened", "joint", **swap, background=str(folder / "behind.png"))
    true = _run(folder, "composed", "true", source=str(source))
    clear = _run(folder, "screened", "clear", **swap)
    alone = _run(folder, "screened", "alone", processor="background_remover")
    edge = edge_of(person.alpha)
    gone = clear.alpha == 0 if clear.alpha is not None else np.zeros(edge.shape, bool)
    moved = np.abs(clear.pixels.astype(int) - alone.pixels).max(axis=2) > _MOVED
    return (
        {
            "joint_edge_delta_e": float(delta_e(joint.pixels, true.pixels)[edge].mean()),
            "swapped_and_transparent": float((moved & gone & ~_label(clear, alone, person)).sum()),
        },
        joint.pixels.astype(np.uint8),
        true.pixels.astype(np.uint8),
    )


def _label(one: Frame, other: Frame, person: Person) -> NDArray[np.bool_]:
    """(H, W): far from the person, where only a label can be."""
    near = cv2.dilate((person.alpha > 0.02).astype(np.uint8), np.ones((25, 25), np.uint8))
    return near == 0


def _run(folder: Path, target: str, output: str, **values: object) -> Frame:
    words = {"target": str(folder / f"{target}.png"), "output": str(folder / f"{output}.png"), **PLAIN, **values}
    run(Plan.from_mapping(words))
    return read_image(folder / f"{output}.png")


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--sheets", type=Path, default=None, help="folder for pictures: joint result, true composite")
    options.add_argument("--every", type=int, default=3, help="of the portraits, every so manieth")
    chosen = options.parse_args()
    forty = [of_case(case, number) for number, case in enumerate(cases())]
    rows, joint = [["portrait", "on", "edge CIEDE2000", "swapped, transparent"]], []
    pictures = people(chosen.media)
    with tempfile.TemporaryDirectory() as name:
        for person in persons(pictures[:: chosen.every]):
            figures, shown, true = of_person(person, pictures[1].path, Path(name))
            joint.append(figures)
            rows.append([person.name, person.ground, *(f"{value:.2f}" for value in figures.values())])
            if chosen.sheets is not None:
                write_picture(chosen.sheets / f"edges_{person.name}.png", np.hstack([person.screened, shown, true]))
    print(grid(rows), end="\n\n")
    means = {way: {on: float(np.mean([one[way][on] for one in forty])) for on in forty[0][way]} for way in forty[0]}
    all_of = {way: float(np.mean(list(one.values()))) for way, one in means.items()}
    figures = {
        "edge_delta_e": all_of["ours"],
        "edge_to_threshold": all_of["ours"] / all_of["threshold"],
        "joint_edge_delta_e": float(np.mean([one["joint_edge_delta_e"] for one in joint])),
        "swapped_and_transparent": float(sum(one["swapped_and_transparent"] for one in joint)),
    }
    details = {"forty": means, "portraits": {row[0]: row[1:] for row in rows[1:]}}
    return finish(Result("edges", figures, BARS, details), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
