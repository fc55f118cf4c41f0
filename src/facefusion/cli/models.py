"""`facefusion models`: which weights are known, and which are here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.call import Call
from facefusion.cli.places import models_folder, user_name

models_app = typer.Typer(no_args_is_help=True, help="Which models are known, which are here, and under what licence.")


@models_app.command("list")
def list_models(context: typer.Context) -> None:
    """Every known model: its task, whether it is here, its licence."""
    call = Call.of(context)
    rows = [_row(card) for card in _store().cards()]
    if call.as_json:
        call.answer(rows)
        return
    _print_table(rows)
    for path in _store().strangers():
        call.reporter.say(
            f"{path}: nothing is known of this file; `facefusion models import {path}` finds out what it is"
        )


@models_app.command("show")
def show_model(
    context: typer.Context,
    name: str = typer.Argument(..., help="A name from `facefusion models list`."),
) -> None:
    """Everything the card of one model says."""
    call = Call.of(context)
    row = _row(_store().card(name), full=True)
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
    call, store = Call.of(context), _store()
    for card in [store.card(name) for name in names]:
        store.accept_licence(card.name, who=user_name())
        call.reporter.say(f"{card.name}: accepted {card.licence} ({card.origin})")
        call.reporter.event("accepted", model=card.name, licence=card.licence)


@models_app.command("path")
def path_of_model(
    context: typer.Context,
    name: str = typer.Argument(..., help="A name from `facefusion models list`."),
) -> None:
    """Where the checked file of a model lies."""
    found = _store().path(name)
    call = Call.of(context)
    if call.as_json:
        call.answer({"name": name, "path": str(found)})
    else:
        print(found)


@models_app.command("remove")
def remove_model(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Names of models in your own folder."),
    force: bool = typer.Option(False, "--force", help="Also what other models cannot do without. Default: off."),
) -> None:
    """Delete models from your own folder, with their cards and what unfinished pulls left; what comes with the package
    stays, and so does what other models of yours need. All of the names, or none."""
    reporter, wanted = Call.of(context).reporter, list(dict.fromkeys(names))
    _store().remove(*wanted, needed=force)
    for name in wanted:
        reporter.say(f"{name}: removed")
        reporter.event("removed", model=name)


@models_app.command("verify")
def verify_models(
    context: typer.Context,
    trust: list[Path] = typer.Option(
        [], "--trust", help="A file with the public key of a release; repeats. Default: the one in the package."
    ),
) -> None:
    """Compare all weights on this machine with what they were: the package's with the signed list of the release, yours
    with their cards and the lock file; every file is read anew. Exit code 6 when one differs."""
    from facefusion.errors import ModelInvalid
    from facefusion.provenance.keys import PublicKey
    from facefusion.provenance.signed_weights import check_weights, text_of

    call = Call.of(context)
    states = check_weights([PublicKey.from_text(text_of(path).strip()) for path in trust])
    rows = [{"file": one.file, "state": one.state, "what": one.what} for one in states]
    own = _store().verified()
    rows += [{"file": one.file, "state": one.state, "what": one.what} for one in own]
    if call.as_json:
        call.answer(rows)
    else:
        for row in rows:
            print(f"{row['file']}: {row['state']} ({row['what']})")
    wrong = [one.file for one in states if not one.is_sound]
    if wrong:
        raise ModelInvalid(f"{', '.join(wrong)}: not as released; install FaceFusion again")
    changed = [one.file for one in own if not one.is_sound]
    if changed:
        raise ModelInvalid(f"{', '.join(changed)}: not what they were; get them again, or import them as they are")


def _store() -> Any:
    from facefusion.models import ModelStore

    return ModelStore.of_user()


def _print_table(rows: list[dict[str, Any]]) -> None:
    """One line a model, as long as it is, so that nothing is cut off and `grep` finds it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for title in ("name", "task", "here", "commercial use", "licence"):
        table.add_column(title)
    for row in rows:
        table.add_row(row["name"], row["task"], row["state"], "yes" if row["commercial_use"] else "no", row["licence"])
    Console(width=1000).print(table)


def _tensor_text(spec: Any) -> str:
    """`target (1, 3, 256, 256) float32, NCHW, rgb, -1 to 1`, and what is taken off and divided by, where that is so."""
    told = [f"{spec.name} ({', '.join(map(str, spec.shape))}) {spec.dtype}"]
    if spec.layout != "flat":
        told += [spec.layout, spec.colour, f"{spec.range[0]:g} to {spec.range[1]:g}"]
    for word in ("mean", "std"):
        values = getattr(spec, word)
        if values != {"mean": (0.0,), "std": (1.0,)}[word]:
            told.append(f"{word} {' '.join(f'{value:g}' for value in values)}")
    return ", ".join(told)


def _row(card: Any, *, full: bool = False) -> dict[str, Any]:
    store = _store()
    here = store.has(card.name)
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
            "accepted": "not needed" if card.commercial_use else "no" if store.needs_acceptance(card.name) else "yes",
            "origin": card.origin,
            "addresses": ", ".join(card.addresses) or "none: obtain it from the origin",
            "contract": card.contract,
            "template": card.template or "none",
            "inputs": "; ".join(map(_tensor_text, card.inputs)),
            "outputs": "; ".join(map(_tensor_text, card.outputs)),
            "folder": str(models_folder()),
            "made from": f"{card.made_from}, {card.precision}, lost {card.accuracy_loss:g}" if card.made_from else "no",
            "notes": card.notes or "none",
        }
    return row
