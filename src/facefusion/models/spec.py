"""The contract of one tensor of a model, with the only conversion from pictures and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import PIXEL_MAX, Float32, Pixels

Layout = Literal["NHWC", "NCHW", "flat"]
Colour = Literal["rgb", "bgr", "grey", "none"]
Dimension = int | str
"""A fixed length, or the name of a free one; a first one whose name ends in `?` is missing in some exports."""

LAYOUTS: tuple[Layout, ...] = ("NHWC", "NCHW", "flat")
COLOURS: tuple[Colour, ...] = ("rgb", "bgr", "grey", "none")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, shape and meaning of one input or output.

    A picture in [0, 1] becomes `(low + picture * (high - low) - mean) / std` with `range` = (low, high).
    `mean` and `std` hold one number for all channels or one for each, in the order of `colour`.
    """

    name: str
    shape: tuple[Dimension, ...]
    layout: Layout = "flat"
    colour: Colour = "none"
    range: tuple[float, float] = (0.0, 1.0)
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS or self.colour not in COLOURS:
            raise ValueError(f"{self.name}: got layout {self.layout}, colour {self.colour}; supported are {LAYOUTS}")
        if self.layout != "flat" and len(self.shape) != 4:
            raise ValueError(f"{self.name}: layout {self.layout} has 4 dimensions, got {self.shape}")
        if self.range[0] >= self.range[1] or 0.0 in self.std:
            raise ValueError(
                f"{self.name}: got range {self.range} and std {self.std}; need low < high and std other than 0"
            )

    @property
    def size(self) -> tuple[Dimension, Dimension]:
        """(height, width) of a picture tensor. Raises ValueError for a flat one."""
        if self.layout == "flat":
            raise ValueError(f"{self.name} is no picture: its shape is {self.shape}")
        return self.shape[2:] if self.layout == "NCHW" else self.shape[1:3]  # type: ignore[return-value]

    @property
    def channels(self) -> Dimension:
        """The number of channels of a picture tensor."""
        return self.shape[1] if self.layout == "NCHW" else self.shape[3]

    @property
    def channels_or_none(self) -> Dimension | None:
        """As `channels`, None for a tensor that is no picture."""
        return None if self.layout == "flat" else self.channels

    def accepts(self, shape: Sequence[object]) -> bool:
        """Can a tensor of `shape` (free lengths: a name or None) be this one?"""
        wanted = self.shape_of_rank(len(shape))
        return len(shape) == len(wanted) and all(
            not isinstance(have, int) or not isinstance(want, int) or have == want
            for have, want in zip(shape, wanted, strict=True)
        )

    def shape_of_rank(self, rank: int) -> tuple[Dimension, ...]:
        """`shape`, without its first length where that may be missing and is in a tensor of `rank` dimensions."""
        may_lack = bool(self.shape) and str(self.shape[0]).endswith("?")
        return self.shape[1:] if may_lack and rank == len(self.shape) - 1 else self.shape

    def encode(self, picture: Pixels) -> NDArray[Any]:
        """The (H, W, 3) RGB picture, uint8, uint16 or float32 in [0, 1], as a tensor with a batch of one.

        Grey tensors take (H, W, 1). Raises ValueError on another size, count of channels or dtype.
        """
        return self.encode_many([picture])

    def encode_many(self, pictures: Sequence[Pixels]) -> NDArray[Any]:
        """Several pictures of one size, as for `encode`, as one batch."""
        first = pictures[0]
        for picture in pictures:
            self._check_picture(picture, first.shape)
        height, width, channels = first.shape
        batch = np.empty((len(pictures), height, width, channels), np.float32)
        scale, offset = self._line(PIXEL_MAX[first.dtype.name])
        for row, picture in zip(batch, pictures, strict=True):
            source = picture[..., ::-1] if self.colour == "bgr" else picture
            np.multiply(source, scale, out=row, dtype=np.float32)
            row += offset
        if self.layout == "NCHW":
            batch = batch.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(batch, dtype=self.dtype)

    def decode(self, tensor: NDArray[Any]) -> Float32:
        """Pictures (N, H, W, C) RGB float32, nominally in [0, 1] and not clipped, from a tensor of this contract."""
        if self.layout == "flat":
            raise ValueError(f"{self.name} is no picture: its shape is {self.shape}")
        if not self.accepts((self.shape[0], *tensor.shape[1:])):
            raise ValueError(f"{self.name}: got shape {tensor.shape}, supported is {self.shape}")
        if self.layout == "NHWC":
            scale, offset = self._line(1.0)
            pictures = (tensor.astype(np.float32) - offset) / scale
            return np.ascontiguousarray(pictures[..., ::-1] if self.colour == "bgr" else pictures)
        return self._decode_planes(tensor)

    def _decode_planes(self, tensor: NDArray[Any]) -> Float32:
        """As `decode`, plane by plane: many times faster than arithmetic across the channels of each pixel."""
        count, channels, height, width = tensor.shape
        scale, offset = (np.broadcast_to(values, channels) for values in self._line(1.0))
        pictures = np.empty((count, height, width, channels), np.float32)
        plane = np.empty((height, width), np.float32)
        for picture, planes in zip(pictures, tensor, strict=True):
            for c in range(channels):
                np.subtract(planes[c], offset[c], out=plane, dtype=np.float32)
                plane /= scale[c]
                picture[..., channels - 1 - c if self.colour == "bgr" else c] = plane
        return pictures

    def _line(self, pixel_max: float) -> tuple[Float32, Float32]:
        """Scale and offset for each channel, from stored pixel values to the tensor's."""
        low, high = self.range
        std = np.asarray(self.std, np.float64)
        scale = (high - low) / pixel_max / std
        offset = (low - np.asarray(self.mean, np.float64)) / std
        return scale.astype(np.float32), offset.astype(np.float32)

    def _check_picture(self, picture: Pixels, like: tuple[int, ...]) -> None:
        if picture.dtype.name not in PIXEL_MAX:
            raise ValueError(f"{self.name}: got dtype {picture.dtype}, supported are {sorted(PIXEL_MAX)}")
        wanted = (*self.size, self.channels)
        same = len(picture.shape) == 3 and all(
            not isinstance(want, int) or have == want for have, want in zip(picture.shape, wanted, strict=True)
        )
        if not same or picture.shape != like:
            raise ValueError(f"{self.name}: got a picture of shape {picture.shape}, supported is {wanted}")
