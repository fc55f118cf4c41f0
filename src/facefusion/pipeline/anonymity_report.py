"""What a person has to look at after people were hidden: measured from the run, written beside the output, shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefusion.core import Box, Face, Frame, FrameRange, Pixels, to_unit
from facefusion.media import MediaReader, NumberedPattern, check_output, open_media, write_image
from facefusion.media.private import identifying_tags
from facefusion.pipeline.anonymising import LEAST_APART
from facefusion.pipeline.anonymity import Anonymity, Doubt, Guise
from facefusion.pipeline.contact_sheet import Portrait, contact_sheet
from facefusion.pipeline.marking import Facts, Marking, marks_of
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.sinks import Sink
from facefusion.pipeline.watermarks import watermarked
from facefusion.processors.face_anonymiser.anonymiser import FaceAnonymiser
from facefusion.provenance.asset import asset_id_of, asset_text

_FAINT, _HIDDEN, _SMALL_PX = 0.7, 0.5, 12.0
_TURNED_DEG = 8.0
_SHOWN = 40
_CELL_PX = 240
_AROUND = 0.8


def report_path(plan: Plan) -> Path:
    """`NAME.anonymity.json` beside the output."""
    return plan.output.parent / f"{plan.output.name.replace('%', '')}.anonymity.json"


def sheet_path(plan: Plan) -> Path:
    """`NAME.anonymity.jpg` beside the output."""
    return report_path(plan).with_suffix(".jpg")


def check_report(plan: Plan, marking: Marking) -> None:
    """Raise OutputExists and OutputFailed before any work when the report could not be written."""
    for place in (report_path(plan), sheet_path(plan)) if plan.hides_people else ():
        if not marking.is_own(place):
            check_output(place, overwrite=plan.job.overwrite)


def write_along(anonymity: Anonymity, plan: Plan, part: FrameRange, sink: Sink) -> None:
    """Let the report appear together with the output of `sink`, so that no kill parts them, and then the sheet."""
    marking = sink.marking
    marking.send_along(report_path(plan), anonymity.as_json(asset_text(asset_id_of(marking.marks))))
    sink.afterwards = lambda: write_sheet(anonymity, plan, part, marking)


def complete_sheet(anonymity: Anonymity | None, plan: Plan, part: FrameRange) -> None:
    """Draw the sheet where a run was killed between its output and that."""
    if anonymity is not None and not sheet_path(plan).exists():
        marking = Marking.of(marks_of(plan), Facts.of(plan), plan.manifest, overwrite=plan.job.overwrite)
        write_sheet(anonymity, plan, part, marking)


def lines_of(anonymity: Anonymity, plan: Plan) -> tuple[str, ...]:
    """What a run tells of it."""
    if not anonymity.doubts:
        return (*anonymity.warnings(), f"{report_path(plan)}: every hidden face was measured surely")
    shown = f", shown in {sheet_path(plan).name}" if _has_sheet(plan) else ""
    return (*anonymity.warnings(), f"{report_path(plan)}: {anonymity.frames_to_look_at} frames to look at{shown}")


def write_sheet(anonymity: Anonymity, plan: Plan, part: FrameRange, marking: Marking) -> None:
    """A contact sheet of doubts, taken from the finished output and marked as it is. Raises OutputFailed."""
    cells = list(_cells(anonymity.doubts, plan, part)) if anonymity.doubts and _has_sheet(plan) else []
    if not cells:
        return
    sheet = watermarked(Frame(contact_sheet(cells, width_px=_CELL_PX, columns=5)), asset_id_of(marking.marks))
    place = sheet_path(plan)
    write_image(place, sheet, xmp=marking.marks.xmp(), overwrite=plan.job.overwrite, seal=marking.seal(place))


def anonymity_of(plan: Plan, renderer: RangeRenderer, reader: MediaReader, part: FrameRange) -> Anonymity:
    """What is known after a run; nothing is decoded for it."""
    meant = {
        track.track_id for track in renderer.cast.tracks if _is_meant(track.face(track.first, dense=False), renderer)
    }
    hidden = [effect for effect in _effects(renderer) if isinstance(effect, FaceAnonymiser)]
    given = {person: who for effect in hidden for person, who in effect.put_on.items()}
    return Anonymity(
        doubts=tuple(_doubts(plan, renderer, reader, part)),
        unplaced=tuple(_unplaced(renderer, part)),
        people=tuple(
            Guise(person, name, distance, is_covered=distance < LEAST_APART)
            for person, (name, distance) in sorted(given.items())
        ),
        left_visible=len({track.track_id for track in renderer.cast.tracks} - meant),
        left_out=_left_out(reader, part),
        has_sound=reader.info.has_audio,
        method=plan.effects["face_anonymiser"].method,
    )


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


def _has_sheet(plan: Plan) -> bool:
    """Not where the output's frames are not the target's, nor for many files."""
    return plan.frame_rate is None and not NumberedPattern.is_pattern(plan.output) and not plan.target.is_dir()


def _cells(doubts: Sequence[Doubt], plan: Plan, part: FrameRange) -> Iterator[Portrait]:
    """Where a person is to look, as the output shows it."""
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
