"""Writing an animated picture: GIF, WebP or PNG. Whole or not at all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facefusion.core import Frame
from facefusion.core.arrays import from_unit, to_unit
from facefusion.errors import OutputFailed, UsageError
from facefusion.media.paths import appear, check_output, discard, temporary_beside
from facefusion.media.whole import WholeOrNothing

if TYPE_CHECKING:
    from PIL.Image import Image

ANIMATION_SUFFIXES = (".gif", ".webp", ".apng")
_FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
_TICKS_MS = {".gif": 10, ".webp": 1, ".apng": 1}
_DEFAULT_QUALITY = 95
_WAITING = 2


@dataclass(frozen=True, slots=True)
class _Abandoned(Exception):
    """Ends the thread without a result."""


class AnimationWriter(WholeOrNothing):
    """Encodes frames to `path`, in a thread of its own; 8 bits, sRGB. A context: the file appears at its end.

    Each picture lasts as long as its frame, to 10 ms in GIF and to 1 ms otherwise, without drift. quality: of WebP
    (100: lossless). xmp: a packet for WebP and PNG; GIF has no place for one. GIF gets 256 colours a picture, not
    dithered, so that what stands still does not flicker. GIF and PNG are held in memory until the end.
    seal: is called with the complete file before it appears; if it raises, nothing is left.
    Raises UsageError (suffix), OutputExists, OutputFailed.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        quality: int | None = None,
        xmp: bytes | None = None,
        overwrite: bool = False,
        seal: Callable[[Path], None] | None = None,
    ) -> None:
        self.path, self._overwrite, self._seal = Path(path), overwrite, seal
        self._suffix = self.path.suffix.lower()
        if self._suffix not in ANIMATION_SUFFIXES:
            raise UsageError(f"{path}: animated pictures are written as {', '.join(ANIMATION_SUFFIXES)}")
        check_output(self.path, overwrite=overwrite)
        self._quality, self._xmp = quality or _DEFAULT_QUALITY, xmp
        self._temporary = temporary_beside(self.path)
        self._waiting: queue.Queue[Image | None] = queue.Queue(_WAITING)
        self._lengths_ms: list[int] = []
        self._begin: Fraction | None = None
        self._failed: BaseException | None = None
        self._is_abandoned = False
        self._thread: threading.Thread | None = None

    def write(self, frame: Frame) -> None:
        """Add a picture that is shown for `frame.duration_pts`. Raises OutputFailed."""
        self.write_for(frame, frame.timestamp.seconds, frame.duration_pts * frame.timestamp.time_base)

    def write_for(self, frame: Frame, begin: Fraction, length: Fraction) -> None:
        """Add a picture that is shown from `begin` on for `length` seconds; the first one begins the animation."""
        self._begin = begin if self._begin is None else self._begin
        tick = _TICKS_MS[self._suffix]
        first, last = (round((at - self._begin) * 1000 / tick) * tick for at in (begin, begin + length))
        self._lengths_ms.append(max(tick, last - first))
        if self._thread is None:
            self._thread = threading.Thread(target=self._encode, name="animation", daemon=True)
            self._thread.start()
        self._put(_picture(frame))

    def close(self) -> None:
        """Finish, and let the file appear. Raises OutputFailed, OutputExists."""
        try:
            if self._thread is None:
                raise OutputFailed(f"{self.path}: no frame was written; check the range")
            self._put(None)
            self._thread.join()
            self._check()
            if self._seal is not None:
                self._seal(self._temporary)
            appear(self._temporary, self.path, overwrite=self._overwrite)
        finally:
            discard(self._temporary)

    def abort(self) -> None:
        """Stop and leave nothing behind."""
        self._is_abandoned = True
        if self._thread is not None:
            while self._thread.is_alive():
                self._drop_one()
        discard(self._temporary)

    def _put(self, item: Image | None) -> None:
        assert self._thread is not None
        while True:
            self._check()
            try:
                self._waiting.put(item, timeout=0.05)
                return
            except queue.Full:
                continue

    def _drop_one(self) -> None:
        try:
            self._waiting.get_nowait()
        except queue.Empty:
            self._waiting.put(None)
            assert self._thread is not None
            self._thread.join(0.02)

    def _check(self) -> None:
        if self._failed is not None:
            why = getattr(self._failed, "strerror", None) or str(self._failed)
            raise OutputFailed(f"{self.path}: writing failed ({why.lower()}); free some space or choose another disk")

    def _encode(self) -> None:
        try:
            pictures = self._pictures()
            first = next(pictures)
            rest = list(pictures) if self._suffix == ".apng" else pictures  # Pillow goes through them twice
            options = self._options(first.mode == "RGBA")
            first.save(
                self._temporary,
                _FORMATS[self._suffix],
                save_all=True,
                append_images=rest,
                duration=self._lengths_ms,
                loop=0,
                **options,
            )
        except _Abandoned:
            return
        except BaseException as error:
            self._failed = error

    def _pictures(self) -> Iterator[Image]:
        while (picture := self._waiting.get()) is not None:
            yield picture
        if self._is_abandoned:
            raise _Abandoned

    def _options(self, has_alpha: bool) -> dict[str, Any]:
        if self._suffix == ".webp":
            lossless = self._quality == 100
            return {"quality": self._quality, "lossless": lossless, **({"xmp": self._xmp} if self._xmp else {})}
        if self._suffix == ".gif":
            return {"optimize": False, "disposal": 2 if has_alpha else 1}
        from PIL.PngImagePlugin import PngInfo

        chunks = PngInfo()
        if self._xmp:
            chunks.add_itxt("XML:com.adobe.xmp", self._xmp.decode("utf-8"))
        return {"pnginfo": chunks}


def _picture(frame: Frame) -> Image:
    from PIL import Image

    def in_8_bits(array: Any) -> Any:
        return array if array.dtype == np.uint8 else from_unit(to_unit(array), np.dtype(np.uint8))

    picture = Image.fromarray(np.ascontiguousarray(in_8_bits(frame.pixels)))
    if frame.alpha is not None:
        picture.putalpha(Image.fromarray(np.ascontiguousarray(in_8_bits(frame.alpha))))
    return picture
