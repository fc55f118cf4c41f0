"""What is done to whole frames: restored with their neighbours in view before anything else, made larger at the end."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import cv2

from facefusion.core import Analysis, Frame, FrameProcessor, FrameRange, Progress, Survey, Surveyor, WindowProcessor
from facefusion.errors import UnusableOutput
from facefusion.media import MediaReader, prefetch
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.unusable import unusable_note
from facefusion.pipeline.windows import Drawn


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Frames of one shot, one after another; `at` is the place of the one that is meant."""

    frames: tuple[Frame, ...]
    at: int

    @property
    def frame(self) -> Frame:
        """The one that is meant."""
        return self.frames[self.at]


@dataclass(frozen=True, slots=True, eq=False)
class FrameSteps:
    """What a plan does to whole frames; read-only and safe in threads.

    measured_digest: of what was measured of the whole clip for it; empty where nothing was.
    """

    restorers: tuple[WindowProcessor, ...] = ()
    enlargers: tuple[FrameProcessor, ...] = ()
    measured_digest: str = ""
    skips_unusable: bool = False

    @staticmethod
    def of(plan: Plan, reader: MediaReader, analysis: Analysis, part: FrameRange, progress: Progress) -> FrameSteps:
        """The steps of `plan`, after a look at the frames of `part` where one of them wants that. Raises Cancelled."""
        restorers, enlargers, digest = [], [], hashlib.sha256()
        for entry in plan.entries:
            settings = plan.effects[entry.name]
            if entry.shape == "frame" and entry.survey:
                found = surveyed(entry.surveyor(settings, analysis), reader, part, progress)
                digest.update(found.digest())
                restorers.append(entry.build(settings, survey=found))
            elif entry.shape == "frame":
                enlargers.append(entry.build(settings, zoo=plan.zoo))
        known = digest.hexdigest() if restorers else ""
        return FrameSteps(tuple(restorers), tuple(enlargers), known, plan.skips_unusable)

    @property
    def margin(self) -> int:
        """Frames on each side that a restored frame looks at."""
        return max((restorer.margin for restorer in self.restorers), default=0)

    def restored(self, window: Window) -> Frame:
        """The frame that is meant, restored."""
        frame = window.frame
        for restorer in self.restorers:
            around = (*window.frames[: window.at], frame, *window.frames[window.at + 1 :])
            frame = restorer.process_window(around, window.at)
        return frame

    def enlarged(self, drawn: Drawn) -> Drawn:
        """`drawn` as large as it is delivered."""
        frame, notes = drawn.frame, drawn.rendered.notes
        for enlarger in self.enlargers:
            try:
                frame = enlarger.process_frame(frame)
            except UnusableOutput as error:
                if not self.skips_unusable:
                    raise UnusableOutput(f"frame {frame.index}: {error}") from None
                frame, notes = stretched(frame, enlarger.scale), (*notes, unusable_note(frame.index))
        return (
            drawn
            if frame is drawn.frame
            else replace(drawn, rendered=replace(drawn.rendered, frame=frame, notes=notes))
        )


def stretched(frame: Frame, scale: int) -> Frame:
    """A copy of `frame`, `scale` times as large by plain interpolation."""
    size = (frame.width * scale, frame.height * scale)
    pixels = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_LINEAR) if scale > 1 else frame.pixels.copy()
    alpha = None if frame.alpha is None else cv2.resize(frame.alpha, size, interpolation=cv2.INTER_LINEAR)
    return replace(frame, pixels=pixels, alpha=alpha)


def surveyed(surveyor: Surveyor, reader: MediaReader, part: FrameRange, progress: Progress) -> Survey:
    """What `surveyor` finds in the frames of `part`, read once in order. Raises Cancelled."""
    progress.start("measure", total=len(part))
    with closing(prefetch(reader.frames(start=part.start, stop=part.stop), depth=2)) as frames:
        for frame in frames:
            surveyor.look(frame)
            progress.advance()
    return surveyor.found()


def windows(frames: Iterable[Frame], analysis: Analysis, margin: int) -> Generator[Window, None, None]:
    """Each of `frames`, which come in order, with up to `margin` on each side that are in its shot."""
    held: deque[Frame] = deque(maxlen=2 * margin + 1)
    waiting = 0
    for frame in frames:
        held.append(frame)
        waiting += 1
        if waiting > margin:
            yield _window(held, len(held) - waiting, analysis, margin)
            waiting -= 1
    while waiting:
        yield _window(held, len(held) - waiting, analysis, margin)
        waiting -= 1


def _window(held: Sequence[Frame], at: int, analysis: Analysis, margin: int) -> Window:
    meant = held[at]
    shot = analysis.shot_at(meant.index)
    near = [
        frame
        for frame in held
        if abs(frame.index - meant.index) <= margin and (frame is meant or (shot is not None and frame.index in shot))
    ]
    return Window(tuple(near), near.index(meant))
