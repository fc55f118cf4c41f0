"""`facefusion conform`: an edit in, its shots processed, the edit out with our results on a track of its own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import typer

from facefusion.cli.call import Call
from facefusion.cli.stopping import stopped_by_signals
from facefusion.core import Progress
from facefusion.errors import UsageError

_USUAL = {text: Fraction(round(float(text)) * 1000, 1001) for text in ("23.976", "23.98", "29.97", "47.952", "59.94")}
"""What is written short, and means a thousandth less than a whole number."""


def conform(
    values: dict[str, Any],
    *,
    context: typer.Context,
    timeline: Path = typer.Argument(..., help="The edit: .otio or .edl."),
    folder: Path = typer.Argument(..., help="A folder for the results and the new edit; it has to be there."),
    handles: int = typer.Option(8, help="Frames to process before and after what is used. Default: 8."),
    suffix: str = typer.Option(".mov", help="What the results are written as. Default: .mov."),
    edl_rate: str = typer.Option(
        "", help="Frames a second of an EDL, as 25 or 30000/1001. Default: that of the clips it names."
    ),
    media: Path | None = typer.Option(
        None, help="Where media are looked for that the edit does not lead to. Default: beside the edit."
    ),
) -> None:
    """Process only what an edit uses, and write the edit back with the results as a new track.

    facefusion conform cut.otio results/ --source anna.jpg --video-codec prores_4444

    Shots without a face stay as they are: the new track has a gap there.
    """
    from facefusion.pipeline.conform import Conform

    reporter = Call.of(context).reporter
    overwrite = bool(values.pop("overwrite", False))
    job = Conform(timeline, folder, values, suffix, handles, media, overwrite, _rate_of(edl_rate))
    progress = Progress(reporter)
    with stopped_by_signals(progress):
        done = job.run(progress)
    for report in done.reports:
        for line in report.lines():
            reporter.say(line)
    if done.left_out:
        reporter.say(f"{', '.join(done.left_out)}: no face there, left as before")
    outputs = [str(path) for path in done.outputs]
    edl = None if done.edl is None else str(done.edl)
    reporter.event("done", timeline=str(done.timeline), edl=edl, outputs=outputs, left_out=list(done.left_out))
    reporter.say(f"{done.timeline}: {len(done.outputs)} shots on the track FaceFusion")


def _rate_of(text: str) -> Fraction | None:
    """Frames a second: 25, 29.97 or 30000/1001. Raises UsageError."""
    try:
        rate = Fraction(text) if text else None
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate is not None and not 1 <= rate <= 1000:
        raise UsageError(f"edl-rate: got {text!r}, supported is 1 to 1000 frames a second, as 25 or 30000/1001")
    return _USUAL.get(str(float(rate)), rate) if rate is not None else None
