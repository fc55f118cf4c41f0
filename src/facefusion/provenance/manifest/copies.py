"""Copies of what manifests say, by asset id: a watermark leads back to them when everything else was stripped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facefusion.errors import FaceFusionError
from facefusion.provenance.asset import asset_text
from facefusion.provenance.canonical import canonical, parse_strictly
from facefusion.provenance.home import home
from facefusion.provenance.manifest.claim import Claim, Digest
from facefusion.provenance.manifest.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Output:
    """One file of a result: its name without a folder, and what it holds."""

    name: str
    digest: Digest

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, **self.digest.as_dict()}


def copy_path(asset_id: int) -> Path:
    """Where the copy for an asset id lies: `home()/manifests/0123456789abcdef.json`."""
    return home() / "manifests" / f"{asset_text(asset_id)}.json"


def copy_of(claim: Claim, outputs: Sequence[Output], credentials: Credentials) -> bytes:
    """Canonical JSON: what was made when, of what, who signed; no picture, and no name of a source or a folder."""
    signer = {"name": credentials.chain.common_name, "certificate": credentials.chain.fingerprint}
    return canonical({"format": 1, **claim.job(), "outputs": [one.as_dict() for one in outputs], "signer": signer})


def read_copy(asset_id: int) -> dict[str, Any] | None:
    """What was kept for an asset id; None when nothing was, or it cannot be read."""
    try:
        value = parse_strictly(copy_path(asset_id).read_bytes())
    except (OSError, FaceFusionError):
        return None
    return value if isinstance(value, dict) and value.get("asset_id") == asset_text(asset_id) else None
