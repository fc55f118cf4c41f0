"""`facefusion verify`: read the marks of an output back."""

from __future__ import annotations

from pathlib import Path

import typer

from facefusion.cli.call import Call

NOT_MARKED = 1


def verify(
    context: typer.Context,
    path: Path = typer.Argument(..., help="A picture, a clip, or a folder of them."),
) -> None:
    """Show whether a file says that it was made with AI; exit code 0 when every file does, 1 when one does not."""
    from facefusion.provenance import verify_all

    call = Call.of(context)
    reports = verify_all(path)
    if call.as_json:
        call.answer([report.as_dict() for report in reports])
    else:
        for report in reports:
            print("\n".join(report.lines()))
    if not all(report.is_marked for report in reports):
        raise typer.Exit(NOT_MARKED)
