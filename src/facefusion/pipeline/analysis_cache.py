"""Analyses of clips that were measured before, in a folder of the user's."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from facefusion.core import Analysis, FrameRange, MediaIdentity
from facefusion.errors import InvalidInput, OutputFailed
from facefusion.pipeline.analysis_file import read_analysis, write_analysis

_MOST_BYTES = 2_000_000_000
"""What the folder may hold; the analyses that were used least lately go first."""


@dataclass(frozen=True, slots=True)
class AnalysisCache:
    """One analysis file for each medium and part of it. Safe when several runs use one folder."""

    folder: Path
    most_bytes: int = _MOST_BYTES

    def load(self, media: MediaIdentity, part: FrameRange) -> Analysis | None:
        """What is known of `part` of a medium, however it was measured; None where that is nothing."""
        path = self._path(media, part)
        try:
            found = read_analysis(path)
        except InvalidInput:
            return None
        with suppress(OSError):
            os.utime(path)
        return found if found.media == media and found.part == part else None

    def keep(self, analysis: Analysis) -> None:
        """Keep `analysis`, which says its medium and part. Raises OutputFailed when the folder cannot be written."""
        if analysis.media is None or analysis.part is None:
            raise ValueError("analysis cache: got an analysis without its medium and part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # measurements of faces are nobody else's
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputFailed(f"{self.folder}: cannot be made ({reason}); choose another --analysis-cache") from None
        write_analysis(self._path(analysis.media, analysis.part), replace(analysis, edits=()), overwrite=True)
        self._prune()

    def _path(self, media: MediaIdentity, part: FrameRange) -> Path:
        return self.folder / f"{media.digest[:40]}_{part.start}_{part.stop}.ffa"

    def _prune(self) -> None:
        with suppress(OSError):
            files = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path in self.folder.glob("*.ffa")]
            total = 0
            for _, size, path in sorted(files, reverse=True):
                total += size
                if total > self.most_bytes:
                    path.unlink(missing_ok=True)
