"""`facefusion models pull|import|export`: weights in and out of your own folder."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import typer

from facefusion.cli.call import Call
from facefusion.cli.reporting import Reporter

MIRRORS = "FACEFUSION_MIRRORS"


def add_to(app: typer.Typer) -> None:
    """Make the commands part of `facefusion models`."""
    app.command("pull")(pull_models)
    app.command("import")(import_files)
    app.command("export")(export_models)


def pull_models(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Names from `facefusion models list`; what they need comes along."),
    mirror: list[str] = typer.Option(
        [], help="Address of a folder that holds the files by name, tried first; repeats. Default: FACEFUSION_MIRRORS."
    ),
    proxy: str = typer.Option("", help="Address of a proxy. Default: the system's."),
    offline: bool = typer.Option(False, "--offline", help="Never fetch; say what is missing. Default: off."),
    accept_licence: bool = typer.Option(
        False, "--accept-licence", help="Accept the licences of these models, which is written down. Default: off."
    ),
) -> None:
    """Fetch models, resumed where an earlier pull stopped, checked by hash, placed whole or not at all."""
    from facefusion.models import ModelStore
    from facefusion.models.pulling import Network, pull

    reporter, store = Call.of(context).reporter, ModelStore.of_user()
    given = mirror or [one for one in os.environ.get(MIRRORS, "").split(",") if one.strip()]
    network = Network(tuple(one.strip() for one in given), proxy, offline)
    for name in dict.fromkeys(one for asked in names for one in (asked, *store.card(asked).needs)):
        if accept_licence and store.needs_acceptance(name):
            store.accept_licence(name, who=getpass.getuser())
        place = pull(store, name, network, told=_Telling(reporter, name))
        reporter.say(f"{name}: {place}")


def import_files(
    context: typer.Context,
    files: list[Path] = typer.Argument(..., help="ONNX or DFM files, or a bundle of `facefusion models export`."),
    known_as: str = typer.Option("", "--as", help="The model of `facefusion models list` that the file is."),
    name: str = typer.Option("", help="What it is called from now on. Default: its file's name."),
    contract: str = typer.Option("", help="How it is spoken to. Default: guessed by ranks, shapes and names."),
    licence: str = typer.Option("", help="What its licence says. Default: not stated."),
    commercial_use: bool = typer.Option(
        False, "--commercial-use", help="The licence allows commercial use. Default: off."
    ),
) -> None:
    """Take files in: find out what they are, try them, copy them into your folder and write their cards."""
    from facefusion.errors import UsageError
    from facefusion.models import ModelStore
    from facefusion.models.bundles import import_bundle, is_bundle
    from facefusion.models.importing import Told, import_model

    call, store = Call.of(context), ModelStore.of_user()
    if len(files) > 1 and (known_as or name):
        raise UsageError("import: --as and --name are for one file")
    for path in files:
        if is_bundle(path):
            call.reporter.say(f"{path}: took {', '.join(import_bundle(store, path))}")
            continue
        found = import_model(path, store, Told(known_as, name, contract, licence, commercial_use))
        if call.as_json:
            told = {"why": found.why, "seen": found.seen, "task": found.card.task, "contract": found.card.contract}
            call.answer({"name": found.card.name, **told})
        else:
            print(f"{found.card.name}: a {found.card.task} by the contract {found.card.contract}")
            for line in (*found.why, *found.seen):
                print(f"  {line}")


def export_models(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Models of your folder; what they need comes along."),
    output: Path = typer.Option(..., "--output", "-o", help="The archive, NAME.zip."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an archive that exists. Default: off."),
) -> None:
    """Write models into one archive for a machine without a network; `facefusion models import` takes it there."""
    from facefusion.models import ModelStore
    from facefusion.models.bundles import export_bundle

    held = export_bundle(ModelStore.of_user(), names, output, overwrite=overwrite)
    Call.of(context).reporter.say(f"{output}: holds {', '.join(held)}")


class _Telling:
    """Tells now and then how far a download is."""

    def __init__(self, reporter: Reporter, name: str) -> None:
        self._reporter, self._name, self._next = reporter, name, 0

    def __call__(self, here: int, total: int) -> None:
        if here >= self._next:
            self._next = here + max(total // 10, 8 << 20)
            whole = f" of {total / 1e6:.0f}" if total else ""
            self._reporter.say(f"{self._name}: {here / 1e6:.0f}{whole} MB")
            self._reporter.event("pulled", model=self._name, bytes=here, total=total)
