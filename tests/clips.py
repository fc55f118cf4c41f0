"""Clips made by code. Every picture carries its own number and marks that tell which way is up and what colour is red.

A picture is a grid of 4 × 3 blocks. First row: red, green, blue, white. The other two: the eight bits of the frame
number, highest first, white for 1.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 would fill stderr
MARKS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint8)
SAMPLE_RATE = 48_000
_MATRICES = {  # ISO 14496-12 display matrices that turn the stored picture clockwise
    0: (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30),
    90: (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30),
    180: (-65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30),
    270: (0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30),
}


def picture(number: int, width: int = 96, height: int = 72, dtype: Any = np.uint8) -> NDArray[Any]:
    """(H, W, 3) RGB picture that carries `number` (0..255)."""
    grid = np.zeros((3, 4, 3), np.uint8)
    grid[0] = MARKS
    bits = [(number >> (7 - place)) & 1 for place in range(8)]
    grid[1:] = np.array(bits, np.uint8).reshape(2, 4, 1) * 255
    rows = np.arange(height) * 3 // height
    columns = np.arange(width) * 4 // width
    pixels = grid[rows][:, columns]
    return pixels if dtype == np.uint8 else pixels.astype(dtype) * 257


def number_of(pixels: NDArray[Any]) -> int:
    """The number that a decoded, upright picture carries. Fails when it lies on its side or its colours are wrong."""
    height, width = pixels.shape[:2]
    full = 255 if pixels.dtype == np.uint8 else 65535
    rows = (np.array([1, 3, 5]) * height) // 6
    columns = (np.array([1, 3, 5, 7]) * width) // 8
    blocks = pixels[rows][:, columns].astype(np.float64) / full
    off = np.abs(blocks[0] - MARKS / 255.0).max()
    assert off < 0.2, f"marks are off by {off:.2f}: turned, mirrored or wrong colours"
    bits = (blocks[1:].mean(axis=2) > 0.5).ravel()
    return int(sum(1 << (7 - place) for place, bit in enumerate(bits) if bit))


@dataclass(frozen=True)
class Sound:
    """One sound track: seeded noise that can be found again by correlation."""

    codec: str = "aac"
    seconds: float = 2.0
    seed: int = 1
    language: str = "eng"
    layout: str = "mono"
    begin_seconds: Fraction = Fraction(0)
    rate_hz: int = SAMPLE_RATE


@dataclass(frozen=True)
class Clip:
    """What a made clip holds. `ticks` are presentation times of the frames in `time_base`."""

    path: Path
    numbers: tuple[int, ...]
    ticks: tuple[int, ...]
    time_base: Fraction
    width: int
    height: int

    @property
    def seconds(self) -> list[Fraction]:
        return [tick * self.time_base for tick in self.ticks]


@dataclass(frozen=True)
class Look:
    """How the pictures are stored."""

    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    width: int = 96
    height: int = 72
    rotation_deg: int = 0
    mirrored: bool = False
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    color_range: int = 0
    sample_aspect_ratio: Fraction = Fraction(1)
    options: dict[str, str] = field(default_factory=lambda: {"crf": "8", "g": "8", "preset": "fast"})


def make_clip(
    path: Path,
    *,
    frames: int = 24,
    fps: Fraction = Fraction(25),
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    look: Look | None = None,
    sounds: Sequence[Sound] = (),
    metadata: dict[str, str] | None = None,
    chapters: list[dict[str, Any]] | None = None,
    subtitle: tuple[str, list[tuple[int, int, str]]] | None = None,
    draw: Callable[[int, int, int], NDArray[np.uint8]] = picture,
) -> Clip:
    """Write a clip. ticks: presentation times (default: even). subtitle: (codec, [(start_ms, length_ms, text)]).

    draw: makes the picture of (number, width, height).
    """
    look = look or Look()
    base = time_base or 1 / fps
    times = list(ticks) if ticks is not None else [round(n / fps / base) for n in range(frames)]
    options = {"video_track_timescale": str(base.denominator), "movie_timescale": str(base.denominator)}
    is_mp4 = path.suffix in (".mp4", ".mov")
    if is_mp4 and metadata:
        options["movflags"] = "use_metadata_tags"
    with av.open(str(path), "w", container_options=options if is_mp4 else {}) as out:
        out.metadata.update(metadata or {})
        if chapters:
            out.set_chapters(chapters)
        video = _add_video(out, look, fps, base)
        tracks = [_add_sound(out, sound) for sound in sounds]
        text = None if subtitle is None else out.add_mux_stream(subtitle[0], time_base=Fraction(1, 1000))
        out.start_encoding()
        for number, tick in enumerate(times):
            frame = _stored_frame(_lying(draw(number, look.width, look.height), look), look)
            frame.pts, frame.time_base = tick, base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            _write_sound(out, track, sound)
        if subtitle is not None:
            _write_subtitle(out, text, *subtitle)
    width, height = look.width, look.height
    return Clip(path, tuple(range(len(times))), tuple(times), base, width, height)


def _lying(pixels: NDArray[np.uint8], look: Look) -> NDArray[np.uint8]:
    """A picture as it is stored, so that the tags of `look` turn it upright: mirrored, then turned back."""
    mirrored = pixels[:, ::-1] if look.mirrored else pixels
    return np.ascontiguousarray(np.rot90(mirrored, k=look.rotation_deg // 90))


def _add_video(out: Any, look: Look, fps: Fraction, base: Fraction) -> Any:
    stream = out.add_stream(look.codec, rate=fps, options=dict(look.options), time_base=base)
    stream.time_base = base
    context = stream.codec_context
    turned = look.rotation_deg in (90, 270)
    context.width, context.height = (look.height, look.width) if turned else (look.width, look.height)
    context.pix_fmt = look.pixel_format
    context.thread_count = 1
    context.sample_aspect_ratio = look.sample_aspect_ratio
    context.color_primaries, context.color_trc = look.primaries, look.transfer
    context.colorspace, context.color_range = look.matrix, look.color_range
    if look.rotation_deg or look.mirrored:
        stream.set_display_matrix(_matrix(look))
    return stream


def _matrix(look: Look) -> tuple[int, ...]:
    """Turn clockwise, then mirror sideways: x' changes its sign."""
    a, b, u, c, *rest = _MATRICES[look.rotation_deg]
    return (-a, b, u, -c, *rest) if look.mirrored else (a, b, u, c, *rest)


