"""`facefusion models optimise`: a smaller, faster copy of a model, taken only where it answers the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from facefusion.cli.call import Call

_DRAWN = 8


def add_to(app: typer.Typer) -> None:
    """Make the command part of `facefusion models`."""
    app.command("optimise")(optimise_model)


def optimise_model(
    context: typer.Context,
    model: str = typer.Argument(..., help="A name from `facefusion models list`."),
    precision: str = typer.Option(
        ..., help="fp16 (half the size, for graphics cards) or int8 (a quarter, for processors)."
    ),
    sample: list[Path] = typer.Option(
        [], help="A picture like those the model will see; repeats, four or more. Default: faces drawn by code."
    ),
    bound: float | None = typer.Option(
        None, help="The largest share of its answers that may be lost. Default: 0.01 for fp16, 0.1 for int8."
    ),
    name: str = typer.Option("", help="What the new model is called. Default: MODEL_fp16 or MODEL_int8."),
) -> None:
    """Write a copy in lower precision, measure what it loses on pictures it was not made with, and keep it as a model
    of its own when that is little enough. Needs `pip install facefusion[models]`."""
    from facefusion.errors import UsageError
    from facefusion.models import ModelStore
    from facefusion.models.optimising import optimise

    if precision not in ("fp16", "int8"):
        raise UsageError(f"precision: got {precision}, supported are fp16 and int8")
    call = Call.of(context)
    made = optimise(
        model, ModelStore.of_user(), precision, _samples(sample), bound=bound, name=name,  # type: ignore[arg-type]
    )  # fmt: skip
    if call.as_json:
        call.answer(
            {
                "name": made.card.name, "precision": precision, "loss": made.loss,
                "bytes_before": made.size_before, "bytes_after": made.size_after,
            }
        )  # fmt: skip
        return
    call.reporter.say(
        f"{made.card.name}: {made.size_before / 1e6:.1f} MB became {made.size_after / 1e6:.1f} MB and lost "
        f"{made.loss:.2g} of its answers; use it by this name"
    )


def _samples(paths: list[Path]) -> list[Any]:
    import numpy as np

    from facefusion.core import from_unit, to_unit
    from facefusion.media import read_image
    from facefusion.pipeline.benchmarking import drawn_people

    if not paths:
        return drawn_people(_DRAWN)
    return [from_unit(to_unit(read_image(path).pixels), np.dtype(np.uint8)) for path in paths]
