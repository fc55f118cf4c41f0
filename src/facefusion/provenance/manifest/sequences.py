"""One manifest for all pictures of a sequence: it binds a list of their names and digests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facefusion.provenance.canonical import canonical

_FORMAT = "facefusion-frames-1"


def frame_list(pictures: Mapping[str, str]) -> dict[str, Any]:
    """The list of a sequence: SHA-256 (hexadecimal) of every picture by its name."""
    return {"format": _FORMAT, "count": len(pictures), "sha256": dict(pictures)}


def bound_bytes(listed: Mapping[str, Any]) -> bytes:
    """What the manifest of a sequence binds: its list, as canonical JSON. Raises InvalidInput."""
    return canonical(dict(listed))


def pictures_in(listed: Any) -> dict[str, str] | None:
    """Digests by name out of a list that was read; None when it is none of ours."""
    if not isinstance(listed, dict) or listed.get("format") != _FORMAT or not isinstance(listed.get("sha256"), dict):
        return None
    found = listed["sha256"]
    if not all(isinstance(name, str) and isinstance(digest, str) for name, digest in found.items()):
        return None
    return dict(found)
