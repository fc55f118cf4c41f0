"""`facefusion run`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.caching import FOLDER, SWITCHED_OFF, cache_of
from facefusion.cli.call import Call
from facefusion.cli.jobfile import read_job, write_job
from facefusion.cli.reporting import Reporter
from facefusion.cli.stopping import stopped_by_signals
from facefusion.core import Analysis, Progress
from facefusion.media import check_output
from facefusion.pipeline.inputs import files_read
from facefusion.pipeline.plan import Plan

if TYPE_CHECKING:
    from facefusion.pipeline.analysis_cache import AnalysisCache


def run(
    values: dict[str, Any],
    *,
    context: typer.Context,
    config: Path | None = typer.Option(
        None, help="A TOML job file with the same keys as the flags; a flag wins over it. Default: none."
    ),
    save_config: Path | None = typer.Option(
        None,
        help="Write this job as a TOML file before it runs, to run it again with --config; one that exists is replaced "
        "with --overwrite only. Default: none.",
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Check the request (and save it with --save-config), then stop. Default: off."
    ),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Put a face on a performance: photo or clip in, marked photo or clip out.

    The word `run` may be left out: facefusion --source photo.jpg --target clip.mp4 --output out.mp4
    """
    reporter = Call.of(context).reporter
    cache = cache_of(analysis_cache, is_off=no_analysis_cache)
    plan = Plan.from_mapping({**(read_job(config) if config else {}), **values})
    if save_config:
        check_output(save_config, overwrite=plan.job.overwrite, inputs=files_read(plan))
        write_job(save_config, plan.to_mapping())
    if dry_run:
        reporter.say("the request is valid; nothing was run")
        return
    render(plan, reporter, cache=cache)


def render(
    plan: Plan, reporter: Reporter, *, analysis: Analysis | None = None, cache: AnalysisCache | None = None
) -> None:
    """Run a plan and tell how it went.

    analysis: measured before, perhaps edited; by default it is taken from `cache`, or measured now.
    """
    from facefusion.cli.starting import load_engine

    run_plan = load_engine()
    progress = Progress(reporter)
    reporter.event("started", target=str(plan.target), output=str(plan.output))
    with stopped_by_signals(progress):
        report = run_plan(plan, progress, analysis=analysis, cache=cache)
    for line in report.warnings:
        reporter.warning(line)
    reporter.event("done", **report.as_dict())
    for line in report.lines():
        if line not in report.warnings:
            reporter.say(line)
