"""Files to sign and what their manifests say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facefusion.provenance.manifest.claim import Claim, Digest, Ingredient, Model
from facefusion.provenance.manifest.credentials import Credentials, credentials_of
from facefusion.provenance.manifest.settings import SigningSettings
from marked_media import MARKS, write_medium

Make = Callable[[str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda name: write_medium(tmp_path / name)


@pytest.fixture
def credentials() -> Credentials:
    return credentials_of(SigningSettings())


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    (tmp_path / "given").mkdir()
    target = write_medium(tmp_path / "given" / "anna_at_home.png")
    source = write_medium(tmp_path / "given" / "bob_secret.jpg")
    return Claim(
        MARKS,
        (("face_swapper", "mesh"), ("face_enhancer", "enhance")),
        (Ingredient("target", Digest.of(target), target), Ingredient("source", Digest.of(source), source)),
        (Model("face_mesh_attention", "ab" * 32),),
        {"rule": "covered", "record_ids": ["c-17"]},
        {"text": "AI-generated"},
    )
