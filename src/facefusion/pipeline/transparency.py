"""Whether a run leaves transparency, and how its outputs store colour and alpha."""

from __future__ import annotations

from pathlib import Path

from facefusion.core import FrameRange
from facefusion.errors import UsageError
from facefusion.media import MediaInfo, MediaReader, NumberedPattern
from facefusion.media.codecs import ALPHA_HOLDERS
from facefusion.media.image_writing import ALPHA_SUFFIXES, WEIGHTED_SUFFIXES, WRITABLE_SUFFIXES
from facefusion.media.picture_form import PictureForm, Stamp
from facefusion.media.scene_space import SceneSpace, check_config, space_called
from facefusion.media.timecode import advanced, frame_count
from facefusion.pipeline.plan import Plan
from facefusion.provenance import mark_place

_EXR = ".exr"
_TELLING_CLIPS = (".mov", ".mkv", ".webm")
"""Clips that keep the tag which says how transparency is stored; AVI keeps none."""


def leaves_alpha(plan: Plan, info: MediaInfo) -> bool:
    """Whether frames of the result may be transparent."""
    return plan.leaves_alpha if plan.cuts_out else info.has_alpha


def must_keep_alpha(plan: Plan, info: MediaInfo) -> bool:
    """Whether an output that holds no transparency is refused rather than told of."""
    return plan.leaves_alpha or (plan.film.alpha != "auto" and leaves_alpha(plan, info))


def space_of(plan: Plan, info: MediaInfo, suffix: str) -> SceneSpace | None:
    """The colour space that pictures of `suffix` are stored in; None for what the format usually holds."""
    check_config(plan.film.ocio_config)
    if plan.film.output_colorspace:
        return space_called(plan.film.output_colorspace, plan.film.ocio_config)
    own = plan.read_policy.space or info.space
    if suffix.lower() == _EXR:
        return own if own is not None and own.is_linear else None
    return None if own is None or own.is_linear else own


def form_of(plan: Plan, reader: MediaReader, part: FrameRange, suffix: str, attributes: dict[str, str]) -> PictureForm:
    """How the pictures of one output are stored. attributes: further texts for the header of EXR."""
    return PictureForm(
        alpha=plan.film.alpha,
        space=space_of(plan, reader.info, suffix),
        exr_compression=plan.film.exr_compression,
        exr_depth=plan.film.exr_depth,
        attributes=attributes,
        stamp=_stamp(plan, reader, part, suffix),
    )


def first_number(plan: Plan, reader: MediaReader, part: FrameRange, suffix: str) -> int:
    """Number of the first picture of a sequence. Raises UsageError where it is to come from a timecode that is not."""
    asked = plan.film.first_number.strip()
    if asked.isdecimal():
        return int(asked)
    if asked not in ("", "timecode"):
        raise UsageError(f"first-number: got {asked!r}, supported is a whole number from 0 or timecode")
    code = _timecode(reader)
    if asked == "timecode" and code is None:
        raise UsageError(f"first-number: {reader.info.path} carries no timecode; give a number such as 1001")
    if code is not None and (asked or (suffix.lower() == _EXR and reader.info.kind == "video")):
        return frame_count(code, reader.info.average_fps) + part.start
    if reader.info.kind != "sequence":
        return 1 + part.start
    return NumberedPattern.parse(reader.info.path).numbers_on_disk()[0] + part.start


def _stamp(plan: Plan, reader: MediaReader, part: FrameRange, suffix: str) -> Stamp:
    code, fps = _timecode(reader), reader.info.average_fps
    moved = None if code is None else advanced(code, part.start, fps)
    return Stamp(first_number(plan, reader, part, suffix), moved, plan.frame_rate or fps)


def _timecode(reader: MediaReader) -> str | None:
    """Of the first frame of the target, as HH:MM:SS:FF; None where it has none that can be read."""
    text = reader.info.timecode
    try:
        return None if text is None else advanced(text, 0, reader.info.average_fps)
    except ValueError:
        return None


def check_markable(output: Path) -> None:
    """Raise UsageError for pictures that cannot say that they are marked."""
    if output.suffix.lower() not in WRITABLE_SUFFIXES or mark_place(output) != "xmp":
        good = ", ".join(suffix for suffix in WRITABLE_SUFFIXES if mark_place(Path(f"x{suffix}")) == "xmp")
        raise UsageError(f"{output}: pictures are written as {good}, got {output.suffix or 'no suffix'!r}")


def check_alpha(output: Path, plan: Plan, reader: MediaReader) -> list[str]:
    """What is told of transparency that such pictures do not hold. Raises UsageError where it was asked for."""
    if not leaves_alpha(plan, reader.info):
        return []
    if output.suffix.lower() in ALPHA_SUFFIXES:
        check_form(output, plan)
        return []
    if must_keep_alpha(plan, reader.info):
        raise UsageError(f"{output.suffix} pictures hold no transparency; {ALPHA_HOLDERS}")
    return [f"{output.suffix} pictures hold no transparency: left out; {ALPHA_HOLDERS}"]


def check_form(output: Path, plan: Plan) -> None:
    """Raise UsageError for premultiplied colour where nothing can say that it is."""
    good = (*WEIGHTED_SUFFIXES, *_TELLING_CLIPS)
    if plan.film.alpha == "premultiplied" and output.suffix.lower() not in good:
        raise UsageError(f"{output.suffix} files cannot say that they are premultiplied; {', '.join(good)} can")
