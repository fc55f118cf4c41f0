"""What is said over a clip: whose sound, when, and what lips are told of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facefusion.core import Timestamp
from facefusion.errors import UsageError
from facefusion.media import MediaReader
from facefusion.pipeline.inputs import sounds
from facefusion.pipeline.plan import Plan

if TYPE_CHECKING:
    from facefusion.models.adapters.speech import Speech


def speech_file(plan: Plan) -> Path | None:
    """The file whose sound becomes that of the result; None where the target keeps its own."""
    return next(iter(sounds(plan)), None)


def speech_of(plan: Plan, reader: MediaReader) -> Speech | None:
    """What is said in the frames of `reader`; None where lips are left alone.

    The speech of a file begins with the clip's first frame; the target's own is where it is. Raises UsageError for
    pictures that are no clip, InvalidInput (no sound) and MediaUnreadable.
    """
    if not plan.speaks:
        return None
    if not reader.info.is_clip:
        raise UsageError(f"{reader.info.path}: lip_syncer needs moving pictures, and this is a {reader.info.kind}")
    from facefusion.media.speech import read_speech
    from facefusion.models.adapters.speech import SAMPLE_RATE, Speech

    file, times = speech_file(plan), [stamp.seconds for stamp in reader.timestamps()]
    begin = times[0] if file is not None else Fraction(0)
    samples = read_speech(reader.info.path if file is None else file, rate=SAMPLE_RATE)
    return Speech(samples, [float(seconds - begin) for seconds in times])


def end_of(reader: MediaReader) -> Timestamp:
    """When the last frame of a clip ends, as far as its rate tells."""
    last = reader.timestamps()[-1]
    return Timestamp(last.pts + round(1 / reader.info.average_fps / last.time_base), last.time_base)
