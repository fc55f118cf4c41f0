"""Choosing faces by place, size, score and likeness."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Box, Face, Landmarks
from facefusion.faces.select import Order, Selection, ordered, select


def face(x: float, y: float, side: float, score: float, person: int) -> Face:
    embedding = np.zeros(128, np.float32)
    embedding[person] = 0.6
    return Face(Box(x, y, x + side, y + side), score, Landmarks(np.zeros((5, 2), np.float32)), embedding=embedding)


A, B, C = face(0, 50, 10, 0.9, 0), face(100, 0, 30, 0.7, 1), face(50, 90, 20, 0.8, 0)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("left-right", (A, C, B)),
        ("right-left", (B, C, A)),
        ("top-bottom", (B, A, C)),
        ("bottom-top", (C, A, B)),
        ("small-large", (A, C, B)),
        ("large-small", (B, C, A)),
        ("best-worst", (A, C, B)),
        ("worst-best", (B, C, A)),
    ],
)
def test_orders(order: Order, expected: tuple[Face, ...]) -> None:
    assert ordered([A, B, C], order) == expected


def test_one_takes_the_first_or_the_one_at_a_position() -> None:
    assert select([A, B, C], Selection(mode="one", order="left-right")) == (A,)
    assert select([A, B, C], Selection(mode="one", order="left-right", position=2)) == (B,)
    assert select([A], Selection(mode="one", position=3)) == ()


def test_many_takes_all_in_order() -> None:
    assert select([A, B, C], Selection(order="left-right")) == (A, C, B)


def test_reference_takes_those_who_look_like_it() -> None:
    chosen = Selection(mode="reference", order="left-right", reference_embedding=A.embedding)
    assert select([A, B, C], chosen) == (A, C)


def test_reference_needs_embeddings() -> None:
    with pytest.raises(ValueError, match="reference_embedding"):
        select([A], Selection(mode="reference"))
    bare = Face(A.box, 1.0, A.keypoints)
    with pytest.raises(ValueError, match="embed=True"):
        select([bare], Selection(mode="reference", reference_embedding=A.embedding))
