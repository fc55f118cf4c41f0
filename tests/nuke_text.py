"""Reads Nuke scripts as far as turnovers write them: nodes, knobs, and what is connected to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Node:
    """kind: its class. knobs: name → words. inputs: nodes by number, 0 first; None where nothing is connected."""

    kind: str
    knobs: dict[str, list[str]] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    inputs: list[Node | None] = field(default_factory=list)

    def knob(self, name: str) -> str:
        """The one word of a knob."""
        (word,) = self.knobs[name]
        return word


USES = {"Read": 0, "StickyNote": 0, "NoOp": 1, "Merge2": 2, "Viewer": 1, "Root": 0}
"""Inputs that a node has where it does not say how many."""
KNOBS = {
    "Read": {"inputs", "file", "first", "last", "origfirst", "origlast", "raw", "name", "xpos", "ypos"},
    "Merge2": {"inputs", "operation", "bbox", "output", "name", "label", "mix", "xpos", "ypos"},
    "StickyNote": {"inputs", "name", "label", "xpos", "ypos"},
    "Viewer": {"inputs", "name", "xpos", "ypos"},
    "Root": {"inputs", "name", "first_frame", "last_frame", "frame", "fps", "lock_range", "format"},
    "NoOp": {"inputs", "name", "xpos", "ypos"},
}


def parsed(text: str) -> list[Node]:
    """The nodes of a script, connected as Nuke connects them. Raises ValueError for what Nuke would not read."""
    lines = iter(text.splitlines())
    if not next(lines).startswith("version "):
        raise ValueError("no version")
    nodes: list[Node] = []
    stack: list[Node] = []
    for line in lines:
        kind, brace = line.split()
        if kind not in USES or brace != "{":
            raise ValueError(f"no node: {line}")
        node = _node(kind, lines)
        asked = int(node.knob("inputs")) if "inputs" in node.knobs else USES[kind]
        if asked > len(stack):
            raise ValueError(f"{kind}: {asked} inputs, {len(stack)} nodes before it")
        node.inputs = [stack.pop() for _ in range(asked)]  # the last one is input 0
        nodes.append(node)
        if kind not in ("Root", "Viewer"):
            stack.append(node)
    return nodes


def _node(kind: str, lines: Iterator[str]) -> Node:
    node = Node(kind)
    for line in lines:
        if line == "}":
            break
        name, *words = _words(line)
        if name == "addUserKnob":
            number, called, *_ = words[0].split()
            node.users[called] = int(number)
            continue
        if name not in KNOBS[kind] and name not in node.users:
            raise ValueError(f"{kind}: no knob {name}")
        if name in node.knobs:
            raise ValueError(f"{kind}: {name} twice")
        node.knobs[name] = words
    else:
        raise ValueError(f"{kind}: never closed")
    return node


def _words(line: str) -> list[str]:
    """The words of a line as Tcl has them: bare, in quotes, or in braces, which nest."""
    words, place = [], 0
    while place < len(line):
        if line[place] == " ":
            place += 1
            continue
        end = _end(line, place)
        bounded = line[place] in '"{'
        words.append(line[place + 1 : end - 1] if bounded else line[place:end])
        if end < len(line) and line[end] != " ":
            raise ValueError(f"nothing may follow a word at once: {line}")
        place = end
    return words


def _end(line: str, place: int) -> int:
    if line[place] == '"':
        at = place + 1
        while line[at] != '"':
            if line[at] == "[":
                raise ValueError(f"a bracket that Tcl would run: {line}")
            at += 2 if line[at] == "\\" else 1
        return at + 1
    if line[place] == "{":
        depth = 0
        for at in range(place, len(line)):
            depth += {"{": 1, "}": -1}.get(line[at], 0)
            if depth == 0:
                return at + 1
        raise ValueError(f"a brace is not closed: {line}")
    found = line.find(" ", place)
    return len(line) if found < 0 else found
