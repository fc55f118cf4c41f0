"""`facefusion report`: how good a result is, against its target."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from facefusion.cli.caching import FOLDER, SWITCHED_OFF, cache_of
from facefusion.cli.call import Call
from facefusion.core import Progress


def report(
    context: typer.Context,
    outputs: list[Path] = typer.Argument(..., help="Results; several are shown side by side."),
    against: Path = typer.Option(..., "--against", help="The target that they were made from."),
    source: list[Path] = typer.Option([], help="A photo of whose face was put on; repeats. Default: none."),
    html: Path | None = typer.Option(None, help="Write a page with plots. Default: none."),
    every: int = typer.Option(5, min=1, max=1000, help="Identity of every such frame. Range 1 to 1000. Default: 5."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a page that exists. Default: off."),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Measure identity, pose, expression, flicker, seam and likeness, frame by frame, and check the marks.

    --json prints everything; --html writes a page that needs nothing else.
    """
    from facefusion.media.paths import check_output, write_atomically
    from facefusion.pipeline.comparing import compare
    from facefusion.pipeline.comparison_page import html_page

    call = Call.of(context)
    if html is not None:
        check_output(html, overwrite=overwrite, inputs=[*outputs, against, *source])
    cache = cache_of(analysis_cache, is_off=no_analysis_cache)
    progress = Progress(call.reporter)
    found = [compare(path, against, progress, sources=source, every=every, cache=cache) for path in outputs]
    if html is not None:
        write_atomically(html, html_page(found).encode(), overwrite=overwrite)
    if call.as_json:
        call.answer([one.as_dict() for one in found])
        return
    for one in found:
        means = {name: value for name, value in one.means.items() if value is not None}
        print(f"{one.output}: {json.dumps(means)}")
        print(
            f"{one.output}: {len(one.flags())} flags, {len(one.dropped)} frames lost their face, marks {_verdict(one)}"
        )


def _verdict(one: object) -> str:
    marks = getattr(one, "marks", {})
    return str(marks.get("verdict", "unknown"))
