"""Networks that answer with values that are no numbers: the frame is named, the request decides what becomes of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import BUILDERS, trusted
from numpy.typing import NDArray

import miniatures
from clips import Look
from command_line import call, refused
from facefusion.errors import UnusableOutput
from facefusion.media import open_media, read_image
from facefusion.models import ModelCard, card_named
from facefusion.models.finite import check_finite
from facefusion.models.graph_writer import Value, model, write
from facefusion.pipeline.report import Tally
from facefusion.provenance import verify
from portraits import astronaut, make_film, scene, write_png

LOOK = Look(codec="ffv1", pixel_format="bgr0", width=320, height=240, options={})


def spoilt(path: Path, card: ModelCard, *, above: float = 0.02) -> Path:
    """Takes and gives what `card` says; the answer is NaN when the mean of its picture is `above`, else zeros."""
    graph = miniatures.Graph()
    name = next(spec.name for spec in card.inputs if spec.layout != "flat")
    mean = graph.op("ReduceMean", graph.op("Abs", name) if above == 0.02 else name, keepdims=0)
    poison = graph.op("Mul", graph.op("Sqrt", graph.op("Sub", graph.value(above), mean)), graph.value(0.0))
    for spec in card.outputs:
        shape = [length if isinstance(length, int) else 1 for length in spec.shape]
        if card.contract == "upscaler":
            graph.op("Resize", graph.op("Add", name, poison), "", graph.value([1.0, 1.0, 2.0, 2.0]), mode="nearest",
                     out=spec.name)  # fmt: skip
        else:
            graph.op("Add", graph.value(np.zeros(shape)), poison, out=spec.name)
    values = [[Value(one.name, one.shape, one.dtype) for one in some] for some in (card.inputs, card.outputs)]
    return write(path, model(graph.nodes, *values, graph.constants))


FAMILIES = {
    "ghost_1_256": ("--processor", "face_swapper", "--face-swapper-model"),
    "gfpgan_1.4": ("--processor", "face_enhancer", "--face-enhancer-model"),
    "real_esrgan_x2": ("--processor", "frame_enhancer", "--frame-enhancer-model"),
    "ddcolor": ("--processor", "frame_colorizer", "--frame-colorizer-model"),
    "xseg_1": ("--processor", "face_enhancer", "--mask-occlusion-model"),
}
MEASURING = {"retinaface_mnet": "--face-detector-model", "2dfan4": "--face-landmarker-model"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spoilt files under true names, and what they need."""
    place = tmp_path_factory.mktemp("spoilt")
    for name in (*FAMILIES, *MEASURING):
        spoilt(place / card_named(name).file, card_named(name))
    for name in ("arcface_w600k_r50.onnx", "crossface_ghost.onnx"):
        BUILDERS[name](place / name)
    trusted(place)
    return place


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("photos")
    return write_png(place / "source.png", astronaut()), write_png(place / "target.png", scene())


@pytest.mark.parametrize("values", [[np.nan, 1.0], [np.inf, -np.inf], [1.0, np.inf]])
def test_what_is_no_number_is_noticed(values: list[float]) -> None:
    with pytest.raises(UnusableOutput, match="broken: gives values that are no numbers"):
        check_finite("broken", ["a", "b"], [np.array([0.5], np.float32), np.array(values, np.float32)])
    check_finite("sound", ["a", "b"], [np.full(4, 3e38, np.float32), np.array([np.iinfo(np.int64).max])])


@pytest.mark.parametrize("name", FAMILIES)
def test_a_picture_is_left_as_it_was_or_the_run_ends(
    name: str, folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    out = tmp_path / "out.png"
    job = ["run", "--target", photos[1], "--output", out, *FAMILIES[name], name]
    job += ["--source", photos[0]] if "face_swapper" in job else []
    refused(tmp_path, 6, rf"frame 0: {name}: gives values that are no numbers", *job, "--unusable-output", "stop")
    told = call(*job)
    assert told.code == 0, told.err
    assert "in 1 frame (0) a network answered with values that are no numbers" in told.err + told.out
    assert verify(out).is_marked
    before, after = (read_image(path).pixels.astype(int) for path in (photos[1], out))
    after = after[::2, ::2] if name == "real_esrgan_x2" else after
    assert np.abs(after - before)[40:180, 40:280].mean() < 4


@pytest.mark.parametrize("name", MEASURING)
def test_what_cannot_be_measured_ends_the_run(
    name: str, folder: Path, photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    says = rf"{name}: gives values that are no numbers"
    refused(tmp_path, 6, says, "analyse", photos[1], "--output", tmp_path / "no.ffa", MEASURING[name], name)


def flash(number: int, width: int, height: int) -> NDArray[Any]:
    """A dark clip with one bright frame."""
    picture = scene(number, width, height) * 0.5 + (110 if number == 3 else 0)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_one_frame_of_a_clip_is_left_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    spoilt(tmp_path / "models" / "gfpgan_1.3.onnx", card_named("gfpgan_1.3"), above=0.0)
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "models"))
    clip = make_film(tmp_path / "clip.mkv", draw=flash, frames=5, look=LOOK).path
    out = tmp_path / "out.mkv"
    job = ("run", "--target", clip, "--output", out, "--processor", "face_enhancer", "--face-enhancer-model",
           "gfpgan_1.3", "--output-codec", "ffv1")  # fmt: skip
    told = call(*job)
    assert told.code == 0, told.err
    assert "in 1 frame (3) a network answered" in told.err + told.out
    with open_media(clip) as a, open_media(out) as b:
        apart = [np.abs(x.pixels.astype(int) - y.pixels)[60:150, 110:200].mean() for x, y in zip(a, b, strict=True)]
    assert apart[3] < 4 < min(apart[:3] + apart[4:])


def test_frames_are_counted_and_named_once() -> None:
    tally, other = Tally(), Tally()
    for index in range(3):
        tally.add(("done", f"unusable {index}", f"unusable {index}"))
    other.add(())
    other.add(("unusable 9",))
    tally.merge(Tally(**asdict(other)))
    assert (tally.frames, tally.swapped, tally.unusable, tally.frames_without_face) == (5, 3, 4, 1)
    assert "in 4 frames (0, 1, 2, 9) a network" in tally.lines[0]
