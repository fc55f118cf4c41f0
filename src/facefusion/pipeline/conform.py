"""An edit goes in, only what it uses is processed, with handles, and it comes back with our results on a track."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from facefusion.core import Progress
from facefusion.errors import InvalidInput, NoFaceFound, UsageError
from facefusion.media import MediaReader, open_media
from facefusion.media.edl import SUFFIX, clip_names, save_edl
from facefusion.media.otio import read_timeline, save_timeline
from facefusion.media.otio_edits import Result, UsedPart, used_parts, with_results
from facefusion.media.paths import check_output, check_output_folder
from facefusion.media.timecode import frame_count
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport

Run = Callable[..., RunReport]


@dataclass(frozen=True, slots=True)
class Conformed:
    """What became of an edit. edl: the same as an EDL, where one was read. left_out: shots without a face, by name."""

    timeline: Path
    outputs: tuple[Path, ...]
    reports: tuple[RunReport, ...]
    left_out: tuple[str, ...]
    edl: Path | None = None


@dataclass(frozen=True, slots=True)
class Conform:
    """How an edit is processed. values: what is asked of each shot, without target, output, start and end.

    folder: where results and the new edit go. suffix: of the results. handles: frames kept on each side of what is
    used, where the media has them. edl_rate: frames a second of an EDL; by default that of the clips it names.
    """

    timeline: Path
    folder: Path
    values: dict[str, Any]
    suffix: str = ".mov"
    handles: int = 8
    media_folder: Path | None = None
    overwrite: bool = False
    edl_rate: Fraction | None = None

    def run(self, progress: Progress | None = None, *, run: Run = run) -> Conformed:
        """Process every shot. Raises InvalidInput, UsageError, OutputFailed; shots that are finished stay."""
        self._check()
        rate = self._rate() if self._is_edl else None
        edit = read_timeline(self.timeline, edl_rate=rate)
        parts = used_parts(edit, self.timeline.parent, media_folder=self._media)
        for place in (self._edited, *([self._edited_edl] if self._is_edl else [])):
            check_output(place, overwrite=self.overwrite, inputs=(self.timeline,))
        results, reports, left_out = dict[int, Result](), list[RunReport](), list[str]()
        outputs: list[Path] = []
        for number, part in enumerate(parts, 1):
            output = self.folder / f"{number:03}_{_plain(part.name)}{self.suffix}"
            with open_media(part.media) as reader:
                length, fps = reader.num_frames, reader.info.average_fps
                part = _on_the_clock(part, reader)
            wanted = _with_handles(part, fps, length, self.handles)
            try:
                report = run(self._plan(part, output, wanted), progress)
            except NoFaceFound:
                left_out.append(part.name)
                continue
            start, stop, used = wanted
            results[part.place] = Result(output.name, used - start, stop - start, fps, _clock_of(output, fps))
            reports.append(report)
            outputs.append(output)
        told = {"made_by": f"FaceFusion; {len(results)} of {len(parts)} shots, with handles of up to {self.handles}"}
        save_timeline(self._edited, with_results(edit, results, told), overwrite=self.overwrite)
        if rate is not None:
            save_edl(self._edited_edl, edit, results, rate, overwrite=self.overwrite)
        written = None if rate is None else self._edited_edl
        return Conformed(self._edited, tuple(outputs), tuple(reports), tuple(left_out), written)

    @property
    def _is_edl(self) -> bool:
        return self.timeline.suffix.lower() == SUFFIX

    @property
    def _media(self) -> Path:
        return self.media_folder or self.timeline.parent

    def _rate(self) -> Fraction | None:
        """Frames a second of an EDL: as given, or that of all clips it names that are there."""
        if self.edl_rate is not None:
            return self.edl_rate
        rates = set()
        for path in (self._media / name for name in clip_names(self.timeline)):
            if path.is_file():
                with open_media(path) as reader:
                    rates.add(reader.info.average_fps)
        return rates.pop() if len(rates) == 1 else None

    @property
    def _edited_edl(self) -> Path:
        return self._edited.with_suffix(SUFFIX)

    @property
    def _edited(self) -> Path:
        return self.folder / f"{self.timeline.stem}.facefusion.otio"

    def _check(self) -> None:
        if self.handles < 0:
            raise UsageError(f"handles: got {self.handles}, supported is 0 or more frames")
        if any(self.values.get(name) for name in ("target", "output", "start", "end")):
            raise UsageError("target, output, start, end: come from the edit; leave them out")
        check_output_folder(self.folder)

    def _plan(self, part: UsedPart, output: Path, wanted: tuple[int, int, int]) -> Plan:
        start, stop, _ = wanted
        place = {"target": str(part.media), "output": str(output), "start": f"{start}f", "end": f"{stop}f"}
        plan = Plan.from_mapping({**self.values, **place})
        return replace(plan, job=replace(plan.job, overwrite=self.overwrite))


def _on_the_clock(part: UsedPart, reader: MediaReader) -> UsedPart:
    """`part` counted from the media's first frame, where the edit counts by its timecode. Raises InvalidInput."""
    fps, length = reader.info.average_fps, reader.num_frames
    scale = fps / part.fps
    if round(part.first * scale) < length:
        return part
    with suppress(ValueError):
        moved = part.first - round(frame_count(reader.info.timecode or "", fps) / scale)
        if 0 <= round(moved * scale) < length:
            return replace(part, first=moved)
    raise InvalidInput(
        f"{part.name}: the edit uses frame {part.first} of {part.media}, which has {length} and no timecode that leads "
        "there; export the edit with the ranges of its media"
    )


def _clock_of(output: Path, fps: Fraction) -> int:
    """The frame that the timecode of a result begins with; 0 without one."""
    with suppress(ValueError, InvalidInput), open_media(output) as reader:
        return frame_count(reader.info.timecode or "", fps)
    return 0


def _with_handles(part: UsedPart, fps: Fraction, length: int, handles: int) -> tuple[int, int, int]:
    """First and last + 1 frame to process, and the first one used, in the media's own frames."""
    scale = fps / part.fps
    used = min(round(part.first * scale), length - 1)
    end = min(max(used + 1, round((part.first + part.num_frames) * scale)), length)
    start = max(0, used - max(handles, round(part.lead * scale)))
    return start, min(length, end + max(handles, round(part.tail * scale))), used


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", Path(name).stem).strip("_") or "shot"
