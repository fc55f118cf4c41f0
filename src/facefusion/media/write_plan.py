"""Everything that an encoding run needs to know, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from facefusion.media.codecs import ContainerFormat, VideoCodec
from facefusion.media.description import VideoFormat
from facefusion.media.picture_form import AlphaForm
from facefusion.media.scene_space import SceneSpace


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Everything an encoding run needs to know, checked."""

    video: VideoFormat
    container: ContainerFormat
    codec: VideoCodec
    pixel_format: str
    options: Mapping[str, str]
    threads: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    copy_streams_from: Path | None = None
    sound_from: Path | None = None
    """A file whose sound, from its beginning, stands in the place of that of `copy_streams_from`."""
    start_seconds: Fraction = Fraction(0)
    stop_seconds: Fraction | None = None
    is_trim: bool = False
    frame_rate: Fraction | None = None
    is_private: bool = False
    """Nothing goes along that tells who, where or with what the clip was taken."""
    alpha: AlphaForm = "straight"
    space: SceneSpace | None = None

    @property
    def average_fps(self) -> Fraction:
        """Frames a second of the output."""
        return self.frame_rate or self.video.average_fps
