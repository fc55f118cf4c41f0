"""A turnover: what a compositor needs to rebuild or change the shot, in one folder that appears whole and marked."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from facefusion.core import Face, Frame, FrameRange
from facefusion.errors import OutputExists, OutputFailed, UsageError
from facefusion.media import MediaReader, NumberedPattern, check_output_folder, exr
from facefusion.media.otio import ShotNote, write_shots
from facefusion.media.packages import film_package
from facefusion.media.paths import temporary_beside
from facefusion.media.picture_form import PictureForm, stamped
from facefusion.pipeline.durable import disk_errors
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.nuke_script import NOTE, NOTE_ALONE, NukeComp
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.ranges import RangeRenderer
from facefusion.pipeline.sinks import Sink
from facefusion.pipeline.tracking_data import PersonTrack, write_tracking
from facefusion.pipeline.transparency import first_number, form_of, leaves_alpha
from facefusion.pipeline.turnover_layers import FrameLayers, LayerLog, Layers
from facefusion.pipeline.turnover_readme import readme_of
from facefusion.provenance.asset import asset_id_of, asset_text
from facefusion.provenance.manifest.claim import Digest

_EXR = ".exr"
CONTENTS = "contents.json"
"""Lists every file of a turnover with its digest; a signed manifest beside it binds the list."""


def open_turnover(plan: Plan, reader: MediaReader, part: FrameRange, marking: Marking) -> Sink:
    """The sink of a turnover. Raises UsageError, OutputExists and OutputFailed before any work."""
    film_package("OpenEXR", what="turnovers")
    film_package("opentimelineio", what="turnovers")
    if not reader.info.is_clip:
        raise UsageError(f"{reader.info.path}: a turnover is made of a clip or a sequence; use `run` for pictures")
    if plan.scale != 1:
        raise UsageError("frame_enhancer: changes the size, and a turnover has that of its plate; leave it out")
    if "frame_colorizer" in plan.job.processor:
        raise UsageError("frame_colorizer: changes every pixel, and a turnover keeps its plate; leave it out")
    return TurnoverSink(plan, reader, part, marking)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the sequences of a turnover lie, as seen from its folder."""

    layers: NumberedPattern
    plate: NumberedPattern
    is_own_plate: bool

    @staticmethod
    def of(folder: Path, reader: MediaReader) -> _Places:
        name, path = _shot_name(reader), reader.info.path
        layers = NumberedPattern(folder / "exr", f"{name}.", 4, _EXR)
        if reader.info.kind == "sequence" and path.suffix.lower() == _EXR:
            return _Places(layers, NumberedPattern.parse(path), False)
        return _Places(layers, NumberedPattern(folder / "plate", f"{name}_plate.", 4, _EXR), True)


