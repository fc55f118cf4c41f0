"""`facefusion people`: who is in a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.caching import FOLDER, SWITCHED_OFF, cache_of
from facefusion.cli.call import Call
from facefusion.cli.places import models_folder
from facefusion.cli.reporting import duration_text
from facefusion.cli.stopping import stopped_by_signals
from facefusion.core import Frame, Progress


def people(
    values: dict[str, Any],
    *,
    context: typer.Context,
    clip: Path = typer.Argument(..., help="The picture, clip, folder or numbered sequence to look through."),
    output: Path | None = typer.Option(
        None, help="Where the contact sheet goes (PNG). Default: beside the clip, as CLIP.people.png."
    ),
    overwrite: bool = typer.Option(False, help="Replace a contact sheet that exists. Default: off."),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Find who is in a clip: one id a person, how long each is seen, and a contact sheet.

    The ids are what --assign takes: facefusion run --assign 1=anna.jpg --assign 2=bo1.jpg,bo2.jpg …
    """
    from facefusion.media import check_output, write_image
    from facefusion.pipeline.people import find_people
    from facefusion.pipeline.sections import split

    call = Call.of(context)
    sheet = output or clip.with_name(f"{clip.stem}.people.png")
    check_output(sheet, overwrite=overwrite, inputs=[clip])
    cache = cache_of(analysis_cache, is_off=no_analysis_cache)
    progress, parts = Progress(call.reporter), split(values)
    with stopped_by_signals(progress):
        report = find_people(
            clip,
            progress,
            models_folder=Path(parts["job"].models_folder or models_folder()),
            workers=0,
            cache=cache,
            finder=parts["finder"],
        )
    write_image(sheet, Frame(report.sheet()), overwrite=overwrite)
    call.reporter.clear()
    rows = [_row(person) for person in report.people]
    if call.as_json:
        call.answer({"people": rows, "sheet": str(sheet)})
    else:
        _print_table(rows, sheet)


def _row(person: Any) -> dict[str, Any]:
    return {
        "id": person.person_id,
        "frames": person.num_frames,
        "seconds": round(float(person.seconds), 3),
        "first_seconds": round(float(person.first_seconds), 3),
    }


def _print_table(rows: list[dict[str, Any]], sheet: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "seen for", "frames", "first seen at", box=None)
    for row in rows:
        table.add_row(
            str(row["id"]), f"{row['seconds']:.1f} s", str(row["frames"]), duration_text(row["first_seconds"])
        )
    console = Console()
    console.print(table)
    console.print(f"contact sheet: {sheet}", markup=False, highlight=False, soft_wrap=True)
