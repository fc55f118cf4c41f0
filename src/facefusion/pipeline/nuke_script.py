"""A Nuke script (.nk) that rebuilds the comp of a turnover: its layers over the plate, with tracks and a mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facefusion.pipeline.tracking_data import POINTS, PersonTrack

HERE = r"\[file dirname \[value root.name]]"
"""What stands for the folder of the script in its own file knobs."""


NOTE = "Put FaceFusion_A over Plate_B; the mix of the merge fades the change."
NOTE_ALONE = (
    "FaceFusion_A is the delivered picture: a cut-out, to be put over any background. Plate_B is what it came from."
)


@dataclass(frozen=True, slots=True)
class NukeComp:
    """What the script needs to know. plate, layers: file patterns, as Nuke is to see them.

    has_alpha: whether the plate is transparent. is_alone: whether the layers are shown without the plate.
    """

    name: str
    plate: str
    layers: str
    first: int
    last: int
    width: int
    height: int
    fps: float
    note: str
    people: Sequence[PersonTrack] = ()
    has_alpha: bool = False
    is_alone: bool = False

    def text(self) -> str:
        """The script. A (the layers) over B (the plate), both raw: they are stored in the same linear space."""
        layers, plate = self._read("FaceFusion_A", self.layers, 160), self._read("Plate_B", self.plate, 0)
        nodes = [
            self._root(),
            _node("StickyNote", {"inputs": 0, "name": "README", "label": _quoted(self.note), "xpos": -320}),
            *(self._track(number, person) for number, person in enumerate(self.people)),
            *((plate, layers) if self.is_alone else (layers, plate, self._merge())),
            _node("Viewer", {"name": "Viewer1", "xpos": 0, "ypos": 220}),
        ]
        return "\n".join(nodes) + "\n"

    def _merge(self) -> str:
        """Takes the plate, which was read last, as B and the layers as A."""
        shown = "rgba" if self.has_alpha else "rgb"
        told = _quoted("mix fades the change")
        knobs = {"inputs": 2, "operation": "over", "bbox": "B", "output": shown, "name": "A_over_B", "label": told,
                 "mix": 1, "xpos": 0, "ypos": 120}  # fmt: skip
        return _node("Merge2", knobs)

    def _root(self) -> str:
        knobs = {
            "inputs": 0,
            "name": _quoted(f"{self.name}.nk"),
            "first_frame": self.first,
            "last_frame": self.last,
            "frame": self.first,
            "fps": f"{self.fps:g}",
            "lock_range": "true",
            "format": _quoted(f"{self.width} {self.height} 0 0 {self.width} {self.height} 1 {self.name}"),
        }
        return "version 13.0 v1\n" + _node("Root", knobs)

    def _read(self, name: str, pattern: str, xpos: int) -> str:
        span = {"first": self.first, "last": self.last, "origfirst": self.first, "origlast": self.last}
        place = pattern if pattern.startswith("/") else f"{HERE}/{pattern}"
        return _node("Read", {"inputs": 0, "file": _quoted(place), **span, "raw": "true", "name": name,
                              "xpos": xpos, "ypos": 0})  # fmt: skip

    def _track(self, number: int, person: PersonTrack) -> str:
        """A node without effect whose knobs are the tracked points and the strength."""
        knobs: dict[str, object] = {"inputs": 0, "name": f"Track_{person.name}", "xpos": -320, "ypos": 80 + 60 * number}
        lines = [f"addUserKnob {{20 {person.name}}}"]
        for point in POINTS:
            spots = person.point(point)
            if spots:
                lines.append(f"addUserKnob {{12 {point}}}")
                across = _curve({at: x for at, (x, _) in spots.items()})
                up = _curve({at: y for at, (_, y) in spots.items()})
                lines.append(f"{point} {{{across} {up}}}")
        lines += ["addUserKnob {7 strength}", f"strength {{{_curve(person.strengths)}}}"]
        return _node("NoOp", knobs, lines)


def _curve(values: Mapping[int, float]) -> str:
    return "{curve " + " ".join(f"x{number} {value:.3f}" for number, value in sorted(values.items())) + "}"


def _node(kind: str, knobs: Mapping[str, object], lines: Sequence[str] = ()) -> str:
    body = [f" {name} {value}" for name, value in knobs.items()]
    return "\n".join([f"{kind} {{", *body, *(f" {line}" for line in lines), "}"])


def _quoted(text: str) -> str:
    safe = text.replace('"', "'").replace("\n", "\\n")
    return f'"{safe}"'
