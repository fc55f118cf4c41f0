"""Animated pictures (GIF, APNG, WebP, AVIF) as clips."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from facefusion.core import Frame, Timestamp
from facefusion.errors import MediaUnreadable
from facefusion.media.description import MediaInfo
from facefusion.media.image_header import open_unlimited, read_image_header
from facefusion.media.reader import MediaReader
from facefusion.media.stills import SRGB, split_picture

_TICK = Fraction(1, 1000)
_SHORTEST_MS = 10
_UNSAID_MS = 100
"""Browsers show pictures with no stated length for a tenth of a second."""


class AnimationReader(MediaReader):
    """Reads every picture composed as a viewer sees it; lengths in milliseconds as stored."""

    def __init__(self, path: Path) -> None:
        header = read_image_header(path)
        self._path, self._format, self._turn = path, header.format, header.orientation
        self._starts = self._scan(header.num_pictures)
        width, height = header.orientation.upright_size(header.width, header.height)
        total = Fraction(self._starts[-1], 1000)
        self.info = MediaInfo(
            path=path,
            kind="video",
            width=width,
            height=height,
            rotation_deg=header.orientation.rotation_deg,
            mirrored=header.orientation.mirrored,
            num_frames_from_header=header.num_pictures,
            duration_seconds=total,
            average_fps=Fraction(header.num_pictures) / total,
            time_base=_TICK,
            codec=header.format.lower(),
            pixel_format=f"{header.mode.lower()}:8",
            has_alpha=header.has_alpha or self._has_alpha,
            color=SRGB,
            container=header.format.lower(),
        )

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        last = len(self._starts) - 1
        with open_unlimited(self._path, self._format) as picture:
            for index in range(start, last if stop is None else min(stop, last)):
                try:
                    picture.seek(index)
                    pixels, alpha = split_picture(picture.copy())
                except (OSError, EOFError, SyntaxError, ValueError) as error:
                    raise MediaUnreadable(
                        f"{self._path}: is damaged at picture {index} ({error}); export it again"
                    ) from None
                yield Frame(
                    self._turn.apply(pixels),
                    index=index,
                    timestamp=Timestamp(self._starts[index], _TICK),
                    duration_pts=self._starts[index + 1] - self._starts[index],
                    color=SRGB,
                    alpha=None if alpha is None else self._turn.apply(alpha),
                )

    @property
    def seeks(self) -> bool:
        return False

    def timestamps(self) -> list[Timestamp]:
        return [Timestamp(start, _TICK) for start in self._starts[:-1]]

    def _scan(self, count: int) -> list[int]:
        """Start of every picture and the end of the last, in milliseconds."""
        starts, self._has_alpha = [0], False
        try:
            with open_unlimited(self._path, self._format) as picture:
                for index in range(count):
                    picture.seek(index)
                    picture.load()
                    self._has_alpha |= picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
                    length = round(picture.info.get("duration", 0)) or _UNSAID_MS
                    starts.append(starts[-1] + max(length, _SHORTEST_MS))
        except (OSError, EOFError, SyntaxError, ValueError) as error:
            raise MediaUnreadable(f"{self._path}: is damaged ({error}); export it again") from None
        return starts
