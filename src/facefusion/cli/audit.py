"""`facefusion audit`: what was done, to whose face and on whose word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.call import Call
from facefusion.errors import InvalidInput, OutputExists, OutputFailed

if TYPE_CHECKING:
    from facefusion.provenance.audit.entry import Head
    from facefusion.provenance.audit.log import AuditLog
    from facefusion.provenance.keys import PublicKey

NOT_WHOLE = 1

audit_app = typer.Typer(no_args_is_help=True, help="Show, verify and export the log of what was done.")
_FILE = typer.Option(None, "--audit-file", help="The log. Default: audit/audit.jsonl in your own folder.")
_TRUST = typer.Option(
    [], "--trust", help="A file with a public key whose entries are believed; repeats. Default: none."
)


@audit_app.command("show")
def show(
    context: typer.Context,
    audit_file: Path | None = _FILE,
    last: int = typer.Option(20, "--last", min=0, help="How many entries, the newest; 0 for all. Default: 20."),
    asset: str = typer.Option("", "--asset", help="Only entries about the output with this asset id. Default: all."),
) -> None:
    """List what was written down, the newest last."""
    call, log = Call.of(context), _log(audit_file)
    rows = [entry.as_dict() for entry in log.entries() if not asset or entry.said.get("asset") == asset]
    rows = rows[-last:] if last else rows
    if call.as_json:
        call.answer(rows)
        return
    for row in rows:
        print(_line(row))
    if not rows:
        print(f"{log.store.path}: nothing is written down")


@audit_app.command("verify")
def verify(
    context: typer.Context,
    audit_file: Path | None = _FILE,
    checkpoint: list[Path] = typer.Option(
        [], "--checkpoint", help="A head that was exported before and kept elsewhere; repeats. Default: none."
    ),
    trust: list[Path] = _TRUST,
) -> None:
    """Show whether entries were changed, deleted, reordered, forged or cut off; exit code 1 when they were."""
    from facefusion.provenance.audit.checking import check

    call, log = Call.of(context), _log(audit_file)
    report = check(log, trusted=_trusted(trust), checkpoints=[_head(path) for path in checkpoint])
    if call.as_json:
        call.answer(report.as_dict())
    else:
        state = "whole" if report.is_whole else "NOT whole"
        print(f"{log.store.path}: {report.count} entries, {state}")
        for line in (*map(str, report.problems), *(f"note: {note}" for note in report.notes)):
            print(f"  {line}")
    if not report.is_whole:
        raise typer.Exit(NOT_WHOLE)


@audit_app.command("export")
def export(
    output: Path = typer.Argument(..., help="A .json file with every entry, or a .head file: the signed end alone."),
    audit_file: Path | None = _FILE,
) -> None:
    """Write the log, or only its signed end, to a file that is kept elsewhere; nothing that exists is replaced."""
    log = _log(audit_file)
    head = log.head()
    if head is None:
        raise InvalidInput(f"{log.store.path}: nothing is written down yet, so there is nothing to export")
    if output.suffix == ".head":
        text = head.to_text()
    else:
        entries = [json.loads(line) for line in log.store.lines() if _is_entry(line)]
        text = json.dumps({"entries": entries, "head": json.loads(head.to_text())}, indent=1, ensure_ascii=False)
    _write(output, text)
    print(f"{output}: written; entry {head.number} of {head.time} is the last")


def _log(path: Path | None) -> AuditLog:
    from facefusion.provenance.audit.log import AuditLog

    if path is not None and not path.exists():
        raise InvalidInput(f"{path}: no such file; check the spelling")
    return AuditLog.at(path)


def _trusted(paths: list[Path]) -> list[PublicKey]:
    from facefusion.provenance.audit.log import KEY_NAME
    from facefusion.provenance.keys import PublicKey, local_key

    return [local_key(KEY_NAME).public, *(PublicKey.from_text(_text(path).strip()) for path in paths)]


def _head(path: Path) -> Head:
    from facefusion.provenance.audit.entry import Head, Malformed

    try:
        return Head.parse(_text(path))
    except Malformed as error:
        raise InvalidInput(f"{path}: {error}; export one with: facefusion audit export NAME.head") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise InvalidInput(f"{path}: cannot be read ({words}); check the spelling") from None


def _is_entry(line: str) -> bool:
    from facefusion.provenance.audit.entry import Entry, Malformed

    try:
        Entry.parse(line)
    except Malformed:
        return False
    return True


def _line(row: dict[str, Any]) -> str:
    rest = {name: value for name, value in row.items() if name not in ("number", "time", "what", "digest") and value}
    words = ", ".join(f"{name} {_short(value)}" for name, value in rest.items())
    return f"{row['number']:>5}  {row['time']}  {row.get('what', '?')}: {words}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={_short(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "+".join(_short(part) for part in value)
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text) else text


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        raise OutputExists(f"{path}: is there already; choose another name") from None
    except OSError as error:
        path.unlink(missing_ok=True) if path.is_file() else None
        raise OutputFailed(f"{path}: cannot be written ({(error.strerror or str(error)).lower()})") from None
