"""How a foreground is brought to its new background: measured once a shot, so that nothing flickers."""

from __future__ import annotations

import numpy as np

from facefusion.blend.background import BackgroundSettings
from facefusion.blend.compositing import Harmony
from facefusion.core import Analysis, Cutout, Float32, Pixels, Shot
from facefusion.faces.measures import grain_of
from facefusion.geometry.light import indexed

_FURTHEST, _TINTED = 0.7, 0.5
"""Largest change of brightness, and of a channel beside it, in natural logarithms of light."""
_STEP = 4


def harmony_of(
    cutout: Cutout, background: Pixels, settings: BackgroundSettings, *, front_grain: float | None = None
) -> Harmony:
    """For a cut-out of one frame of a shot. front_grain: of the shot; by default of the cut-out."""
    gains = _gains(cutout, background, settings.background_match)
    mine = grain_of(cutout.pixels) if front_grain is None else front_grain
    theirs = grain_of(background)
    missing = settings.background_grain * float(np.sqrt(abs(mine * mine - theirs * theirs)))
    if not np.isfinite(missing):
        missing = 0.0
    return Harmony(gains, missing if mine < theirs else 0.0, missing if mine > theirs else 0.0)


def shot_grain(analysis: Analysis, shot: Shot) -> float | None:
    """The middle grain of a shot; None where it was not measured."""
    if analysis.grain is None:
        return None
    known = analysis.grain[shot.start : shot.stop].astype(np.float64)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else None


def _gains(cutout: Cutout, background: Pixels, strength: float) -> tuple[float, float, float]:
    """Brightness and tint move by `strength`, within limits: a person keeps being one in another light."""
    weight = cutout.alpha[::_STEP, ::_STEP]
    if strength <= 0 or weight.sum() < 50:
        return (1.0, 1.0, 1.0)
    mine, theirs = _mean(cutout.pixels, weight), _mean(background, np.ones_like(weight))
    change = np.log(theirs + 0.02) - np.log(mine + 0.02)
    tint = np.clip(change - change.mean(), -_TINTED, _TINTED)
    red, green, blue = np.exp(strength * (np.clip(change.mean(), -_FURTHEST, _FURTHEST) + tint))
    return float(red), float(green), float(blue)


def _mean(pixels: Pixels, weight: Float32) -> Float32:
    """(3,): mean linear light."""
    whole, table = indexed(pixels[::_STEP, ::_STEP])
    found: Float32 = (table[whole] * weight[..., None]).sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
    return found
