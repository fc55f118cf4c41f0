"""What `verify` found in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MarkName = Literal["digital source type", "AIGC", "software", "seal", "manifest", "watermark", "record"]
State = Literal["present", "missing", "malformed", "altered", "expired", "unread"]
Place = Literal["xmp", "tags", "sidecar", "nowhere"]
Verdict = Literal["intact", "altered", "untrusted", "incomplete", "none", "unreadable"]

VERDICTS: dict[Verdict, str] = {
    "intact": "marked as AI-made, and as it was made",
    "altered": "ALTERED since it was made",
    "untrusted": "marked and intact, but signed by nobody who is trusted",
    "incomplete": "marked as AI-made, but NOT as it should be: marks are missing",
    "none": "NOT marked as AI-made",
    "unreadable": "cannot be read",
}
_METADATA: tuple[MarkName, ...] = ("digital source type", "AIGC", "software", "seal")


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
    """The marks of one file. place: where its metadata was read from. needs_trust: anchors were given for the signer.

    asset: the asset id that the manifest or the watermark carries, empty without. fault: why nothing could be read.
    """

    path: Path
    place: Place
    findings: tuple[Finding, ...]
    says_synthetic: bool
    asset: str = ""
    is_trusted: bool = False
    needs_trust: bool = False
    fault: str = ""

    @property
    def verdict(self) -> Verdict:
        """One word for all findings together."""
        if self.fault:
            return "unreadable"
        states = {finding.mark: finding.state for finding in self.findings}
        if {"altered", "malformed"} & set(states.values()):
            return "altered"
        if all(states.get(mark) in (None, "missing", "unread") for mark in (*_METADATA, "manifest", "watermark")):
            return "none"
        if any(states.get(mark) != "present" for mark in ("digital source type", "AIGC", "manifest")):
            return "incomplete"
        return "untrusted" if self.needs_trust and not self.is_trusted else "intact"

    @property
    def is_marked(self) -> bool:
        """True when every mark is there and sound. What `facefusion verify` ends with 0 for."""
        return self.verdict == "intact"

    @property
    def has_metadata(self) -> bool:
        """True when the digital source type and the AIGC mark are there, both sound, and the metadata is unaltered."""
        states = {finding.mark: finding.state for finding in self.findings}
        needed = states.get("digital source type"), states.get("AIGC")
        return needed == ("present", "present") and "altered" not in [states.get(mark) for mark in _METADATA]

    def state_of(self, mark: MarkName) -> State:
        """The state of one mark."""
        return next((finding.state for finding in self.findings if finding.mark == mark), "missing")

    def detail_of(self, mark: MarkName) -> str:
        """What was found about one mark."""
        return next((finding.detail for finding in self.findings if finding.mark == mark), "")

    def lines(self) -> tuple[str, ...]:
        """For people: one line a mark, the verdict last."""
        places = {"xmp": "inside the picture", "tags": "in the container's tags", "sidecar": "in the sidecar file"}
        where = f" (metadata read {places[self.place]})" if self.place in places else ""
        why = f" ({self.fault})" if self.fault else where
        return (*(finding.line for finding in self.findings), f"{self.path}: {VERDICTS[self.verdict]}{why}")

    def as_dict(self) -> dict[str, Any]:
        """For machines: values that JSON holds."""
        marks = {f.mark.replace(" ", "_"): {"state": f.state, "detail": f.detail} for f in self.findings}
        return {
            "path": str(self.path),
            "verdict": self.verdict,
            "place": self.place,
            "is_marked": self.is_marked,
            "is_trusted": self.is_trusted,
            "says_synthetic": self.says_synthetic,
            "asset_id": self.asset,
            "fault": self.fault,
            "marks": marks,
        }
