"""Measure a whole medium into an analysis file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facefusion.core import Analysis, Progress
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import open_media
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import write_analysis


def analyse_to_file(
    clip: str | Path,
    output: str | Path,
    progress: Progress | None = None,
    *,
    providers: Sequence[str] = ("cpu",),
    workers: int = 1,
    cache: AnalysisCache | None = None,
    overwrite: bool = False,
) -> Analysis:
    """Measure the whole medium at `clip` and write the analysis to `output`. workers, cache: as in `survey`.

    Raises InvalidInput, MediaUnreadable, OutputExists, OutputFailed, Cancelled.
    """
    with open_media(clip) as reader:
        part = range_of(reader, None, None)
        found = survey(
            reader, part, FaceAnalyser(providers=providers), progress or Progress(), workers=workers, cache=cache
        )
    write_analysis(output, found, overwrite=overwrite)
    return found
