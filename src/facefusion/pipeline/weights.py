"""Models that a user asks for by name or path: the bundled ones serve, others say what they are and how to get them."""

from __future__ import annotations

from pathlib import Path

from facefusion.errors import ModelError, ModelMissing, UsageError
from facefusion.models import ModelCard, ModelStore, Task, card_named


def check_model(
    task: Task,
    *,
    model_name: str | None = None,
    model_path: str | Path | None = None,
    models_folder: Path | None = None,
) -> None:
    """Return when the bundled default is meant; raise otherwise.

    Raises UsageError (unknown name, other task), ModelMissing (known, not on this machine: with its size, licence and
    how to get it), and ModelError for a model that is here but has no adapter in this version.
    """
    if model_name is not None and model_path is not None:
        raise UsageError("model: got a name and a path, supported is one of them")
    store = ModelStore(() if models_folder is None else (models_folder,))
    if model_path is not None:
        _check_path(task, Path(model_path), store)
    if model_name is not None:
        card = card_named(model_name)
        _check_task(task, card)
        store.path(model_name)
        if not card.bundled:
            raise ModelError(_no_adapter(card.name, task))


def _check_path(task: Task, path: Path, store: ModelStore) -> None:
    card = store.card_of(path)
    if card is not None:
        _check_task(task, card)
    if not path.is_file():
        known = "" if card is None else f"; {card.name}: {card.size_text}, licence {card.licence_text}; "
        hint = "check the path" if card is None else f"`facefusion models show {card.name}` says where to get it"
        raise ModelMissing(f"{path}: no such model file{known or '; '}{hint}")
    raise ModelError(_no_adapter(path.name if card is None else card.name, task))


def _check_task(task: Task, card: ModelCard) -> None:
    if card.task != task:
        raise UsageError(f"{card.name}: is a {card.task}, not a {task}; `facefusion models list` shows what there is")


def _no_adapter(name: str, task: Task) -> str:
    return f"{name}: is on this machine, but this version cannot run it yet; leave it out to use the bundled {task}"
