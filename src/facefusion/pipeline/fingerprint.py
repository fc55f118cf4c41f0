"""What a run's pixels depend on, as one number: the request without places and speed, and the content of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from facefusion import __version__
from facefusion.core import Analysis
from facefusion.media import MediaReader
from facefusion.media.encoders import encoder_build
from facefusion.media.paths import check_input
from facefusion.pipeline.analysis_sections import sections_of
from facefusion.pipeline.inputs import grounds, sounds
from facefusion.pipeline.media_identity import identity_of
from facefusion.pipeline.plan import Plan

_SIGNING = ("signing-certificate", "signing-key", "signing-url", "signing-timestamp-url")
_AUDIT = ("audit-file", "audit-names", "audit-project")
_LIMITS = ("execution-memory-limit",)
NOT_IN_THE_RESULT = ("overwrite", "models-folder", "workers", "threads", "keep-work", *_LIMITS, *_SIGNING, *_AUDIT)
"""Keys of a request that change how it is done, not what comes out."""
_BEGINNING_BYTES = 1 << 20
_FILES = (
    *("output", "source", "assign", "target", "reference-image", "except-image", "mask-image", "background"),
    *("face-enhancer-reference", "lip-syncer-audio"),
)


def request_key(plan: Plan, reader: MediaReader) -> str:
    """Equal for two requests exactly when they give the same pixels and packets (hexadecimal, 64 digits).

    Files count by what they hold, not by their names.
    """
    said = {name: value for name, value in plan.to_mapping().items() if name not in (*NOT_IN_THE_RESULT, *_FILES)}
    files = {
        "source": [content_digest(path) for path in plan.sources],
        "assign": {number: [content_digest(path) for path in paths] for number, paths in plan.assignments.items()},
        "reference": [content_digest(Path(text)) for text in plan.selector.reference_image],
        "except": [content_digest(Path(text)) for text in plan.selector.except_image],
        "background": _ground(plan, content_digest),
        "mask": _digest_or_none(plan.mask.mask_image),
        "target": identity_of(reader).digest,
    } | ({"models": models_said(plan)} if plan.learned else {})
    files |= {"detail": [content_digest(path) for path in plan.face_photos]} if plan.face_photos else {}
    files |= {"speech": [content_digest(path) for path in sounds(plan)]} if plan.speaks else {}
    words = [__version__, encoder_build(), plan.output.suffix.lower(), said, files]
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def said_of(plan: Plan) -> dict[str, object]:
    """What `plan` says of the result, as JSON; files count by their length and beginning, not by their names."""
    said = {name: value for name, value in plan.to_mapping().items() if name not in (*NOT_IN_THE_RESULT, *_FILES)}
    assigned = {number: [_stamp(path) for path in paths] for number, paths in plan.assignments.items()}
    photos = (*plan.sources, *plan.face_photos)
    files = [*map(_stamp, photos), _stamp(plan.target), *map(_stamp, sounds(plan))]
    return {**said, "files": files, "assigned": assigned, "background": _ground(plan, _stamp)}


def _ground(plan: Plan, digest: Callable[[Path], str]) -> str | list[str]:
    """The new background: a colour or a blur by its name, files by what they hold."""
    return [digest(path) for path in grounds(plan)] or plan.background.background


def models_said(plan: Plan) -> list[str]:
    """The hashes of all learned weights that `plan` uses. Raises as `Zoo.check`."""
    return [one.sha256 for model, task in plan.learned for one in plan.zoo.used(model, task)]


def _stamp(path: Path) -> str:
    """A short digest of a file; of a folder or a pattern, its name."""
    if not path.is_file():
        return path.name
    with path.open("rb") as file:
        begin = file.read(_BEGINNING_BYTES)
    return hashlib.blake2b(f"{path.stat().st_size} ".encode() + begin, digest_size=16).hexdigest()


def content_digest(path: Path) -> str:
    """BLAKE2b (32 bytes, hexadecimal) of a file's content. Raises InvalidInput when it cannot be read."""
    check_input(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def _digest_or_none(text: str) -> str | None:
    return content_digest(Path(text)) if text else None


def measured_digest(analysis: Analysis) -> str:
    """Equal for two analyses that measured the same, whatever was edited (hexadecimal, 64 digits)."""
    return edited_digest(replace(analysis, edits=()))


def edited_digest(analysis: Analysis) -> str:
    """Equal for two analyses that measured the same and were edited alike (hexadecimal, 64 digits)."""
    digest = hashlib.sha256()
    for name, content in sorted(sections_of(replace(analysis, media=None)).items()):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()
