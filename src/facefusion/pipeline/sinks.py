"""What every sink of finished frames shares: its interface, and a new frame rate."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType

from facefusion.core import Frame, FrameRange
from facefusion.media import MediaReader
from facefusion.media.rates import places
from facefusion.media.whole import WholeOrNothing
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.render_context import Rendered


class Sink(WholeOrNothing):
    """Takes frames in order.

    `warnings`: what could not be kept, one line each, complete at the end. `marking`: how the result is marked.
    `afterwards`: called when the result has appeared.
    """

    warnings: list[str]
    marking: Marking
    afterwards: Callable[[], None] = staticmethod(lambda: None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            self.afterwards()

    def watching(self, renderer: RangeRenderer) -> RangeRenderer:
        """The renderer whose frames are written; a sink that wants more than frames has itself told."""
        return renderer

    def resumed(self, renderer: RangeRenderer) -> list[tuple[str, ...]]:
        """Take what an earlier run of this request has finished; the notes on the faces of each frame, in order."""
        return []

    def take(self, rendered: Rendered) -> None:
        """Take the next frame with what became of its faces. Raises OutputFailed."""
        self.write(rendered.frame)

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
