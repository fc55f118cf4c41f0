"""Corrections that a request brings along, put onto what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from facefusion.core import Analysis, Track
from facefusion.errors import UsageError
from facefusion.jobs.bundle import Bundle
from facefusion.jobs.request import check_options
from facefusion.pipeline.edit_json import from_plain
from facefusion.pipeline.edit_log import EditLog

_PAINTED = "mask-image"


def with_edits(analysis: Analysis, bundle: Bundle, files: Mapping[str, Path]) -> Analysis:
    """The same measurements with the request's edits, dated by the job. Raises InvalidInput, UsageError."""
    log = EditLog.from_plain(())
    for said in bundle.request.edits:
        for one in over_tracks(over_files(said, files), analysis):
            log = log.adding(from_plain(one), author="service", time=bundle.created)
    return replace(analysis, edits=log.to_plain())


def over_tracks(said: Mapping[str, Any], analysis: Analysis) -> list[dict[str, Any]]:
    """A reference that names no track is one for each track that is seen in its frames, of `person` where one is named.

    Raises UsageError when nobody is.
    """
    if said.get("kind") != "reference" or "track" in said:
        return [dict(said)]
    edit = {name: value for name, value in said.items() if name != "person"}
    seen = [set(analysis.tracks_in(index)) for index in edit.get("frames", ())]
    tracks = [track for track in (set.intersection(*seen) if seen else ()) if _is_of(track, said.get("person"))]
    if not tracks:
        raise UsageError(f"reference: nobody is seen in frame {edit.get('frames')}; choose one that shows the face")
    return [{**edit, "track": track.track_id} for track in sorted(tracks, key=lambda track: track.track_id)]


def _is_of(track: Track, person: int | None) -> bool:
    return person is None or track.person_id == person


def check(said: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Raise InvalidInput or UsageError for what is no edit, before anything was measured."""
    edit = over_files(said, files)
    if edit.get("kind") == "reference" and "track" not in edit:
        edit = {"track": 0, **{name: value for name, value in edit.items() if name != "person"}}
    from_plain(edit)


def over_files(said: Mapping[str, Any], files: Mapping[str, Path]) -> dict[str, Any]:
    """An edit whose painted mask is a file instead of an asset. Raises UsageError for what no request may say."""
    if said.get("kind") == "plan":
        raise UsageError("edits: the kind plan is not taken here; say it in options, sources and assign")
    values = said.get("values")
    if said.get("kind") != "settings" or not isinstance(values, list):
        return dict(said)
    return {**said, "values": [_over_file(pair, files) for pair in values]}


def _over_file(pair: Any, files: Mapping[str, Path]) -> Any:
    if not isinstance(pair, list) or len(pair) != 2 or not pair[1]:
        return pair
    if str(pair[0]).replace("_", "-") != _PAINTED:
        check_options({str(pair[0]): pair[1]})
        return pair
    if pair[1] not in files:
        raise UsageError(f"edits: {_PAINTED} is {pair[1]!r}, which is no asset of this project")
    return [pair[0], str(files[pair[1]])]
