"""Learned swappers through the real command line: a file is dropped in, its name is given, the result is marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import refused, succeeded
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import read_image
from facefusion.models.lock import NAME
from facefusion.models.store import sha256_of
from facefusion.provenance import verify
from facefusion.provenance.manifest.reading import read_manifest
from portraits import astronaut, scene, write_png


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("photos")
    return write_png(place / "source.png", astronaut()), write_png(place / "target.png", scene(0, 300, 220))


def test_a_dropped_in_swapper_draws_inside_the_mask_and_is_marked(
    folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    source, target = photos
    out = tmp_path / "out.png"
    succeeded("--source", source, "--target", target, "--output", out, "--face-swapper-model", "inswapper_128")
    before, after = (read_image(path).pixels.astype(int) for path in (target, out))
    (face,) = FaceAnalyser().find(read_image(target).pixels, embed=False)
    x, y = (round(float(value)) for value in (face.landmarks.xy[[50, 280]].mean(axis=0)))  # type: ignore[union-attr]
    assert abs(after[y, x] - before[y, x]).max() > 20
    assert abs(after[:20, :20] - before[:20, :20]).max() <= 6  # the watermark alone
    assert verify(out).is_marked
    text = str(verify(out).as_dict()) + str(read_manifest(out))
    assert "compositeWithTrainedAlgorithmicMedia" in text
    for name in ("inswapper_128", "arcface_w600k_r50"):
        assert name in text
        assert sha256_of(folder / f"{name}.onnx") in text


def test_an_open_licence_is_asked_about_once(
    folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "models"
    place.mkdir()
    for path in folder.glob("*.onnx"):
        (place / path.name).write_bytes(path.read_bytes())
    lock = (folder / NAME).read_text().replace("InsightFace model licence", "another licence")
    (place / NAME).write_text(lock)
    monkeypatch.setenv("FACEFUSION_MODELS", str(place))
    work = tmp_path / "work"
    work.mkdir()
    job = ("--source", photos[0], "--target", photos[1], "--output", work / "out.png")
    says = r"inswapper_128: its licence .* forbids commercial use.*facefusion models accept inswapper_128"
    refused(work, 6, says, *job, "--face-swapper-model", "inswapper_128")
    succeeded("models", "accept", "inswapper_128", "arcface_w600k_r50")
    assert '"by": ' in (place / NAME).read_text()
    succeeded(*job, "--face-swapper-model", "inswapper_128", "--dry-run")
