"""The pictures and clips that are measured: they lie beside the repository and are never part of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from benchmarks.record import ROOT
from facefusion.core.arrays import UInt8
from facefusion.media import read_image

DEFAULT_MEDIA = ROOT.parent / "shared" / "media"
ACTRESS_CLIP = "WolfgangLanger_Pexels.mp4"
CACHES = (ROOT / "demo" / "media", ROOT / "demo", ROOT / "build" / "media")
"""Where the demo keeps what it fetched."""


class MediaMissing(Exception):
    """The media a benchmark needs are not on this machine; the text says which."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A still: its name, where it lies, and (H, W, 3) uint8 RGB pixels."""

    name: str
    path: Path
    pixels: UInt8


def parser(description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--media", type=Path, default=DEFAULT_MEDIA, help="folder of the test media (default: beside)")
    parser.add_argument("--date", default=None, help="date to record instead of the clock's")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="where the JSON goes")
    return parser


def people(media: Path) -> list[Picture]:
    """The portraits of `people/`, by name; raises MediaMissing."""
    paths = sorted((media / "people").glob("*.jpg"))
    if not paths:
        raise MediaMissing(f"no portraits in {_shown(media / 'people')}: nothing measured")
    return [Picture(path.stem.removeprefix("synthetic_"), path, read_picture(path)) for path in paths]


def clip(media: Path, name: str) -> Path:
    """`clips/name`; raises MediaMissing."""
    path = media / "clips" / name
    if not path.exists():
        raise MediaMissing(f"no {name} in {_shown(media / 'clips')}: nothing measured")
    return path


def actress_clip(given: Path | None, folders: Sequence[Path] = CACHES) -> Path:
    """The 360p clip of the demo: `given`, or where one of `folders` holds it; raises MediaMissing."""
    if given is not None and given.exists():
        return given
    for folder in folders:
        for found in sorted(folder.rglob(ACTRESS_CLIP)) if folder.is_dir() else ():
            return found
    raise MediaMissing(f"no {ACTRESS_CLIP}: run `make demo` once, or say where it is with --actress")


def read_picture(path: Path) -> UInt8:
    """(H, W, 3) uint8 RGB."""
    pixels: UInt8 = read_image(path).pixels
    return pixels


def write_picture(path: Path, pixels: UInt8) -> Path:
    """Write (H, W, 3) uint8 RGB as PNG or JPEG by suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    data.tofile(path)
    return path


def _shown(path: Path) -> str:
    """Without anything that belongs to one machine only."""
    return "/".join(path.parts[-3:])
