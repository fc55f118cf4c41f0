"""Learned swappers through the real command line: a file is dropped in, its name is given, the result is marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from command_line import refused, succeeded
from facefusion import FaceDetector, FaceEnhancer
from facefusion.blend import BlendSettings
from facefusion.blend.layers import lay, layer_of
from facefusion.core import Patch
from facefusion.errors import ModelMissing, UsageError
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.crops import cut
from facefusion.geometry import transforms
from facefusion.media import read_image
from facefusion.models import ModelStore
from facefusion.models.lock import NAME
from facefusion.models.store import sha256_of
from facefusion.pipeline.weights import asked_model, zoo_of
from facefusion.processors.face_swapper.learned import joined, phases
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


def test_a_policy_refuses_what_may_earn_no_money(
    folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    job = (
        "--target",
        photos[1],
        "--output",
        tmp_path / "out.png",
        "--processor",
        "face_enhancer",
        "--policy",
        "broadcast",
    )
    says = r"by rule licence: policy broadcast takes no models .*this job uses codeformer \(S-Lab.*; use other models"
    refused(tmp_path, 5, says, *job, "--face-enhancer-model", "codeformer")
    succeeded(*job, "--face-enhancer-model", "gfpgan_1.4")


def test_swap_restore_and_occluder_in_one_pass(
    folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    out = tmp_path / "out.png"
    job = ("--source", photos[0], "--target", photos[1], "--output", out, "--face-swapper-model", "hyperswap_1a_256")
    succeeded(*job, "--processor", "face_swapper", "--processor", "face_enhancer", "--face-enhancer-model",
              "codeformer", "--mask-occlusion-model", "xseg_1", "--face-swapper-swap-weight", "0.5")  # fmt: skip
    text = str(verify(out).as_dict()) + str(read_manifest(out))
    for name in ("hyperswap_1a_256", "codeformer", "xseg_1"):
        assert name in text
        assert sha256_of(folder / f"{name}.onnx") in text
    before, after = (read_image(path).pixels.astype(int) for path in (photos[1], out))
    assert abs(after[:20, :20] - before[:20, :20]).max() <= 6
    assert (abs(after - before).max(axis=2) > 20).mean() > 0.005


def test_names_of_the_sdk_resolve(folder: Path, photos: tuple[Path, Path]) -> None:
    pixels = read_image(photos[1]).pixels
    (wanted,) = FaceAnalyser().find(pixels, embed=False)
    scale = 640 / 300
    eyes = wanted.keypoints.xy.mean(axis=0) * scale
    for name in ("retinaface_mnet", "yoloface_8n", "yunet_2023_mar", "scrfd_2.5g"):
        lit = pixels.copy() // 3
        x, y = (int(one / 32) * 32 / scale for one in eyes)
        lit[int(y) : int(y + 15), int(x) : int(x + 15)] = (235, 235, 235)
        FaceDetector(model_name=name, models_folder=folder).detect(np.ascontiguousarray(lit[..., ::-1]))
    with pytest.raises(UsageError, match="is a face_swapper, not a face_detector"):
        FaceDetector(model_name="ghost_1_256", models_folder=folder)
    assert isinstance(FaceEnhancer(model_name="gfpgan_1.4", models_folder=folder), FaceEnhancer)


@pytest.mark.parametrize("boost", [1, 2, 3])
def test_pixel_boost_takes_a_picture_apart_and_joins_it(boost: int) -> None:
    picture = np.random.default_rng(0).random((12, 12, 3)).astype(np.float32)
    parts = phases(picture, boost)
    assert len(parts) == boost**2
    assert (joined(parts, boost) == picture).all()
    assert all(part.shape == (12 // boost, 12 // boost, 3) for part in parts)


def test_a_layer_laid_down_is_the_patch_inside_and_nothing_outside() -> None:
    random = np.random.default_rng(1)
    picture = random.integers(0, 255, (200, 220, 3), np.uint8)
    matrix = np.array([[0.8, 0.1, -40.0], [-0.1, 0.8, -20.0]], np.float32)
    base = cut(picture, matrix, 96)
    mask = np.zeros((96, 96), np.float32)
    mask[20:76, 20:76] = 1
    patch = Patch(np.full((96, 96, 3), 0.5, np.float32), mask, matrix, base)
    for mode in ("plain", "multiband"):
        layer = layer_of(patch, BlendSettings(blend_mode=mode))  # type: ignore[arg-type]
        assert layer is not None
        result = picture.copy()
        lay(result, layer)
        inner = transforms.apply(transforms.inverse(matrix), np.array([[48, 48]], np.float32))[0].astype(int)
        assert abs(result[inner[1], inner[0]].astype(int) - 128).max() <= 1
        rows, columns = np.mgrid[:200, :220]
        spots = transforms.apply(matrix, np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32))
        outside = ((spots < 17) | (spots > 79)).any(axis=1).reshape(200, 220)
        assert (result[outside] == picture[outside]).all()
    assert layer_of(patch, BlendSettings(blend_strength=0.0)) is None


SWAP, CLEAR, LARGER = "--face-swapper-model", "--face-enhancer-model", "--frame-enhancer-model"
BY_OPTION = {
    "simswap_256": SWAP, "ghost_1_256": SWAP, "hififace_256": SWAP, "blendswap_256": SWAP, "uniface_256": SWAP,
    "somebody": SWAP, "gpen_bfr_256": CLEAR, "restoreformer_plus_plus": CLEAR, "real_esrgan_x2": LARGER,
    "span_kendata_x4": LARGER,
}  # fmt: skip
"""What the other tests do not run, by option."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("small")
    photo = astronaut()[:256, 96:352]
    return write_png(place / "source.png", photo), write_png(place / "target.png", scene(0, 220, 180))


@pytest.mark.parametrize("name", BY_OPTION)
def test_every_contract_runs_by_its_option_and_is_named(
    name: str, folder: Path, small: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    option, out = BY_OPTION[name], tmp_path / "out.png"
    job = ["run", "--target", small[1], "--output", out, option, name]
    job += ["--source", small[0]] if option == SWAP else ["--processor", option[2:].removesuffix("-model")]
    succeeded(*job)
    before, after = (read_image(path).pixels.astype(int) for path in (small[1], out))
    step = len(after) // len(before)
    assert step == (2 if option == LARGER else 1)
    apart = abs(after[::step, ::step] - before)
    assert apart[60:130, 80:140].mean() > 3  # the watermark alone is 1
    text = str(read_manifest(out))
    assert name in text
    assert sha256_of(ModelStore((folder,)).path(name)) in text
    needed = {
        "simswap_256": "crossface_simswap",
        "ghost_1_256": "crossface_ghost",
        "hififace_256": "crossface_hififace",
    }
    if name in needed:
        assert sha256_of(folder / f"{needed[name]}.onnx") in text


def test_a_name_where_a_path_is_asked_for_means_the_model_and_the_packages_own_way_has_a_name(folder: Path) -> None:
    """`FaceSwapper("inswapper_128")`: its first argument is a path, as the guide has it."""
    zoo = zoo_of(folder)
    assert asked_model("face_swapper", zoo, model_path="inswapper_128") == "inswapper_128"
    assert asked_model("face_swapper", zoo, model_path="mesh") == ""
    assert asked_model("face_enhancer", zoo, model_name="own") == ""
    place = folder / "inswapper_128.onnx"
    assert asked_model("face_swapper", zoo, model_path=place) == str(place)
    with pytest.raises(ModelMissing, match="no such model file"):
        asked_model("face_swapper", zoo, model_path="none/inswapper_128.onnx")
