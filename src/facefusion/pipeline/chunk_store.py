"""Finished chunks of an analysis on disk, so that a run that was ended need not measure them again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facefusion.core import Analysis
from facefusion.errors import InvalidInput
from facefusion.pipeline.analysis_file import analysis_from
from facefusion.pipeline.analysis_sections import sections_of
from facefusion.pipeline.measuring import Chunk
from facefusion.pipeline.sectioned_file import FileKind, read_sections, write_sections

KIND = FileKind("FFC", 1, "a measured chunk", "it is measured again")


@dataclass(frozen=True, slots=True)
class ChunkStore:
    """One file for every finished chunk, in a folder of the run's own.

    key: digest of the medium, the part and the settings; a chunk that was measured with others is not used.
    """

    folder: Path
    key: str

    def load(self, chunk: Chunk) -> Analysis | None:
        """The finished chunk, or None where there is none that can be used."""
        path = self._path(chunk)
        with suppress(InvalidInput):
            sections = read_sections(path, KIND)
            if sections.pop("key", b"") == self.key.encode() and (found := analysis_from(sections, path)):
                return found if found.part == chunk.tracked else None
        return None

    def keep(self, chunk: Chunk, piece: Analysis) -> None:
        """Keep a finished chunk. Raises OutputFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_sections(self._path(chunk), KIND, {"key": self.key.encode(), **sections_of(piece)}, overwrite=True)

    def _path(self, chunk: Chunk) -> Path:
        return self.folder / f"chunk_{chunk.number:06d}.ffc"
