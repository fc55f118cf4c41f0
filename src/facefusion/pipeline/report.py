"""What a run did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from facefusion.core import Analysis
from facefusion.pipeline.anonymity import Anonymity
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.render import LEFT_ALONE, WEAKENED
from facefusion.pipeline.unusable import unusable_in
from facefusion.provenance.policy import Decision

_MOST_NAMED = 20


@dataclass(slots=True)
class Tally:
    """Counts while a run goes on; used from one thread."""

    frames: int = 0
    frames_without_face: int = 0
    swapped: int = 0
    weakened: int = 0
    left_alone: int = 0
    unusable: int = 0
    unusable_frames: list[int] = field(default_factory=list)

    def add(self, notes: tuple[str, ...]) -> None:
        """Count one frame, with one word for each face that was meant."""
        if bad := {index for note in notes if (index := unusable_in(note)) is not None}:
            notes = tuple(note for note in notes if unusable_in(note) is None)
            self.unusable += 1
            self.unusable_frames = sorted({*self.unusable_frames, *bad})[:_MOST_NAMED]
            self.frames_without_face -= not notes
        self.frames += 1
        self.frames_without_face += not notes
        left_alone = notes.count(LEFT_ALONE)
        self.left_alone += left_alone
        self.weakened += notes.count(WEAKENED)
        self.swapped += len(notes) - left_alone

    def merge(self, other: Tally) -> None:
        """Count what another counted."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))
        self.unusable_frames = sorted(set(self.unusable_frames))[:_MOST_NAMED]

    @property
    def lines(self) -> list[str]:
        """What is worth a warning."""
        if not self.unusable:
            return []
        named = ", ".join(map(str, self.unusable_frames)) + (" …" if self.unusable > len(self.unusable_frames) else "")
        return [
            f"in {self.unusable} frame{'s' if self.unusable > 1 else ''} ({named}) a network answered with values that "
            "are no numbers: what it should have drawn there is left out; --unusable-output stop ends a run at once"
        ]


@dataclass(frozen=True, slots=True)
class Made:
    """Segments of a clip, and how many of them a run before had finished."""

    segments: int
    kept: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did.

    frames: written. faces_found: faces of people who were meant, over all frames. swapped: of these, changed, the
    weakened ones among them. weakened: turned so far that the effect was faded, or hardly to be told from the
    background that is taken away. left_alone: turned too far, out of the picture, or no part of what is cut out.
    frames_without_face: frames in which nobody who was meant is seen. people: in the medium.
    warnings: one line each. segments: that a clip was rendered in. segments_kept: of these, finished by a run before.
    decision: why the run was allowed, and what of its marks it may leave out. anonymity: how far people were hidden;
    None where they were not to be. tells_of_faces: whether something was to be done to faces.
    """

    output: Path
    frames: int
    faces_found: int
    swapped: int
    weakened: int
    left_alone: int
    frames_without_face: int
    people: int
    seconds: float
    warnings: tuple[str, ...] = field(default=())
    segments: int = 0
    segments_kept: int = 0
    decision: Decision | None = None
    anonymity: Anonymity | None = None
    tells_of_faces: bool = True

    @staticmethod
    def of(
        plan: Plan,
        analysis: Analysis,
        tally: Tally,
        *,
        seconds: float,
        warnings: tuple[str, ...],
        made: Made,
        decision: Decision,
        anonymity: Anonymity | None = None,
    ) -> RunReport:
        """The report of a run that has ended."""
        return RunReport(
            output=plan.output,
            frames=tally.frames,
            faces_found=tally.swapped + tally.left_alone,
            swapped=tally.swapped,
            weakened=tally.weakened,
            left_alone=tally.left_alone,
            frames_without_face=tally.frames_without_face,
            people=len(analysis.people),
            seconds=seconds,
            warnings=warnings,
            segments=made.segments,
            segments_kept=made.kept,
            decision=decision,
            anonymity=anonymity,
            tells_of_faces=plan.changes_faces,
        )

    @staticmethod
    def again(plan: Plan, said: Mapping[str, Any], *, seconds: float, anonymity: Anonymity | None = None) -> RunReport:
        """The report of a run whose `as_dict` was kept, told by a later one that found everything done.

        It has no decision: nothing is made, so nobody is asked.
        """
        counts: dict[str, Any] = {f.name: int(said[f.name]) for f in fields(RunReport) if f.type == "int"}
        counts["segments_kept"] = counts["segments"]
        told = tuple(map(str, said["warnings"]))
        counts["tells_of_faces"] = plan.changes_faces
        return RunReport(output=plan.output, seconds=seconds, warnings=told, anonymity=anonymity, **counts)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        counts = {f.name: getattr(self, f.name) for f in fields(self) if f.type == "int"}
        return {
            **counts,
            "output": str(self.output),
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
            "tells_of_faces": self.tells_of_faces,
            "decision": None if self.decision is None else self.decision.as_dict(),
            "anonymity": None if self.anonymity is None else self.anonymity.summary(),
        }

    def lines(self) -> tuple[str, ...]:
        """For people."""
        faces = [f"{_counted(self.swapped, 'face')} changed"]
        faces += [f"{self.weakened} weakened (turned far)"] if self.weakened else []
        faces += [f"{self.left_alone} left alone (turned too far, or nothing was to change)"] if self.left_alone else []
        kept = [f"{self.segments_kept} of {self.segments} segments kept from before"] if self.segments_kept else []
        lone = [f"{_counted(self.frames_without_face, 'frame')} without a face"] if self.frames_without_face else []
        counts = [_counted(self.frames, "frame"), *(faces if self.tells_of_faces else []), *kept]
        counts += lone if self.tells_of_faces else []
        return f"{self.output}: {', '.join(counts)}; done in {self.seconds:.1f} s, marked as AI-made", *self.warnings


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def left_out_lines(names: Sequence[str]) -> list[str]:
    """What is told of pictures of a folder that were not written."""
    if not names:
        return []
    return [f"{_listed(names)}: left out, nobody there is changed; --allow-no-face writes them unchanged"]


def _listed(names: Sequence[str], *, most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
