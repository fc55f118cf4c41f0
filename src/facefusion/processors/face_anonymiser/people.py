"""The bundled people who do not exist: each is the mean of at least twenty faces, see `data/people.toml`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

import cv2
import numpy as np

from facefusion.core import Float32

NEUTRAL = "neutral"
_STRONGER = 1.6
_STRONGER_NAME = " stronger"


@dataclass(frozen=True, slots=True, eq=False)
class Nobody:
    """Somebody who does not exist.

    skin: (S, S, 3) float32 sRGB in the mesh's texture space, evenly lit. shape: (468, 3) float32, centimetres of the
    canonical mesh. rings: (24, 3) float32 sRGB, iris colours from the pupil outwards. tone: L* of the cheeks, 0 to 100.
    lined: relief of the skin, higher with age.
    """

    name: str
    skin: Float32
    shape: Float32
    rings: Float32
    tone: float
    lined: float


@cache
def bundled() -> tuple[Nobody, ...]:
    """All that are bundled, by name; the neutral one, the mean of everybody, comes last."""
    folder = files("facefusion.processors.face_anonymiser") / "data"
    with (folder / "people.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        numbers = {name: stored[name] for name in stored.files}
    return tuple(
        Nobody(
            name=str(name),
            skin=_skin((folder / f"{name}.webp").read_bytes()),
            shape=numbers["shapes"][k].astype(np.float32),
            rings=numbers["rings"][k].astype(np.float32),
            tone=float(numbers["tones"][k]),
            lined=float(numbers["lined"][k]),
        )
        for k, name in enumerate(numbers["names"])
    )


@lru_cache(maxsize=128)
def mixed(first: Nobody, second: Nobody) -> Nobody:
    """Somebody between two others, whichever comes first."""
    first, second = sorted((first, second), key=lambda one: one.name)
    return Nobody(
        name=f"{first.name}+{second.name}",
        skin=((first.skin + second.skin) / 2).astype(np.float32),
        shape=((first.shape + second.shape) / 2).astype(np.float32),
        rings=first.rings,
        tone=(first.tone + second.tone) / 2,
        lined=(first.lined + second.lined) / 2,
    )


@lru_cache(maxsize=128)
def stronger(one: Nobody) -> Nobody:
    """Somebody with the same skin whose proportions are farther from the usual ones, as a few people's are."""
    usual = bundled()[-1].shape
    shape = (usual + np.float32(_STRONGER) * (one.shape - usual)).astype(np.float32)
    return replace(one, name=one.name + _STRONGER_NAME, shape=shape)


def plain_name(name: str) -> str:
    """Whose name it is, stronger or not."""
    return name.removesuffix(_STRONGER_NAME)


def _skin(data: bytes) -> Float32:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return (cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) / np.float32(255)).astype(np.float32)
