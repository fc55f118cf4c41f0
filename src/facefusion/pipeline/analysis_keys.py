"""What each part of an analysis depends on, as digests: a part whose digest is unchanged need not be measured again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from facefusion.faces.measures import HIDDEN_EVERY, LIGHT_EVERY
from facefusion.faces.people import JOIN_DISTANCE
from facefusion.faces.track import TrackerOptions
from facefusion.media.policy import ReadPolicy
from facefusion.models.catalog import card_named
from facefusion.pipeline.clip_survey import LONGEST_GAP
from facefusion.pipeline.measuring import CHUNK_FRAMES, GRAIN_EVERY, OVERLAP_FRAMES
from facefusion.processors.background_remover.survey import PLATE_EVERY
from facefusion.temporal.shots import ShotOptions

PARTS = ("shots", "faces", "people", "measures")
_VERSIONS: Mapping[str, int] = {"shots": 1, "faces": 5, "people": 1, "measures": 1, "scene": 2}
"""Raised by hand whenever a part is measured in another way."""
_FACE_NETWORKS = ("blazeface_short_range", "blazeface_full_range", "face_mesh_attention", "dlib_resnet_v1")


def keys_of(
    providers: Sequence[str],
    *,
    motion: Any = None,
    reading: ReadPolicy | None = None,
    scene: str = "",
    weights: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The digest of every part. providers: what the networks run on. motion: settings of the flow between frames.

    reading: what is done about damaged and interlaced pictures: they change what is seen. scene: the digest of the
    weights that find people, where people and screens are measured because something is to be cut out. weights: the
    learned networks in the place of the bundled ones, by part; they are told in the result, too.
    """
    shots = _key("shots", asdict(ShotOptions()), asdict(reading or ReadPolicy()))
    tracking = [asdict(TrackerOptions()), CHUNK_FRAMES, OVERLAP_FRAMES, list(providers), motion]
    networks = [card_named(name).sha256 for name in _FACE_NETWORKS]
    faces = _key("faces", shots, tracking, networks, *([dict(weights)] if weights else []))
    people = _key("people", faces, JOIN_DISTANCE, LONGEST_GAP)
    measures = _key("measures", faces, HIDDEN_EVERY, LIGHT_EVERY, GRAIN_EVERY, card_named("face_occlusion").sha256)
    keys = {"shots": shots, "faces": faces, "people": people, "measures": measures, **(weights or {})}
    if not scene:
        return keys
    facts = [CHUNK_FRAMES, OVERLAP_FRAMES, PLATE_EVERY, list(providers), scene]
    return {**keys, "scene": _key("scene", shots, facts)}


def stale_parts(made_with: Mapping[str, str], wanted: Mapping[str, str]) -> frozenset[str]:
    """The parts that have to be measured again."""
    return frozenset(part for part, key in wanted.items() if made_with.get(part) != key)


def _key(part: str, *facts: Any) -> str:
    text = json.dumps([part, _VERSIONS[part], *facts], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()
