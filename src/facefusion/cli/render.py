"""`facefusion render`: the second pass alone, from an analysis that was kept and perhaps edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.call import Call
from facefusion.cli.jobfile import read_job
from facefusion.cli.run import render as render_plan
from facefusion.errors import UsageError
from facefusion.media import NumberedPattern, open_media
from facefusion.pipeline.plan import Plan

if TYPE_CHECKING:
    from facefusion.core import Analysis


def render(
    values: dict[str, Any],
    *,
    context: typer.Context,
    file: Path = typer.Argument(..., help="The analysis file, with its edits: see `facefusion edit`."),
    config: Path | None = typer.Option(
        None,
        help="A TOML job file, as `run` takes it; it wins over what was kept in FILE, a flag over both. Default: none.",
    ),
) -> None:
    """Render a clip from its analysis file: nothing is measured again, and every edit in the file is respected.

    Options that were kept in the file (facefusion edit a.ffa plan …) hold unless a flag says otherwise. The clip is
    looked for beside the file when --target is not given; one that was changed since is refused.
    """
    from facefusion.pipeline.analysis_file import check_belongs

    analysis, wanted = kept_request(file, {**(read_job(config) if config else {}), **values})
    plan = Plan.from_mapping(wanted)
    with open_media(plan.target) as reader:
        check_belongs(analysis, reader, path=file)
    render_plan(plan, Call.of(context).reporter, analysis=analysis)


def kept_request(file: Path, values: dict[str, Any]) -> tuple[Analysis, dict[str, Any]]:
    """The analysis of a file, and `values` with what was kept in it; the clip is looked for beside the file.

    Raises InvalidInput, and UsageError when no clip is named and none is beside the file.
    """
    from facefusion.pipeline.analysis_file import read_analysis
    from facefusion.pipeline.edit_log import EditLog

    analysis = read_analysis(file)
    wanted = {**EditLog.from_plain(analysis.edits).request, **values}
    if "target" not in wanted:
        wanted["target"] = _beside(file, analysis.media.name if analysis.media else "")
    return analysis, wanted


def _beside(file: Path, name: str) -> str:
    clip = file.parent / name
    if not name or not (clip.exists() or NumberedPattern.is_pattern(clip)):
        raise UsageError(f"target: nothing given, and {name or 'no clip'} is not beside {file}; name it with --target")
    return str(clip)
