"""Cutting out and putting on a new background, for every frame of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from facefusion.blend.compositing import Harmony, bounded, over
from facefusion.core import Analysis, Cutout, Face, Float32, Frame, FrameRange, MatteProcessor, Shot, from_unit
from facefusion.core.arrays import PIXEL_MAX
from facefusion.media import MediaReader
from facefusion.pipeline.backdrops import Backdrop, Pictures
from facefusion.pipeline.harmony import harmony_of, shot_grain
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.windows import Drawn


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """What cuts out, and the background behind it; None leaves transparency. Read-only and safe in threads."""

    remover: MatteProcessor
    backdrop: Backdrop | None
    shots: tuple[Shot, ...] = ()
    harmonies: tuple[Harmony, ...] = ()

    @staticmethod
    def of(plan: Plan, analysis: Analysis, reader: MediaReader, part: FrameRange, whole: FrameRange) -> Cutting | None:
        """For the frames of `part`, among the measured ones of `whole`; None where nothing is cut out.

        Raises what opening the background raises.
        """
        entry = next((entry for entry in plan.entries if entry.shape == "matte"), None)
        if entry is None:
            return None
        backdrop = Backdrop(plan.background) if plan.background.background else None
        cutting = Cutting(entry.build(plan.effects[entry.name], analysis=analysis), backdrop)
        if backdrop is None or backdrop.ground.blur is not None:
            return cutting
        shots = tuple(shot for shot in analysis.shots if shot.start < part.stop and part.start < shot.stop)
        harmonies = tuple(cutting._measured(analysis, reader, shot, whole) for shot in shots)
        return replace(cutting, shots=shots, harmonies=harmonies)

    def _measured(self, analysis: Analysis, reader: MediaReader, shot: Shot, whole: FrameRange) -> Harmony:
        """From the middle frame of a shot."""
        assert self.backdrop is not None
        frame = reader.frame_at(min(max((shot.start + shot.stop) // 2, whole.start), whole.stop - 1))
        cutout = self.cut(frame, analysis.faces_in(frame.index))
        with self.backdrop.pictures() as pictures:
            behind = pictures.behind(frame, cutout, Fraction(0))
        grain = shot_grain(analysis, shot)
        return harmony_of(cutout, behind, self.backdrop.settings, front_grain=grain)

    def harmony(self, index: int) -> Harmony:
        """Of frame `index`."""
        for shot, harmony in zip(self.shots, self.harmonies, strict=True):
            if index in shot:
                return harmony
        return Harmony()

    @property
    def lines(self) -> Sequence[str]:
        """What was found about the background, for the report."""
        return self.remover.lines

    def cut(self, frame: Frame, faces: Sequence[Face]) -> Cutout:
        """The foreground of `frame`; what its own alpha leaves out stays out."""
        cutout = self.remover.cut_out(frame, faces)
        if frame.alpha is None:
            return cutout
        return replace(cutout, alpha=cutout.alpha * unit_alpha(frame))

    @contextmanager
    def composing(self) -> Iterator[Composing]:
        """What puts cut-outs on the background, one frame after another in one thread."""
        if self.backdrop is None:
            yield Composing(self, None)
            return
        with self.backdrop.pictures() as pictures:
            yield Composing(self, pictures)


@dataclass(frozen=True, slots=True, eq=False)
class Composing:
    """Used from one thread."""

    cutting: Cutting
    pictures: Pictures | None

    def done(self, drawn: Drawn, seconds: Fraction) -> Drawn:
        """`drawn` on its background, or transparent. seconds: since the first frame that is written."""
        cutout, source = drawn.cutout, drawn.source
        if cutout is None or source is None:
            return drawn
        frame = drawn.frame
        pixels = bounded(cutout.pixels, frame.pixels, cutout.alpha)
        if self.pictures is None or self.cutting.backdrop is None:
            shown = replace(frame, pixels=pixels, alpha=from_unit(cutout.alpha, frame.dtype))
        else:
            behind = self.pictures.behind(source, cutout, seconds)
            settings, harmony = self.cutting.backdrop.settings, self.cutting.harmony(frame.index)
            mixed = over(Cutout(pixels, cutout.alpha), behind, settings, harmony, index=frame.index)
            shown = replace(frame, pixels=mixed, alpha=None)
        return replace(drawn, rendered=replace(drawn.rendered, frame=shown))


def unit_alpha(frame: Frame) -> Float32:
    """The alpha of `frame` as float32 in [0, 1]; it has one."""
    assert frame.alpha is not None
    return frame.alpha.astype(np.float32) / np.float32(PIXEL_MAX[frame.alpha.dtype.name])
