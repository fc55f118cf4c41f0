"""What a run did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facefusion.core import Analysis
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.render import LEFT_ALONE


@dataclass(slots=True)
class Tally:
    """Counts while a run goes on; used from one thread."""

    frames: int = 0
    frames_without_face: int = 0
    faces_changed: int = 0
    faces_weakened: int = 0
    faces_left_alone: int = 0

    def add(self, notes: tuple[str, ...]) -> None:
        """Count one frame, with one word for each face that was meant."""
        self.frames += 1
        self.frames_without_face += not notes
        left_alone = notes.count(LEFT_ALONE)
        self.faces_left_alone += left_alone
        self.faces_weakened += notes.count("weakened")
        self.faces_changed += len(notes) - left_alone


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    faces_changed: faces in all frames that were changed, the weakened ones among them. faces_weakened: turned so far
    that the effect was faded. faces_left_alone: turned too far, too small or out of the picture. frames_without_face:
    frames in which nobody who was meant is seen. warnings: one line each.
    """

    output: Path
    frames: int
    faces_changed: int
    faces_weakened: int
    faces_left_alone: int
    frames_without_face: int
    people: int
    seconds: float
    warnings: tuple[str, ...] = field(default=())

    @staticmethod
    def of(plan: Plan, analysis: Analysis, tally: Tally, *, seconds: float, warnings: tuple[str, ...]) -> Report:
        """The report of a run that has ended."""
        return Report(
            output=plan.output,
            frames=tally.frames,
            faces_changed=tally.faces_changed,
            faces_weakened=tally.faces_weakened,
            faces_left_alone=tally.faces_left_alone,
            frames_without_face=tally.frames_without_face,
            people=len(analysis.people),
            seconds=seconds,
            warnings=warnings,
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        values = asdict(self)
        return {
            **values,
            "output": str(self.output),
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
        }

    def lines(self) -> tuple[str, ...]:
        """For people."""
        counts = f"{self.frames} {'frame' if self.frames == 1 else 'frames'}, {self.faces_changed} faces changed"
        extra = [f"{self.faces_weakened} of them weakened (turned far)"] if self.faces_weakened else []
        extra += [f"{self.faces_left_alone} left alone (turned too far)"] if self.faces_left_alone else []
        extra += [f"{self.frames_without_face} frames without a face"] if self.frames_without_face else []
        return f"{self.output}: {', '.join([counts, *extra])}; marked as AI-made", f"done in {self.seconds:.1f} s"
