"""`facefusion benchmark`: how fast this machine is, at which size, and where the time goes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

import typer

from facefusion.cli.call import Call
from facefusion.errors import UsageError

LOWEST, HIGHEST = 64, 8640
"""Heights of frames that can be drawn."""
Weights = Literal["none", "stand-in", "full-size", "own"]


def benchmark(
    context: typer.Context,
    resolution: list[str] = typer.Option(
        [], help="Height of the frames, like 1080p or 1080; repeats. Default: 240p to 2160p, seven steps."
    ),
    frames: int = typer.Option(50, min=2, max=10_000, help="Frames of each clip."),
    target: Path | None = typer.Option(None, help="A clip of your own. Default: a face drawn by code."),
    source: Path | None = typer.Option(None, help="A photo of your own. Default: a face drawn by code."),
    processor: list[str] = typer.Option([], help="What is done; repeats. Default: face_swapper."),
    model: list[str] = typer.Option([], help="PROCESSOR=MODEL, like face_swapper=inswapper_128; repeats."),
    weights: Weights = typer.Option(
        "stand-in",
        help="What --model runs on: graphs that cost nothing, as much as the real ones, or your own weights.",
    ),
    execution_provider: list[str] = typer.Option([], help="What the models run on; repeats. Default: cpu."),
    threads: int = typer.Option(0, min=0, max=256, help="Frames at once. Default: one for every core."),
) -> None:
    """Time whole runs, cold and with a known analysis: frames a second, and the share of each phase."""
    from facefusion.pipeline.benchmarking import HEIGHTS, stand_in_store
    from facefusion.pipeline.benchmarking import benchmark as measure

    call, named, heights = Call.of(context), _named(model), [_height(one) for one in resolution]
    options: dict[str, Any] = {"processor": processor or ["face_swapper"], "threads": threads}
    options |= {f"{one.replace('_', '-')}-model": name for one, name in named.items()}
    if execution_provider:
        options["execution-provider"] = execution_provider
    with tempfile.TemporaryDirectory(prefix="facefusion-models-") as folder:
        if named and weights in ("stand-in", "full-size"):
            stand_in_store(Path(folder), tuple(named.values()), full_size=weights == "full-size")
            options["models-folder"] = folder
        rows = measure(
            options, heights=heights or HEIGHTS, frames=frames, clip=target, source=source, say=call.reporter.say
        )
    for text in dict.fromkeys(text for row in rows for text in row.warnings):
        call.reporter.warning(text)
    if call.as_json:
        call.answer(
            {"options": options, "weights": weights if named else "none", "runs": [one.as_dict() for one in rows]}
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("height", "state", "frames/s", "CPU ms a frame", "in networks", "shares of the time", box=None)
    for row in rows:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in row.shares.items())
        table.add_row(
            f"{row.height}p", row.state, f"{row.frames_per_second:.1f}", f"{row.cpu_seconds_per_frame * 1000:.0f}",
            f"{row.network_share:.0%}", shares,
        )  # fmt: skip
    Console(width=160).print(table)


def _height(text: str) -> int:
    number = text.removesuffix("p")
    if not number.isdecimal() or not LOWEST <= int(number) <= HIGHEST:
        raise UsageError(f"resolution {text!r}: supported are heights from {LOWEST}p to {HIGHEST}p, like 1080p")
    return int(number)


def _named(texts: list[str]) -> dict[str, str]:
    found = dict(text.partition("=")[::2] for text in texts)
    if not all(found.values()):
        raise UsageError(
            f"model: got {', '.join(texts)}, supported is PROCESSOR=MODEL, like face_swapper=inswapper_128"
        )
    return found
