"""What a person has to look at after people were hidden: every frame in which that was not sure, listed and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefusion.core import Box, Face, Frame, FrameRange, Pixels, to_unit
from facefusion.media import MediaReader, NumberedPattern, open_media, write_image
from facefusion.media.paths import check_output, write_atomically
from facefusion.media.private import identifying_tags
from facefusion.pipeline.anonymising import LEAST_APART
from facefusion.pipeline.contact_sheet import Portrait, contact_sheet
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser
from facefusion.provenance import Marks

VOICES = "voices and words tell who somebody is, too: the sound is as it was"
_FAINT, _HIDDEN, _SMALL_PX = 0.7, 0.5, 12.0
_TURNED_DEG = 8.0
_SHOWN = 40
_CELL_PX = 240
_AROUND = 0.8


@dataclass(frozen=True, slots=True)
class Doubt:
    """One face in one frame that a person should look at. why: words; box_px: x0, y0, x1, y1."""

    frame: int
    seconds: float
    track: int
    person: int | None
    why: tuple[str, ...]
    box_px: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Anonymity:
    """How far people are hidden.

    doubts: faces to look at. unplaced: half-open ranges of frames in which nobody who is hidden was found at all.
    put_on: by person, who was put on and how far the result is from the person (photos of one person: below 0.6).
    left_visible: people and strangers of the medium who were not to be hidden. left_out: names of metadata.
    """

    doubts: tuple[Doubt, ...]
    unplaced: tuple[tuple[int, int], ...]
    put_on: Mapping[int, tuple[str, float]]
    left_visible: int
    left_out: tuple[str, ...]
    has_sound: bool
    method: str

    def warnings(self) -> tuple[str, ...]:
        """One line each."""
        lines = [VOICES] if self.has_sound else []
        if self.left_visible:
            lines.append(
                f"{self.left_visible} tracks show people who were not to be hidden, and do not hide them; "
                "--face-selector-mode many hides everybody"
            )
        lines += [
            f"person {person}: would be recognised with {name} put on (distance {distance:.2f}), and is covered instead"
            for person, (name, distance) in self.put_on.items()
            if distance < LEAST_APART
        ]
        if self.left_out:
            lines.append(f"metadata left out: {', '.join(self.left_out)}")
        return tuple(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "format": "facefusion-anonymity",
            "version": 1,
            "method": self.method,
            "people": [
                {"person": person, "put_on": name if distance >= LEAST_APART else None,
                 "distance": round(distance, 3) if np.isfinite(distance) else None}
                for person, (name, distance) in self.put_on.items()
            ],
            "to_look_at": [
                {**{name: getattr(one, name) for name in ("frame", "seconds", "track", "person")},
                 "why": list(one.why), "box_px": list(one.box_px)}
                for one in self.doubts
            ],
            "frames_without_anybody_hidden": [list(part) for part in self.unplaced],
            "tracks_left_visible": self.left_visible,
            "metadata_left_out": list(self.left_out),
        }  # fmt: skip


def report_path(plan: Plan) -> Path:
    """`NAME.anonymity.json` beside the output."""
    return plan.output.parent / f"{plan.output.name.replace('%', '')}.anonymity.json"


def check_report(plan: Plan) -> None:
    """Raise OutputExists and OutputFailed before any work when the report could not be written."""
    if plan.hides_people:
        for path in (report_path(plan), sheet_path(plan)):
            check_output(path, overwrite=plan.job.overwrite)


def sheet_path(plan: Plan) -> Path:
    """`NAME.anonymity.jpg` beside the output."""
    return report_path(plan).with_suffix(".jpg")


def anonymity_of(plan: Plan, renderer: RangeRenderer, reader: MediaReader, part: FrameRange) -> Anonymity:
    """What is known after a run; nothing is decoded for it."""
    meant = {
        track.track_id for track in renderer.cast.tracks if _is_meant(track.face(track.first, dense=False), renderer)
    }
    hidden = [effect for effect in _effects(renderer) if isinstance(effect, FaceAnonymiser)]
    settings = plan.effects["face_anonymiser"]
    return Anonymity(
        doubts=tuple(_doubts(plan, renderer, reader, part)),
        unplaced=tuple(_unplaced(renderer, part)),
        put_on={person: given for effect in hidden for person, given in effect.put_on.items()},
        left_visible=len({track.track_id for track in renderer.cast.tracks} - meant),
        left_out=_left_out(reader, part),
        has_sound=reader.info.has_audio,
        method=settings.method,
    )


def write_report(anonymity: Anonymity, plan: Plan, part: FrameRange, marks: Marks) -> tuple[str, ...]:
    """Write the report, and a contact sheet of doubts; lines that say where. Raises OutputExists and OutputFailed."""
    text = json.dumps(anonymity.as_dict(), indent=2, ensure_ascii=False) + "\n"
    write_atomically(report_path(plan), text.encode(), overwrite=plan.job.overwrite)
    if not anonymity.doubts:
        return (f"{report_path(plan)}: every hidden face was measured surely",)
    cells = list(_cells(anonymity.doubts, plan, part))
    if cells:
        sheet = Frame(contact_sheet(cells, width_px=_CELL_PX, columns=5))
        write_image(sheet_path(plan), sheet, xmp=marks.xmp(), overwrite=plan.job.overwrite)
    frames = len({one.frame for one in anonymity.doubts})
    shown = f", shown in {sheet_path(plan).name}" if cells else ""
    return (f"{report_path(plan)}: {frames} frames to look at{shown}",)


def _effects(renderer: RangeRenderer) -> Iterator[Any]:
    for context in (renderer.context, *renderer.context.variants.values()):
        yield from context.casting.shared
        for effects in context.casting.own.values():
            yield from effects


def _is_meant(face: Face, renderer: RangeRenderer) -> bool:
    return renderer.context.casting.is_meant(face)


def _doubts(plan: Plan, renderer: RangeRenderer, reader: MediaReader, part: FrameRange) -> Iterator[Doubt]:
    settings, times = plan.effects["face_anonymiser"], reader.timestamps()
    turned = settings.max_yaw_deg - _TURNED_DEG if settings.method == "person" else 180.0
    for index in renderer.cast.frames_with_faces():
        for face in renderer.cast.faces_in(index, dense=False) if index in part else ():
            why = _why(face, turned)
            if why and _is_meant(face, renderer) and face.track_id is not None:
                seconds = float(times[index].seconds - times[part.start].seconds)
                yield Doubt(index, round(seconds, 3), face.track_id, face.person_id, why, _whole(face.box))


def _why(face: Face, turned_deg: float) -> tuple[str, ...]:
    is_guessed = face.score <= 0
    found = ["nothing was measured: the place is guessed"] if is_guessed else []
    found += ["hardly a face is seen"] if face.visibility < _FAINT and not is_guessed else []
    pose, measures = face.pose, face.measures
    if pose is not None and max(abs(pose.yaw_deg), 1.2 * abs(pose.pitch_deg)) > turned_deg:
        found.append("turned away")
    if measures is not None and measures.hidden > _HIDDEN:
        found.append("something is in front of the face")
    if face.eye_distance_px < _SMALL_PX:
        found.append("very small")
    return tuple(found)


def _unplaced(renderer: RangeRenderer, part: FrameRange) -> Iterator[tuple[int, int]]:
    """Ranges of frames in which no hidden face has a place."""
    placed = np.zeros(len(part), bool)
    for track in renderer.cast.tracks:
        if _is_meant(track.face(track.first, dense=False), renderer):
            inside = track.frames[(track.frames >= part.start) & (track.frames < part.stop)]
            placed[inside - part.start] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[True], placed, [True]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield part.start + int(start), part.start + int(stop)


def _left_out(reader: MediaReader, part: FrameRange) -> tuple[str, ...]:
    if reader.info.kind in ("video", "image"):
        return identifying_tags(reader.info.path)
    paths = [reader.path_of(index) for index in range(part.start, part.stop)] if reader.info.kind == "folder" else []
    return tuple(dict.fromkeys(name for path in paths for name in identifying_tags(path)))


def _cells(doubts: Sequence[Doubt], plan: Plan, part: FrameRange) -> Iterator[Portrait]:
    """Where a person is to look, as the output shows it; nothing where the output's frames are not the target's."""
    if plan.frame_rate is not None or NumberedPattern.is_pattern(plan.output) or plan.output.is_dir():
        return
    places = np.unique(np.linspace(0, len(doubts) - 1, min(_SHOWN, len(doubts))).round().astype(int))
    with open_media(plan.output, threads=1) as result:
        for doubt in (doubts[place] for place in places):
            if (at := doubt.frame - part.start) < result.num_frames:
                pixels = _cut(result.frame_at(at).pixels, doubt.box_px)
                yield Portrait(pixels, f"{doubt.seconds:.2f} s", f"frame {doubt.frame}: {doubt.why[0]}")


def _cut(pixels: Pixels, box: tuple[int, int, int, int]) -> Any:
    """(_CELL_PX, _CELL_PX, 3) uint8: a face with its surroundings."""
    half = max(box[2] - box[0], box[3] - box[1], 8) * (0.5 + _AROUND)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    scale = _CELL_PX / (2 * half)
    matrix = np.array([[scale, 0, (half - x) * scale], [0, scale, (half - y) * scale]], np.float32)
    cut = cv2.warpAffine(to_unit(pixels), matrix, (_CELL_PX, _CELL_PX), flags=cv2.INTER_LINEAR)
    return (np.clip(cut, 0, 1) * 255 + 0.5).astype(np.uint8)


def _whole(box: Box) -> tuple[int, int, int, int]:
    return round(box.x0), round(box.y0), round(box.x1), round(box.y1)
