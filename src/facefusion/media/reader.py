"""What reads the pictures of a medium."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from facefusion.core import Frame, FrameRange, Timestamp
from facefusion.errors import InvalidInput
from facefusion.media.description import MediaInfo
from facefusion.media.policy import ReadPolicy


class MediaReader(ABC):
    """Pictures of one medium in presentation order. A context; iterations are independent of one another.

    Everything it yields is RGB and upright: see `facefusion.core.Frame`.
    """

    info: MediaInfo
    policy: ReadPolicy = ReadPolicy()

    @property
    def damaged(self) -> dict[int, int]:
        """Index and tick of the damaged frames that were met so far."""
        return {}

    def remember_damaged(self, found: Mapping[int, int]) -> None:  # noqa: B027 (most readers meet none)
        """Take note of damaged frames that an earlier reader of the same medium met."""

    @property
    def warnings(self) -> list[str]:
        """What was found wrong with the pictures that were read so far, one line each."""
        return []

    @abstractmethod
    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames with start ≤ index < stop (None: to the end). Raises MediaUnreadable, InvalidInput."""

    def begin_of(self, start: int) -> int | None:
        """The frame at which decoding begins for `start`; None where that is not known beforehand."""
        return None

    def begun(self, start: int) -> tuple[int | None, Iterator[Frame]]:
        """All frames from `start` on, and the frame at which decoding really began for them, where that is known."""
        return None, self.frames(start=start)

    @abstractmethod
    def timestamps(self) -> list[Timestamp]:
        """Presentation time of every frame, counted exactly (the file is scanned once, not decoded where possible)."""

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    @property
    def seeks(self) -> bool:
        """Whether `frames(start=…)` begins near `start`; else it decodes everything before it."""
        return True

    @property
    def num_frames(self) -> int:
        """Exact number of frames."""
        return len(self.timestamps())

    def frame_at(self, index: int) -> Frame:
        """One frame. Raises InvalidInput when there is none of that index."""
        for frame in self.frames(start=index, stop=index + 1):
            return frame
        raise InvalidInput(f"{self.info.path}: has no frame {index}; it has {self.num_frames}, counted from 0")

    def path_of(self, index: int) -> Path:
        """The file that frame `index` comes from."""
        return self.info.path

    def range_between(self, start_seconds: Fraction | None, stop_seconds: Fraction | None) -> FrameRange:
        """Frames shown in [start, stop) seconds after the first frame; None is the beginning or the end."""
        times = self.timestamps()
        if not times:
            return FrameRange(0, 0)
        seconds = [time.seconds - times[0].seconds for time in times]
        start = 0 if start_seconds is None else bisect_left(seconds, start_seconds)
        stop = len(seconds) if stop_seconds is None else bisect_left(seconds, stop_seconds)
        return FrameRange(start, max(start, stop))

    def close(self) -> None:  # noqa: B027 (most readers hold nothing open)
        """Release what is held open between iterations."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
