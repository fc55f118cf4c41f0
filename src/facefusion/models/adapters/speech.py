"""Lip-sync networks, and the picture of speech that they read.

The mel spectrogram is Wav2Lip's (`hparams.py`, `audio.py`): 16 kHz, pre-emphasis 0.97, 800-point windows every 200
samples, 80 bands from 55 to 7600 Hz on Slaney's scale, decibels over a reference of 20 in [-4, 4]. Own code on NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session

SAMPLE_RATE, WINDOW, HOP, BANDS = 16_000, 800, 200, 80
LOWEST_HZ, HIGHEST_HZ = 55.0, 7600.0
STEPS = 16
"""Spectrogram columns that one frame hears: 200 ms."""


class Wav2Lip:
    """Wav2Lip (Prajwal et al. 2020): speech and a face whose lower half is hidden, then the face as it is."""

    contract: ClassVar[str] = "wav2lip"
    takes_weight: ClassVar[bool] = False

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session, 1), template

    def speak(self, faces: Sequence[Float32], mel: Float32, weight: float = 1.0) -> Float32:
        """(n, size, size, 3) float32 RGB in [0, 1]: `faces` saying `mel` (n, 1, 80, 16), one piece for each."""
        session = self._session
        shown = np.stack(faces)[..., ::-1]
        hidden = shown.copy()
        hidden[:, self.size // 2 :] = 0
        planes = np.concatenate([hidden, shown], axis=3).transpose(0, 3, 1, 2)
        found = session.run_each(mel, np.ascontiguousarray(planes, np.float32))[0]
        return np.clip(session.outputs[0].decode(found), 0, 1)


class EdTalk:
    """EDTalk (Tan et al. 2024) takes speech, how strongly it counts, and a face."""

    contract: ClassVar[str] = "edtalk"
    takes_weight: ClassVar[bool] = True

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session, 2), template

    def speak(self, faces: Sequence[Float32], mel: Float32, weight: float = 1.0) -> Float32:
        """As `Wav2Lip.speak`."""
        session, strength = self._session, np.full(1, weight, np.float32)
        made = [
            session.run(piece[None], strength, session.inputs[2].encode(face))[0]
            for face, piece in zip(faces, mel, strict=True)
        ]
        return np.clip(session.outputs[0].decode(np.concatenate(made)), 0, 1)


class Speech:
    """What is said over a clip.

    samples: mono, in [-1, 1], at 16 kHz, from time 0. frame_seconds: when each frame is first seen.
    """

    def __init__(self, samples: Float32, frame_seconds: Sequence[float]) -> None:
        self._mel = mel_spectrogram(samples) if len(samples) else np.full((BANDS, 1), -4, np.float32)
        self._seconds = frame_seconds

    def at(self, index: int) -> Float32:
        """(1, 80, 16) float32: what is heard from frame `index` on; silence beyond the end."""
        return mel_pieces(self._mel, [max(self._seconds[index], 0.0)])[0]


def mel_spectrogram(samples: Float32) -> Float32:
    """(80, columns) float32 in [-4, 4] of mono `samples` in [-1, 1] at 16 kHz; a column every 12.5 ms."""
    emphasised = np.append(samples[:1], samples[1:] - 0.97 * samples[:-1])
    padded = np.pad(emphasised, WINDOW // 2)
    columns = 1 + (len(padded) - WINDOW) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:columns]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1], axis=1)).T
    decibels = 20 * np.log10(np.maximum(mel_bands() @ spectrum, 1e-5)) - 20
    return np.clip(8 * (decibels + 100) / 100 - 4, -4, 4).astype(np.float32)


def mel_pieces(spectrogram: Float32, frame_seconds: Sequence[float]) -> Float32:
    """(n, 1, 80, 16) float32: what is heard from each of `frame_seconds` on; silence beyond the end."""
    pieces = np.full((len(frame_seconds), 1, BANDS, STEPS), -4, np.float32)
    for piece, seconds in zip(pieces, frame_seconds, strict=True):
        start = round(seconds * SAMPLE_RATE / HOP)
        heard = spectrogram[:, start : start + STEPS]
        piece[0, :, : heard.shape[1]] = heard
    return pieces


@cache
def mel_bands() -> Float32:
    """(80, 401) float32: triangular bands of equal area on Slaney's mel scale (Auditory Toolbox, 1998)."""
    edges = _hertz(np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1)
    low, middle, high = (edges[start : start + BANDS, None] for start in (0, 1, 2))
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    bands = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return bands.astype(np.float32)


def _mel(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) * 27 / np.log(6.4)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))
