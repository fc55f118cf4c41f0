"""Analysis files (`.ffa`): what was measured about a clip, on disk; docs/concepts/analysis-file.md has the layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from facefusion.core import Analysis, FrameRange
from facefusion.errors import InvalidInput, OutputFailed
from facefusion.media import MediaReader
from facefusion.pipeline.analysis_sections import analysis_of, sections_of
from facefusion.pipeline.media_identity import identity_of
from facefusion.pipeline.packing import packed
from facefusion.pipeline.sectioned_file import FileKind, read_sections, write_sections

KIND = FileKind("FFA", 1, "an analysis", "make one with this version: facefusion analyse CLIP -o FILE.ffa")


def write_analysis(path: str | Path, analysis: Analysis, *, overwrite: bool = False) -> None:
    """Write `analysis`; the file appears whole or not at all. Raises OutputExists, OutputFailed."""
    write_sections(Path(path), KIND, sections_of(analysis), overwrite=overwrite)


def read_analysis(path: str | Path) -> Analysis:
    """The analysis of a file, its edits recorded but not applied.

    Raises InvalidInput with one line: no analysis, another version, cut short, damaged.
    """
    return analysis_from(read_sections(Path(path), KIND), Path(path))


def analysis_from(sections: Mapping[str, bytes], path: Path) -> Analysis:
    """The analysis that `sections` hold; `path` is named in errors. Raises InvalidInput."""
    try:
        return analysis_of(sections)
    except (ValueError, KeyError, TypeError, StopIteration, OverflowError, RecursionError) as error:
        raise InvalidInput(f"{path}: holds what no analysis holds ({error}); {KIND.remedy}") from None


def write_edits(
    path: str | Path, edits: Sequence[Mapping[str, Any]], *, instead_of: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the edits of a file; every other section stays as it is, byte for byte.

    instead_of: the edits that the file held when it was read. Raises OutputFailed when it holds others now, so that two
    people at one file do not lose each other's edits, InvalidInput, and what writing raises.
    """
    sections = read_sections(Path(path), KIND)
    if list(analysis_from(sections, Path(path)).edits) != list(instead_of):
        raise OutputFailed(f"{path}: was edited by somebody else meanwhile; look at its log and edit again")
    changed = {**sections, "edits": packed({"edits": [dict(edit) for edit in edits]})}
    write_sections(Path(path), KIND, changed, overwrite=True)


def check_belongs(analysis: Analysis, reader: MediaReader, *, path: str | Path = "the analysis") -> None:
    """Raise InvalidInput when the clip of `reader` is not the one that was analysed; its whole content is compared.

    path: of the analysis file, for the message.
    """
    measured = analysis.media
    if measured is None:
        raise InvalidInput(f"{path}: does not say which clip it was made from; {KIND.remedy}")
    if identity_of(reader).digest != measured.digest:
        raise InvalidInput(
            f"{path}: was made from another clip ({measured.name or 'unnamed'}, {measured.num_frames} frames), or "
            f"{reader.info.path} has changed since; analyse it again: facefusion analyse {reader.info.path} -o {path}"
        )


def check_covers(analysis: Analysis, part: FrameRange, target: Path) -> None:
    """Raise InvalidInput when `part` of `target` was not measured."""
    seen = analysis.measured
    if part.start < seen.start or part.stop > seen.stop:
        raise InvalidInput(
            f"{target}: frames {part.start} to {part.stop - 1} are wanted, the analysis covers {seen.start} to "
            f"{seen.stop - 1}; analyse the whole clip, or change --start and --end"
        )
