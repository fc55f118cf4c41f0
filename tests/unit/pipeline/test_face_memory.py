"""Photos make only that person's face clearer, and ask for permission as a source does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from edited_clips import face_at, measured
from facefusion.core import Face, Progress
from facefusion.errors import InvalidInput, UsageError
from facefusion.media import MediaReader
from facefusion.pipeline import catalog
from facefusion.pipeline.face_memory import remembered
from facefusion.pipeline.inputs import photos
from facefusion.pipeline.permission import _operations
from facefusion.pipeline.plan import Plan

CLEAR: dict[str, Any] = {"target": "b.png", "output": "c.png", "processor": ["face_enhancer"]}


class Still:
    """As much of a reader as is asked."""

    class info:
        is_clip = False


def photo(person: int) -> Face:
    """A photo of the person whose track has this number."""
    vector = np.zeros(128, np.float32)
    vector[person] = 1
    return replace(face_at(80, 80), picture=np.zeros((160, 160, 3), np.uint8), embedding=vector)


def known(plan: Plan, faces: list[Face], meant: set[int]) -> Any:
    return remembered(plan, cast(MediaReader, Still()), measured(), faces, meant, Progress())


def plan_of(**more: Any) -> Plan:
    return Plan.from_mapping({**CLEAR, **{name.replace("_", "-"): value for name, value in more.items()}})


def test_a_photo_is_for_the_tracks_of_its_person_alone() -> None:
    plan = plan_of(face_enhancer_reference=["me.jpg"])
    memory = known(plan, [photo(1)], {1, 2, 3})
    assert set(memory.tracks) == {1, 3}
    assert memory.encoder is not None
    with pytest.raises(InvalidInput, match=r"me\.jpg: shows nobody whose face is to be made clearer"):
        known(plan, [photo(9)], {1, 2})
    with pytest.raises(InvalidInput, match="same person only"):
        known(plan, [photo(2)], {1})


def test_nothing_is_remembered_where_faces_become_somebody_else() -> None:
    assert known(plan_of(face_enhancer_carry=0.0), [], {1}) is None
    assert known(plan_of(processor=["face_swapper", "face_enhancer"], source=["a.jpg"]), [], {1}) is None
    assert known(plan_of(processor=["frame_restorer"]), [], {1}) is None
    for others in (["face_swapper", "face_enhancer"], ["face_anonymiser", "face_enhancer"]):
        with pytest.raises(UsageError, match="face-enhancer-reference: is for the bundled face enhancer alone"):
            plan_of(processor=others, source=["a.jpg"], face_enhancer_reference=["me.jpg"])


def test_photos_are_read_asked_about_and_told_of_as_sources_are() -> None:
    plan = plan_of(face_enhancer_reference=["me.jpg", "too.jpg"])
    assert photos(plan) == (Path("me.jpg"), Path("too.jpg"))
    assert _operations(plan) == ("swap",)
    assert _operations(plan_of()) == ()
    entry = catalog.find("face_enhancer")
    assert entry.kind_of(plan.effects["face_enhancer"]) == "mesh"
    assert entry.kind_of(plan_of().effects["face_enhancer"]) == "enhance"
    assert photos(plan_of(processor=["frame_restorer"], face_enhancer_reference=["me.jpg"])) == ()
