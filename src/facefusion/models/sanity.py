"""Does a model do what its card says? Shown noise, it must answer with numbers, in its range, and to its input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.errors import ModelInvalid, UnusableOutput
from facefusion.models.sessions import Session
from facefusion.models.spec import TensorSpec

_FREE = 64
_BEYOND = 0.4
"""How far a picture may leave its range before the range must be another one, in ranges."""


def check_sanity(session: Session) -> tuple[str, ...]:
    """What was seen, for people. Raises ModelInvalid when the answers are no numbers, far off, or always the same."""
    first, again = (_fed(session, seed) for seed in (1, 2))
    try:
        answers = [session.run(*fed) for fed in (first, again)]
    except UnusableOutput as error:
        raise ModelInvalid(str(error)) from None
    if all(np.array_equal(a, b) for a, b in zip(*answers, strict=True)):
        raise ModelInvalid(f"{session.name}: gives the same whatever it is shown, so that it cannot be what it seems")
    return tuple(
        filter(None, (_range(session, spec, one) for spec, one in zip(session.outputs, answers[0], strict=True)))
    )


def _range(session: Session, spec: TensorSpec, answer: NDArray[Any]) -> str:
    if spec.colour not in ("rgb", "bgr"):
        return ""
    found: Float32 = spec.decode(answer)
    low, high = (float(np.percentile(found, part)) for part in (1, 99))
    if low < -_BEYOND or high > 1 + _BEYOND:
        raw_low, raw_high = float(answer.min()), float(answer.max())
        raise ModelInvalid(
            f"{session.name}: {spec.name} goes from {raw_low:.3g} to {raw_high:.3g}, expected is about "
            f"{spec.range[0]:g} to {spec.range[1]:g}; it keeps another contract (--contract)"
        )
    return f"{spec.name} of noise lies in {low:.2f} to {high:.2f}"


def _fed(session: Session, seed: int) -> list[NDArray[Any]]:
    """Noise for every input: pictures of soft noise, vectors of normal numbers, volumes of numbers from 0 to 1."""
    random = np.random.default_rng(seed)
    return [noise(spec, random) for spec in session.inputs]


def noise(spec: TensorSpec, random: np.random.Generator) -> NDArray[Any]:
    """What is shown to an input of this contract when there is nothing real to show."""
    shape = [length if isinstance(length, int) else 1 for length in spec.shape]
    if spec.layout != "flat" and spec.colour in ("rgb", "bgr"):
        height, width = (length if isinstance(length, int) else _FREE for length in spec.size)
        return spec.encode(random.random((height, width, 3), dtype=np.float32))
    if len(spec.shape) == 1:
        return np.full(shape, 0.5 + 0.25 * random.random())
    if len(spec.shape) > 2:
        return random.random(shape, dtype=np.float32)
    return random.normal(size=shape).astype(np.float32)
