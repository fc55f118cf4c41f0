"""Models that a user asks for by name or path: checked before any work, refused with what would help."""

from __future__ import annotations

from pathlib import Path

from facefusion.errors import UsageError
from facefusion.models import ModelStore, Task
from facefusion.models.zoo import Zoo
from facefusion.pipeline.plan import Plan

_DEFAULTS = frozenset({"mesh", "own"})
"""What the options call the package's own way."""


def check_models(plan: Plan) -> None:
    """Raise before any work when a learned model of `plan` cannot be used: as `Zoo.check`."""
    for model, task in plan.learned:
        plan.zoo.check(model, task)


def asked_model(task: Task, zoo: Zoo, *, model_name: str | None = None, model_path: str | Path | None = None) -> str:
    """The learned model that was asked for, "" for the default of the package (`mesh`, `own`). A path that is no more
    than the name of a model means that model.

    Raises UsageError (unknown name, other task), ModelMissing (known, not on this machine: with its size, licence and
    how to get it), and ModelError, as `Zoo.check`.
    """
    if model_name is not None and model_path is not None:
        raise UsageError("model: got a name and a path, supported is one of them")
    asked = model_name if model_path is None else _model_at(zoo, model_path)
    if not asked or asked in _DEFAULTS or zoo.card(asked, task).bundled:
        return ""
    zoo.check(asked, task)
    return asked


def _model_at(zoo: Zoo, path: str | Path) -> str:
    named = {card.name for card in zoo.store.cards()} | _DEFAULTS
    return str(path) if str(path) in named and not Path(path).exists() else str(Path(path).absolute())


def zoo_of(models_folder: Path | None, providers: tuple[str, ...] = ("cpu",)) -> Zoo:
    """The user's weights."""
    return Zoo(ModelStore.of_user(models_folder), providers)
