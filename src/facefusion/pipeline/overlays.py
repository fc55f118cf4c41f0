"""What a reviewer sees over a picture: where a face was changed, what was left alone in front of it, and the matte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import numpy as np

from facefusion.core import Analysis, Float32, Progress
from facefusion.media import open_media
from facefusion.pipeline.analyse import range_of
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.content_check import ContentWatch
from facefusion.pipeline.frame_source import source_of
from facefusion.pipeline.inputs import check_paths
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.parallel import frames_at_once
from facefusion.pipeline.permission import as_policy_asks
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.preview import prepared_renderer
from facefusion.pipeline.ranges import rendered_frames
from facefusion.pipeline.turnover_layers import Laid, LayerLog, in_frame


@dataclass(frozen=True, slots=True, eq=False)
class Overlays:
    """Of one frame, each (H, W) float32 in [0, 1], of the target's size. changed: how much of the new face shows.

    hidden: what is in front of a face and was therefore left alone. matte: foreground; None where nothing is cut out.
    """

    changed: Float32
    hidden: Float32
    matte: Float32 | None

    @staticmethod
    def of(size: tuple[int, int], laid: Sequence[Laid], matte: Float32 | None) -> Overlays:
        """From what was laid on the faces of a frame of `size` = (H, W)."""
        changed, hidden = np.zeros(size, np.float32), np.zeros(size, np.float32)
        for one in laid:
            patch = one.patch
            seen = np.ones_like(patch.mask) if patch.visible is None else patch.visible
            changed = np.maximum(changed, in_frame(patch.mask * seen, patch.matrix, size))
            hidden = np.maximum(hidden, in_frame(1 - seen, patch.matrix, size))
        return Overlays(changed, hidden, matte)


@dataclass(frozen=True, slots=True)
class OverlayFormat:
    """What all overlays of a run share. is_clip: moving pictures at `fps`; has_matte: something is cut out."""

    width: int
    height: int
    fps: Fraction
    is_clip: bool
    has_matte: bool


def overlays(
    plan: Plan,
    progress: Progress,
    *,
    analysis: Analysis | None = None,
    cache: AnalysisCache | None = None,
    created: datetime | None = None,
) -> Iterator[tuple[OverlayFormat, Overlays]]:
    """The overlays of every frame that `plan` writes, in order: it is rendered once more, and its masks are taken down.

    Raises what `preview` raises.
    """
    plan = as_policy_asks(plan)
    check_paths(plan)
    with open_media(plan.target, threads=1, frame_rate=plan.frame_rate, policy=plan.read_policy) as reader:
        part, info, log = range_of(reader, plan.start, plan.end), reader.info, LayerLog()
        marks, watch = marks_of(plan, created), ContentWatch(reader, part)
        prepared, _ = prepared_renderer(plan, watch, reader, part, progress, analysis, cache, marks)
        renderer, size = log.watching(prepared), (info.height, info.width)
        form = OverlayFormat(info.width, info.height, info.average_fps, info.is_clip, renderer.cutting is not None)
        with closing(source_of(reader, overlap=2 * renderer.span)) as source:
            for rendered in rendered_frames(renderer, source, part, progress, threads=frames_at_once(plan.job)):
                yield form, Overlays.of(size, *log.take(rendered.frame.index))
