"""How fast this machine is: whole runs of one clip at several sizes, and where their time goes.

Without a clip or weights of the user's, it runs on a person who does not exist, drawn by code, and on stand-ins for
models, so that pipelines and machines can be compared without downloads.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefusion.core import Frame, Progress, ProgressEvent, Timestamp, UInt8
from facefusion.media import VideoFormat, VideoWriter, open_media, write_image
from facefusion.models import ModelStore
from facefusion.models.lock import Entry, Lock
from facefusion.models.spreading import LoadedCard
from facefusion.models.stand_ins import stand_in
from facefusion.models.store import sha256_of
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.processors.face_anonymiser.people import bundled
from facefusion.processors.face_anonymiser.portrait import portrait

HEIGHTS = (240, 360, 540, 720, 1080, 1440, 2160)
_RATE = 25
_FACE_OF_HEIGHT = 0.33
"""A face a third as high as the frame: a medium close-up."""
_PORTRAIT = 1.4
"""The drawn portrait's height, in heights of its face."""
GIGAMACS = {"inswapper": 175.0, "face_restorer": 198.0, "codeformer": 405.0}
"""Work of the real networks for one face, as published."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One whole run. shares: of the wall time, by phase; network_share: of the CPU time, inside of networks. warnings:
    what was not as it was asked for, like a device that is not there."""

    height: int
    state: str
    frames: int
    seconds: float
    frames_per_second: float
    cpu_seconds_per_frame: float
    network_share: float
    shares: dict[str, float]
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def benchmark(
    options: dict[str, Any], *, heights: Sequence[int] = HEIGHTS, frames: int = 50, clip: Path | None = None,
    source: Path | None = None, say: Callable[[str], None] = lambda line: None,
) -> list[Timing]:  # fmt: skip
    """Two runs at each height: cold (everything is measured) and warm (the analysis is found again).

    options: further keys of a plan, as `Plan.from_mapping` takes them. clip, source: instead of the drawn ones. A run
    that is not counted comes first, so that loading libraries and models falls on no height. Raises what `run` raises.
    """
    if "background_remover" in options.get("processor", ()):
        options = {"background": "black", **options}  # the clips that are written hold no transparency
    found = []
    with tempfile.TemporaryDirectory(prefix="facefusion-benchmark-") as name:
        folder = Path(name)
        photo = source or _photo(folder / "source.png")
        settling = _scaled(clip, folder / "settling.mp4", heights[0], 2)
        _once({**options, "source": [str(photo)], "target": str(settling)}, folder / "settled.mp4", None)
        for height in heights:
            target = _scaled(clip, folder / f"{height}.mp4", height, frames)
            cache = AnalysisCache(folder / f"cache-{height}")
            for state in ("cold", "warm"):
                asked = {**options, "source": [str(photo)], "target": str(target)}
                run_of = partial(_once, asked, folder / f"{height}-{state}.mp4", cache)
                found.append(_timed(run_of, height, state))
                say(f"{height}p {state}: {found[-1].frames_per_second:.1f} frames/s")
    return found


def stand_in_store(folder: Path, names: Sequence[str], *, full_size: bool) -> ModelStore:
    """A store of stand-ins for the models `names` and what they need; their licences are nobody's."""
    store, lock = ModelStore((folder,)), Lock(folder)
    for name in dict.fromkeys(one for asked in names for one in (asked, *store.card(asked).needs)):
        card = store.card(name)
        path = stand_in(card, folder / card.file, gigamacs=GIGAMACS.get(card.contract, 0.0) if full_size else 0.0)
        lock.remember(path.name, Entry.of(path, sha256_of(path), "import"))
        store.accept_licence(name, who="benchmark")
    return store


def _once(
    options: dict[str, Any], output: Path, cache: AnalysisCache | None,
    listener: Callable[[ProgressEvent], None] = lambda event: None,
) -> RunReport:  # fmt: skip
    report = run(Plan.from_mapping({**options, "output": str(output)}), Progress(listener), cache=cache)
    output.unlink()
    return report


