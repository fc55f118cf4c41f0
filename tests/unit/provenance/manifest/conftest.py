"""Files to sign and what their manifests say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facefusion.core import Frame, Timestamp
from facefusion.media import AnimationWriter, VideoFormat, VideoWriter, write_image
from facefusion.provenance import Marks
from facefusion.provenance.manifest.claim import Claim, Digest, Ingredient, Model
from facefusion.provenance.manifest.credentials import Credentials, credentials_of
from facefusion.provenance.manifest.settings import SigningSettings

MARKS = Marks.of({"mesh"}, created=datetime(2026, 3, 1, 12, tzinfo=UTC), produce_id="job-1", version="1.2.3")
Make = Callable[[str], Path]


def picture(index: int = 0) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)


def write_medium(path: Path) -> Path:
    """A small picture, animation or clip in the format of its suffix, with the metadata marks."""
    frames = [Frame(picture(i), timestamp=Timestamp(i, Fraction(1, 10)), duration_pts=1) for i in range(6)]
    if path.suffix in (".gif", ".apng"):
        with AnimationWriter(path) as animation:
            for frame in frames:
                animation.write(frame)
    elif path.suffix in (".mp4", ".mov", ".mkv", ".webm", ".avi"):
        like = VideoFormat(64, 48, time_base=Fraction(1, 10), average_fps=Fraction(10))
        with VideoWriter(path, like=like, metadata=MARKS.container_tags()) as clip:
            for frame in frames:
                clip.write(frame)
    else:
        write_image(path, frames[0], xmp=MARKS.xmp())
    return path


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
