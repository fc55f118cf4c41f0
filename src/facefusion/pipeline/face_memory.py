"""What the face enhancer may know of people from elsewhere: the sharpest frames of the clip, and photos of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from facefusion.core import Analysis, Face, Float32, Progress, Track
from facefusion.errors import InvalidInput
from facefusion.faces.embed import SAME_PERSON, IdentityEncoder, distance
from facefusion.faces.measures import sharpness_of
from facefusion.faces.networks import SessionNetwork
from facefusion.media import MediaReader
from facefusion.models import open_session
from facefusion.pipeline.plan import Plan
from facefusion.processors.face_enhancer.memory import FaceMemory, Sight, sharpest, tracks_by_person

PhotoSights = tuple[Sight, ...]


def remembered(
    plan: Plan,
    reader: MediaReader,
    analysis: Analysis,
    photos: Sequence[Face],
    meant: Collection[int],
    progress: Progress,
) -> FaceMemory | None:
    """What is known of the people of the tracks `meant`; None where the enhancer is not to know anything.

    photos: one face each, all of one person. Frames that are looked at depend on the analysis alone, so that previews,
    segments and whole runs know the same. Raises InvalidInput where the photos show nobody who is meant; Cancelled.
    """
    if not plan.remembers_faces:
        return None
    tracks = [track for track in analysis.tracks if track.track_id in meant]
    shown = _shown_on(photos, plan.face_photos, analysis, tracks) if photos else set()
    added = tuple(Sight.of(face.picture, face, _quality(face)) for face in photos if face.picture is not None)
    known: dict[int, tuple[Sight, ...]] = {}
    chosen = {
        key: sharpest(group)
        for key, group in tracks_by_person(analysis).items()
        if reader.info.is_clip and any(track.track_id in meant for track in group)
    }
    frames = _frames(reader, {frame for picks in chosen.values() for _, frame, _ in picks}, progress)
    for group in tracks_by_person(analysis).values():
        for track in group:
            known[track.track_id] = added if track.track_id in shown else ()
    for key, picks in chosen.items():
        sights = tuple(Sight.of(frames[frame], track.face(frame), quality, frame) for track, frame, quality in picks)
        for track in tracks_by_person(analysis)[key]:
            known[track.track_id] = (*sights, *known[track.track_id])
    encoder = IdentityEncoder(SessionNetwork(open_session("dlib_resnet_v1"))) if added else None
    return FaceMemory({track: sights for track, sights in known.items() if sights}, encoder=encoder)


def _frames(reader: MediaReader, wanted: Collection[int], progress: Progress) -> Mapping[int, np.ndarray]:
    """The pixels of the frames `wanted`, read in order."""
    found = {}
    if wanted:
        progress.start("look back", total=len(wanted))
    for index in sorted(wanted):
        found[index] = reader.frame_at(index).pixels
        progress.advance()
    return found


def _quality(face: Face) -> float:
    assert face.picture is not None
    return max(sharpness_of(face.picture, face.box), 0.05) * min(face.eye_distance_px / 200, 1.0) ** 0.5


def _shown_on(photos: Sequence[Face], paths: Sequence[Path], analysis: Analysis, tracks: Sequence[Track]) -> set[int]:
    """Ids of those of `tracks` whose person the photos show. Raises InvalidInput where that is none of them."""
    vectors = [face.embedding for face in photos if face.embedding is not None]
    people = {person.person_id: person.embedding for person in analysis.people}
    apart: dict[int, float] = {}
    for track in tracks:
        seen = people.get(track.person_id) if track.person_id is not None else None
        embedding: Float32 | None = (
            analysis.samples[track.track_id].embedding if track.track_id in analysis.samples else None
        )
        known = embedding if seen is None else seen
        if known is not None and vectors:
            apart[track.track_id] = float(np.median([distance(known, one) for one in vectors]))
    near = {track for track, value in apart.items() if value <= SAME_PERSON}
    if not near:
        nearest = (
            f" (the nearest is at {min(apart.values()):.2f}, one person stays below {SAME_PERSON})" if apart else ""
        )
        raise InvalidInput(
            f"{paths[0]}: shows nobody whose face is to be made clearer{nearest}; detail is taken from photos of the "
            "same person only"
        )
    return near
