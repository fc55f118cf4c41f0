"""Re-encoding sound, for containers that cannot take the packets as they are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np

_BIT_RATE_A_CHANNEL = 96_000
_RATES_OF_OPUS = 48_000
_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AudioTranscoder:
    """Decodes one stream and encodes it with the container's usual codec, keeping times.

    from_zero: fill the time before the first sample with silence, for containers that play sound from 0 on.
    """

    def __init__(self, source: Any, container: Any, encoder: str, *, from_zero: bool = False) -> None:
        context = source.codec_context
        rate = _RATES_OF_OPUS if encoder == "libopus" else context.sample_rate
        self._source, self._from_zero = source, from_zero
        self.stream: Any = container.add_stream(encoder, rate=rate)
        target = self.stream.codec_context
        target.layout = _layout_of(context)
        target.bit_rate = _BIT_RATE_A_CHANNEL * max(1, context.channels)
        self.stream.metadata.update(source.metadata)
        self._resampler: Any = None
        self._next: Fraction | None = None

    def convert(self, packet: Any) -> list[Any]:
        """Encoded packets for one packet of the source, already shifted in time."""
        done: list[Any] = []
        for frame in packet.decode():
            done += self._encode_heard(frame)
        return done

    def flush(self) -> list[Any]:
        """The last packets."""
        done: list[Any] = []
        for frame in self._source.codec_context.decode(None):
            done += self._encode_heard(frame)
        done += self._encode(None)
        done += list(self.stream.encode(None))
        return done

    def _encode_heard(self, frame: Any) -> list[Any]:
        """Encode what of a decoded frame lies at or after 0."""
        self._count_in_samples(frame)
        kept = _from_zero(frame)
        return [] if kept is None else self._encode(kept)

    def _count_in_samples(self, frame: Any) -> None:
        """Let frames follow one another to the sample where the stored time is off by no more than its rounding."""
        tick, rate = Fraction(frame.time_base or 0), frame.sample_rate
        stored = None if frame.pts is None else frame.pts * tick
        follows = self._next is not None and (stored is None or abs(stored - self._next) <= tick)
        begin = self._next if follows else stored
        if begin is None:
            return
        frame.time_base, frame.pts = Fraction(1, rate), round(begin * rate)
        self._next = begin + Fraction(frame.samples, rate)

    def _encode(self, frame: Any) -> list[Any]:
        if self._resampler is None:
            if frame is None:
                return []
            target = self.stream.codec_context
            self._resampler = av.AudioResampler(
                target.format, target.layout, target.sample_rate, frame_size=target.frame_size or None
            )
            if self._from_zero and frame.pts:
                return self._resampled(_silence_before(frame)) + self._resampled(frame)
        return self._resampled(frame)

    def _resampled(self, frame: Any) -> list[Any]:
        packets: list[Any] = []
        for ready in self._resampler.resample(frame):
            packets += self.stream.encode(ready)
        return packets


def _layout_of(context: Any) -> str:
    """The layout by name; files that only count channels get the usual one for that number."""
    name: str = context.layout.name
    return _USUAL_LAYOUTS.get(context.channels, name) if "channels" in name else name


def _silence_before(frame: Any) -> Any:
    """Silence from time 0 to the beginning of a decoded frame."""
    count = round(frame.pts * frame.time_base * frame.sample_rate)
    shape = frame.to_ndarray()[:, :1].repeat(
        count * (1 if frame.format.is_planar else frame.layout.nb_channels), axis=1
    )
    level = 128 if frame.format.name.startswith("u8") else 0
    silence = av.AudioFrame.from_ndarray(np.full_like(shape, level), format=frame.format.name, layout=frame.layout.name)
    silence.sample_rate, silence.time_base, silence.pts = frame.sample_rate, frame.time_base, 0
    return silence


def _from_zero(frame: Any) -> Any:
    """The part of a decoded frame that lies at or after time 0; None when all of it lies before."""
    if frame.pts is None or frame.pts >= 0:
        return frame
    early = round(-frame.pts * frame.time_base * frame.sample_rate)
    if early >= frame.samples:
        return None
    samples = frame.to_ndarray()
    channels = 1 if frame.format.is_planar else frame.layout.nb_channels
    cut = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[:, early * channels :]), format=frame.format.name, layout=frame.layout.name
    )
    cut.sample_rate, cut.time_base, cut.pts = frame.sample_rate, frame.time_base, 0
    return cut
