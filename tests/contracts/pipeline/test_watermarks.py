"""Every output carries the number of its marks in its pixels, at 40 dB and more, and is otherwise what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import facefusion
from clips import Look
from facefusion.core import Pixels
from facefusion.media import open_media, read_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.preview import preview, write_preview
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.watermark import detect, read_watermark
from portraits import HEIGHT, WIDTH, astronaut, make_film, scene, write_png

LOSSLESS = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
FRAMES = 3


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """source.png, the astronaut; photo.png; clip.mkv, without loss."""
    write_png(tmp_path / "source.png", astronaut())
    write_png(tmp_path / "photo.png", scene(0))
    make_film(tmp_path / "clip.mkv", frames=FRAMES, look=LOSSLESS)
    return tmp_path


def plan_of(media: Path, target: str, output: Path, **more: Any) -> Plan:
    return Plan.from_mapping(
        {"source": [str(media / "source.png")], "target": str(media / target), "output": str(output), **more}
    )


def psnr(a: Pixels, b: Pixels) -> float:
    full = np.iinfo(a.dtype).max
    return float(10 * np.log10(full**2 / max(np.mean((a.astype(np.float64) - b) ** 2), 1e-9)))


def pictures_of(path: Path) -> list[Pixels]:
    with open_media(path) as reader:
        return [frame.pixels for frame in reader]


def without(path: Path, plan: Plan, patch: pytest.MonkeyPatch) -> list[Pixels]:
    """What the run gives before the watermark."""
    with patch.context() as inner:
        inner.setattr("facefusion.pipeline.ranges.watermarked", lambda frame, asset_id: frame)
        run(plan, created=CREATED)
    return pictures_of(path)


@pytest.mark.parametrize("name", ["out.mkv", "out.%04d.png", "out.webp", "out.png", "folder"])
def test_every_kind_of_output_is_marked(media: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = {"out.png": "photo.png", "folder": "pictures"}.get(name, "clip.mkv")
    (media / "pictures").mkdir()
    write_png(media / "pictures" / "one.png", scene(0))
    more = {"output-codec": "ffv1"} if name == "out.mkv" else {}
    plan = plan_of(media, target, media / name, **more, **{"output-image-quality": 100, "overwrite": True})
    run(plan, created=CREATED)
    made = media / name / "one.png" if name == "folder" else media / name
    reading, marked = read_watermark(made), pictures_of(made)
    assert reading.asset_id == asset_id_of(marks_of(plan, CREATED))
    for before, after in zip(without(made, plan, monkeypatch), marked, strict=True):
        assert psnr(before, after) >= (38 if name == "out.webp" else 40)  # WebP codes the two differently, too
        assert not np.array_equal(before, after)
    assert not read_watermark(made).is_found


def test_two_outputs_have_two_numbers(media: Path) -> None:
    for name in ("a.png", "b.png"):
        run(plan_of(media, "photo.png", media / name))
    first, second = (read_watermark(media / name).asset_id for name in ("a.png", "b.png"))
    assert first is not None
    assert second is not None
    assert first != second


def test_deep_pictures_keep_their_transparency(media: Path) -> None:
    deep = np.dstack([scene(0)[..., ::-1].astype(np.uint16) * 257, np.full((HEIGHT, WIDTH), 30_000, np.uint16)])
    cv2.imwrite(str(media / "deep.png"), deep)
    run(plan_of(media, "deep.png", media / "out.png"), created=CREATED)
    result = cv2.imread(str(media / "out.png"), cv2.IMREAD_UNCHANGED)
    assert result.dtype == np.uint16
    assert set(np.unique(result[..., 3])) <= {30_000, 65_535}  # the label is opaque
    assert read_watermark(media / "out.png").is_found


def test_previews_are_marked_one_and_many(media: Path) -> None:
    plan = plan_of(media, "clip.mkv", media / "full.mkv", **{"output-codec": "ffv1"})
    run(plan, created=CREATED)
    frames = preview(plan, number=FRAMES, created=CREATED)
    for shown, written in zip(frames, pictures_of(media / "full.mkv"), strict=True):
        assert np.array_equal(shown.frame.pixels, written)
    write_preview(media / "sheet.png", frames, plan)
    assert read_watermark(media / "sheet.png").asset_id == asset_id_of(frames[0].marks)


def test_saved_arrays_and_finished_frames_are_marked(media: Path) -> None:
    facefusion.save_image(media / "saved.png", np.ascontiguousarray(scene(0)[..., ::-1]))
    assert read_watermark(media / "saved.png").is_found
    plan = plan_of(media, "clip.mkv", media / "unused.mkv")
    with open_media(media / "clip.mkv") as reader:
        frames = [f.pixels for f in facefusion.render(reader, facefusion.analyse(reader, plan), plan, created=CREATED)]
        assert not detect([frame.pixels for frame in reader]).is_found
    assert detect(frames).asset_id == asset_id_of(marks_of(plan, CREATED))
    assert read_image(media / "photo.png").pixels.shape == frames[0].shape
