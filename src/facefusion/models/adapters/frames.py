"""Whole pictures made larger or coloured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Float32, Pixels, to_unit
from facefusion.errors import OutOfMemory
from facefusion.models.sessions import Session

_TILE, _MARGIN = 256, 16
_MULTIPLE = 8
"""Some networks fold pixels into channels first, so that sides have to be multiples of a small number."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Upscaler:
    """Real-ESRGAN, SPAN and others: a picture in, one `scale` times as large out, tile by tile without seams.

    Tiles overlap by a margin, whose outer half is thrown away and whose inner half fades into the next tile: a network
    that sees further than that leaves no step. Where memory does not suffice, tiles get smaller.
    """

    contract: ClassVar[str] = "upscaler"

    def __init__(self, session: Session, *, tile: int = _TILE, margin: int = _MARGIN) -> None:
        self._session, self._tile, self._margin = session, tile, margin
        height, _ = session.inputs[0].size
        self._fixed = height if isinstance(height, int) else 0
        side = self._fixed or 32
        self.scale = self._run([np.zeros((side, side, 3), np.float32)]).shape[1] // side

    def enlarge(self, pixels: Pixels) -> Float32:
        """(H × scale, W × scale, 3) float32 RGB in [0, 1] of `pixels` (H, W, 3) RGB."""
        picture = to_unit(pixels)
        while True:
            try:
                return self._in_tiles(picture, self._tile)
            except OutOfMemory:
                if self._fixed or self._tile // 2 <= 4 * self._margin:
                    raise
                self._tile //= 2

    def _in_tiles(self, picture: Float32, tile: int) -> Float32:
        margin, scale = self._margin, self.scale
        height, width = picture.shape[:2]
        tall, wide = (self._step(length, tile) for length in (height, width))
        padded = np.pad(picture, ((margin, margin + tall), (margin, margin + wide), (0, 0)), mode="symmetric")
        fade = margin // 2
        out = np.zeros((height * scale, width * scale, 3), np.float32)
        corners = [(y, x) for y in range(0, height, tall) for x in range(0, width, wide)]
        for part in _parts(corners, self._session.batch):
            tiles = [padded[y : y + tall + 2 * margin, x : x + wide + 2 * margin] for y, x in part]
            for (y, x), made in zip(part, self._run(tiles), strict=True):
                (rows, down), (columns, right) = (
                    _share(start, step, length, fade, scale)
                    for start, step, length in ((y, tall, height), (x, wide, width))
                )
                top, left = rows.start - (y - margin) * scale, columns.start - (x - margin) * scale
                inside = made[top : top + len(down), left : left + len(right)]
                out[rows, columns] += inside * (down[:, None] * right)[..., None]
        return np.clip(out, 0, 1)

    def _step(self, length: int, tile: int) -> int:
        """How far apart tiles begin along a side: as few as `tile` allows, and no larger than those few have to be."""
        most = (self._fixed or tile) - 2 * self._margin
        even = -(-length // -(-length // most))
        return most if self._fixed else min(-(-even // _MULTIPLE) * _MULTIPLE, most)

    def _run(self, tiles: Sequence[Float32]) -> Float32:
        session = self._session
        return session.outputs[0].decode(session.run_each(session.inputs[0].encode_many(tiles))[0])


def _parts(corners: Sequence[tuple[int, int]], size: int) -> Iterator[Sequence[tuple[int, int]]]:
    """`corners`, at most `size` at a time."""
    return (corners[start : start + size] for start in range(0, len(corners), size))


def _share(start: int, step: int, length: int, fade: int, scale: int) -> tuple[slice, Float32]:
    """Where a tile that begins at `start` counts, in pixels of the result, and how much (n,) in [0, 1].

    Across a border the share of one tile falls by as much as that of the next rises, `fade` source pixels on each side.
    """
    first, last = max(start - fade, 0), min(start + step + fade, length)
    at = (np.arange(first * scale, last * scale, dtype=np.float32) + np.float32(0.5)) / np.float32(scale)
    ramp = np.float32(2 * max(fade, 1e-3))
    share = np.ones_like(at)
    if start > 0:
        share = np.minimum(share, np.clip((at - start) / ramp + np.float32(0.5), 0, 1))
    if start + step < length:
        share = np.minimum(share, np.clip((start + step - at) / ramp + np.float32(0.5), 0, 1))
    return slice(first * scale, last * scale), share.astype(np.float32)


class _Colouriser:
    """Shows the network a small grey picture and keeps the lightness of the large one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        height, _ = session.inputs[0].size
        self.size = height if isinstance(height, int) else _TILE

    def colour(self, pixels: Pixels) -> Float32:
        """(H, W, 3) float32 RGB in [0, 1]: `pixels` (H, W, 3) RGB in the colours that the network gives them."""
        picture = to_unit(pixels)
        grey = np.repeat((picture @ _LUMA)[..., None], 3, axis=2).astype(np.float32)
        small = cv2.resize(grey, (self.size, self.size), interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)
        found = self._session.run(self._session.inputs[0].encode(small))[0]
        lab[..., 1:] = cv2.resize(self._chroma(found), grey.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)

    def _chroma(self, found: Float32) -> Float32:
        raise NotImplementedError


class DDColor(_Colouriser):
    """DDColor (Kang et al. 2023) gives a* and b* of CIE Lab."""

    contract: ClassVar[str] = "ddcolor"

    def _chroma(self, found: Float32) -> Float32:
        return np.ascontiguousarray(found[0].transpose(1, 2, 0), np.float32)


class DeOldify(_Colouriser):
    """DeOldify gives a coloured picture, of which only the colour is taken."""

    contract: ClassVar[str] = "deoldify"

    def _chroma(self, found: Float32) -> Float32:
        rgb = np.clip(self._session.outputs[0].decode(found)[0], 0, 1)
        chroma: Float32 = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 1:]
        return np.ascontiguousarray(chroma)
