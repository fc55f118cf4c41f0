"""`facefusion models`: which weights are known, and which are here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.call import Call
from facefusion.cli.places import models_folder

models_app = typer.Typer(no_args_is_help=True, help="Which models are known, which are here, and under what licence.")


@models_app.command("list")
def list_models(context: typer.Context) -> None:
    """Every known model: its task, whether it is here, its licence."""
    from facefusion.models import cards

    call = Call.of(context)
    rows = [_row(card) for card in cards()]
    if call.as_json:
        call.answer(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "task", "here", "commercial use", "licence", box=None)
    for row in rows:
        table.add_row(row["name"], row["task"], row["state"], "yes" if row["commercial_use"] else "no", row["licence"])
    Console().print(table)


@models_app.command("show")
def show_model(
    context: typer.Context,
    name: str = typer.Argument(..., help="A name from `facefusion models list`."),
) -> None:
    """Everything the card of one model says."""
    from facefusion.models import card_named

    call = Call.of(context)
    row = _row(card_named(name), full=True)
    if call.as_json:
        call.answer(row)
        return
    for key, value in row.items():
        print(f"{key.replace('_', ' ')}: {value}")


@models_app.command("accept")
def accept_licence(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Names from `facefusion models list`."),
) -> None:
    """Accept the licence of models that forbid commercial use: once, written down with your name and the time."""
    import getpass

    call, store = Call.of(context), _store()
    for name in names:
        card = store.card(name)
        store.accept_licence(name, who=getpass.getuser())
        call.reporter.say(f"{name}: accepted {card.licence} ({card.origin})")


@models_app.command("verify")
def verify_models(
    context: typer.Context,
    trust: list[Path] = typer.Option(
        [], "--trust", help="A file with the public key of a release; repeats. Default: the one in the package."
    ),
) -> None:
    """Compare the weights on this machine with the signed list of the release; exit code 6 when they differ."""
    from facefusion.errors import ModelInvalid
    from facefusion.provenance.keys import PublicKey
    from facefusion.provenance.signed_weights import check_weights, text_of

    call = Call.of(context)
    states = check_weights([PublicKey.from_text(text_of(path).strip()) for path in trust])
    if call.as_json:
        call.answer([{"file": one.file, "state": one.state, "what": one.what} for one in states])
    else:
        for one in states:
            print(f"{one.file}: {one.state} ({one.what})")
    wrong = [one.file for one in states if not one.is_sound]
    if wrong:
        raise ModelInvalid(f"{', '.join(wrong)}: not as released; install FaceFusion again")


def _store() -> Any:
    from facefusion.models import ModelStore

    return ModelStore.of_user()


def _row(card: Any, *, full: bool = False) -> dict[str, Any]:
    from facefusion.models import ModelStore

    here = ModelStore((models_folder(),)).has(card.name)
    row: dict[str, Any] = {
        "name": card.name,
        "task": card.task,
        "state": "bundled" if card.bundled else "present" if here else "missing",
        "commercial_use": card.commercial_use,
        "licence": card.licence,
    }
    if full:
        row |= {
            "size": card.size_text,
            "sha256": card.sha256 or "not published",
            "origin": card.origin,
            "template": card.template or "none",
            "inputs": "; ".join(str(spec) for spec in card.inputs),
            "outputs": "; ".join(str(spec) for spec in card.outputs),
            "folder": str(models_folder()),
        }
    return row
