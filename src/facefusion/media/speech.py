"""The sound of a file as samples for networks that listen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from facefusion.core import Float32
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media.libav import open_input, reason

_LONGEST_SECONDS = 4 * 3600


def read_speech(path: Path, *, rate: int) -> Float32:
    """(n,) float32 in [-1, 1]: the first sound stream of the file at `path`, mono, `rate` samples a second, from 0 on.

    Raises InvalidInput (no sound in it, longer than four hours), MediaUnreadable.
    """
    with open_input(path) as container:
        if not container.streams.audio:
            raise InvalidInput(f"{path}: holds no sound; give a file with speech")
        try:
            return _samples(container, rate, path)
        except (av.error.FFmpegError, ValueError) as error:
            raise MediaUnreadable(
                f"{path}: its sound cannot be read ({reason(error)}); convert it to WAV first"
            ) from None


def _samples(container: Any, rate: int, path: Path) -> Float32:
    resampler = av.AudioResampler("flt", "mono", rate)
    parts: list[Float32] = []
    begin: float | None = None
    length = 0
    for frame in container.decode(container.streams.audio[0]):
        if begin is None:
            begin = float((frame.pts or 0) * (frame.time_base or 0))
        for piece in resampler.resample(frame):
            parts.append(piece.to_ndarray().reshape(-1).astype(np.float32))
            length += len(parts[-1])
        if length > _LONGEST_SECONDS * rate:
            raise InvalidInput(f"{path}: is longer than four hours; cut it")
    parts += [piece.to_ndarray().reshape(-1).astype(np.float32) for piece in resampler.resample(None)]
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    lead = round((begin or 0.0) * rate)
    samples = np.pad(samples, (lead, 0)) if lead > 0 else samples[-lead:]
    return np.clip(np.nan_to_num(samples), -1, 1).astype(np.float32)
