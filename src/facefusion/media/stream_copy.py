"""Taking sound, subtitles, chapters and data along, packet by packet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from facefusion.media.audio import AudioTranscoder
from facefusion.media.codec_delay import delayed_template
from facefusion.media.libav import open_input
from facefusion.media.libav_description import main_video_stream
from facefusion.media.private import kept_of_clip
from facefusion.media.sound_clock import SoundClock
from facefusion.media.stream_trial import TRIAL_ERRORS, accepts, add_copy, sound_begin
from facefusion.media.timecode import advanced, counted_at
from facefusion.media.write_plan import WritePlan

_OF_THE_FILE_ITSELF = {"major_brand", "minor_version", "compatible_brands", "encoder"}
_OF_THE_PICTURES = ("language", "title")
"""Tags of the video stream that stay true when its pictures change."""
_PREROLL_PACKETS = 2
"""Sound packets kept before a cut where an edit list hides them: decoders need them to start cleanly."""

_UNHEARD_SHIFT = Fraction(2, 1000)
_WITH_CODEC_DELAY = ("matroska", "webm")


@dataclass(slots=True)
class _Track:
    """One stream on its way: the input, the output, and a transcoder where packets cannot go as they are.

    hidden_seconds: how much before 0 the output can hold without showing it; None without a limit. clock: of sound.
    """

    source: Any
    target: Any
    transcoder: AudioTranscoder | None = None
    hidden_seconds: Fraction | None = Fraction(0)
    clock: SoundClock | None = None


class StreamCopier:
    """Copies all but the pictures from a source into a container, in step with the pictures."""

    def __init__(self, source: Path, container: Any, plan: WritePlan, warnings: list[str]) -> None:
        self._plan, self._container, self._warnings = plan, container, warnings
        self.timecode: str | None = None
        self.video_metadata: dict[str, str] = {}
        self._input = open_input(source)
        try:
            self._tracks = self._make_tracks(source)
            self._copy_chapters()
            self._packets = self._pull()
            self._waiting: tuple[Fraction, _Track, Any] | None = None
        except BaseException:
            self.close()
            raise

    def container_metadata(self) -> dict[str, str]:
        """Tags of the source that are about the work, not about the old file."""
        tags = {name: value for name, value in self._input.metadata.items() if name.lower() not in _OF_THE_FILE_ITSELF}
        tags = kept_of_clip(tags) if self._plan.is_private else tags
        return {name: self._moved_on(value) if name.lower() == "timecode" else value for name, value in tags.items()}

    def advance(self, seconds: Fraction) -> None:
        """Write what belongs before `seconds` of output time."""
        while self._waiting is not None or self._fetch():
            assert self._waiting is not None
            at, track, packet = self._waiting
            if at > seconds:
                return
            self._waiting = None
            self._write(track, packet)

    def finish(self) -> None:
        """Write the rest."""
        while self._waiting is not None or self._fetch():
            assert self._waiting is not None
            _, track, packet = self._waiting
            self._waiting = None
            self._write(track, packet)
        for track in self._tracks.values():
            if track.transcoder is not None:
                self._container.mux(track.transcoder.flush())
        self.close()

    def close(self) -> None:
        """Close the source."""
        with suppress(Exception):
            self._input.close()

    def _fetch(self) -> bool:
        self._waiting = next(self._packets, None)
        return self._waiting is not None

    def _write(self, track: _Track, packet: Any) -> None:
        if track.transcoder is not None:
            self._container.mux(track.transcoder.convert(packet))
            return
        packet.stream = track.target
        self._container.mux_one(packet)

    def _pull(self) -> Iterator[tuple[Fraction, _Track, Any]]:
        """(output seconds, track, shifted packet) inside the trim."""
        if not self._tracks:
            return
        for packet in self._input.demux([track.source for track in self._tracks.values()]):
            if packet.size == 0 or packet.dts is None:
                continue
            track = self._tracks[packet.stream_index]
            if _is_blank(track, packet):
                continue
            if track.clock is not None:
                _set_exact_time(packet, track)
            base = packet.time_base
            begin = packet.pts if packet.pts is not None else packet.dts
            length = packet.duration or 0
            if not self._is_wanted(track, begin * base, length * base):
                continue
            shift = round(self._plan.start_seconds / base)
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            if self._fits_at_zero(track, packet, length):
                yield packet.dts * base, track, packet

    def _fits_at_zero(self, track: _Track, packet: Any, length: int) -> bool:
        """Whether a shifted packet may be written; those that straddle time 0 are dealt with by what they hold."""
        begin = packet.pts if packet.pts is not None else packet.dts
        if begin >= 0 or track.transcoder is not None:
            return True
        if track.source.type == "subtitle":
            packet.pts, packet.dts, packet.duration = 0, 0, begin + length
            return begin + length > 0
        if track.hidden_seconds is None or -begin * packet.time_base <= track.hidden_seconds:
            return True
        # elsewhere a negative time would shift every stream, pictures too; sound must not be late either
        packet.pts, packet.dts = 0, 0
        return -begin * packet.time_base <= _UNHEARD_SHIFT

    def _is_wanted(self, track: _Track, begin: Fraction, length: Fraction) -> bool:
        plan = self._plan
        if plan.stop_seconds is not None and begin >= plan.stop_seconds:
            return False
        if not plan.is_trim or begin >= plan.start_seconds:
            return True
        preroll = _PREROLL_PACKETS if track.source.type == "audio" and plan.container.has_edit_lists else 0
        return begin + length * (1 + preroll) > plan.start_seconds

    def _make_tracks(self, source: Path) -> dict[int, _Track]:
        main = main_video_stream(self._input, source)
        self.video_metadata = {name: text for name, text in main.metadata.items() if name in _OF_THE_PICTURES}
        if self._plan.is_private:
            self.video_metadata = kept_of_clip(self.video_metadata)
        tracks = {}
        for stream in self._input.streams:
            if stream.index != main.index:
                track = self._track_for(source, stream)
                if track is not None:
                    tracks[stream.index] = track
                    self._without_private(track)
        return {index: track for index, track in tracks.items() if track.source.type != "attachment"}

    def _without_private(self, track: _Track) -> None:
        """Take the tags off a copied stream that may tell whose it is."""
        for name in set(track.target.metadata) - set(kept_of_clip(track.target.metadata)):
            if self._plan.is_private:
                del track.target.metadata[name]

    def _track_for(self, source: Path, stream: Any) -> _Track | None:
        name = self._plan.container.name
        if stream.type == "video":
            self._warnings.append(f"stream {stream.index} (a second picture) is left out: it would show the original")
            return None
        if stream.type == "data" and (self._take_timecode(stream) or self._is_list_of_chapters(stream)):
            return None
        if stream.type == "audio" and self._plan.sound_from is not None:
            return None
        if stream.type == "audio" and stream.codec_context is not None:
            return self._sound_track(source, stream)
        if stream.type in ("data", "attachment") and self._plan.is_private:
            self._warnings.append(f"stream {stream.index} ({stream.type}) is left out: it may tell who, where or when")
            return None
        if accepts(name, source, stream):
            return _Track(stream, add_copy(self._container, stream), hidden_seconds=self._hidden_seconds())
        self._warnings.append(f"stream {stream.index} ({stream.type}) is left out: a {name} file cannot hold it")
        return None

    def _sound_track(self, source: Path, stream: Any) -> _Track:
        name = self._plan.container.name
        begin = sound_begin(source, stream.index) - self._plan.start_seconds
        if not self._can_begin_at(begin):
            return self._re_encoded(stream, f"a {name} file can only begin it at 0")
        if not accepts(name, source, stream):
            return self._re_encoded(stream, f"a {name} file cannot hold it as it is")
        clock = SoundClock(stream)
        if begin < 0 and name in _WITH_CODEC_DELAY and not self._plan.is_trim:
            with suppress(*TRIAL_ERRORS), delayed_template(source, stream.index, -begin) as template:
                return _Track(stream, add_copy(self._container, stream, template=template), None, -begin, clock)
        return _Track(stream, add_copy(self._container, stream), None, self._hidden_seconds(), clock)

    def _can_begin_at(self, begin: Fraction) -> bool:
        """Containers without times of their own play every stream from 0 on."""
        return self._plan.container.variable_rate or (not self._plan.is_trim and abs(begin) <= _UNHEARD_SHIFT)

    def _hidden_seconds(self) -> Fraction | None:
        """None where an edit list hides what lies before 0, and where the clock may begin anywhere."""
        has_free_clock = self._plan.container.name == "mpegts" and not self._plan.is_trim
        return None if self._plan.container.has_edit_lists or has_free_clock else Fraction(0)

    def _re_encoded(self, stream: Any, why: str) -> _Track:
        encoder = self._plan.container.audio_encoder
        self._warnings.append(
            f"sound stream {stream.index} ({stream.codec_context.name}) is re-encoded as {encoder}: {why}"
        )
        transcoder = AudioTranscoder(stream, self._container, encoder, from_zero=not self._plan.container.variable_rate)
        return _Track(stream, transcoder.stream, transcoder)

    def _take_timecode(self, stream: Any) -> bool:
        """Timecode tracks are made anew by the container, from the time at which the part begins."""
        stored = stream.metadata.get("timecode")
        if stored is None:
            return False
        self.timecode = self._moved_on(stored)
        return True

    def _is_list_of_chapters(self, stream: Any) -> bool:
        """MP4 and MOV keep chapters in a track of text, which the container writes anew."""
        is_text = stream.metadata.get("handler_name") == "SubtitleHandler"
        return is_text and "mp4" in self._input.format.name and bool(self._input.chapters())

    def _moved_on(self, timecode: str) -> str:
        """The timecode at the beginning of the part; text that is no timecode stays as it is."""
        fps = self._plan.video.average_fps
        skipped = round((self._plan.start_seconds - self._plan.video.origin_seconds) * fps)
        try:
            return counted_at(advanced(timecode, skipped, fps), fps, self._plan.average_fps)
        except ValueError:
            return timecode

    def _copy_chapters(self) -> None:
        chapters = []
        for chapter in self._input.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            begin, end = chapter["start"] * base, chapter["end"] * base
            stop = self._plan.stop_seconds if self._plan.stop_seconds is not None else end
            begin, end = max(begin, self._plan.start_seconds), min(end, stop)
            if begin < end:
                shift = self._plan.start_seconds
                moved = {"start": round((begin - shift) / base), "end": round((end - shift) / base)}
                named = {**chapter, "metadata": {}} if self._plan.is_private else chapter
                chapters.append({**named, **moved, "time_base": base})
        if chapters:
            self._container.set_chapters(chapters)


class SoundCopier(StreamCopier):
    """Copies the sound of another file, which begins with the first frame of the clip, and nothing else of it."""

    def __init__(self, source: Path, container: Any, plan: WritePlan, warnings: list[str]) -> None:
        origin = plan.video.origin_seconds
        stop = None if plan.stop_seconds is None else plan.stop_seconds - origin
        moved = replace(plan, sound_from=None, start_seconds=plan.start_seconds - origin, stop_seconds=stop)
        super().__init__(source, container, moved, warnings)

    def container_metadata(self) -> dict[str, str]:
        """None: they tell of another work."""
        return {}

    def _make_tracks(self, source: Path) -> dict[int, _Track]:
        heard = [
            stream for stream in self._input.streams if stream.type == "audio" and stream.codec_context is not None
        ]
        tracks = {stream.index: self._sound_track(source, stream) for stream in heard}
        for track in tracks.values():
            self._without_private(track)
        return tracks

    def _copy_chapters(self) -> None:
        return


def _set_exact_time(packet: Any, track: _Track) -> None:
    """Count the packet's time in samples where the container had rounded it."""
    assert track.clock is not None
    begin, rate = track.clock.begin_of(packet), track.source.codec_context.sample_rate
    exact = begin * rate if rate else Fraction(1, 2)
    if exact.denominator != 1 or packet.time_base <= Fraction(1, rate):
        return
    length = (packet.duration or 0) * packet.time_base
    packet.time_base = Fraction(1, rate)
    packet.pts = packet.dts = int(exact)
    packet.duration = round(length * rate)


def _is_blank(track: _Track, packet: Any) -> bool:
    """MP4 stores an empty text where no subtitle is shown, and writes it anew."""
    return packet.size == 2 and track.source.type == "subtitle" and bytes(packet) == b"\0\0"