def _timed(run_of: Callable[..., RunReport], height: int, state: str) -> Timing:
    phases = _Phases()
    with _network_seconds() as inside:
        began, cpu = time.monotonic(), _cpu_seconds()
        report = run_of(phases)
        seconds, cpu = time.monotonic() - began, _cpu_seconds() - cpu
    count = max(report.frames, 1)
    shares = {name: round(spent / seconds, 3) for name, spent in phases.ended().items()}
    share = min(inside[0] / max(cpu, 1e-9), 1.0)
    return Timing(
        height, state, report.frames, round(seconds, 3), round(count / seconds, 2), round(cpu / count, 4),
        round(share, 3), shares, tuple(phases.warnings),
    )  # fmt: skip


class _Phases:
    """Hears how long each phase takes, and what was not as it was asked for."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._spent: dict[str, float] = {}
        self._now, self._since = "", time.monotonic()

    def __call__(self, event: ProgressEvent) -> None:
        if event.message:
            self.warnings.append(event.message)
        if event.phase != self._now:
            self.ended()
            self._now = event.phase

    def ended(self) -> dict[str, float]:
        """Wall seconds of every phase so far."""
        now = time.monotonic()
        if self._now:
            self._spent[self._now] = self._spent.get(self._now, 0.0) + now - self._since
        self._since = now
        return self._spent


@contextmanager
def _network_seconds() -> Iterator[list[float]]:
    """CPU seconds of this process's threads inside of networks."""
    spent, real = [0.0], LoadedCard.run

    def timed(self: LoadedCard, *arguments: Any) -> Any:
        began = time.thread_time()
        try:
            return real(self, *arguments)
        finally:
            spent[0] += time.thread_time() - began

    LoadedCard.run = timed  # type: ignore[assignment, method-assign]
    try:
        yield spent
    finally:
        LoadedCard.run = real  # type: ignore[method-assign]


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def drawn_people(count: int) -> list[UInt8]:
    """`count` pictures (h, w, 3) of people who do not exist, in several sizes of face and amounts of light."""
    people, found = bundled(), []
    for number in range(count):
        picture = _picture(number % len(people))
        height, width = picture.shape[:2]
        rim = round(min(height, width) * 0.04 * (number // len(people) + number % 3))
        lit = picture[rim : height - rim, rim : width - rim] * (0.6 + 0.1 * (number % 5))
        found.append(np.clip(lit, 0, 255).astype(np.uint8))
    return found


def _photo(path: Path) -> Path:
    write_image(path, Frame(_picture(0)))
    return path


def _picture(number: int) -> UInt8:
    picture = portrait(bundled()[number]).picture
    assert picture is not None
    return picture if picture.dtype == np.uint8 else (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _scaled(clip: Path | None, path: Path, height: int, frames: int) -> Path:
    """The first frames of `clip`, or of a drawn one, `height` pixels high."""
    pictures = _drawn(height, frames) if clip is None else _read(clip, height, frames)
    writer = None
    for number, pixels in enumerate(pictures):
        if writer is None:
            like = VideoFormat(width=pixels.shape[1], height=pixels.shape[0], average_fps=Fraction(_RATE))
            writer = VideoWriter(path, like=like)
            writer.__enter__()
        writer.write(Frame(pixels, index=number, timestamp=Timestamp(number, Fraction(1, _RATE))))
    if writer is not None:
        writer.__exit__(None, None, None)
    return path


def _drawn(height: int, frames: int) -> Iterator[UInt8]:
    """A face that moves to and fro before a soft ground."""
    face, width = _picture(1), height * 16 // 9 // 2 * 2
    side = round(height * _FACE_OF_HEIGHT * _PORTRAIT)
    face = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if side < face.shape[0] else cv2.INTER_CUBIC)
    rows, columns = np.mgrid[:height, :width]
    ground = np.stack([rows * 90 // height + 60, columns * 60 // width + 80, 0 * rows + 110], axis=-1).astype(np.uint8)
    for number in range(frames):
        x = round((width - side) / 2 + width * 0.08 * np.sin(number / 8))
        y = (height - side) // 2
        frame = ground.copy()
        frame[max(y, 0) : y + side, x : x + side] = face[max(-y, 0) :][: height - max(y, 0)]
        yield frame


def _read(clip: Path, height: int, frames: int) -> Iterator[UInt8]:
    with open_media(clip) as reader:
        width = round(reader.info.width * height / reader.info.height / 2) * 2
        for frame in reader.frames(stop=min(frames, reader.num_frames)):
            pixels = frame.pixels if frame.pixels.dtype == np.uint8 else (frame.pixels >> 8).astype(np.uint8)
            yield cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
