"""People by a matting network of the user's: MODNet, RVM, BiRefNet, U2-Net and others.

What such a network says of a frame becomes a part of the analysis, like the bundled segmentation's maps. A network with
a memory (RVM) sees the frames of one piece in order, and a few before them, so that a frame's matte depends on those
alone, whoever renders it and whenever; it forgets at a cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import cv2

from facefusion.core import Float32, Pixels, UInt8
from facefusion.processors.background_remover.people import Maps, SteadyMaps

_SHORTER = 512
"""Pixels of the shorter side that mattes are kept at, and that most networks are shown."""


class Matting(Protocol):
    """A network's adapter. side: pixels of the shorter side that it makes use of."""

    @property
    def side(self) -> int: ...

    def matte(self, pixels: Pixels) -> Float32:
        """(H, W) float32 in [0, 1] of (H, W, 3)."""


@runtime_checkable
class Remembering(Protocol):
    """An adapter whose answer depends on the frames before."""

    def forget(self) -> object:
        """Begin a new shot."""


class LearnedSegmenter:
    """make: gives an adapter; each has a memory of its own, if any. Thread-safe where `make` is."""

    is_matte = True

    def __init__(self, make: Callable[[], Matting]) -> None:
        self._make = make

    def maps(self) -> Maps:
        """Mattes of the frames' shape, at most 512 pixels high or wide, whichever is shorter."""
        adapter = self._make()
        return _Remembered(adapter) if isinstance(adapter, Remembering) else _Steadied(adapter)


class _Remembered:
    def __init__(self, adapter: Matting) -> None:
        self._adapter = adapter

    def reset(self) -> None:
        assert isinstance(self._adapter, Remembering)
        self._adapter.forget()

    def of(self, pixels: Pixels, small: UInt8) -> Float32:
        return _seen_by(self._adapter, pixels)


class _Steadied:
    def __init__(self, adapter: Matting) -> None:
        self._adapter, self._steady = adapter, SteadyMaps()

    def reset(self) -> None:
        self._steady.reset()

    def of(self, pixels: Pixels, small: UInt8) -> Float32:
        return self._steady.steadied(small, _seen_by(self._adapter, pixels))


def _seen_by(adapter: Matting, pixels: Pixels) -> Float32:
    """The matte as it is kept, of a picture as large as the network makes use of."""
    matte: Float32 = reduced(adapter.matte(reduced(pixels, max(adapter.side, _SHORTER))))
    return matte


def reduced(pixels: Pixels, shorter: int = _SHORTER) -> Pixels:
    """`pixels` (H, W) or (H, W, 3) with `shorter` on the shorter side, or as they are where they are smaller."""
    height, width = pixels.shape[:2]
    scale = shorter / min(height, width)
    if scale >= 1:
        return pixels
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
