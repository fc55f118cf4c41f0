"""Re-encoding sound, for containers that cannot take the packets as they are."""

from __future__ import annotations

from typing import Any

import av
import av.error
import numpy as np

_BIT_RATE_A_CHANNEL = 96_000
_RATES_OF_OPUS = 48_000


class AudioTranscoder:
    """Decodes one stream and encodes it with the container's usual codec, keeping times."""

    def __init__(self, source: Any, container: Any, encoder: str) -> None:
        context = source.codec_context
        rate = _RATES_OF_OPUS if encoder == "libopus" else context.sample_rate
        self._source = source
        self.stream: Any = container.add_stream(encoder, rate=rate)
        target = self.stream.codec_context
        target.layout = context.layout
        target.bit_rate = _BIT_RATE_A_CHANNEL * max(1, context.channels)
        self.stream.metadata.update(source.metadata)
        self._resampler: Any = None

    def convert(self, packet: Any) -> list[Any]:
        """Encoded packets for one packet of the source, already shifted in time."""
        done: list[Any] = []
        for frame in packet.decode():
            kept = _from_zero(frame)
            done += [] if kept is None else self._encode(kept)
        return done

    def flush(self) -> list[Any]:
        """The last packets."""
        done: list[Any] = []
        for frame in self._source.codec_context.decode(None):
            kept = _from_zero(frame)
            done += [] if kept is None else self._encode(kept)
        done += self._encode(None)
        done += list(self.stream.encode(None))
        return done

    def _encode(self, frame: Any) -> list[Any]:
        if self._resampler is None:
            if frame is None:
                return []
            target = self.stream.codec_context
            self._resampler = av.AudioResampler(
                target.format, target.layout, target.sample_rate, frame_size=target.frame_size or None
            )
        packets: list[Any] = []
        for ready in self._resampler.resample(frame):
            packets += self.stream.encode(ready)
        return packets


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
