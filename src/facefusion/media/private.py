"""Metadata that tells who, where or with what something was taken: found, and left out when people are hidden."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from facefusion.media.image_header import exif_of, open_unlimited, sniff_image
from facefusion.media.libav import open_input

KEPT_OF_CLIPS = frozenset({"timecode", "language"})
"""Tags of a clip that go along although people are hidden: neither tells who anybody is. All others may."""
OF_FILES = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "handler_name", "vendor_id", "duration"}
)
"""Tags that are about the old file, and are never copied from the container."""
_BLOCKS = {"xmp": "XMP", "photoshop": "IPTC", "comment": "comment", "Comment": "comment", "mp": "depth pictures"}
_WHERE = {0x8769: "Exif", 0x8825: "GPS"}


def kept_of_clip(tags: Mapping[str, str]) -> dict[str, str]:
    """Those of a container's or stream's tags that identify nobody."""
    return {name: value for name, value in tags.items() if name.lower() in KEPT_OF_CLIPS}


def identifying_tags(path: Path) -> tuple[str, ...]:
    """Names, never values, of what a picture or clip says beside its pixels and sound; empty when nothing is known."""
    return _of_picture(path) if sniff_image(path) is not None else _of_clip(path)


def _of_picture(path: Path) -> tuple[str, ...]:
    from PIL import ExifTags

    found: list[str] = []
    name = sniff_image(path)
    assert name is not None
    with suppress(Exception), open_unlimited(path, name) as picture:  # Pillow raises a dozen kinds on broken blocks
        stored: Any = exif_of(picture, path)
        found += [_named(ExifTags.TAGS, tag, "Exif") for tag in stored if tag not in _WHERE]
        for place, title in _WHERE.items():
            tags = ExifTags.GPSTAGS if title == "GPS" else ExifTags.TAGS
            found += [_named(tags, tag, title) for tag in stored.get_ifd(place)]
        found += [title for key, title in _BLOCKS.items() if picture.info.get(key)]
        found += [str(key) for key in getattr(picture, "text", {})]
    return tuple(dict.fromkeys(found))


def _named(names: Mapping[int, str], tag: int, title: str) -> str:
    return f"{title}.{names.get(tag, f'0x{tag:04x}')}"


def _of_clip(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    with open_input(path) as container:
        known = KEPT_OF_CLIPS | OF_FILES
        found += [name for name in container.metadata if name.lower() not in known]
        for stream in container.streams:
            found += [f"stream {stream.index}: {name}" for name in stream.metadata if name.lower() not in known]
            if stream.type in ("data", "attachment") and "timecode" not in stream.metadata:
                found.append(f"stream {stream.index}: {stream.type}")
        found += ["chapter titles"] if any(chapter.get("metadata") for chapter in container.chapters()) else []
    return tuple(dict.fromkeys(found))
