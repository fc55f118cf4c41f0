"""What every sink of finished frames shares: its interface, marks beside a file, and a new frame rate."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from facefusion.core import Frame, FrameRange
from facefusion.media import MediaReader, check_output
from facefusion.media.paths import write_atomically
from facefusion.media.rates import places
from facefusion.media.whole import WholeOrNothing
from facefusion.pipeline.plan import Plan
from facefusion.provenance import Marks, mark_place, sidecar_path


class Sink(WholeOrNothing):
    """Takes frames in order.

    `warnings`: what could not be kept, one line each, complete at the end.
    """

    warnings: list[str]

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take the next frame. Raises OutputFailed."""


class Resampling:
    """When each frame of a part is shown, in seconds from its beginning: once, unless the plan changes the rate."""

    def __init__(self, reader: MediaReader, part: FrameRange, plan: Plan) -> None:
        self._rate = plan.frame_rate if reader.info.kind == "video" else None
        self._begin = reader.timestamps()[part.start].seconds
        self._usual_length = 1 / reader.info.average_fps

    def times_of(self, frame: Frame) -> list[tuple[Fraction, Fraction]]:
        """(begin, length) for every time that the frame is shown."""
        begin = frame.timestamp.seconds - self._begin
        length = frame.duration_pts * frame.timestamp.time_base or self._usual_length
        if self._rate is None:
            return [(begin, length)]
        return [(number / self._rate, 1 / self._rate) for number in places(begin, begin + length, self._rate)]


class Sidecar:
    """The marks of a container that has no place for them, in a file beside it that appears and fails with it."""

    def __init__(self, output: Path, marks: Marks, plan: Plan) -> None:
        self._output, self._overwrite = output, plan.job.overwrite
        self._packet = marks.xmp() if mark_place(output) == "sidecar" else None
        if self._packet is not None and not self._is_there:
            check_output(sidecar_path(output), overwrite=self._overwrite)

    @property
    def _is_there(self) -> bool:
        """Whether a run that was killed has written these very marks."""
        place = sidecar_path(self._output)
        return place.is_file() and place.read_bytes() == self._packet

    def around(self, finish: Callable[[], None]) -> None:
        """Write the sidecar, then let `finish` make the output appear; without it the sidecar goes again."""
        place = sidecar_path(self._output)
        if self._packet is not None and not self._is_there:
            write_atomically(place, self._packet, overwrite=self._overwrite)
        try:
            finish()
        except BaseException:
            if self._packet is not None:
                place.unlink(missing_ok=True)
            raise