class TurnoverSink(Sink):
    """Takes finished frames, and from the renderer what they were made of."""

    def __init__(self, plan: Plan, reader: MediaReader, part: FrameRange, marking: Marking) -> None:
        self.warnings, self.marking = [], marking
        self._plan, self._reader, self._part, self._output = plan, reader, part, plan.output
        if self._output.exists() and not self._output.is_dir():
            raise OutputFailed(f"{self._output}: is a file; a turnover is a folder")
        if self._output.is_dir() and any(self._output.iterdir()) and not plan.job.overwrite:
            raise OutputExists(f"{self._output}: is there already and not empty; choose another name or overwrite it")
        check_output_folder(self._output.absolute().parent)
        attributes = marking.marks.container_tags()
        self._form = form_of(plan, reader, part, _EXR, attributes)
        if self._form.space is not None and not self._form.space.is_linear:
            raise UsageError("output-colorspace: turnovers hold linear light; choose ACEScg, ACES2065-1 or none")
        self._first = first_number(plan, reader, part, _EXR)
        self._folder = temporary_beside(self._output.absolute())
        self._places = _Places.of(self._folder, reader)
        self._log, self._people = LayerLog(), dict[str, PersonTrack]()
        self._layers = FrameLayers(self._form.space, plan.cuts_out, asset_id_of(marking.marks))
        self._renderer: RangeRenderer | None = None
        self._notes: dict[int, list[str]] = {}
        self._written: list[tuple[Path, Path]] = []
        self._before = reader.frames(start=part.start, stop=part.stop)

    def watching(self, renderer: RangeRenderer) -> RangeRenderer:
        self._renderer = self._log.watching(renderer)
        return self._renderer

    def write(self, frame: Frame) -> None:
        number = self._first + frame.index - self._part.start
        laid, matte = self._log.take(frame.index)
        before = next(self._before)
        assert before.index == frame.index
        solid = None
        if self._renderer is not None and self._renderer.labels is not None:
            seconds = float(frame.timestamp.seconds - self._renderer.first_seconds)
            solid = self._renderer.labels.of(frame).box(seconds=seconds)
        plate, layers = self._layers.of(before, frame, laid, matte, solid)
        strengths = [self._take_down(number, frame, one.face) for one in laid]
        self._notes[number] = [one.patch.note for one in laid if one.patch.note != "done"] if laid else ["no face"]
        place = self._places.layers.numbered(number)
        self._save(place, layers, {"strength": max(strengths, default=0.0)}, self._form, is_marked=True)
        self._written.append((place, place))
        if self._places.is_own_plate:
            bare = replace(self._form, attributes={})
            self._save(
                self._places.plate.numbered(number), {"RGBA"[: plate.shape[2]]: plate}, {}, bare, is_marked=False
            )

    def close(self) -> None:
        if not self._written:
            raise OutputFailed(f"{self._output}: there was no frame to write")
        with self.marking.appearing(None):
            try:
                self._finish()
            except OSError as error:
                raise OutputFailed(f"{self._output}: cannot be written ({error.strerror}); free some space") from None
            except BaseException:
                self.abort()
                raise

    def abort(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take_down(self, number: int, frame: Frame, face: Face) -> float:
        assert self._renderer is not None
        context = self._renderer.context
        touch = context.overrides.touch(face, frame.index)
        look = context.variants[touch.values] if touch.values else context
        strength = touch.strength * look.blend.blend_strength
        name = f"person{face.person_id or face.track_id or 1}"
        self._people.setdefault(name, PersonTrack(name)).add(number, face, frame.height, strength)
        return strength

    def _save(
        self, path: Path, layers: Layers, attributes: dict[str, float], form: PictureForm, *, is_marked: bool
    ) -> None:
        place = int(path.stem.rpartition(".")[2]) - self._first
        form = stamped(form, self._first, place)
        marks = {exr.XMP: self.marking.marks.xmp().decode()} if is_marked else {}
        with disk_errors(self._output):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(exr.file_bytes(path, layers, {**form.attributes, **attributes, **marks}, form))

    def _finish(self) -> None:
        fps, told = self._fps, f"{self.marking.marks.comment} Asset {asset_text(asset_id_of(self.marking.marks))}."
        for person in self._people.values():
            write_tracking(self._folder / "tracking", person, float(fps), told)
        plan = {name: value for name, value in self._plan.to_mapping().items() if not name.startswith("signing-")}
        _write(self._folder / "plan.json", json.dumps(plan, indent=1, sort_keys=True) + "\n")
        layers = self._seen_from_output(self._places.layers)
        plate = self._seen_from_output(self._places.plate)
        note = f"{told} {NOTE_ALONE if self._is_alone else NOTE}"
        height, width = self._reader.info.height, self._reader.info.width
        last = self._first + len(self._written) - 1
        comp = NukeComp(_shot_name(self._reader), _text(plate), _text(layers), self._first, last, width, height,
                        float(fps), note, tuple(self._people.values()), has_alpha=self._reader.info.has_alpha,
                        is_alone=self._is_alone)  # fmt: skip
        _write(self._folder / f"{comp.name}.nk", comp.text())
        decision = dict(self.marking.facts.decision or {})
        write_shots(
            self._folder / f"{comp.name}.otio", name=comp.name, fps=fps, shots=self._shots(), told={"made_by": told},
            plate=replace(plate, folder=self._folder / plate.folder) if self._places.is_own_plate else plate,
            layers=replace(layers, folder=self._folder / layers.folder),
        )  # fmt: skip
        names = [f"exr/{layers.prefix}%04d{_EXR}", _text(plate)]
        _write(self._folder / "README.txt", readme_of(self._plan, comp, names, told, decision, self._form))
        self.marking.seal_sequence(self._places.layers.path)(self._written)
        self._bind()
        self._appear()

    def _bind(self) -> None:
        """List every file with its digest, and sign the list."""
        files = sorted(path for path in self._folder.rglob("*") if path.is_file())
        digests = {path.relative_to(self._folder).as_posix(): Digest.of(path).sha256 for path in files}
        asset = asset_text(asset_id_of(self.marking.marks))
        listed = {"format": "facefusion-turnover-1", "asset_id": asset, "sha256": digests}
        place = self._folder / CONTENTS
        _write(place, json.dumps(listed, indent=1, sort_keys=True) + "\n")
        self.marking.seal(place, keeps_copy=False)(place)

    def _appear(self) -> None:
        if self._output.is_dir() and not any(self._output.iterdir()):
            self._output.rmdir()
        if self._output.is_dir():
            old = temporary_beside(self._output.absolute())
            os.rename(self._output, old)
            os.rename(self._folder, self._output)
            shutil.rmtree(old, ignore_errors=True)
            return
        os.rename(self._folder, self._output)

    @property
    def _is_alone(self) -> bool:
        """Whether the layers are the delivered picture by themselves: somebody who was cut out, with nothing behind."""
        return leaves_alpha(self._plan, self._reader.info) and self._plan.cuts_out

    @property
    def _fps(self) -> Fraction:
        return self._reader.info.average_fps

    def _seen_from_output(self, pattern: NumberedPattern) -> NumberedPattern:
        if pattern.folder.is_relative_to(self._folder):
            return replace(pattern, folder=pattern.folder.relative_to(self._folder))
        return replace(pattern, folder=pattern.folder.resolve())

    def _shots(self) -> list[ShotNote]:
        assert self._renderer is not None
        found = []
        for place, shot in enumerate(self._renderer.analysis.shots, 1):
            start, stop = max(shot.start, self._part.start), min(shot.stop, self._part.stop)
            if start < stop:
                first = self._first + start - self._part.start
                lines = _lines({n: self._notes.get(n, []) for n in range(first, first + stop - start)})
                found.append(ShotNote(f"shot_{place:03}", first, stop - start, lines))
        return found


def _lines(notes: dict[int, list[str]]) -> tuple[str, ...]:
    """What a person should look at, one line a kind."""
    kinds: dict[str, list[int]] = {}
    for number, words in notes.items():
        for word in words:
            kinds.setdefault(word, []).append(number)
    return tuple(f"{word.replace('_', ' ')}: frames {_runs(numbers)}" for word, numbers in sorted(kinds.items()))


def _runs(numbers: list[int]) -> str:
    """1001–1004, 1009."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def _shot_name(reader: MediaReader) -> str:
    path = reader.info.path
    stem = NumberedPattern.parse(path).prefix if reader.info.kind == "sequence" else path.stem
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "shot"


def _text(pattern: NumberedPattern) -> str:
    return pattern.path.as_posix()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
