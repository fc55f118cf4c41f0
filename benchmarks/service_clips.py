"""Small clips with a real face, made by code from scikit-image's portrait, for jobs that the real engine does."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

WIDTH, HEIGHT, FRAMES, FPS = 160, 120, 48, 8
"""A second is the shortest segment: at 8 frames a second this makes six of them."""


@cache
def clip(number: int) -> bytes:
    """An MP4 of a face that moves a little, another way for every number; the same bytes whenever it is asked for."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in range(FRAMES):
            for packet in stream.encode(av.VideoFrame.from_ndarray(_picture(number, index), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def photo() -> bytes:
    """A PNG of somebody to put on it: the same portrait in a mirror, wider and darker."""
    picture = Image.fromarray(np.ascontiguousarray(_portrait()[:300, ::-1]))
    out = io.BytesIO()
    picture.resize((560, 300)).point(lambda value: value * 0.8).save(out, "PNG")
    return out.getvalue()


def _picture(number: int, index: int) -> NDArray[np.uint8]:
    left = 145 + round(8 * np.sin(0.3 * index + number))
    top = 40 + round(6 * np.cos(0.2 * index * (1 + number % 3)))
    return np.ascontiguousarray(_portrait()[top : top + HEIGHT, left : left + WIDTH])


def _portrait() -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = data.astronaut()[..., :3]
    return picture
