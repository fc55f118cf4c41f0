"""`facefusion analyse`: measure a clip once, and keep what was measured in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.caching import FOLDER, SWITCHED_OFF, cache_of
from facefusion.cli.call import Call
from facefusion.cli.stopping import stopped_by_signals
from facefusion.core import Progress

if TYPE_CHECKING:
    from facefusion.core import Analysis


def analyse(
    values: dict[str, Any],
    *,
    context: typer.Context,
    clip: Path = typer.Argument(..., help="The picture, clip, folder or numbered sequence to measure."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="Where the analysis goes. Default: beside the clip, as CLIP.ffa."
    ),
    overwrite: bool = typer.Option(
        False, help="Replace an analysis that exists, and the corrections in it. Default: off."
    ),
    analysis_cache: Path | None = FOLDER,
    no_analysis_cache: bool = SWITCHED_OFF,
) -> None:
    """Measure a clip: shots, faces, tracks, people, light and grain; the file is what `edit` and `render` take.

    facefusion analyse clip.mp4 -o clip.ffa

    Any number of workers gives the same file.
    """
    from facefusion.media import check_output
    from facefusion.pipeline.analysis_job import analyse_to_file

    call = Call.of(context)
    file = output or clip.with_name(f"{clip.stem.replace('%', '')}.ffa")
    check_output(file, overwrite=overwrite, inputs=[clip])
    progress = Progress(call.reporter)
    with stopped_by_signals(progress):
        found = analyse_to_file(
            clip,
            file,
            progress,
            options=values,
            cache=cache_of(analysis_cache, is_off=no_analysis_cache),
            overwrite=overwrite,
        )
    call.reporter.clear()
    facts = _facts(found, file)
    if call.as_json:
        call.answer(facts)
    else:
        call.reporter.say(_sentence(facts))


def _facts(found: Analysis, file: Path) -> dict[str, object]:
    return {
        "analysis": str(file),
        "bytes": file.stat().st_size,
        "frames": found.num_frames,
        "shots": len(found.shots),
        "people": len(found.people),
        "tracks": len(found.tracks),
        "faces": sum(len(track) for track in found.tracks),
        "digest": found.media.digest if found.media else None,
    }


def _sentence(facts: dict[str, object]) -> str:
    counts = ", ".join(_counted(facts[f"{name}s"], name) for name in ("frame", "shot", "track", "face"))
    people = _counted(facts["people"], "person", several="people")
    return f"{facts['analysis']}: {counts}, {people}"


def _counted(count: object, name: str, *, several: str = "") -> str:
    return f"{count} {name if count == 1 else several or name + 's'}"
