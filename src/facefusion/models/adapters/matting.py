"""Foreground opacity of whole pictures."""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32, Pixels, to_unit
from facefusion.models.sessions import Session

_SHORTER_SIDE = 512
_MULTIPLE = 32


class Matting:
    """One picture in, one matte out: MODNet, U2-Net, IS-Net, BiRefNet, RMBG, BEN2; the card knows the numbers."""

    contract: ClassVar[str] = "matting"

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def side(self) -> int:
        """Pixels of the shorter side of a picture that it makes use of: those of its input, where they are fixed."""
        return min((one for one in self._session.inputs[0].size if isinstance(one, int)), default=_SHORTER_SIDE)

    def matte(self, pixels: Pixels) -> Float32:
        """(H, W) float32 in [0, 1] of `pixels` (H, W, 3) RGB; networks that give logits are told by their range."""
        session, (height, width) = self._session, pixels.shape[:2]
        small = _resized(to_unit(pixels), self._size(height, width))
        found = session.outputs[0].decode(session.run(session.inputs[0].encode(small))[0])[0, ..., 0]
        if found.min() < -0.05 or found.max() > 1.05:
            found = (1 / (1 + np.exp(-found))).astype(np.float32)
        matte: Float32 = np.clip(_resized(found, (width, height)), 0, 1)
        return matte

    def _size(self, height: int, width: int) -> tuple[int, int]:
        """(width, height) of the input: the network's, or near the picture's shape where that is free."""
        wanted = self._session.inputs[0].size
        if isinstance(wanted[0], int) and isinstance(wanted[1], int):
            return wanted[1], wanted[0]
        scale = _SHORTER_SIDE / min(height, width)
        return _rounded(width * scale), _rounded(height * scale)


class RobustVideoMatting:
    """RVM (Lin et al. 2022): frames in order; what it remembers of those before goes in and out.

    A frame's matte depends on the frames before it, so that a run that must give the same frame whatever ran before it
    begins again a fixed number of frames earlier; `forget` does that.
    """

    contract: ClassVar[str] = "rvm"
    side: ClassVar[int] = _SHORTER_SIDE

    def __init__(self, session: Session) -> None:
        self._session = session
        self._memory = self.forget()

    def forget(self) -> list[NDArray[Any]]:
        """Begin a new shot."""
        self._memory = [np.zeros((1, 1, 1, 1), np.float32) for _ in range(4)]
        return self._memory

    def matte(self, pixels: Pixels) -> Float32:
        """(H, W) float32 in [0, 1] of the next frame."""
        return self.cut_out(pixels)[1]

    def cut_out(self, pixels: Pixels) -> tuple[Float32, Float32]:
        """(H, W, 3) and (H, W) float32 in [0, 1]: the next frame's foreground without its ground, and its opacity."""
        session = self._session
        ratio = np.array([min(1.0, _SHORTER_SIDE / max(pixels.shape[:2]))], np.float32)
        found = session.run(session.inputs[0].encode(to_unit(pixels)), *self._memory, ratio)
        self._memory = list(found[2:])
        foreground, matte = (spec.decode(one)[0] for spec, one in zip(session.outputs, found[:2], strict=False))
        return np.clip(foreground, 0, 1), np.clip(matte[..., 0], 0, 1)


def _resized(pixels: Float32, size: tuple[int, int]) -> Float32:
    shrinks = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _rounded(length: float) -> int:
    return max(round(length / _MULTIPLE), 1) * _MULTIPLE
