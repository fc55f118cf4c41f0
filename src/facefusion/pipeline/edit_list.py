"""Edits in a file of their own: to keep with a project, to write by hand, to take to a new analysis."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from facefusion.errors import InvalidInput
from facefusion.media.paths import check_input
from facefusion.pipeline.analysis_file import read_analysis
from facefusion.pipeline.edit_json import from_plain, to_plain
from facefusion.pipeline.edit_log import EditLog
from facefusion.pipeline.edits import Edit


def edits_text(edits: Iterable[Edit]) -> str:
    """JSON, one edit a line, that `read_edits` reads; ASCII."""
    lines = ",\n  ".join(json.dumps(to_plain(edit)) for edit in edits)
    return f'{{"edits": [\n  {lines}\n]}}\n' if lines else '{"edits": []}\n'


def read_edits(path: str | Path) -> tuple[Edit, ...]:
    """The edits of a JSON file, or those that hold in an analysis file. Raises InvalidInput, naming the edit."""
    path = Path(path)
    if path.suffix.lower() == ".ffa":
        return tuple(entry.edit for entry in EditLog.from_plain(read_analysis(path).edits).active)
    check_input(path)
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["edits"]
        if not isinstance(listed, list):
            raise TypeError("edits is no list")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(f'{path}: holds no edits ({error}); give {{"edits": […]}} or an .ffa file') from error
    return tuple(_edit(data, number, path) for number, data in enumerate(listed, start=1))


def _edit(data: object, number: int, path: Path) -> Edit:
    try:
        return from_plain(data)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: number {number}: {error}") from error
