"""Whole runs on clips made by code, and a look inside what they wrote."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look, Sound, make_clip, packets_of
from facefusion.core import Box, Progress
from facefusion.errors import NoFaceFound
from facefusion.media import open_media, read_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.people import find_people
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.provenance import Labeller, LabelSettings, verify
from portraits import HEIGHT, WIDTH, astronaut, make_film, nobody, scene, two_people, write_png

LOSSLESS = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
LOSSY = Look(width=WIDTH, height=HEIGHT)
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
Pictures = list[NDArray[np.uint8]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_png(tmp_path / "astronaut.png", astronaut())


def swap(source: Path | None, target: Path, output: Path, **more: Any) -> RunReport:
    given = {} if source is None else {"source": [str(source)]}
    values = {**given, "target": str(target), "output": str(output), **more}
    plan = Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()})
    return run(plan, created=CREATED)


def pictures_of(path: Path) -> Pictures:
    with open_media(path) as reader:
        return [frame.pixels for frame in reader]


def changed_box(before: NDArray[Any], after: NDArray[Any]) -> Box:
    rows, columns = np.nonzero((before != after).any(axis=2))
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def without(box: Box, pixels: NDArray[Any]) -> NDArray[Any]:
    blanked = pixels.copy()
    blanked[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = 0
    return blanked


def test_a_clip_keeps_its_sound(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    make_film(target, frames=6, look=LOSSY, sounds=[Sound(seconds=0.3), Sound(seconds=0.3, seed=2, language="deu")])
    swap(source, target, output)
    assert len(packets_of(target, "audio")) == 2
    assert packets_of(output, "audio") == packets_of(target, "audio")


@pytest.mark.usefixtures("before_the_watermark")
def test_a_clip_keeps_its_times_and_every_pixel_that_is_no_face(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mkv", tmp_path / "out.mkv"
    clip = make_film(target, frames=6, look=LOSSLESS)
    report = swap(source, target, output, output_codec="ffv1", label_position="top-left")
    assert (report.frames, report.swapped, report.people) == (6, 6, 1)
    with open_media(target) as before, open_media(output) as after:
        assert [time.seconds for time in after.timestamps()] == [time.seconds for time in before.timestamps()]
    face = find_people(target).people
    assert len(face) == 1
    for number, (old, new) in enumerate(zip(pictures_of(target), pictures_of(output), strict=True)):
        label = Labeller(LabelSettings(position="top-left"), width=WIDTH, height=HEIGHT, is_video=True)
        place = label.box(seconds=float(clip.seconds[number]))
        box = changed_box(without(place, old), without(place, new))
        assert 40 < box.width < 200
        assert 40 < box.height < 200
        assert (without(box, without(place, old)) == without(box, without(place, new))).all()
        assert np.abs(old.astype(int) - new)[60:160, 120:200].mean() > 3


def test_every_frame_carries_the_label_and_the_file_the_marks(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    make_film(target, frames=5, look=LOSSY)
    swap(source, target, output, label_text="MADE BY A MACHINE")
    report = verify(output)
    assert report.is_marked
    assert "compositeSynthetic" in "".join(report.lines())
    settings = LabelSettings(text="MADE BY A MACHINE")
    label = Labeller(settings, width=WIDTH, height=HEIGHT, is_video=True)
    for old, new in zip(pictures_of(target), pictures_of(output), strict=True):
        expected = label.apply(old, seconds=0.0)
        box = label.box(seconds=0.0)
        part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
        assert np.abs(new[part].astype(int) - expected[part]).mean() < 12
        assert np.abs(old[part].astype(int) - expected[part]).mean() > 40


def test_the_same_request_gives_the_same_pixels_with_any_number_of_threads(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mkv"
    make_film(target, frames=7, look=LOSSLESS)
    outputs = []
    for threads in (1, 3):
        output = tmp_path / f"out{threads}.mkv"
        swap(source, target, output, output_codec="ffv1", threads=threads, processor=["face_swapper", "face_enhancer"])
        outputs.append(pictures_of(output))
    assert all((a == b).all() for a, b in zip(*outputs, strict=True))


def test_a_picture_becomes_a_marked_picture(source: Path, tmp_path: Path) -> None:
    target, output = write_png(tmp_path / "target.png", scene()), tmp_path / "out.jpg"
    report = swap(source, target, output)
    assert (report.frames, report.swapped) == (1, 1)
    assert verify(output).is_marked
    assert read_image(output).pixels.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.usefixtures("before_the_watermark")
def test_sixteen_bits_and_transparency_survive(source: Path, tmp_path: Path) -> None:
    deep = np.dstack([scene().astype(np.uint16) * 257, np.full((HEIGHT, WIDTH), 40_000, np.uint16)])
    output = tmp_path / "out.png"
    swap(source, write_png(tmp_path / "deep.png", deep), output)
    before, after = read_image(tmp_path / "deep.png"), read_image(output)
    assert after.pixels.dtype == np.uint16
    same = (before.pixels == after.pixels).all(axis=2)
    assert 0.5 < same.mean() < 0.99
    assert after.alpha is not None
    label = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=False).box()
    assert (after.alpha == 65_535).sum() == label.area
    assert (after.alpha == 40_000).sum() == WIDTH * HEIGHT - label.area


def test_a_folder_becomes_a_folder_without_those_who_are_not_there(source: Path, tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    write_png(folder / "b10.png", scene(3))
    write_png(folder / "b9.png", scene(1, 300, 220))
    write_png(folder / "nobody.png", nobody())
    report = swap(source, folder, output)
    assert sorted(path.name for path in output.iterdir()) == ["b10.png", "b9.png"]
    assert read_image(output / "b9.png").pixels.shape == (220, 300, 3)
    assert all(verify(path).is_marked for path in output.iterdir())
    assert any("nobody.png" in line for line in report.warnings)
    swap(source, folder, output, allow_no_face=True, overwrite=True)
    assert sorted(path.name for path in output.iterdir()) == ["b10.png", "b9.png", "nobody.png"]


def test_a_sequence_keeps_its_numbers(source: Path, tmp_path: Path) -> None:
    for number in range(4):
        write_png(tmp_path / f"shot.{1001 + number}.png", scene(number))
    (tmp_path / "out").mkdir()
    swap(source, tmp_path / "shot.%04d.png", tmp_path / "out" / "done.%04d.png", start="1f", end="3f")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "done.####.png.c2pa",
        "done.1002.png",
        "done.1003.png",
    ]
    assert verify(tmp_path / "out" / "done.1002.png").is_marked


def test_a_sequence_becomes_a_clip_at_the_rate_asked_for(source: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_png(tmp_path / f"shot.{number:04d}.png", scene(number))
    swap(source, tmp_path / "shot.%04d.png", tmp_path / "out.mp4", output_frame_rate="24000/1001")
    with open_media(tmp_path / "out.mp4") as reader:
        assert [float(time.seconds) for time in reader.timestamps()] == pytest.approx([0, 1001 / 24000, 2002 / 24000])


def test_a_container_without_a_place_for_marks_gets_a_sidecar(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mkv", tmp_path / "out.avi"
    make_film(target, frames=3, look=LOSSLESS)
    swap(source, target, output)
    assert (tmp_path / "out.avi.xmp").is_file()
    assert verify(output).is_marked


@pytest.mark.usefixtures("before_the_watermark")
def test_a_part_of_a_clip_begins_at_zero(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mkv", tmp_path / "out.mkv"
    make_film(target, frames=10, look=LOSSLESS)
    report = swap(source, target, output, start="0.08", end="6f", output_codec="ffv1")
    assert report.frames == 4
    old, new = pictures_of(target), pictures_of(output)
    assert [int((a[-1] != b[-1]).any(axis=1).sum()) < WIDTH for a, b in zip(old[2:6], new, strict=True)] == [True] * 4
    assert (old[2][:40, :40] == new[0][:40, :40]).all()
    with open_media(output) as reader:
        assert reader.timestamps()[0].seconds == 0


def test_each_person_gets_their_own_source(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "clip.mkv", tmp_path / "out.mkv"
    make_film(target, frames=4, draw=two_people, look=LOSSLESS)
    people = find_people(target)
    assert [person.num_frames for person in people.people] == [4, 4]
    assert people.sheet().shape[2] == 3
    report = swap(None, target, output, assign=[f"2={source}"], output_codec="ffv1")
    assert report.swapped == 4
    other = swap(None, target, tmp_path / "other.mkv", assign=[f"1={source}"], output_codec="ffv1")
    assert other.swapped == 4
    middle = WIDTH // 2
    halves = []
    for path in (output, tmp_path / "other.mkv"):
        moved = np.abs(pictures_of(path)[0].astype(int) - pictures_of(target)[0])[40:180]
        halves.append("left" if moved[:, :middle].sum() > moved[:, middle:].sum() else "right")
    assert sorted(halves) == ["left", "right"]


@pytest.mark.usefixtures("before_the_watermark")
def test_nobody_there_writes_nothing_unless_that_is_allowed(source: Path, tmp_path: Path) -> None:
    target, output = tmp_path / "hills.mkv", tmp_path / "out.mkv"
    make_clip(target, frames=3, draw=nobody, look=LOSSLESS)
    with pytest.raises(NoFaceFound, match="--allow-no-face"):
        swap(source, target, output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["astronaut.png", "hills.mkv"]
    report = swap(source, target, output, allow_no_face=True, output_codec="ffv1")
    assert (report.frames, report.swapped, report.frames_without_face) == (3, 0, 3)
    label = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=True)
    for old, new in zip(pictures_of(target), pictures_of(output), strict=True):
        assert (label.apply(old, seconds=0.0) == new).all()
    assert verify(output).is_marked


@pytest.mark.usefixtures("before_the_watermark")
def test_a_painted_mask_bounds_the_change(source: Path, tmp_path: Path) -> None:
    target, output = write_png(tmp_path / "target.png", scene()), tmp_path / "out.png"
    painted = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    painted[:, : WIDTH // 2] = 255
    mask = write_png(tmp_path / "mask.png", painted)
    swap(source, target, output, mask_image=str(mask), face_swapper_shape_strength=0.0, blend_mode="plain")
    old, new = read_image(target).pixels, read_image(output).pixels
    assert (old[:200, WIDTH // 2 :] == new[:200, WIDTH // 2 :]).all()
    assert (old[:200, : WIDTH // 2] != new[:200, : WIDTH // 2]).any()


def test_progress_tells_phases_frames_and_faces(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    make_film(target, frames=5, look=LOSSY)
    events: list[Any] = []
    values = {"source": str(source), "target": str(target), "output": str(tmp_path / "out.mp4")}
    run(Plan.from_mapping(values), Progress(events.append))
    phases = list(dict.fromkeys(event.phase for event in events))
    assert phases == ["prepare", "analyse", "render", "finish"]
    last = {event.phase: event for event in events}
    assert [(last[phase].done, last[phase].total, last[phase].faces) for phase in ("analyse", "render")] == [
        (5, 5, 5)
    ] * 2


def test_the_report_says_the_same_to_people_and_machines(source: Path, tmp_path: Path) -> None:
    report = swap(source, write_png(tmp_path / "target.png", scene()), tmp_path / "out.png")
    assert {field.name for field in dataclasses.fields(report)} == set(report.as_dict())
    assert "1 frame, 1 face changed" in report.lines()[0]