def _stored_frame(pixels: NDArray[np.uint8], look: Look) -> av.VideoFrame:
    matrix = {1: 1, 9: 9}.get(look.matrix, 5)
    if look.matrix == 2 and (max(pixels.shape) >= 1280 or min(pixels.shape[:2]) >= 720):
        matrix = 1
    return av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format=look.pixel_format,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=2,
        dst_color_range=2 if look.color_range == 2 or look.pixel_format.startswith(("gbr", "bgr")) else 1,
    )


def noise(sound: Sound) -> NDArray[np.float32]:
    """(N,) float32 mono samples of a sound track before encoding."""
    count = round(sound.seconds * SAMPLE_RATE)
    rough = np.random.default_rng(sound.seed).standard_normal(count + 64)
    smooth = np.convolve(rough, np.hanning(24) / 6, "same")[:count]
    return (np.clip(smooth, -3, 3) / 4).astype(np.float32)


def _add_sound(out: Any, sound: Sound) -> Any:
    stream = out.add_stream(sound.codec, rate=sound.rate_hz)
    stream.codec_context.layout = sound.layout
    stream.codec_context.bit_rate = 128_000
    stream.metadata["language"] = sound.language
    return stream


def _write_sound(out: Any, stream: Any, sound: Sound) -> None:
    samples = noise(sound)
    resampler = av.AudioResampler(stream.format, stream.layout, sound.rate_hz, frame_size=stream.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    frame.pts = round(sound.begin_seconds * SAMPLE_RATE)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        out.mux(stream.encode(part))
    out.mux(stream.encode(None))


def _write_subtitle(out: Any, stream: Any, codec: str, lines: list[tuple[int, int, str]]) -> None:
    for start, length, text in lines:
        coded = text.encode()
        packet = av.Packet(len(coded).to_bytes(2, "big") + coded if codec == "mov_text" else coded)
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = start
        packet.duration = length
        out.mux_one(packet)


def make_sound_only(path: Path) -> Path:
    """A file with a sound stream and no pictures."""
    with av.open(str(path), "w") as out:
        sound = Sound(seconds=0.5)
        stream = _add_sound(out, sound)
        out.start_encoding()
        _write_sound(out, stream, sound)
    return path


def remuxed(source: Path, output: Path, *, earlier: Fraction) -> Path:
    """The packets of `source`, moved to earlier times; MP4 and MOV hide what lies before 0 with an edit list."""
    with av.open(str(source)) as whole, av.open(str(output), "w") as out:
        copies = {stream.index: out.add_stream_from_template(stream) for stream in whole.streams}
        for packet in whole.demux():
            if packet.size:
                shift = round(earlier / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copies[packet.stream_index]
                out.mux_one(packet)
    return output


def spoiled(clip: Clip, which: Sequence[int], *, keep_bytes: int = 4) -> Path:
    """The clip, with zeros in the packets of those frames, by number; its first bytes stay."""
    data = bytearray(clip.path.read_bytes())
    with av.open(str(clip.path)) as container:
        packets = sorted((p.pts, bytes(p)) for p in container.demux(video=0) if p.size and p.pts is not None)
    for number in which:
        at = data.index(packets[number][1])
        data[at + keep_bytes : at + len(packets[number][1])] = bytes(len(packets[number][1]) - keep_bytes)
    path = clip.path.with_name(f"spoiled_{clip.path.name}")
    path.write_bytes(data)
    return path


def packets_of(path: Path, kind: str) -> list[list[bytes]]:
    """The raw packets of every stream of a kind ("audio", "subtitle"), in order."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        found: dict[int, list[bytes]] = {stream.index: [] for stream in streams}
        if streams:
            for packet in container.demux(streams):
                if packet.size:
                    found[packet.stream_index].append(bytes(packet))
    return list(found.values())


def heard(path: Path, track: int = 0) -> tuple[Fraction, NDArray[np.float32]]:
    """(time of the first sample in seconds, (N,) mono samples) as a player hears a sound track."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
        parts, start = [], None
        for frame in container.decode(stream):
            start = frame.pts * frame.time_base if start is None else start
            parts += [done.to_ndarray()[0] for done in resampler.resample(frame)]
    assert start is not None
    return start, np.concatenate(parts)


def lag_seconds(part: NDArray[np.float32], whole: NDArray[np.float32]) -> float:
    """Where in `whole` the beginning of `part` is, by correlation, in seconds."""
    probe = part[4096:12_288]
    size = 1 << (len(whole) + len(probe)).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(probe, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)[: len(whole)]))
    return (peak - 4096) / SAMPLE_RATE
