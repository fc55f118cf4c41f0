"""The clips that every reader and writer is tried on, by name; each is made by code."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

from clips import Clip, Look, Sound, make_clip

_VARIABLE = [0, 1001, 2002, 4004, 5005, 9009, 9010, 12012, 30030, 31031, 32032, 50050]
_HD = {"primaries": 1, "transfer": 1, "matrix": 1, "color_range": 1}
_FFV1 = {"level": "3"}
_OPEN = {"crf": "8", "preset": "fast", "bf": "3", "x264-params": "open-gop=1:keyint=8:min-keyint=8:scenecut=0"}
_OPEN_HEVC = {"crf": "8", "x265-params": "open-gop=1:keyint=8:min-keyint=8:bframes=3:scenecut=0:log-level=none"}
_TS_WRAP = 1 << 33
"""Clocks of MPEG-TS start again after so many ticks; what is read before the seam has negative times."""
_RATES = {"23.976": 24_000, "29.97": 30_000, "59.94": 60_000}
_MIRRORED = {f"mirrored{turn}.mp4": Look(rotation_deg=turn, mirrored=True) for turn in (0, 90, 180, 270)}


def _at_rate(path: Path, *, ticks: int) -> Clip:
    """ticks ÷ 1001 frames a second, exactly."""
    return make_clip(path, fps=Fraction(ticks, 1001), time_base=Fraction(1, ticks))


MAKERS: dict[str, Callable[[Path], Clip]] = {
    "plain.mp4": lambda p: make_clip(p, sounds=[Sound()]),
    "ntsc.mp4": lambda p: make_clip(p, fps=Fraction(30_000, 1001), time_base=Fraction(1, 30_000)),
    **{f"{name}.mp4": partial(_at_rate, ticks=ticks) for name, ticks in _RATES.items()},
    "23.976.mkv": lambda p: make_clip(
        p, ticks=[round(Fraction(n * 1001, 24)) for n in range(48)], time_base=Fraction(1, 1000)
    ),
    "variable.mp4": lambda p: make_clip(p, ticks=_VARIABLE, time_base=Fraction(1, 30_000), sounds=[Sound()]),
    "variable.mkv": lambda p: make_clip(p, ticks=[0, 33, 67, 133, 500, 501, 900], time_base=Fraction(1, 1000)),
    "late.mp4": lambda p: make_clip(p, ticks=[3003 + n * 1001 for n in range(12)], time_base=Fraction(1, 30_000)),
    "turned90.mp4": lambda p: make_clip(p, look=Look(rotation_deg=90)),
    "turned180.mov": lambda p: make_clip(p, look=Look(rotation_deg=180)),
    "turned270.mp4": lambda p: make_clip(p, look=Look(rotation_deg=270)),
    **{name: partial(make_clip, look=look) for name, look in _MIRRORED.items()},
    "odd.mp4": lambda p: make_clip(p, look=Look(pixel_format="yuv444p", width=97, height=71)),
    "odd.webm": lambda p: make_clip(p, look=Look("libvpx-vp9", width=97, height=71, options={"cpu-used": "8"})),
    "tenbit.mp4": lambda p: make_clip(p, look=Look(pixel_format="yuv420p10le", **_HD)),
    "tenbit.mov": lambda p: make_clip(p, frames=8, look=Look("prores", "yuv422p10le", options={"profile": "3"}, **_HD)),
    "wide.mp4": lambda p: make_clip(p, look=Look(primaries=9, transfer=16, matrix=9, color_range=1)),
    "full.mp4": lambda p: make_clip(p, look=Look(primaries=1, transfer=1, matrix=1, color_range=2)),
    "hevc.mp4": lambda p: make_clip(p, look=Look("libx265", options={"crf": "8", "x265-params": "log-level=none"})),
    "av1.mp4": lambda p: make_clip(p, look=Look("libsvtav1", options={"crf": "10", "preset": "8"})),
    "rgb.mkv": lambda p: make_clip(p, look=Look("ffv1", "gbrp10le", options=_FFV1), time_base=Fraction(1, 1000)),
    "gray.mkv": lambda p: make_clip(p, look=Look("ffv1", "gray", options=_FFV1), time_base=Fraction(1, 1000)),
    "silent.mkv": lambda p: make_clip(p, time_base=Fraction(1, 1000)),
    "two_sounds.mp4": lambda p: make_clip(p, sounds=[Sound(), Sound(seed=2, language="fra", layout="stereo")]),
    "old.avi": lambda p: make_clip(p, look=Look("mpeg4", options={"qscale": "2"})),
    "broadcast.ts": lambda p: make_clip(p, sounds=[Sound()], time_base=Fraction(1, 90_000)),
    "anamorphic.mp4": lambda p: make_clip(p, look=Look(sample_aspect_ratio=Fraction(4, 3))),
    "anamorphic90.mov": lambda p: make_clip(p, look=Look(sample_aspect_ratio=Fraction(4, 3), rotation_deg=90)),
    "open_gop.mp4": lambda p: make_clip(p, frames=40, look=Look(options=_OPEN)),
    "open_gop.ts": lambda p: make_clip(p, frames=40, look=Look(options=_OPEN), time_base=Fraction(1, 90_000)),
    "open_gop_hevc.mkv": lambda p: make_clip(
        p, frames=40, look=Look("libx265", options=_OPEN_HEVC), time_base=Fraction(1, 1000)
    ),
    "negative.ts": lambda p: make_clip(
        p,
        ticks=[_TS_WRAP - 36_000 + 3600 * n for n in range(24)],
        time_base=Fraction(1, 90_000),
        sounds=[Sound(begin_seconds=Fraction(_TS_WRAP - 36_000, 90_000))],
    ),
    "one.mp4": lambda p: make_clip(p, frames=1, sounds=[Sound(seconds=0.04)]),
    "two.mp4": lambda p: make_clip(p, frames=2, sounds=[Sound(seconds=0.08)]),
    "one.mkv": lambda p: make_clip(p, frames=1, time_base=Fraction(1, 1000)),
    "two.ts": lambda p: make_clip(p, frames=2, time_base=Fraction(1, 90_000)),
}

SAME_CONTAINER = [
    "plain.mp4",
    "ntsc.mp4",
    "variable.mp4",
    "variable.mkv",
    "late.mp4",
    "turned90.mp4",
    "turned180.mov",
    "odd.mp4",
    "odd.webm",
    "tenbit.mp4",
    "tenbit.mov",
    "wide.mp4",
    "full.mp4",
    "two_sounds.mp4",
    "anamorphic.mp4",
    "anamorphic90.mov",
    "23.976.mp4",
    "29.97.mp4",
    "59.94.mp4",
    "turned270.mp4",
    "mirrored0.mp4",
    "mirrored90.mp4",
    "mirrored180.mp4",
    "mirrored270.mp4",
    "open_gop.mp4",
    "open_gop_hevc.mkv",
    "silent.mkv",
    "one.mp4",
    "two.mp4",
    "one.mkv",
]
"""Clips whose container can hold a copy of them exactly."""
