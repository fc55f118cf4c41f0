"""What a reviewer asks of a range, in the words of the engine's edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from facefusion.service.problems import Problem


def range_edits(ranges: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Edits as `facefusion edit export` writes them. Raises Problem for a range that asks for nothing."""
    return [edit for one in ranges for edit in _edits(one)]


def _edits(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if said["stop"] <= said["start"]:
        raise Problem("bad-request", "ranges: stop has to be after start")
    part = [said["start"], said["stop"]]
    who = _who(said)
    values = dict(said["options"])
    if said["mask_image"]:
        values["mask-image"] = said["mask_image"]
    found = []
    if values:
        found.append(
            {"kind": "settings", "who": who, "values": [[name, value] for name, value in values.items()], "part": part}
        )
    if said["strength"] is not None:
        found.append({"kind": "strength", "who": who, "value": said["strength"], "part": part})
    if said["exclude"]:
        found.append({"kind": "exclude", "who": who, "part": part})
    if said["reference_frame"] is not None:
        found.append({"kind": "reference", **who, "frames": [said["reference_frame"]], "part": part})
    if not found:
        raise Problem("bad-request", "ranges: each has to ask for something (options, strength, exclude, …)")
    yield from found


def _who(said: Mapping[str, Any]) -> dict[str, Any]:
    if said["track_id"] is not None:
        return {"track": said["track_id"]}
    if said["person_id"] is not None:
        return {"person": said["person_id"]}
    return {}
