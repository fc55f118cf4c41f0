"""Measure a whole medium into an analysis file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from facefusion.core import Analysis, Progress
from facefusion.core.settings import check_settings
from facefusion.errors import UsageError
from facefusion.media import open_media
from facefusion.media.policy import ReadPolicy
from facefusion.pipeline import sections
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import write_analysis
from facefusion.pipeline.finding import analyser_of
from facefusion.pipeline.measuring_keys import MEASURING_KEYS


def analyse_to_file(
    clip: str | Path,
    output: str | Path,
    progress: Progress | None = None,
    *,
    options: Mapping[str, Any] = MappingProxyType({}),
    cache: AnalysisCache | None = None,
    overwrite: bool = False,
) -> Analysis:
    """Measure the whole medium at `clip` and write the analysis to `output`.

    options: those of `MEASURING_KEYS` that differ from their defaults. cache: as in `survey`.
    Raises UsageError, InvalidInput, MediaUnreadable, OutputExists, OutputFailed, Cancelled.
    """
    if unknown := sorted(set(options) - set(MEASURING_KEYS)):
        raise UsageError(f"analyse: got {unknown[0]}, supported are {', '.join(MEASURING_KEYS)}")
    parts = sections.split(options)
    job, temporal, finder = parts["job"], parts["temporal"], parts["finder"]
    for settings in (job, temporal, finder):
        check_settings(settings)
    with open_media(clip, policy=ReadPolicy(damaged=job.damaged_frames, interlaced=job.interlaced)) as reader:
        found = survey(
            reader,
            range_of(reader, None, None),
            analyser_of(job, finder),
            progress or Progress(),
            workers=job.workers,
            cache=cache,
            temporal=temporal,
        )
    write_analysis(output, found, overwrite=overwrite)
    return found
