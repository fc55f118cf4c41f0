"""Writing a clip: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facefusion.core import Frame, Timestamp
from facefusion.errors import UsageError
from facefusion.media.codecs import (
    CodecName,
    ContainerFormat,
    VideoCodec,
    check_alpha,
    choose_codec,
    choose_container,
    choose_pixel_format,
)
from facefusion.media.description import MediaInfo, VideoFormat
from facefusion.media.encoders import encoder_present
from facefusion.media.paths import appear, check_output, discard, temporary_beside
from facefusion.media.picture_form import AlphaForm
from facefusion.media.scene_space import SceneSpace
from facefusion.media.whole import WholeOrNothing
from facefusion.media.write_plan import WritePlan

if TYPE_CHECKING:
    from facefusion.media.joining import Joining
    from facefusion.media.libav_writer import Encoding


class VideoWriter(WholeOrNothing):
    """Encodes frames to `path`; the file appears when the context ends without an error, and never otherwise.

    like: size, time base, rate, colour tags, depth, chroma and aspect to keep, usually `reader.info`.
    codec: "auto" is H.264 (MP4, MOV, MKV, TS), VP9 or for 10 bits AV1 (WebM), FFV1 (AVI). quality: the codec's CRF,
    lower is better (None: visually lossless default).
    preset: the encoder's own name (x264 "slow", SVT-AV1 "8", VP9 cpu-used "3").
    metadata: container tags, merged over those of `copy_streams_from`. copy_streams_from: a clip whose sound,
    subtitles, chapters and data go along untouched. sound_from: a file whose sound goes along instead, from the first
    frame of the clip on. start, stop: when trimming, the source times that bound the part;
    `start` becomes 0. Frames carry source times: `write(frame)` keeps `frame.timestamp` exactly, less the start.
    frame_rate: None keeps every frame at its own time; otherwise frames are chosen anew by time, and sound stays.
    is_private: tags and data streams of the source that tell who, where or with what it was taken are left out.
    must_keep_alpha: refuse a codec that holds no transparency. alpha: how it is stored. space: colour space of the
    stored pixels, where that is not what the tags of `like` say. threads: 0 is automatic.
    temporary: where the file lies until it appears, on the same disk; by default beside `path`.
    seal: called with the complete file before it appears; when it raises, nothing is left behind.

    Odd sizes keep their exact size: H.264, H.265 and ProRes then use 4:4:4, since thinner chroma needs even sides.
    `warnings` holds what could not be kept, one line each, complete after `close`.

    Raises UsageError (codec, quality, suffix), OutputExists and OutputFailed before any work, OutputFailed on writing.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        like: MediaInfo | VideoFormat,
        codec: CodecName = "auto",
        quality: float | None = None,
        preset: str | None = None,
        metadata: Mapping[str, str] | None = None,
        copy_streams_from: str | Path | None = None,
        sound_from: Path | None = None,
        start: Timestamp | None = None,
        stop: Timestamp | None = None,
        frame_rate: Fraction | None = None,
        is_private: bool = False,
        must_keep_alpha: bool = False,
        alpha: AlphaForm = "straight",
        space: SceneSpace | None = None,
        threads: int = 0,
        overwrite: bool = False,
        temporary: Path | None = None,
        seal: Callable[[Path], None] | None = None,
    ) -> None:
        self.path = Path(path)
        self.warnings: list[str] = []
        video = like.format if isinstance(like, MediaInfo) else like
        container = choose_container(self.path.suffix)
        chosen = choose_codec(container, codec, bit_depth=video.bit_depth, has_alpha=video.has_alpha)
        if must_keep_alpha:
            check_alpha(container, chosen)
        source = None if copy_streams_from is None else Path(copy_streams_from)
        self.plan = WritePlan(
            video=video,
            container=container,
            codec=chosen,
            pixel_format=choose_pixel_format(chosen, video),
            options=_encoder_options(chosen, quality, preset),
            threads=threads,
            metadata=dict(metadata or {}),
            copy_streams_from=source,
            sound_from=sound_from,
            start_seconds=_origin(like, container) if start is None else start.seconds,
            stop_seconds=None if stop is None else stop.seconds,
            is_trim=start is not None or stop is not None,
            frame_rate=frame_rate,
            is_private=is_private,
            alpha=alpha,
            space=space,
        )
        if not encoder_present(chosen.encoder):
            raise UsageError(f"{chosen.name}: this installation has no {chosen.encoder}; choose another codec")
        self._overwrite = overwrite
        check_output(self.path, overwrite=overwrite, inputs=[path for path in (source, sound_from) if path])
        self._temporary, self._seal = temporary or temporary_beside(self.path), seal
        self._encoding: Encoding | Joining | None = None
        self._is_open = True

    @property
    def num_frames(self) -> int:
        """Frames written so far."""
        return 0 if self._encoding is None else self._encoding.num_frames

    def write(self, frame: Frame) -> None:
        """Encode the next frame; sizes must be those of `like`, times must rise. Raises OutputFailed, UsageError."""
        if not self._is_open:
            raise UsageError(f"{self.path}: the writer is closed")
        self._opened_for_frames().write(frame)

    def join(
        self, segments: Sequence[Path], *, times: Sequence[Timestamp], check: Callable[[], None] = lambda: None
    ) -> None:
        """Take finished segments in place of frames: files of `SegmentEncoder`, made for this writer's `plan`.

        times: of every frame, as the source has them. They are joined, and verified, by `close`, which calls `check`
        between packets. Raises OutputFailed, UsageError after a frame was written.
        """
        if not self._is_open or self._encoding is not None:
            raise UsageError(f"{self.path}: the writer has begun already")
        from facefusion.media.joining import Joining

        self._encoding = Joining(
            self._temporary, self.path, self.plan, self.warnings, segments=segments, times=times, check=check
        )

    def close(self) -> None:
        """Finish, and let the file appear. Raises OutputFailed (no frames, disk full); then nothing is left behind."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            (self._encoding or self._opened_for_frames()).finish()
            if self._seal is not None:
                self._seal(self._temporary)
            appear(self._temporary, self.path, overwrite=self._overwrite)
        except BaseException:
            self._drop()
            raise

    def abort(self) -> None:
        """Stop and leave nothing behind; safe at any time."""
        if self._is_open:
            self._is_open = False
            self._drop()

    def _opened_for_frames(self) -> Encoding:
        from facefusion.media.libav_writer import Encoding

        if self._encoding is None:
            self._encoding = Encoding(self._temporary, self.path, self.plan, self.warnings)
        if not isinstance(self._encoding, Encoding):
            raise UsageError(f"{self.path}: the writer joins segments, it takes no frames")
        return self._encoding

    def _drop(self) -> None:
        if self._encoding is not None:
            self._encoding.abort()
        discard(self._temporary)


def _origin(like: MediaInfo | VideoFormat, container: ContainerFormat) -> Fraction:
    """The source's time that becomes 0: containers without times of their own begin with the first picture."""
    if not container.variable_rate and isinstance(like, MediaInfo):
        return like.start_seconds
    return like.origin_seconds


def _encoder_options(codec: VideoCodec, quality: float | None, preset: str | None) -> dict[str, str]:
    options = dict(codec.options)
    if codec.quality is not None:
        option, default, best, worst = codec.quality
        value = default if quality is None else quality
        if not best <= value <= worst:
            raise UsageError(f"quality of {codec.name}: got {value:g}, supported is {best:g} (best) to {worst:g}")
        options[option] = f"{value:g}"
    elif quality is not None:
        raise UsageError(f"{codec.name} has one fixed quality; leave the quality out")
    if preset is not None and preset not in codec.presets:
        supported = ", ".join(codec.presets) or "none: leave it out"
        raise UsageError(f"preset of {codec.name}: got {preset!r}, supported is {supported}")
    if codec.preset_option is not None:
        options[codec.preset_option] = preset or str(codec.default_preset)
    return options
