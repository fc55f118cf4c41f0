"""Make docs/images/temporal/*.png: what each option of the section "temporal" does, on a head made by code.

python tools/steadiness_pictures.py
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.unit.temporal.tracks import Head, head, lid_gap

from facefusion.core import Float32, Landmarks, UInt8
from facefusion.temporal.deflicker import corrected, correction, residual_of
from facefusion.temporal.flow import carried
from facefusion.temporal.smooth import smoothed

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images" / "temporal"
WIDTH, HEIGHT, EDGE = 760, 250, 44
COLOURS = ((150, 150, 150), (200, 60, 40), (30, 110, 190), (40, 140, 60))


def plot(title: str, curves: Mapping[str, Sequence[float]], unit: str, *, dots: Sequence[int] = ()) -> UInt8:
    """Curves over frames, the first in grey; dots: frames to be marked on the last one."""
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    every = np.concatenate([np.asarray(curve, float) for curve in curves.values()])
    low, high = float(every.min()), float(every.max())
    span = max(high - low, 1e-6)
    length = max(len(curve) for curve in curves.values())
    _text(canvas, title, (EDGE, 20), (20, 20, 20), 0.5)
    for level in (low, high):
        y = _row(level, low, span)
        cv2.line(canvas, (EDGE, y), (WIDTH - 10, y), (225, 225, 225), 1)
        _text(canvas, f"{level:.1f}", (4, y + 4), (90, 90, 90), 0.38)
    _text(canvas, unit, (4, HEIGHT - 8), (90, 90, 90), 0.38)
    for number, (name, curve) in enumerate(curves.items()):
        points = np.array([(_column(i, length), _row(float(v), low, span)) for i, v in enumerate(curve)], np.int32)
        cv2.polylines(canvas, [points], False, COLOURS[number], 1 if number == 0 else 2, cv2.LINE_AA)
        _text(canvas, name, (EDGE + 10 + 170 * number, HEIGHT - 8), COLOURS[number], 0.42)
    for index in dots:
        curve = list(curves.values())[-1]
        place = (_column(index, length), _row(float(curve[index]), low, span))
        cv2.circle(canvas, place, 4, COLOURS[len(curves) - 1], -1, cv2.LINE_AA)
    return canvas


def smoothing() -> UInt8:
    """An eye that rests, blinks and rests, at three coefficients."""
    closed = np.zeros(90)
    closed[[45, 49]], closed[46:49] = 0.5, 1.0
    one = head(np.full(90, 3.0), closed=closed, noise=0.25, seed=4)
    curves = {"readings": lid_gap(one.noisy)}
    curves |= {f"smoothing {c}": lid_gap(smoothed(one.noisy, one.sure, c, moved=one.moved)) for c in (0.3, 0.7, 1.0)}
    return plot("opening of an eye: the rest gets still, the blink stays", curves, "px")


def key_frames() -> UInt8:
    """Where a cheek is, when faces are read in every frame and in every eighth."""
    one, place = turning(), 205
    held = propagated(one, 8)
    curves = {
        "truth": one.truth[:, place, 0],
        "interval 1": smoothed(one.noisy, one.sure, 0.7, moved=one.moved)[:, place, 0],
        "interval 8": held[:, place, 0],
    }
    return plot("a turning cheek: read in every frame; read where the dots are and carried between", curves, "px",
                dots=range(0, len(held), 8))  # fmt: skip


def turning() -> Head:
    return head(18 * np.sin(np.arange(72) / 9), noise=0.4, seed=6)


def propagated(one: Head, interval: int) -> Float32:
    """What smoothing makes of readings in every `interval`-th frame, carried by the skin's movement in between."""
    points, sure = one.noisy.copy(), one.sure.copy()
    for index in range(len(points)):
        if index % interval:
            points[index] = points[index - 1]
            points[index, :, :2] += one.moved[index, :, :2]
            sure[index] = 0
    return smoothed(points, sure, 0.7, moved=one.moved)


def flow_confidence() -> UInt8:
    """How sure the movement of a spot is while something passes over it."""
    sure = []
    for step in range(60):
        apart = 2.5 * np.exp(-(((step - 30) / 6) ** 2))
        there = np.full((32, 32, 2), 1.5, np.float32)
        _, one = carried(there, -there + np.float32(apart), np.full((1, 2), 16, np.float32))
        sure.append(float(one[0]))
    curves = {"surest": [1.0] * 60, "threshold 0.8": [0.8] * 60, "sureness of the flow": sure}
    return plot("a hand passes: below the threshold the face is read anew", curves, "0..1")


def deflicker(strengths: Sequence[float], radius: int, title: str) -> UInt8:
    """Luma of a swapped cheek whose light jumps, before and after the temporal median."""
    rng = np.random.default_rng(3)
    points = head(np.zeros(1)).truth[0]
    face = Landmarks(np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2]))
    before = np.full((400, 400, 3), 100, np.uint8)
    levels = 118 + 4 * np.sin(np.arange(48) / 9) + rng.normal(0, 2.2, 48)
    afters = [np.full_like(before, round(level)) for level in levels]
    residuals = [one for after in afters if (one := residual_of(before, after, face)) is not None]
    x, y = face.xy[205].round().astype(int)
    curves = {"as swapped": [float(after[y, x, 0]) for after in afters]}
    for strength in strengths:
        shown = []
        for index, after in enumerate(afters):
            reach = min(radius, index, len(afters) - 1 - index)
            around = [residuals[index], *(residuals[k] for k in range(index - reach, index + reach + 1) if k != index)]
            shown.append(float(corrected(before, after, face, correction(residuals[index], around, strength))[y, x, 0]))
        curves[f"strength {strength}"] = shown
    return plot(title, curves, "luma")


def _row(value: float, low: float, span: float) -> int:
    return int(HEIGHT - 40 - (value - low) / span * (HEIGHT - 80))


def _column(index: int, length: int) -> int:
    return int(EDGE + index / max(length - 1, 1) * (WIDTH - EDGE - 14))


def _text(canvas: UInt8, words: str, place: tuple[int, int], colour: tuple[int, int, int], size: float) -> None:
    cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def main() -> int:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures = {
        "smoothing": smoothing(),
        "key_frame_interval": key_frames(),
        "flow_confidence": flow_confidence(),
        "deflicker": deflicker((1.0,), 2, "light of a swapped cheek: a median over 2 frames on each side"),
        "blend_strength": deflicker((0.5, 1.0), 4, "the same over 4 frames, half and all of the way"),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(FOLDER / f"{name}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return 0


if __name__ == "__main__":
    sys.exit(main())
