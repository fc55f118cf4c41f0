"""CMX 3600 edit decision lists: read as timelines, and written with results in place of the clips.

An EDL says neither its frame rate nor where media lie; clips are named in its comments, and times are timecodes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput, MediaUnreadable, UsageError
from facefusion.media.otio_edits import Result, placed
from facefusion.media.packages import film_package
from facefusion.media.paths import write_atomically

_WHAT = "EDL files"
_NAMED = re.compile(r"^\*\s*(?:FROM|TO) CLIP NAME:\s*(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
SUFFIX = ".edl"


def clip_names(path: Path) -> tuple[str, ...]:
    """The clips that an EDL names, each once, in order. Raises InvalidInput when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({(error.strerror or str(error)).lower()})") from None
    return tuple(dict.fromkeys(_NAMED.findall(text)))


def read_edl(path: Path, rate: Fraction | None) -> Any:
    """The timeline of an EDL counted at `rate`. Raises UsageError without a rate, MediaUnreadable."""
    otio = _with_adapter()
    if rate is None:
        raise UsageError(f"{path}: an EDL does not say its frame rate, and no clip of it was found; give --edl-rate 25")
    try:
        found = otio.adapters.read_from_file(str(path), rate=float(rate))
    except Exception as error:
        said = " ".join(str(error).split())
        raise MediaUnreadable(f"{path}: cannot be read at {float(rate):g} frames a second ({said}); "
                              "give its own rate with --edl-rate, or export it again") from None  # fmt: skip
    if not isinstance(found, otio.schema.Timeline):
        raise InvalidInput(f"{path}: holds several timelines; export one as CMX 3600")
    return found


def save_edl(path: Path, timeline: Any, results: Mapping[int, Result], rate: Fraction, *, overwrite: bool) -> None:
    """The lowest video track with `results` in their places, as an EDL; the other clips stay. Raises OutputExists."""
    otio, edited = _with_adapter(), copy.deepcopy(timeline)
    tracks = list(edited.video_tracks())
    for place, result in results.items():
        item = tracks[0][place]
        placed(item, result)
        item.name = Path(result.media).name
        item.metadata.pop("cmx_3600", None)
    edited.tracks[:] = tracks[:1]
    text = otio.adapters.write_to_string(edited, "cmx_3600", rate=float(rate), style="avid")
    write_atomically(path, text.encode(), overwrite=overwrite)


def _with_adapter() -> Any:
    otio = film_package("opentimelineio", what=_WHAT)
    if SUFFIX[1:] not in otio.adapters.suffixes_with_defined_adapters(read=True):
        raise UsageError("EDL files: need packages that are not installed; pip install 'facefusion[film]'")
    return otio
