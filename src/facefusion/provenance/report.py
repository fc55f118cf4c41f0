"""What `verify` found in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MarkName = Literal["digital source type", "AIGC", "software", "seal"]
State = Literal["present", "missing", "malformed", "altered"]
Place = Literal["xmp", "tags", "sidecar", "nowhere"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mark: whether it is there and sound, and what it says or what is wrong with it."""

    mark: MarkName
    state: State
    detail: str

    @property
    def line(self) -> str:
        return f"{self.mark}: {self.state}: {self.detail}"


@dataclass(frozen=True, slots=True)
class MarkReport:
    """The marks of one file. place: where they were read from."""

    path: Path
    place: Place
    findings: tuple[Finding, ...]
    says_synthetic: bool

    @property
    def is_marked(self) -> bool:
        """True when the digital source type and the AIGC mark are there, both sound, and nothing was altered.

        What `facefusion verify` ends with 0 for.
        """
        states = {finding.mark: finding.state for finding in self.findings}
        needed = states["digital source type"], states["AIGC"]
        return needed == ("present", "present") and "altered" not in states.values()

    def state_of(self, mark: MarkName) -> State:
        """The state of one mark."""
        return next(finding.state for finding in self.findings if finding.mark == mark)

    def lines(self) -> tuple[str, ...]:
        """For people: one line a mark, the verdict last."""
        verdict = "marked" if self.is_marked else "NOT marked as it should be"
        places = {"xmp": "inside the picture", "tags": "in the container's tags", "sidecar": "in the sidecar file"}
        where = f" (read {places[self.place]})" if self.place in places else ""
        return (*(finding.line for finding in self.findings), f"{self.path}: {verdict}{where}")

    def as_dict(self) -> dict[str, Any]:
        """For machines: values that JSON holds."""
        marks = {f.mark.replace(" ", "_"): {"state": f.state, "detail": f.detail} for f in self.findings}
        return {
            "path": str(self.path),
            "place": self.place,
            "is_marked": self.is_marked,
            "says_synthetic": self.says_synthetic,
            "marks": marks,
        }
