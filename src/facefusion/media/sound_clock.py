"""When packets of sound are heard, to the sample, where the container only tells milliseconds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

_SKIP = "skip_samples"
_PACKET_SAMPLES = {"ac3": 1536}
_WHOLE_MILLISECONDS = ("opus", "libopus")
"""Their packets last 20 ms or so, never a fraction of a tick; those of others are so many samples each."""


class SoundClock:
    """Times of one stream's packets. Packets follow one another without a gap where the container rounds that away."""

    def __init__(self, stream: Any) -> None:
        context = stream.codec_context
        self._rate: int = context.sample_rate or 0
        self._samples: int = getattr(context, "frame_size", 0) or _PACKET_SAMPLES.get(context.name, 0)
        self._is_whole = context.name in _WHOLE_MILLISECONDS
        self._tick = Fraction(stream.time_base)
        self._is_coarse = bool(self._rate) and self._tick > Fraction(1, self._rate)
        self._next: Fraction | None = None

    def begin_of(self, packet: Any) -> Fraction:
        """Seconds at which the first sample of `packet` is due; to be asked once for every packet, in order."""
        stored = (packet.pts if packet.pts is not None else packet.dts) * packet.time_base
        length = Fraction(self._samples, self._rate) if self._samples else (packet.duration or 0) * packet.time_base
        if not self._is_coarse or not (self._samples or self._is_whole):
            return Fraction(stored)
        expected = self._next if self._next is not None else _hidden_start(packet, self._rate)
        begin = stored if expected is None or abs(expected - stored) > self._tick else expected
        self._next = begin + length
        return Fraction(begin)


def _hidden_start(packet: Any, rate: int) -> Fraction | None:
    """Minus the samples that a player leaves out at the beginning of the stream, in seconds; None when it does not."""
    if not packet.has_sidedata(_SKIP):
        return None
    return -Fraction(int.from_bytes(bytes(packet.get_sidedata(_SKIP))[:4], "little"), rate)
