"""`facefusion turnover`: the layers, tracks and papers that a compositor needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.caching import FOLDER, SWITCHED_OFF, cache_of
from facefusion.cli.call import Call
from facefusion.cli.jobfile import read_job
from facefusion.cli.render import kept_request
from facefusion.cli.stopping import stopped_by_signals
from facefusion.core import Progress
from facefusion.pipeline.plan import Plan


def turnover(
    values: dict[str, Any],
    *,
    context: typer.Context,
    config: Path | None = typer.Option(
        None, help="A TOML job file with the same keys as the flags; a flag wins over it. Default: none."
    ),
    analysis: Path | None = typer.Option(
        None, help="An analysis file with its edits, instead of measuring the target. Default: none."
    ),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Render a shot as a folder for compositors: layers as EXR, plate, tracks, timeline, Nuke script, signed list.

    facefusion turnover --source anna.jpg --target shot.mov --output turnover/

    Its RGBA over the plate is the picture that `run` delivers, with label and watermark.
    """
    from facefusion.pipeline.engine import run
    from facefusion.pipeline.turnover import open_turnover

    reporter = Call.of(context).reporter
    kept, wanted = None, {**(read_job(config) if config else {}), **values}
    if analysis is not None:
        kept, wanted = kept_request(analysis, wanted)
    plan = Plan.from_mapping(wanted)
    progress = Progress(reporter)
    reporter.event("started", target=str(plan.target), output=str(plan.output))
    with stopped_by_signals(progress):
        cache = cache_of(analysis_cache, is_off=no_analysis_cache)
        report = run(plan, progress, analysis=kept, cache=cache, open_output=open_turnover)
    for line in report.warnings:
        reporter.warning(line)
    reporter.event("done", **report.as_dict())
    for line in report.lines():
        if line not in report.warnings:
            reporter.say(line)
