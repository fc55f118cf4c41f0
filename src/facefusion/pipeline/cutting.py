"""Cutting out and putting on a new background, for every frame of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from facefusion.blend.compositing import over
from facefusion.core import Analysis, Cutout, Face, Float32, Frame, MatteProcessor, from_unit
from facefusion.core.arrays import PIXEL_MAX
from facefusion.pipeline.backdrops import Backdrop, Pictures
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.windows import Drawn


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """What cuts out, and the background behind it; None leaves transparency. Read-only and safe in threads."""

    remover: MatteProcessor
    backdrop: Backdrop | None

    @staticmethod
    def of(plan: Plan, analysis: Analysis) -> Cutting | None:
        """None where nothing is cut out. Raises what opening the background raises."""
        for entry in plan.entries:
            if entry.shape == "matte":
                backdrop = Backdrop(plan.background) if plan.background.background else None
                return Cutting(entry.build(plan.effects[entry.name], analysis=analysis), backdrop)
        return None

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
            yield Composing(None)
            return
        with self.backdrop.pictures() as pictures:
            yield Composing(pictures)


@dataclass(frozen=True, slots=True, eq=False)
class Composing:
    """Used from one thread."""

    pictures: Pictures | None

    def done(self, drawn: Drawn, seconds: Fraction) -> Drawn:
        """`drawn` on its background, or transparent. seconds: since the first frame that is written."""
        cutout, source = drawn.cutout, drawn.source
        if cutout is None or source is None:
            return drawn
        frame = drawn.frame
        if self.pictures is None:
            alpha = from_unit(cutout.alpha, frame.dtype)
            shown = replace(frame, pixels=frame.pixels, alpha=alpha)
        else:
            behind = self.pictures.behind(source, cutout, seconds)
            shown = replace(frame, pixels=over(Cutout(frame.pixels, cutout.alpha), behind), alpha=None)
        return replace(drawn, rendered=replace(drawn.rendered, frame=shown))


def unit_alpha(frame: Frame) -> Float32:
    """The alpha of `frame` as float32 in [0, 1]; it has one."""
    assert frame.alpha is not None
    return frame.alpha.astype(np.float32) / np.float32(PIXEL_MAX[frame.alpha.dtype.name])
