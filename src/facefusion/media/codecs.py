"""Codecs, containers and pixel formats: which goes with which. A table, no av."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from facefusion.errors import UsageError
from facefusion.media.description import VideoFormat

CodecName = Literal["auto", "h264", "h265", "vp9", "av1", "prores", "prores_4444", "png", "ffv1"]

_PLANAR = ("420", "422", "444")
_X26X_PRESETS = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
)


@dataclass(frozen=True, slots=True)
class VideoCodec:
    """One codec: its libav encoder and what it can store.

    pixel_formats: bit depth → chroma → libav pixel format. even_sides: thinned chroma needs even sides, so odd ones
    go 4:4:4. alpha_formats: bit depth → format that stores transparency too; of RGB, alpha_rgb_formats.
    odd_encoder: for odd widths, where `encoder` refuses them.
    quality: the encoder's option, its default, and its range (lower is better), or None for fixed-quality codecs.
    presets: those that may be asked for. SVT-AV1's 10 and above (4.1) were seen to show neighbouring frames' blocks.
    """

    name: str
    encoder: str
    pixel_formats: dict[int, dict[str, str]]
    alpha_formats: dict[int, str] = field(default_factory=dict)
    alpha_rgb_formats: dict[int, str] = field(default_factory=dict)
    even_sides: bool = False
    odd_encoder: str | None = None
    quality: tuple[str, float, float, float] | None = None
    preset_option: str | None = None
    default_preset: str | None = None
    presets: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    intra_only: bool = False


def _planar(depths: dict[int, str], chromas: tuple[str, ...] = _PLANAR) -> dict[int, dict[str, str]]:
    return {depth: {chroma: f"yuv{chroma}p{suffix}" for chroma in chromas} for depth, suffix in depths.items()}


CODECS: dict[str, VideoCodec] = {
    codec.name: codec
    for codec in (
        VideoCodec(
            name="h264",
            encoder="libx264",
            pixel_formats=_planar({8: "", 10: "10le"}),
            even_sides=True,
            quality=("crf", 18, 0, 51),
            preset_option="preset",
            default_preset="medium",
            presets=_X26X_PRESETS,
            options={"x264-params": "open-gop=0"},
        ),
        VideoCodec(
            name="h265",
            encoder="libx265",
            pixel_formats=_planar({8: "", 10: "10le", 12: "12le"}),
            even_sides=True,
            quality=("crf", 20, 0, 51),
            preset_option="preset",
            default_preset="medium",
            presets=_X26X_PRESETS,
            options={"x265-params": "open-gop=0:log-level=none"},
        ),
        VideoCodec(
            name="vp9",
            encoder="libvpx-vp9",  # PyAV's build has 8 bits only
            pixel_formats=_planar({8: ""}),
            alpha_formats={8: "yuva420p"},
            quality=("crf", 24, 0, 63),
            preset_option="cpu-used",
            default_preset="3",
            presets=tuple("012345"),
            options={"row-mt": "1", "deadline": "good", "b": "0"},
        ),
        VideoCodec(
            name="av1",
            encoder="libsvtav1",
            pixel_formats=_planar({8: "", 10: "10le"}, ("420",)),
            quality=("crf", 24, 1, 63),
            preset_option="preset",
            default_preset="8",
            presets=tuple("0123456789"),
        ),
        VideoCodec(
            name="prores",
            encoder="prores",
            pixel_formats=_planar({10: "10le"}, ("422", "444")),
            alpha_formats={10: "yuva444p10le"},
            even_sides=True,
            odd_encoder="prores_ks",  # six times slower, and wrong in the last column of 4:2:2
            intra_only=True,
        ),
        VideoCodec(
            name="prores_4444",
            encoder="prores",
            pixel_formats=_planar({10: "10le"}, ("444",)),
            alpha_formats={10: "yuva444p10le"},
            odd_encoder="prores_ks",
            intra_only=True,
        ),
        VideoCodec(
            name="png",
            encoder="png",
            pixel_formats={8: {"rgb": "rgb24"}, 16: {"rgb": "rgb48be"}},
            alpha_formats={8: "rgba", 16: "rgba64be"},
            intra_only=True,
        ),
        VideoCodec(
            name="ffv1",
            encoder="ffv1",
            pixel_formats={
                **_planar({8: "", 10: "10le", 12: "12le", 16: "16le"}),
            },
            alpha_formats={8: "yuva444p", 10: "yuva444p10le", 12: "yuva444p12le", 16: "yuva444p16le"},
            alpha_rgb_formats={8: "bgra", 10: "gbrap10le", 12: "gbrap12le", 16: "gbrap16le"},
            options={"level": "3", "slicecrc": "1", "g": "1"},
            intra_only=True,
        ),
    )
}
for _depth, _suffix in {8: "", 10: "10le", 12: "12le", 16: "16le"}.items():
    CODECS["ffv1"].pixel_formats[_depth]["rgb"] = f"gbrp{_suffix}" if _depth > 8 else "bgr0"


@dataclass(frozen=True, slots=True)
class ContainerFormat:
    """One container: the codecs it takes, the usual audio codec, and whether an edit list can cut inside a packet.

    AVI stores no presentation times, so it gets codecs that do not reorder pictures.
    """

    name: str
    default_codec: str
    codecs: tuple[str, ...]
    audio_encoder: str = "aac"
    has_edit_lists: bool = False
    variable_rate: bool = True


_EVERYTHING = tuple(name for name in CODECS if name != "png")
CONTAINERS: dict[str, ContainerFormat] = {
    ".mp4": ContainerFormat("mp4", "h264", ("h264", "h265", "vp9", "av1"), has_edit_lists=True),
    ".m4v": ContainerFormat("mp4", "h264", ("h264", "h265", "av1"), has_edit_lists=True),
    ".mov": ContainerFormat("mov", "h264", ("h264", "h265", "prores_4444", "prores", "png"), has_edit_lists=True),
    ".mkv": ContainerFormat("matroska", "h264", _EVERYTHING),
    ".webm": ContainerFormat("webm", "vp9", ("vp9", "av1"), "libopus"),
    ".avi": ContainerFormat("avi", "ffv1", ("ffv1",), "pcm_s16le", variable_rate=False),
    ".ts": ContainerFormat("mpegts", "h264", ("h264", "h265")),
}


def choose_container(suffix: str) -> ContainerFormat:
    """Raise UsageError for a suffix that no video is written to."""
    container = CONTAINERS.get(suffix.lower())
    if container is None:
        raise UsageError(f"output suffix {suffix!r}: video is written to {', '.join(CONTAINERS)}")
    return container


def choose_codec(container: ContainerFormat, codec: str, *, bit_depth: int, has_alpha: bool = False) -> VideoCodec:
    """Raise UsageError for an unknown codec or one the container cannot hold.

    "auto" looks for one that keeps transparency, where there is some and the container has such a codec, and depth.
    """
    if codec != "auto" and codec not in CODECS:
        raise UsageError(f"codec {codec!r} is unknown; supported are auto, {', '.join(CODECS)}")
    name = codec
    if codec == "auto":
        clear = [each for each in _CLEAREST if has_alpha and keeps_alpha(container, CODECS[each])] or container.codecs
        deep_enough = [each for each in clear if max(CODECS[each].pixel_formats) >= min(bit_depth, 10)] or clear
        is_usual = container.default_codec in deep_enough and clear is container.codecs
        name = container.default_codec if is_usual else deep_enough[0]
    if name not in container.codecs:
        raise UsageError(f"{container.name} files cannot hold {name}; they hold {', '.join(container.codecs)}")
    return CODECS[name]


def choose_pixel_format(codec: VideoCodec, video: VideoFormat) -> str:
    """The pixel format that keeps depth, chroma and size; odd sides go 4:4:4 where the codec needs even ones."""
    depth = _at_least(codec.pixel_formats, video.bit_depth)
    if video.has_alpha and codec.alpha_formats:
        clear = codec.alpha_rgb_formats if video.chroma == "rgb" and codec.alpha_rgb_formats else codec.alpha_formats
        return clear[_at_least(clear, video.bit_depth)]
    formats = codec.pixel_formats[depth]
    wanted = {"gray": "420", "rgb": "rgb" if "rgb" in formats else _rgb_stand_in(codec)}.get(video.chroma, video.chroma)
    is_odd = video.width % 2 or video.height % 2
    if codec.even_sides and is_odd and wanted in ("420", "422"):
        wanted = "444"
    return formats.get(wanted) or formats[min(formats, key=lambda name: (name < wanted, name))]


_CLEAREST = ("ffv1", "prores_4444", "vp9", "png")
"""Codecs with transparency, in the order in which "auto" takes them."""
_CLEAR_VP9 = ("matroska", "webm")
"""Where VP9's transparency has a place: beside each packet."""


