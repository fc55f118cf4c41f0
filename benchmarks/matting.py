"""People before backgrounds they never stood in, their opacity known, beside the bare segmentation.

python -m benchmarks.matting [--sheets FOLDER]

The eighteen portraits are cut out softly by their own segmentation, get drawn strands of hair, and are mixed with
pictures made by code; frames of the green-screen clip are keyed and mixed likewise. What was mixed is the truth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.media import clip, parser, people, write_picture
from benchmarks.record import Bar, Result, finish, grid
from facefusion.blend.compositing import over
from facefusion.core import Cutout, Pixels
from facefusion.media import open_media
from facefusion.processors.background_remover import BackgroundRemover, Settings
from facefusion.processors.background_remover.matting import matte, refined
from facefusion.processors.background_remover.people import PersonSegmenter, shrunk

Array = NDArray[np.float32]
BARS = (Bar("iou", "at least", 0.95), Bar("gradient_to_bare", "at most", 1.0))
GREEN_FRAMES = (5, 25, 45, 65)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """pixels: (H, W, 3) uint8. alpha: (H, W) float32."""

    name: str
    pixels: Pixels
    alpha: Array


def cases(media: Path) -> Iterator[Case]:
    """Every person before a background of their own."""
    segmenter = PersonSegmenter()
    for number, picture in enumerate(people(media)):
        rng = np.random.default_rng(number)
        pixels = picture.pixels
        coarse = segmenter.person(shrunk(pixels))
        alpha = cv2.GaussianBlur(refined(pixels, coarse, np.zeros(pixels.shape[:2], np.float32)), (0, 0), 1.0)
        alpha = np.maximum(alpha, strands(rng, alpha))
        yield Case(picture.name, over(Cutout(pixels, alpha), background(rng, alpha.shape)), alpha)
    with open_media(clip(media, "lp_d0_green.mp4")) as reader:
        for index in GREEN_FRAMES:
            cutout = BackgroundRemover(Settings()).cut_out(reader.frame_at(index))
            behind = background(np.random.default_rng(100 + index), cutout.alpha.shape)
            yield Case(f"green {index}", over(cutout, behind), cutout.alpha)


def background(rng: np.random.Generator, shape: tuple[int, ...]) -> Pixels:
    """Coloured shapes out of focus, with some texture: neither plain nor like a person."""
    height, width = shape[:2]
    pixels = np.full((height, width, 3), rng.integers(40, 200, 3), np.uint8)
    for _ in range(40):
        color = tuple(int(value) for value in rng.integers(0, 255, 3))
        corner = rng.integers(0, (width, height))
        size = rng.integers(20, max(width // 4, 24), 2)
        cv2.rectangle(pixels, corner.tolist(), (corner + size).tolist(), color, -1)
    soft = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(2, 8))).astype(np.float32)
    return np.clip(soft + rng.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)


def strands(rng: np.random.Generator, alpha: Array) -> Array:
    """(H, W): thin curves that leave the upper part of the outline."""
    solid = (alpha > 0.5).astype(np.uint8)
    outline = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    points = max(outline, key=len)[:, 0]
    points = points[points[:, 1] < np.quantile(points[:, 1], 0.4)]
    cover = np.zeros((4 * alpha.shape[0], 4 * alpha.shape[1]), np.uint8)
    for start in points[rng.integers(0, len(points), 60)]:
        turn, place, path = rng.uniform(-np.pi, 0), start.astype(float), []
        for _ in range(12):
            path.append(place.copy())
            place += alpha.shape[0] / 300 * np.array([np.cos(turn), np.sin(turn)])
            turn += rng.normal(0, 0.12)
        cv2.polylines(cover, [(4 * np.array(path)).astype(np.int32)], False, 255, int(rng.integers(2, 6)), cv2.LINE_AA)
    size = alpha.shape[1], alpha.shape[0]
    return cv2.resize(cover, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def errors(found: Array, truth: Array) -> dict[str, float]:
    """iou of soft opacities, mse, gradient (thousands)."""
    slopes = [cv2.GaussianBlur(one, (0, 0), 1.4) for one in (found, truth)]
    steep = [np.hypot(cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)) / 8 for one in slopes]
    return {
        "iou": float(np.minimum(found, truth).sum() / max(float(np.maximum(found, truth).sum()), 1e-6)),
        "mse": float(((found - truth) ** 2).mean()),
        "gradient": float(((steep[0] - steep[1]) ** 2).sum()) / 1000,
    }


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--sheets", type=Path, default=None, help="folder for pictures: case, found, truth")
    chosen = options.parse_args()
    segmenter, rows, table = PersonSegmenter(), [], []
    for case in cases(chosen.media):
        person = segmenter.person(shrunk(case.pixels))
        size = case.alpha.shape[1], case.alpha.shape[0]
        bare = np.clip(cv2.resize(person, size, interpolation=cv2.INTER_LINEAR), 0, 1)
        cutout = matte(case.pixels, person, np.zeros(case.alpha.shape, np.float32))
        mine, theirs = errors(cutout.alpha, case.alpha), errors(bare, case.alpha)
        rows.append((mine, theirs))
        table.append([case.name, *(f"{one[name]:.4f}" for name in mine for one in (mine, theirs))])
        if chosen.sheets is not None:
            shown = [
                (one * 255 + 0.5).astype(np.uint8)[..., None].repeat(3, 2) for one in (bare, cutout.alpha, case.alpha)
            ]
            write_picture(
                chosen.sheets / f"matting_{case.name.replace(' ', '_')}.png", np.hstack([case.pixels, *shown])
            )
    heads = [f"{name}{of}" for name in rows[0][0] for of in ("", " bare")]
    print(grid([["person", *heads], *table]), end="\n\n")
    means = [{name: float(np.mean([row[at][name] for row in rows])) for name in rows[0][0]} for at in (0, 1)]
    figures = {**means[0], "gradient_to_bare": means[0]["gradient"] / means[1]["gradient"]}
    details = {"bare": means[1], "people": {row[0]: row[1:] for row in table}}
    return finish(Result("matting", figures, BARS, details), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
