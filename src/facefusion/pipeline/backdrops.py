"""The new background of every frame: a colour, a picture, a clip that runs along, or the old one out of focus."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from facefusion.blend.background import AtItsEnd, BackgroundSettings, Fit, ground_of
from facefusion.core import Cutout, Float32, Frame, Pixels, from_unit, to_unit
from facefusion.errors import InvalidInput
from facefusion.media import MediaReader, open_media
from facefusion.media.description import DEFAULT_FPS

_READ_ON = 60
"""Frames that are rather decoded than skipped by seeking."""


class Backdrop:
    """Opens what the plan names. `pictures` may be asked from several threads, each with its own."""

    def __init__(self, settings: BackgroundSettings, *, frame_rate: Fraction = DEFAULT_FPS) -> None:
        """Raises InvalidInput, MediaUnreadable and UsageError when the background cannot be used."""
        ground = ground_of(settings.background)
        if ground is None:
            raise ValueError("no background is named")
        self.settings, self.ground = settings, ground
        self._rate = frame_rate
        self.first: Pixels | None = None
        self._moves = False
        if ground.path is not None:
            with self._open(ground.path) as reader:
                self._moves = reader.info.is_clip and reader.num_frames > 1
                if reader.num_frames == 0:
                    raise InvalidInput(f"{ground.path}: holds no pictures; choose another background")
                self.first = reader.frame_at(0).pixels

    def _open(self, path: Path) -> MediaReader:
        reader = open_media(path, threads=1, frame_rate=self._rate)
        if reader.info.kind == "folder":
            raise InvalidInput(
                f"{path}: is a folder; a background is one picture, a clip or a sequence like b.%04d.png"
            )
        return reader

    def pictures(self) -> Pictures:
        """What gives the background of one frame after another."""
        return Pictures(self, self._open(self.ground.path) if self._moves and self.ground.path else None)


class Pictures:
    """The background of frames that come mostly in order. A context; used from one thread."""

    def __init__(self, backdrop: Backdrop, reader: MediaReader | None) -> None:
        self._backdrop, self._reader = backdrop, reader
        self._shown: tuple[tuple[object, ...], Pixels] | None = None
        self._coming: Iterator[Frame] = iter(())
        self._current: Frame | None = None
        times = [] if reader is None else reader.timestamps()
        self._times = [time.seconds - times[0].seconds for time in times]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def behind(self, frame: Frame, cutout: Cutout, seconds: Fraction) -> Pixels:
        """(H, W, 3) of the frame's size and dtype. seconds: since the first frame that is written."""
        ground = self._backdrop.ground
        if ground.blur is not None:
            return blurred(frame, cutout.alpha, ground.blur * frame.height)
        picture = self._picture(seconds)
        key = (None if picture is None else id(picture), frame.pixels.shape, frame.dtype)
        if self._shown is None or self._shown[0] != key:
            self._shown = key, self._at_size(picture, frame)
        return self._shown[1]

    def _at_size(self, picture: Pixels | None, frame: Frame) -> Pixels:
        ground, settings = self._backdrop.ground, self._backdrop.settings
        if picture is None:
            plain = np.broadcast_to(np.array(ground.color, np.float32), frame.pixels.shape)
            return from_unit(np.ascontiguousarray(plain), frame.dtype)
        return in_dtype(fitted(picture, frame.width, frame.height, settings.background_fit), frame.dtype)

    def _picture(self, seconds: Fraction) -> Pixels | None:
        if self._reader is None:
            return self._backdrop.first
        length = self._times[-1] + 1 / self._reader.info.average_fps
        at = place_in(seconds, length, self._backdrop.settings.background_end)
        return self._decoded(max(bisect_right(self._times, at) - 1, 0)).pixels

    def _decoded(self, index: int) -> Frame:
        """Frame `index` of a moving background: the next ones are read on, others are sought."""
        if self._current is not None and self._current.index == index:
            return self._current
        assert self._reader is not None
        if self._current is None or not 0 < index - self._current.index <= _READ_ON:
            self._coming = self._reader.frames(start=index)
        self._current = next(frame for frame in self._coming if frame.index >= index)
        return self._current


def place_in(seconds: Fraction, length: Fraction, at_its_end: AtItsEnd) -> Fraction:
    """Where a background of `length` seconds is at `seconds` after its beginning, in [0, length)."""
    if at_its_end == "hold":
        return min(seconds, length - length / 10**6)
    if at_its_end == "loop":
        return seconds % length
    there = seconds % (2 * length)
    return there if there < length else max(2 * length - there - length / 10**6, Fraction(0))


def fitted(picture: Pixels, width: int, height: int, fit: Fit) -> Pixels:
    """`picture` (h, w, 3) as (height, width, 3) of the same dtype; its middle stays in the middle."""
    high, wide = picture.shape[:2]
    across, down = width / wide, height / high
    if fit == "stretch":
        return _resized(picture, width, height)
    scale = max(across, down) if fit == "fill" else min(across, down)
    size = max(round(wide * scale), 1), max(round(high * scale), 1)
    large = _resized(picture, *size)
    if fit == "fill":
        x, y = (size[0] - width) // 2, (size[1] - height) // 2
        return np.ascontiguousarray(large[y : y + height, x : x + width])
    whole = np.zeros((height, width, 3), picture.dtype)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    whole[y : y + size[1], x : x + size[0]] = large
    return whole


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = width * height < picture.shape[0] * picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def in_dtype(picture: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """`picture` in another sample type."""
    return picture if picture.dtype == dtype else from_unit(to_unit(picture), dtype)


def blurred(frame: Frame, alpha: Float32, sigma_px: float) -> Pixels:
    """The old background out of focus; the person's own colours do not bleed into it."""
    small = 1 / max(sigma_px / 4, 1.0)
    size = max(round(frame.width * small), 2), max(round(frame.height * small), 2)
    share = cv2.resize(1 - alpha, size, interpolation=cv2.INTER_AREA) + np.float32(1e-4)
    light = cv2.resize(
        to_unit(frame.pixels) * (1 - alpha + np.float32(1e-4))[..., None], size, interpolation=cv2.INTER_AREA
    )
    sigma = sigma_px * small
    soft = cv2.GaussianBlur(light, (0, 0), sigma) / cv2.GaussianBlur(share, (0, 0), sigma)[..., None]
    large = cv2.resize(soft, (frame.width, frame.height), interpolation=cv2.INTER_CUBIC)
    return from_unit(large.astype(np.float32), frame.dtype)