def keeps_alpha(container: ContainerFormat, codec: VideoCodec) -> bool:
    """Whether transparency comes back from such a file."""
    is_held = codec.name in container.codecs and bool(codec.alpha_formats)
    return is_held and (codec.name != "vp9" or container.name in _CLEAR_VP9)


def check_alpha(container: ContainerFormat, codec: VideoCodec) -> None:
    """Raise UsageError for a codec without transparency, naming what holds it."""
    if not keeps_alpha(container, codec):
        raise UsageError(f"{codec.name} in {container.name} holds no transparency; {ALPHA_HOLDERS}")


def _holders() -> str:
    where = {
        name: "/".join(suffix for suffix, one in CONTAINERS.items() if keeps_alpha(one, codec))
        for name, codec in CODECS.items()
        if codec.alpha_formats
    }
    return ", ".join(f"{name} ({suffixes})" for name, suffixes in where.items())


ALPHA_HOLDERS = f"these do: {_holders()}, and PNG, TIFF, EXR and WebP pictures (frame.%04d.png, clip.webp)"
"""What holds transparency, for messages."""


def _rgb_stand_in(codec: VideoCodec) -> str:
    return "420" if "420" in codec.pixel_formats[min(codec.pixel_formats)] else "444"


def _at_least(depths: dict[int, str] | dict[int, dict[str, str]], wanted: int) -> int:
    return min((depth for depth in depths if depth >= wanted), default=max(depths))
