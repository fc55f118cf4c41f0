"""Pictures on disk that are read one after another: one image, a numbered pattern, a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from facefusion.core import Frame, Timestamp
from facefusion.errors import InvalidInput
from facefusion.media.description import DEFAULT_FPS, MediaInfo, MediaKind
from facefusion.media.image_header import IMAGE_SUFFIXES, ImageHeader, read_image_header
from facefusion.media.paths import NumberedPattern, natural_key
from facefusion.media.picture_form import Stamp
from facefusion.media.policy import ReadPolicy
from facefusion.media.reader import MediaReader
from facefusion.media.scene_space import SceneSpace
from facefusion.media.stills import SRGB, decode_image


class PictureReader(MediaReader):
    """Reads `paths` in order; every frame lasts one tick of `frame_rate`.

    A "sequence" must keep one size; a "folder" may hold pictures of any size.
    """

    def __init__(
        self,
        path: Path,
        kind: MediaKind,
        paths: Sequence[Path],
        frame_rate: Fraction | None,
        policy: ReadPolicy | None = None,
    ) -> None:
        self._paths, self.policy = tuple(paths), policy or ReadPolicy()
        self.info = _describe(path, kind, self._paths, frame_rate, self.policy.space)
        self._mended: dict[str, set[int]] = {}

    def frames(self, *, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        stop = len(self._paths) if stop is None else min(stop, len(self._paths))
        for index in range(start, stop):
            yield self._read(index)

    def timestamps(self) -> list[Timestamp]:
        return [Timestamp(index, self.info.time_base) for index in range(len(self._paths))]

    @property
    def warnings(self) -> list[str]:
        return [_about(what, sorted(where), self._paths) for what, where in sorted(self._mended.items())]

    def path_of(self, index: int) -> Path:
        return self._paths[index]

    def _read(self, index: int) -> Frame:
        frame, mended = decode_image(_still_header(self._paths[index]), space=self.policy.space)
        for what in mended:
            self._mended.setdefault(what, set()).add(index)
        if self.info.kind == "sequence" and (frame.width, frame.height) != (self.info.width, self.info.height):
            raise InvalidInput(
                f"{self._paths[index]}: is {frame.width}×{frame.height} in a sequence of "
                f"{self.info.width}×{self.info.height}; give pictures of several sizes as a folder"
            )
        return replace(frame, index=index, timestamp=Timestamp(index, self.info.time_base), duration_pts=1)


def open_pictures(
    path: Path, kind: str, frame_rate: Fraction | None = None, policy: ReadPolicy | None = None
) -> PictureReader:
    """A reader for one image, a numbered pattern or a folder. Raises InvalidInput, MediaUnreadable."""
    if kind == "folder":
        return PictureReader(path, "folder", pictures_in(path), frame_rate, policy)
    if kind == "sequence":
        return PictureReader(path, "sequence", numbered_pictures(NumberedPattern.parse(path)), frame_rate, policy)
    return PictureReader(path, "image", (path,), frame_rate, policy)


def pictures_in(folder: Path) -> list[Path]:
    """Picture files of `folder` by suffix, in natural order, hidden ones left out. Raises InvalidInput when none."""
    found = [
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]
    if not found:
        raise InvalidInput(f"{folder}: holds no pictures ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return sorted(found, key=lambda entry: (natural_key(entry.name), entry.name))


def numbered_pictures(pattern: NumberedPattern) -> list[Path]:
    """Files of a pattern from its lowest to its highest number. Raises InvalidInput naming the first gap."""
    numbers = pattern.numbers_on_disk()
    if not numbers:
        raise InvalidInput(f"{pattern.path}: no file fits this pattern; check the folder and the number of digits")
    present = set(numbers)
    for number in range(numbers[0], numbers[-1]):
        if number not in present:
            raise InvalidInput(
                f"{pattern.numbered(number)}: is missing from the sequence {numbers[0]}–{numbers[-1]}; "
                "render it again or give the part without the gap its own folder"
            )
    return [pattern.numbered(number) for number in numbers]


def _about(what: str, where: list[int], paths: Sequence[Path]) -> str:
    more = f" and {len(where) - 1} more" if len(where) > 1 else ""
    return f"{paths[where[0]].name}{more}: {what} left out or mended"


def _still_header(path: Path) -> ImageHeader:
    header = read_image_header(path)
    if header.is_animated:
        raise InvalidInput(
            f"{path}: is animated ({header.num_pictures} pictures) where one picture is needed; "
            "save one of them, or open it as a clip"
        )
    return header


def _describe(
    path: Path, kind: MediaKind, paths: tuple[Path, ...], said_rate: Fraction | None, space: SceneSpace | None
) -> MediaInfo:
    header = read_image_header(paths[0])
    stamp = header.stamp or Stamp(0)
    frame_rate = said_rate or stamp.frames_per_second or DEFAULT_FPS
    width, height = header.orientation.upright_size(header.width, header.height)
    return MediaInfo(
        path=path,
        kind=kind,
        width=width,
        height=height,
        rotation_deg=header.orientation.rotation_deg,
        mirrored=header.orientation.mirrored,
        num_frames_from_header=len(paths),
        duration_seconds=None if kind in ("image", "folder") else len(paths) / frame_rate,
        average_fps=frame_rate,
        time_base=1 / frame_rate,
        codec=header.format.lower(),
        pixel_format=_pixel_format(header),
        bit_depth=max(8, header.bit_depth),
        chroma="rgb",
        has_alpha=header.has_alpha,
        color=SRGB,
        space=space or header.space,
        timecode=stamp.timecode,
        container="image2" if kind == "sequence" else header.format.lower(),
    )


def _pixel_format(header: ImageHeader) -> str:
    return f"{header.mode.lower()}:{header.bit_depth}"
