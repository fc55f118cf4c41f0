"""Frames that are finished with their neighbours in view: the temporal median over what a swap changes in light."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from facefusion.core import Analysis, Cutout, Face, Frame, FrameRange, Pixels
from facefusion.pipeline.overrides import Overrides, Touch
from facefusion.pipeline.render_context import Rendered
from facefusion.temporal.deflicker import Residual, corrected, correction, residual_of
from facefusion.temporal.settings import TemporalSettings

Key = tuple[int, Touch]
"""A track, and what edits ask for it: frames that are asked for something else are no measure for one another."""
Known = Mapping[int, Mapping[Key, Residual]]
"""Frame → face → what changed on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A frame whose faces are changed, before it is labelled.

    before: the frame's own pixels. faces: as they were drawn. overrides: what edits ask of them. residuals: what
    changed on each that is not left alone, once measured. cutout: the foreground, with no face changed, where it is
    taken out of its background; `before` is its pixels then. source: the frame as it was read, where a cutout is.
    """

    rendered: Rendered
    before: Pixels
    faces: tuple[Face, ...]
    overrides: Overrides = Overrides()
    residuals: Mapping[Key, Residual] = field(default_factory=dict)
    cutout: Cutout | None = None
    source: Frame | None = None

    @property
    def frame(self) -> Frame:
        return self.rendered.frame

    def measured(self) -> Drawn:
        """With its residuals."""
        if self.frame.pixels is self.before:
            return self
        found = {
            key: residual_of(self.before, self.frame.pixels, face.landmarks)
            for face in self.faces
            if (key := self.key_of(face)) is not None and face.landmarks is not None
        }
        return replace(self, residuals={key: one for key, one in found.items() if one is not None})

    def key_of(self, face: Face) -> Key | None:
        """What `face` is known by; None for one that is left alone."""
        touch = self.overrides.touch(face, self.frame.index)
        if face.track_id is None or touch.is_excluded or touch.strength <= 0:
            return None
        return face.track_id, touch


def margin_of(settings: TemporalSettings) -> int:
    """Frames on each side that a finished frame depends on."""
    return settings.deflicker if settings.blend_strength > 0 else 0


def widened(part: FrameRange, margin: int, analysis: Analysis, whole: FrameRange) -> FrameRange:
    """`part` with the frames around it that its own depend on: within `whole`, and not across a cut."""
    if margin == 0 or not len(part):
        return part
    first, last = analysis.shot_at(part.start), analysis.shot_at(part.stop - 1)
    start = max(part.start - margin, whole.start, part.start if first is None else first.start)
    stop = min(part.stop + margin, whole.stop, part.stop if last is None else last.stop)
    return FrameRange(min(start, part.start), max(stop, part.stop))


def shots_around(part: FrameRange, analysis: Analysis, whole: FrameRange) -> FrameRange:
    """The shots that frames of `part` belong to, as far as they are in `whole`."""
    return widened(part, len(whole), analysis, whole)


def steadied(drawn: Iterable[Drawn], analysis: Analysis, settings: TemporalSettings) -> Generator[Drawn, None, None]:
    """Frames in order, each with its light moved towards the median of the frames around it.

    What a frame becomes depends on `margin_of(settings)` frames on each side and on no others; at most that many frames
    are waited for.
    """
    margin = margin_of(settings)
    past: deque[tuple[int, Mapping[Key, Residual]]] = deque(maxlen=margin)
    ahead: deque[Drawn] = deque()
    for one in drawn:
        ahead.append(one)
        if len(ahead) > margin:
            yield _next(past, ahead, analysis, settings)
    while ahead:
        yield _next(past, ahead, analysis, settings)


def _next(
    past: deque[tuple[int, Mapping[Key, Residual]]], ahead: deque[Drawn], analysis: Analysis, settings: TemporalSettings
) -> Drawn:
    """The first of `ahead`, finished; it moves to `past`."""
    known = dict([*past, *((one.frame.index, one.residuals) for one in ahead)])
    now = ahead.popleft()
    past.append((now.frame.index, now.residuals))
    pixels = now.frame.pixels
    for face in now.faces:
        key = now.key_of(face)
        if key is not None and key in now.residuals and face.landmarks is not None:
            around = _around(known, key, now.frame.index, analysis, margin_of(settings))
            change = correction(now.residuals[key], around, settings.blend_strength)
            pixels = corrected(now.before, pixels, face.landmarks, change)
    return replace(now, rendered=replace(now.rendered, frame=replace(now.frame, pixels=pixels)))


def _around(known: Known, key: Key, index: int, analysis: Analysis, margin: int) -> Sequence[Residual]:
    """The face's residuals in as many frames before as after, one after another, all in one shot."""
    shot = analysis.shot_at(index)
    found = [known[index][key]]
    for step in range(1, margin + 1):
        pair = [known.get(one, {}).get(key) for one in (index - step, index + step)]
        both = [one for one in pair if one is not None]
        if len(both) < 2 or shot is None or index - step not in shot or index + step not in shot:
            break
        found += both
    return found
