"""`facefusion render`: the second pass alone, from an analysis that was kept and perhaps edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.call import Call
from facefusion.cli.run import render as render_plan
from facefusion.errors import UsageError
from facefusion.media import NumberedPattern, open_media
from facefusion.pipeline.plan import Plan


def render(
    values: dict[str, Any],
    *,
    context: typer.Context,
    file: Path = typer.Argument(..., help="The analysis file, with its edits: see `facefusion edit`."),
) -> None:
    """Render a clip from its analysis file: nothing is measured again, and every edit in the file is respected.

    Options that were kept in the file (facefusion edit a.ffa plan …) hold unless a flag says otherwise. The clip is
    looked for beside the file when --target is not given; one that was changed since is refused.
    """
    from facefusion.pipeline.analysis_file import check_belongs, read_analysis
    from facefusion.pipeline.edit_log import EditLog

    analysis = read_analysis(file)
    wanted = {**EditLog.from_plain(analysis.edits).request, **values}
    if "target" not in wanted:
        wanted["target"] = _beside(file, analysis.media.name if analysis.media else "")
    plan = Plan.from_mapping(wanted)
    with open_media(plan.target, policy=plan.read_policy) as reader:
        check_belongs(analysis, reader, path=file)
    render_plan(plan, Call.of(context).reporter, analysis=analysis)


def _beside(file: Path, name: str) -> str:
    clip = file.parent / name
    if not name or not (clip.exists() or NumberedPattern.is_pattern(clip)):
        raise UsageError(f"target: nothing given, and {name or 'no clip'} is not beside {file}; name it with --target")
    return str(clip)
