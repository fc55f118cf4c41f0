"""The encoder's stream in a container: format, options, colour tags, time base."""

from __future__ import annotations

import os
from fractions import Fraction
from math import lcm
from typing import Any

import cv2

from facefusion.core import ColorInfo
from facefusion.media.fields import CODEC_FIELD_ORDER, INTERLACED_CODING
from facefusion.media.light_metadata import encoder_options
from facefusion.media.light_template import is_carried_beside, lit_template
from facefusion.media.rates import ticks_for
from facefusion.media.write_plan import WritePlan

_KEYFRAME_EVERY_SECONDS = 2
_TICKS_LIMIT = 2**31 - 1
os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes to stderr by itself and has no other switch: errors only
_PRORES_PROFILE = {"yuv422p10le": "3", "yuv444p10le": "4", "yuva444p10le": "4"}
_CV_CPU_AVX_512F = 13
"""OpenCV's number; its Python module does not carry the name."""

_LOOKAHEAD = 20
"""Pictures that x264 holds to see what comes: its own 40 to 60 cost 0.4 GB in Full HD with two segments at once."""
_SHORT_SIGHTED = ("ultrafast", "superfast", "veryfast", "faster")
"""Presets that hold no more than that by themselves."""


def add_video(container: Any, plan: WritePlan) -> Any:
    """The video stream of `plan` in an open container; its encoder opens with the first picture or the header.

    The same plan gives the same stream headers, whichever container of one format it is added to.
    """
    video, tags, base = plan.video, output_color(plan), time_base_of(plan)
    encoder = plan.codec.odd_encoder if plan.codec.odd_encoder and video.width % 2 else plan.codec.encoder
    stream = _stream(container, encoder, plan, base)
    stream.time_base = base
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = video.width, video.height, plan.pixel_format
    context.thread_count = plan.threads
    context.sample_aspect_ratio = video.sample_aspect_ratio
    context.color_primaries, context.color_trc = tags.primaries, tags.transfer
    context.colorspace = tags.matrix
    context.color_range = {None: 0, False: 1, True: 2}[tags.full_range]
    if video.field_order != "progressive":
        context.field_order = CODEC_FIELD_ORDER[video.field_order]
        context.flags |= INTERLACED_CODING if plan.codec.encoder in ("libx264", "prores") else 0
    if not plan.codec.intra_only:
        context.gop_size = max(1, round(plan.average_fps * _KEYFRAME_EVERY_SECONDS))
    if plan.codec.name == "h265" and plan.container.name in ("mp4", "mov"):
        context.codec_tag = "hvc1"
    if video.light is not None and is_carried_beside(encoder):
        context.open()
    return stream


def _stream(container: Any, encoder: str, plan: WritePlan, base: Fraction) -> Any:
    rate, light = _rate(plan.average_fps), plan.video.light
    if light is None or not is_carried_beside(encoder):
        return container.add_stream(encoder, rate=rate, options=_options(plan), time_base=base)
    with lit_template(encoder, light) as template:
        stream = container.add_stream_from_template(template, opaque=False)
    stream.codec_context.options = _options(plan)
    stream.codec_context.framerate, stream.codec_context.time_base = rate, base
    return stream


def _options(plan: WritePlan) -> dict[str, str]:
    options = dict(plan.options)
    if plan.codec.encoder == "prores":
        options["profile"] = _PRORES_PROFILE[plan.pixel_format]
    if plan.codec.name == "h265" and plan.threads == 1:
        options["x265-params"] += ":pools=none"  # it has threads of its own that thread_count does not count
    if plan.codec.name == "h264" and cv2.checkHardwareSupport(_CV_CPU_AVX_512F):
        # x264 reads memory that nobody wrote where its macroblock tree uses AVX-512: other bytes in every run
        options["x264-params"] += ":asm=avx2"
    if plan.codec.name == "h264" and options.get("preset") not in _SHORT_SIGHTED:
        options["x264-params"] += f":rc-lookahead={_LOOKAHEAD}"
    if plan.codec.name == "h264" and plan.video.field_order != "progressive":
        options["x264-params"] += {"top": ":tff=1", "bottom": ":bff=1"}[plan.video.field_order]
    light = None if plan.video.light is None else encoder_options(plan.codec.name, plan.video.light)
    if light is not None:
        name, entry = light
        options[name] = f"{options[name]}:{entry}" if name in options else entry
    return options


def output_color(plan: WritePlan) -> ColorInfo:
    """Tags of the output: those of the input; RGB sources become BT.709 when the codec stores YUV."""
    color = plan.video.color
    stores_rgb = plan.pixel_format.startswith(("gbr", "bgr", "rgb"))
    if stores_rgb:
        return ColorInfo(color.primaries, color.transfer, 0, True)
    if color.matrix == 0:
        return ColorInfo(color.primaries, color.transfer, 1, False)
    return color


def time_base_of(plan: WritePlan) -> Fraction:
    """Ticks in which the output counts; a constant rate counts pictures."""
    if not plan.container.variable_rate:
        return 1 / plan.average_fps
    if plan.frame_rate is not None:
        return ticks_for(plan.frame_rate)
    base = Fraction(1, plan.video.time_base.denominator)
    return base if base.denominator <= _TICKS_LIMIT else Fraction(1, 90_000)


def _rate(fps: Fraction) -> Fraction:
    return fps.limit_denominator(100_000)


def muxer_options(plan: WritePlan) -> dict[str, str]:
    """What the container's writer is told. Matroska would number its tracks by chance: the same input, other bytes."""
    if plan.container.name in ("matroska", "webm"):
        return {"fflags": "+bitexact"}
    if plan.container.name not in ("mp4", "mov"):
        return {}
    ticks = time_base_of(plan).denominator
    movie_ticks = lcm(ticks, 48_000)
    return {
        "movflags": "use_metadata_tags+faststart",
        "video_track_timescale": str(ticks),
        "movie_timescale": str(movie_ticks if movie_ticks <= 100_000_000 else ticks),
    }
