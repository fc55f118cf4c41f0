"""Keying forty pictures of known opacity, beside an HSV threshold and a difference key.

python -m benchmarks.keying [--sheets FOLDER]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.keying_cases import Case, cases
from benchmarks.media import parser, write_picture
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Cutout
from facefusion.geometry.color import linear_to_srgb
from facefusion.processors.background_remover.holding import person_hold
from facefusion.processors.background_remover.keyer.key import Screen, key
from facefusion.quality import delta_e

WAYS = ("ours", "threshold", "difference")
BARS = (
    Bar("mse", "at most", 0.002),
    Bar("times_better_than_threshold", "at least", 5.0),
    Bar("times_better_than_difference", "at least", 5.0),
)
Array = NDArray[np.float32]


def ours(case: Case) -> Cutout:
    """The keyer, told the screen's colour, and where somebody is as coarsely as a segmentation tells it."""
    height, width = case.alpha.shape
    hold = None if case.person is None else person_hold(case.person, (width, height))
    return key(case.pixels, Screen(np.array(case.look.color, np.float32), case.look.primary), hold=hold)


def threshold(case: Case) -> Cutout:
    """What is near to the screen's hue, and neither pale nor dark, is background."""
    hue, pale, bright = (plane.astype(int) for plane in cv2.split(cv2.cvtColor(case.pixels, cv2.COLOR_RGB2HSV)))
    screen = cv2.cvtColor(np.uint8([[_shown(case) * 255]]), cv2.COLOR_RGB2HSV)[0, 0].astype(int)
    off = np.abs((hue - screen[0] + 90) % 180 - 90)
    back = (off < 15) & (pale > 0.35 * screen[1]) & (bright > 0.25 * screen[2])
    return Cutout(case.pixels, 1 - back.astype(np.float32))


def difference(case: Case) -> Cutout:
    """Opacity rises with the distance from the screen's colour."""
    far = np.linalg.norm(case.pixels / np.float32(255) - _shown(case), axis=2)
    return Cutout(case.pixels, np.clip((far - 0.12) / 0.23, 0, 1).astype(np.float32))


def _shown(case: Case) -> Array:
    return linear_to_srgb(np.array(case.look.color, np.float32))


def errors(cutout: Cutout, case: Case) -> dict[str, float]:
    """mse, sad (thousands), gradient (thousands) of the opacity; spill: CIEDE2000 of the foreground near its edge."""
    off = cutout.alpha - case.alpha
    slopes = [cv2.GaussianBlur(one, (0, 0), 1.4) for one in (cutout.alpha, case.alpha)]
    steep = [np.hypot(cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)) / 8 for one in slopes]
    solid = (case.alpha > 0.1).astype(np.uint8)
    edge = (solid > 0) & (cv2.distanceTransform(solid, cv2.DIST_L2, 3) < 25)
    color = delta_e(cutout.pixels, (case.front * 255 + 0.5).astype(np.uint8))
    weight = case.alpha * edge
    return {
        "mse": float((off**2).mean()),
        "sad": float(np.abs(off).sum()) / 1000,
        "gradient": float(((steep[0] - steep[1]) ** 2).sum()) / 1000,
        "spill": float((color * weight).sum() / max(float(weight.sum()), 1e-6)),
    }


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument(
        "--sheets", type=Path, default=None, help="folder for pictures: case, found, truth, foreground"
    )
    chosen = options.parse_args()
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    rows = []
    for number, case in enumerate(cases()):
        cutouts = {"ours": ours(case), "threshold": threshold(case), "difference": difference(case)}
        measured = {way: errors(cutout, case) for way, cutout in cutouts.items()}
        for way, one in measured.items():
            found[way].append(one)
        rows.append([case.name, *(f"{measured[way]['mse']:.5f}" for way in WAYS)])
        if chosen.sheets is not None:
            _write(chosen.sheets / f"keying_{number:02}.png", case, cutouts["ours"])
    means = {way: _means(some) for way, some in found.items()}
    print(grid([["case (mean squared error)", *WAYS], *rows]), end="\n\n")
    names = list(means["ours"])
    table = [["mean of 40", *WAYS], *([name, *(f"{means[way][name]:.4f}" for way in WAYS)] for name in names)]
    print(grid(table), end="\n\n")
    figures = {**means["ours"]}
    for way in WAYS[1:]:
        figures[f"times_better_than_{way}"] = means[way]["mse"] / means["ours"]["mse"]
    details = {"means": means, "cases": {row[0]: row[1:] for row in rows}}
    return finish(Result("keying", figures, BARS, details), date=chosen.date, folder=chosen.results)


def _means(some: list[dict[str, float]]) -> Mapping[str, float]:
    return {name: float(np.mean([one[name] for one in some])) for name in some[0]}


def _write(path: Path, case: Case, cutout: Cutout) -> None:
    grey = [(one * 255 + 0.5).astype(np.uint8)[..., None].repeat(3, 2) for one in (cutout.alpha, case.alpha)]
    write_picture(path, np.hstack([case.pixels, *grey, cutout.pixels]))


if __name__ == "__main__":
    sys.exit(main())
