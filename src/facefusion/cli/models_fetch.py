"""`facefusion models pull|import|export`: weights in and out of your own folder."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facefusion.cli.call import Call
from facefusion.cli.places import user_name
from facefusion.cli.reporting import Reporter, duration_text
from facefusion.models.writing import size_text

if TYPE_CHECKING:
    from facefusion.models.importing import Imported

MIRRORS = "FACEFUSION_MIRRORS"
USED_BY = {
    "face_swapper": "face-swapper-model",
    "face_enhancer": "face-enhancer-model",
    "face_detector": "face-detector-model",
    "face_landmarker": "face-landmarker-model",
    "face_occluder": "mask-occlusion-model",
    "face_parser": "mask-occlusion-model",
    "lip_syncer": "lip-syncer-model",
    "background_remover": "background-remover-model",
    "frame_enhancer": "frame-enhancer-model",
    "frame_colorizer": "frame-colorizer-model",
}
"""The option that names a model, by its task."""


def add_to(app: typer.Typer) -> None:
    """Make the commands part of `facefusion models`."""
    app.command("pull")(pull_models)
    app.command("import")(import_files)
    app.command("export")(export_models)


def pull_models(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Names from `facefusion models list`; what they need comes along."),
    mirror: list[str] = typer.Option(
        [],
        help="Address of a folder that holds the files by name, tried first; may hold a login, like "
        "https://user:password@host/zoo; repeats. Default: FACEFUSION_MIRRORS.",
    ),
    proxy: str = typer.Option("", help="Address of a proxy. Default: the system's."),
    offline: bool = typer.Option(False, "--offline", help="Never fetch; say what is missing. Default: off."),
    accept_licence: bool = typer.Option(
        False, "--accept-licence", help="Accept the licences of these models, which is written down. Default: off."
    ),
) -> None:
    """Fetch models, resumed where an earlier pull stopped, checked by hash, placed whole or not at all."""
    from facefusion.models import ModelStore
    from facefusion.models.network import Network
    from facefusion.models.pulling import pull

    call, store, places = Call.of(context), ModelStore.of_user(), dict[str, str]()
    given = mirror or [one for one in os.environ.get(MIRRORS, "").split(",") if one.strip()]
    network = Network(tuple(one.strip() for one in given), proxy, offline)
    for name in dict.fromkeys(one for asked in names for one in (asked, *store.card(asked).needs)):
        if accept_licence and store.needs_acceptance(name):
            store.accept_licence(name, who=user_name())
        telling = _Telling(call.reporter, name)
        places[name] = str(pull(store, name, network, told=telling, waiting=telling.waits))
        call.reporter.say(f"{name}: {places[name]}")
        call.reporter.event("done", model=name, path=places[name])


def import_files(
    context: typer.Context,
    files: list[Path] = typer.Argument(..., help="ONNX or DFM files, or a bundle of `facefusion models export`."),
    known_as: str = typer.Option("", "--as", help="The model of `facefusion models list` that the file is."),
    name: str = typer.Option("", help="What it is called from now on. Default: its file's name."),
    contract: str = typer.Option("", help="How it is spoken to. Default: guessed by ranks, shapes and names."),
    like: str = typer.Option(
        "", help="A model of `facefusion models list` whose range, mean and alignment it keeps. Default: guessed."
    ),
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
    answers: list[dict[str, object]] = []
    for path in files:
        if is_bundle(path):
            names = import_bundle(store, path)
            call.reporter.say(f"{path}: took {', '.join(names)}")
            answers += [{"name": one, "path": str(store.path(one))} for one in names]
            continue
        found = import_model(path, store, Told(known_as, name, contract, like, licence, commercial_use))
        told = {"why": found.why, "seen": found.seen, "task": found.card.task, "contract": found.card.contract}
        answers.append({"name": found.card.name, **told})
        if not call.as_json:
            _tell_imported(found)
    if call.as_json:
        call.answer(answers[0] if len(answers) == 1 else answers)


def _tell_imported(found: Imported) -> None:
    card = found.card
    print(f"{card.name}: {'an' if card.task[0] in 'aeiou' else 'a'} {card.task} by the contract {card.contract}")
    for line in (*found.why, *found.seen):
        print(f"  {line}")
    if card.task in USED_BY:
        print(f"  use it with --{USED_BY[card.task]} {card.name}")
    if not card.commercial_use:
        print(f"  its licence ({card.licence}) counts as one without commercial use; accept it once with")
        print(f"  `facefusion models accept {card.name}`")


def export_models(
    context: typer.Context,
    names: list[str] = typer.Argument(..., help="Models of your folder; what they need comes along."),
    output: Path = typer.Option(..., "--output", "-o", help="The archive, NAME.zip."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an archive that exists. Default: off."),
) -> None:
    """Write models into one archive for a machine without a network; `facefusion models import` takes it there."""
    from facefusion.models import ModelStore
    from facefusion.models.bundles import export_bundle

    call, held = Call.of(context), export_bundle(ModelStore.of_user(), names, output, overwrite=overwrite)
    call.reporter.say(f"{output}: holds {', '.join(held)}")
    if call.as_json:
        call.answer({"path": str(output), "models": held})


class _Telling:
    """Tells how far a download is, how fast it goes and how long it takes."""

    def __init__(self, reporter: Reporter, name: str) -> None:
        self._reporter, self._name = reporter, name
        self._start: tuple[float, int] | None = None

    def waits(self) -> None:
        self._reporter.say(f"{self._name}: another pull of it is running; waiting for that")

    def __call__(self, here: int, total: int) -> None:
        now = time.monotonic()
        since, had = self._start = self._start or (now, here)
        per_second = (here - had) / (now - since) if now > since else 0.0
        whole = f" of {size_text(total)}" if total else ""
        left = f", {duration_text((total - here) / per_second)} left" if total and per_second else ""
        rate = f"  {size_text(round(per_second))}/s{left}" if per_second else ""
        self._reporter.passing(f"{self._name}: {size_text(here)}{whole}{rate}", last=here == total)
        self._reporter.passing_event("pulled", last=here == total, model=self._name, bytes=here, total=total)
