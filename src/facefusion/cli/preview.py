"""`facefusion preview`: one frame of a run, or a contact sheet of some, before the run is made."""

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
from facefusion.errors import UsageError
from facefusion.media import check_output
from facefusion.pipeline.cues import parse_cue
from facefusion.pipeline.inputs import files_read
from facefusion.pipeline.plan import Plan

_PLACES = ("target", "output", "overwrite")


def preview(
    values: dict[str, Any],
    *,
    context: typer.Context,
    clip: Path = typer.Argument(..., help="The clip, or an analysis file (.ffa) with its edits, as `render` takes it."),
    at: list[str] | None = typer.Option(
        None, help="Which frame: a time (1:23.5) or a frame (250f); repeat it for a contact sheet. Default: the middle."
    ),
    number: int = typer.Option(
        1,
        min=1,
        max=100,
        show_default=False,
        help="How many frames, evenly spread, where --at is not given. Default: 1.",
    ),
    config: Path | None = typer.Option(
        None, help="A TOML job file, as `run` takes it; its target and output do not count here. Default: none."
    ),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Render single frames, with the very pixels that the whole run would give them.

    facefusion preview clip.mp4 --at 1:23.5 --source anna.jpg

    The clip is measured once, and what was measured is kept, so that the next preview and the run start at once. One
    frame is written in full size, several as a contact sheet; by default beside the clip, as CLIP.preview.png.
    """
    from facefusion.pipeline.preview import preview as preview_plan
    from facefusion.pipeline.preview import write_preview

    call = Call.of(context)
    if values.get("target"):
        raise UsageError(f"target: the clip is named before the flags; got {clip} and --target {values['target']}")
    if config:
        values = {**{name: value for name, value in read_job(config).items() if name not in _PLACES}, **values}
    is_file = clip.suffix.lower() == ".ffa"
    analysis, wanted = kept_request(clip, values) if is_file else (None, {**values, "target": str(clip)})
    given_output = values.get("output")
    wanted["output"] = given_output or str(clip.with_name(f"{clip.stem.replace('%', '')}.preview.png"))
    plan = Plan.from_mapping(wanted)
    if plan.output.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"):
        raise UsageError(f"output: got {plan.output.name}, a preview is a picture; give a .png, .jpg, .webp or .tiff")
    check_output(plan.output, overwrite=plan.job.overwrite, inputs=files_read(plan))
    cues = [cue for text in at or () if (cue := parse_cue(text, option="at")) is not None]
    progress = Progress(call.reporter)
    with stopped_by_signals(progress):
        found = preview_plan(
            plan,
            cues,
            progress,
            number=number,
            analysis=analysis,
            cache=cache_of(analysis_cache, is_off=no_analysis_cache),
        )
    write_preview(plan.output, found, plan, overwrite=plan.job.overwrite)
    frames = [{"frame": one.frame.index, "seconds": float(one.seconds)} for one in found]
    call.reporter.event("done", output=str(plan.output), frames=frames)
    numbers = ", ".join(str(one.frame.index) for one in found)
    call.reporter.say(f"{plan.output}: frame{'s' if len(found) > 1 else ''} {numbers}, marked as AI-made")
