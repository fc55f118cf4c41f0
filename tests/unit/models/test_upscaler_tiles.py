"""A picture that is made larger in tiles shows no tiles, even where the network looks further than they overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.models.adapters.frames import Upscaler
from facefusion.models.sessions import Session

Array = NDArray[np.float32]


class Fake:
    """A network that makes pictures twice as large; (H, W, 3) in and out."""

    size = (None, None)

    def __init__(self, draw: Callable[[Array], Array], batch: int = 1) -> None:
        self._draw, self.inputs, self.outputs, self.batch = draw, [self], [self], batch
        self.runs: list[int] = []

    def encode_many(self, pictures: Sequence[Array]) -> Array:
        return np.stack(pictures)

    def decode(self, found: Array) -> Array:
        return found

    def run_each(self, pictures: Array) -> list[Array]:
        self.runs.append(len(pictures))
        return [np.stack([self._draw(np.repeat(np.repeat(one, 2, axis=0), 2, axis=1)) for one in pictures])]


def enlarged(draw: Callable[[Array], Array], picture: Array, tile: int) -> Array:
    return Upscaler(cast(Session, cast(Any, Fake(draw))), tile=tile, margin=8).enlarge(picture)


@pytest.mark.parametrize("shape", [(70, 90), (32, 33), (17, 100)])
def test_a_network_that_sees_little_gives_the_pixels_of_the_whole(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    found = enlarged(lambda large: large, picture, 48)
    np.testing.assert_allclose(found, np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1), atol=1e-6)


def test_a_network_that_sees_the_whole_tile_leaves_no_step() -> None:
    ramp = np.linspace(0.1, 0.6, 120, dtype=np.float32)
    picture = np.repeat(np.tile(ramp, (40, 1))[..., None], 3, axis=2)
    found = enlarged(lambda large: large + np.float32(0.3) * large.mean(), picture, 48)
    steps = np.abs(np.diff(found[20, :, 0]))
    assert found[20, -1, 0] - found[20, 0, 0] > 0.6
    assert steps.max() < 0.02  # a hard border between these tiles is 0.03 and more


def test_tiles_go_through_the_network_in_batches() -> None:
    picture = np.random.default_rng(1).random((70, 90, 3), dtype=np.float32)
    alone, together = Fake(lambda large: large**2), Fake(lambda large: large**2, batch=4)
    found = [Upscaler(cast(Session, cast(Any, one)), tile=48, margin=8).enlarge(picture) for one in (alone, together)]
    np.testing.assert_array_equal(*found)
    assert alone.runs == [1] * 10
    assert together.runs == [1, 4, 4, 1]  # the first finds out by how much it enlarges


@pytest.mark.parametrize(
    ("shape", "tiles"), [((20, 24), [(40, 40)]), ((70, 90), [(40, 48)] * 9), ((8, 33), [(24, 40)] * 2)]
)
def test_a_network_is_shown_no_more_than_the_picture_and_its_margins(
    shape: tuple[int, int], tiles: list[tuple[int, int]]
) -> None:
    seen = []
    network = Fake(lambda large: seen.append((large.shape[0] // 2, large.shape[1] // 2)) or large)
    upscaler = Upscaler(cast(Session, cast(Any, network)), tile=48, margin=8)
    seen.clear()
    assert upscaler.enlarge(np.zeros((*shape, 3), np.float32)).shape == (2 * shape[0], 2 * shape[1], 3)
    assert seen == tiles
