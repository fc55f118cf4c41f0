"""`facefusion verify`: read the marks of an output back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facefusion.cli.call import Call

if TYPE_CHECKING:
    from facefusion.provenance.report import MarkReport, Verdict

EXIT_CODES: dict[Verdict, int] = {
    "unreadable": 3,
    "altered": 10,
    "untrusted": 13,
    "incomplete": 11,
    "none": 12,
    "intact": 0,
}
"""By verdict, the weightiest first: of several files the first that any of them has is what the command ends with."""


def verify(
    context: typer.Context,
    paths: list[Path] = typer.Argument(..., help="Pictures, clips, or folders of them."),
    trust: list[Path] | None = typer.Option(
        None,
        help="PEM file of authorities whose signatures are trusted; repeat it. Without it any signer will do. "
        " Default: none.",
    ),
) -> None:
    """Show whether files say that they were made with AI, and whether they are as they were made.

    Exit codes: 0 every mark there and intact, 10 altered, 11 some marks are missing, 12 no mark at all, 13 signed by
    nobody who is trusted (with --trust), 3 a file cannot be read. Of several files the weightiest counts: 3, 10, 13,
    11, 12. The visible label is not read: look at the picture.
    """
    from facefusion.provenance.manifest.certificates import anchors_of

    call = Call.of(context)
    anchors = anchors_of(trust) if trust else None
    reports = [report for path in paths for report in _reports(path, anchors, is_alone=len(paths) == 1)]
    if call.as_json:
        call.answer([report.as_dict() for report in reports])
    else:
        for report in reports:
            print("\n".join(report.lines()))
    found = {report.verdict for report in reports}
    code = next((code for verdict, code in EXIT_CODES.items() if verdict in found), 0)
    if code:
        raise typer.Exit(code)


def _reports(path: Path, anchors: str | None, *, is_alone: bool) -> tuple[MarkReport, ...]:
    """The reports of one argument; a file of several that cannot be read has one too. Raises MediaUnreadable."""
    from facefusion.errors import InvalidInput
    from facefusion.provenance.verification import unread, verify_all

    try:
        return verify_all(path, anchors=anchors)
    except InvalidInput as error:
        if is_alone:
            raise
        return (unread(path, error),)
