"""The SDK as the README writes it: OpenCV pictures in and out, options, files that are marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import facefusion
from clips import Look
from facefusion import (
    FaceDetector,
    FaceEnhancer,
    FaceSwapper,
    Plan,
    analyse,
    open_media,
    process_image,
    process_video,
    render,
    save_image,
    set_options,
)
from facefusion.core import HeadPose
from facefusion.errors import InvalidInput, ModelError, ModelMissing, OutputExists, UsageError
from facefusion.pipeline.engine import run
from facefusion.provenance import Labeller, LabelSettings, verify
from portraits import HEIGHT, WIDTH, astronaut, make_film, nobody, scene, write_png


def bgr(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(pixels[..., ::-1])


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    facefusion.reset_options()


def test_detect_swap_enhance(detector: FaceDetector) -> None:
    source_img, target_img = bgr(astronaut()), bgr(scene())
    source_faces, target_faces = detector.detect(source_img), detector.detect(target_img)
    assert len(source_faces) == len(target_faces) == 1
    assert source_faces[0].picture is not None
    assert (source_faces[0].picture == astronaut()).all()
    before = target_img.copy()
    swapper = FaceSwapper()
    result = swapper.swap(target_img, target_faces[0], source_faces[0])
    assert (target_img == before).all()
    assert result.dtype == np.uint8
    assert result.shape == target_img.shape
    changed = (result != target_img).any(axis=2)
    assert 0.05 < changed.mean() < 0.5
    assert not changed[:, :60].any()
    assert (swapper.swap(target_img, target_faces[0], [source_faces[0]]) == result).all()
    clearer = FaceEnhancer().enhance(result)
    assert (clearer != result).any()
    assert np.abs(clearer.astype(int) - result).mean() < 5


def test_colours_are_not_exchanged(detector: FaceDetector) -> None:
    """A face put on itself keeps its reds red."""
    picture = bgr(scene())
    face = detector.detect(picture)[0]
    result = FaceSwapper().swap(picture, face, face)
    x, y = (int(place) for place in face.box.center)
    part = np.s_[y - 20 : y + 20, x - 20 : x + 20]
    assert np.abs(result[part].mean(axis=(0, 1)) - picture[part].mean(axis=(0, 1))).max() < 12


def test_nobody_is_an_empty_list_and_nothing_to_enhance(detector: FaceDetector) -> None:
    assert detector.detect(bgr(nobody())) == []
    assert (FaceEnhancer().enhance(bgr(nobody())) == bgr(nobody())).all()


def test_a_face_that_is_turned_too_far_is_left_alone(detector: FaceDetector) -> None:
    picture = bgr(scene())
    face = detector.detect(picture)[0]
    away = replace(face, pose=HeadPose(88.0, 0.0, 0.0))
    assert (FaceSwapper().swap(picture, away, face) == picture).all()


@pytest.mark.parametrize(
    "image", [None, "a.jpg", np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((9, 9, 4), np.uint8)]
)
def test_what_is_no_picture_is_refused(detector: FaceDetector, image: Any) -> None:
    with pytest.raises(InvalidInput, match=r"BGR|cv2\.imread"):
        detector.detect(image)


def test_a_source_face_without_its_picture_is_refused(detector: FaceDetector) -> None:
    picture = bgr(scene())
    face = detector.detect(picture)[0]
    with pytest.raises(InvalidInput, match="picture"):
        FaceSwapper().swap(picture, face, replace(face, picture=None))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FaceDetector(model_name="retinaface_mnet"), ("retinaface_mnet", "KB", "MIT", "models show")),
        (lambda: FaceSwapper(model_path="models/inswapper_128.onnx"), ("inswapper_128", "554 MB", "non-commercial")),
        (lambda: FaceSwapper(model_name="inswapper_128"), ("inswapper_128", "554 MB", "non-commercial", "models show")),
        (lambda: FaceEnhancer(model_name="gfpgan_1.4"), ("gfpgan_1.4", "340 MB", "Apache-2.0", "models show")),
    ],
)
def test_a_known_model_that_is_not_here_says_all_about_it(make: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(ModelMissing) as caught:
        make()
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "my_own.onnx").write_bytes(b"weights")
    with pytest.raises(ModelError, match=r"nothing is known of this file; `facefusion models import"):
        FaceSwapper(model_path=tmp_path / "my_own.onnx")


def test_wrong_models_are_refused() -> None:
    with pytest.raises(UsageError, match=r"gfpgan_1\.4"):
        FaceEnhancer(model_name="gfpgan_14")
    with pytest.raises(UsageError, match="is a face_swapper, not a face_detector"):
        FaceDetector(model_name="inswapper_128")
    assert FaceDetector(model_name="blazeface_full_range").detect(bgr(scene()))


def test_process_video_does_what_set_options_said(tmp_path: Path) -> None:
    make_film(tmp_path / "b.mp4", frames=3, look=Look(width=WIDTH, height=HEIGHT))
    write_png(tmp_path / "a.png", astronaut())
    set_options(
        {
            "source_paths": [tmp_path / "a.png"],
            "target_path": tmp_path / "b.mp4",
            "output_path": str(tmp_path / "c.mp4"),
            "frame_processors": ["face_swapper", "face_enhancer"],
            "execution_providers": ["cuda"],
        }
    )
    report = process_video()
    assert (report.frames, report.swapped) == (3, 3)
    assert verify(tmp_path / "c.mp4").is_marked
    assert any("cuda" in line and "onnxruntime-gpu" in line for line in report.warnings)
    with pytest.raises(OutputExists):
        process_video()
    assert process_video({"overwrite": True, "frame_processors": ["face_enhancer"]}).swapped == 3
    with pytest.raises(UsageError, match="process_video"):
        process_image()


def test_process_image(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", astronaut())
    write_png(tmp_path / "b.png", scene())
    names = {"source_path": str(tmp_path / "a.png"), "target_path": str(tmp_path / "b.png")}
    report = process_image({**names, "output_path": str(tmp_path / "c.png"), "mask_blur": 0.5})
    assert report.swapped == 1
    assert verify(tmp_path / "c.png").is_marked


def test_options_are_checked_and_can_be_forgotten(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean source_paths"):
        set_options({"source_pats": ["a.jpg"]})
    set_options({"target_path": "b.png", "output_path": "c.png", "frame_processors": ["face_enhancer"]})
    set_options({"output_path": None})
    with pytest.raises(UsageError, match="output"):
        process_image()


@pytest.mark.usefixtures("before_the_watermark")
def test_saved_pictures_carry_label_and_marks_and_files_are_not_replaced(
    tmp_path: Path, detector: FaceDetector
) -> None:
    picture, path = bgr(scene()), tmp_path / "out.png"
    save_image(path, picture, faces=detector.detect(picture))
    assert verify(path).is_marked
    label = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=False)
    assert (cv2.imread(str(path)) == bgr(label.apply(scene()))).all()
    with pytest.raises(OutputExists):
        save_image(path, picture)


@pytest.mark.usefixtures("before_the_watermark")
def test_the_composable_layer(tmp_path: Path) -> None:
    target = tmp_path / "b.mkv"
    make_film(target, frames=4, look=Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={}))
    write_png(tmp_path / "a.png", astronaut())
    values = {"source": str(tmp_path / "a.png"), "target": str(target), "output": "unused.mkv"}
    label = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=True)
    with open_media(target) as reader:
        analysis = analyse(reader, Plan.from_mapping(values))
        assert [len(analysis.faces_in(index)) for index in range(4)] == [1] * 4
        frames = list(render(reader, analysis, Plan.from_mapping(values)))
        alone = list(render(reader, analysis, Plan.from_mapping({**values, "start": "2f", "end": "3f"})))
        box = label.box(seconds=0.0)
        part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
        for frame in frames:
            assert (frame.pixels[part] == label.apply(reader.frame_at(frame.index).pixels, seconds=0.0)[part]).all()
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    difference = np.abs(alone[0].pixels.astype(int) - frames[2].pixels.astype(int)).max(axis=2)
    assert (difference > 12).mean() < 0.005, "light and what is in front are held steady over the frames of a run"
    assert difference.mean() < 0.5


def test_an_analysis_of_another_clip_is_refused(tmp_path: Path) -> None:
    look = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
    for name, frames in (("a.mkv", 3), ("b.mkv", 4)):
        make_film(tmp_path / name, frames=frames, look=look)
    values = {"target": str(tmp_path / "b.mkv"), "output": str(tmp_path / "c.mkv"), "processor": ["face_enhancer"]}
    plan = Plan.from_mapping(values)
    with open_media(tmp_path / "a.mkv") as reader:
        analysis = analyse(reader, plan)
    with open_media(tmp_path / "b.mkv") as reader, pytest.raises(InvalidInput, match="made from another clip"):
        next(render(reader, analysis, plan))
    with pytest.raises(InvalidInput, match="made from another clip"):
        run(plan, analysis=analysis)
    assert not (tmp_path / "c.mkv").exists()
