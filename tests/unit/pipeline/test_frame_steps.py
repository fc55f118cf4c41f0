"""Windows: the same neighbours wherever a range begins, none across a cut, no more than are wanted."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Analysis, Frame, FrameRange, Shot
from facefusion.pipeline.frame_steps import windows
from facefusion.pipeline.windows import widened

CLIP = Analysis(num_frames=12, width=4, height=4, shots=(Shot(0, 5), Shot(5, 12)))
WHOLE = FrameRange(0, 12)


def found(part: FrameRange, margin: int) -> dict[int, tuple[int, ...]]:
    """The numbers of the frames in each window of `part`, as a renderer asks for them."""
    reach = widened(part, margin, CLIP, WHOLE)
    frames = (Frame(np.zeros((4, 4, 3), np.uint8), index=index) for index in range(reach.start, reach.stop))
    return {
        window.frame.index: tuple(frame.index for frame in window.frames)
        for window in windows(frames, CLIP, margin)
        if window.frame.index in part
    }


def test_a_window_ends_at_a_cut() -> None:
    assert found(WHOLE, 2)[4] == (2, 3, 4)
    assert found(WHOLE, 2)[5] == (5, 6, 7)
    assert found(WHOLE, 2)[7] == (5, 6, 7, 8, 9)


@pytest.mark.parametrize("margin", [0, 1, 3, 8])
@pytest.mark.parametrize("part", [FrameRange(0, 3), FrameRange(3, 6), FrameRange(5, 9), FrameRange(11, 12)])
def test_a_frame_has_the_same_neighbours_in_every_range(part: FrameRange, margin: int) -> None:
    whole = found(WHOLE, margin)
    assert found(part, margin) == {index: whole[index] for index in range(part.start, part.stop)}
