"""What is known about a medium before it is decoded. Plain values; loads neither av nor cv2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from facefusion.core import ColorInfo
from facefusion.media.light_metadata import LightMetadata
from facefusion.media.picture_form import AlphaForm
from facefusion.media.scene_space import SceneSpace

MediaKind = Literal["video", "image", "sequence", "folder"]
StreamKind = Literal["video", "audio", "subtitle", "data", "attachment", "unknown"]
FieldOrder = Literal["progressive", "top", "bottom"]
"""Whole pictures, or two fields a picture with the top or the bottom one shown first."""
Chroma = Literal["420", "422", "444", "rgb", "gray"]

LARGEST_SIDE_PX = 16_384
LARGEST_AREA_PX = 200_000_000
DEFAULT_FPS = Fraction(25)
"""Frame rate assumed for sequences and folders, which carry none."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a container, as its header tells it."""

    index: int
    kind: StreamKind
    codec: str
    language: str | None = None
    title: str | None = None
    duration_seconds: Fraction | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What a writer must keep. `width` and `height` are upright pixels.

    origin_seconds: the time that becomes 0 in the output (only for clocks with an arbitrary start, such as MPEG-TS).
    """

    width: int
    height: int
    time_base: Fraction = Fraction(1, 12_800)
    average_fps: Fraction = DEFAULT_FPS
    color: ColorInfo = ColorInfo()
    bit_depth: int = 8
    chroma: Chroma = "420"
    has_alpha: bool = False
    sample_aspect_ratio: Fraction = Fraction(1)
    origin_seconds: Fraction = Fraction(0)
    light: LightMetadata | None = None
    field_order: FieldOrder = "progressive"

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"video format: got {self.width}×{self.height}, supported is at least 1×1")
        if self.time_base <= 0 or self.average_fps <= 0:
            raise ValueError(
                f"video format: got time base {self.time_base} and {self.average_fps} fps, both must be > 0"
            )


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A medium as its header and first picture tell it.

    width, height: upright, after the rotation tag or EXIF orientation.
    rotation_deg: clockwise turn (0, 90, 180, 270) that was applied to make it upright; mirrored: then flipped sideways.
    num_frames_from_header: as claimed by the file; None where it claims nothing. `MediaReader` counts exactly.
    start_seconds: time of the first picture. color: H.273 code points of the stored pictures.
    space: of scene-linear and log pictures. alpha_form: as stored; frames are straight. timecode: of the first picture,
    as it is written in the file. light: the static metadata of HDR. left_out: what the pictures carry beside their
    pixels and no writer takes along.
    """

    path: Path
    kind: MediaKind
    width: int
    height: int
    codec: str
    pixel_format: str
    rotation_deg: int = 0
    mirrored: bool = False
    num_frames_from_header: int | None = None
    duration_seconds: Fraction | None = None
    average_fps: Fraction = DEFAULT_FPS
    time_base: Fraction = 1 / DEFAULT_FPS
    start_seconds: Fraction = Fraction(0)
    origin_seconds: Fraction = Fraction(0)
    bit_depth: int = 8
    chroma: Chroma = "rgb"
    has_alpha: bool = False
    color: ColorInfo = ColorInfo()
    light: LightMetadata | None = None
    field_order: FieldOrder = "progressive"
    sample_aspect_ratio: Fraction = Fraction(1)
    container: str = ""
    streams: tuple[StreamInfo, ...] = ()
    left_out: tuple[str, ...] = ()
    space: SceneSpace | None = None
    alpha_form: AlphaForm = "straight"
    timecode: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_audio(self) -> bool:
        return any(stream.kind == "audio" for stream in self.streams)

    @property
    def is_clip(self) -> bool:
        """True for media whose pictures follow one another in time at one size (video, sequence)."""
        return self.kind in ("video", "sequence")

    @property
    def format(self) -> VideoFormat:
        """The part a writer must keep."""
        return VideoFormat(
            width=self.width,
            height=self.height,
            time_base=self.time_base,
            average_fps=self.average_fps,
            color=self.color,
            bit_depth=self.bit_depth,
            chroma=self.chroma,
            has_alpha=self.has_alpha,
            sample_aspect_ratio=self.sample_aspect_ratio,
            origin_seconds=self.origin_seconds,
            light=self.light,
            field_order=self.field_order,
        )
