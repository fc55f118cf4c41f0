"""How runs end that do not end well: at once, with the first error, and with nothing left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import Look
from facefusion.core import AlignedFace, Patch, Progress, ProgressEvent
from facefusion.errors import (
    Cancelled,
    FaceFusionError,
    InvalidInput,
    NoFaceFound,
    OutputExists,
    OutputFailed,
    SeveralFacesFound,
    UsageError,
)
from facefusion.media.joining import SegmentEncoder
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.processors.face_enhancer import FaceEnhancer
from portraits import HEIGHT, WIDTH, astronaut, make_film, nobody, scene, somebody_else, two_people, write_png

FRAMES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a source, a clip and a picture."""
    write_png(tmp_path / "astronaut.png", astronaut())
    write_png(tmp_path / "target.png", scene())
    make_film(tmp_path / "clip.mp4", frames=FRAMES, look=Look(width=WIDTH, height=HEIGHT))
    return tmp_path


def plan_of(folder: Path, **more: Any) -> Plan:
    values = {"source": "astronaut.png", "target": "clip.mp4", "output": "out.mp4", "keep_work": "never", **more}
    paths = {"source", "target", "output", "reference_image", "except_image", "mask_image"}
    for name in paths & values.keys():
        given = [values[name]] if isinstance(values[name], str) else values[name]
        found = [str(folder / part) for part in given]
        values[name] = found if name == "source" else found[0]
    return Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()})


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def enhancing(folder: Path) -> Plan:
    return plan_of(folder, source=[], processor=["face_enhancer"])


@pytest.mark.parametrize("phase", ["analyse", "render"])
def test_cancelling_ends_within_two_seconds_and_leaves_nothing(folder: Path, phase: str) -> None:
    before, asked = names_in(folder), [0.0]
    threads = threading.active_count()

    def listen(event: ProgressEvent) -> None:
        if event.phase == phase and event.done == 5:
            asked[0] = time.monotonic()
            progress.cancel()

    progress = Progress(listen)
    with pytest.raises(Cancelled):
        run(plan_of(folder), progress)
    assert time.monotonic() - asked[0] < 2.0
    assert names_in(folder) == before
    assert threading.active_count() <= threads


def test_cancelling_from_another_thread(folder: Path) -> None:
    progress = Progress()
    timer = threading.Timer(0.3, progress.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        run(plan_of(folder), progress)
    timer.join()
    assert "out.mp4" not in names_in(folder)


def test_a_listener_that_raises_ends_the_run_with_its_error(folder: Path) -> None:
    def listen(event: ProgressEvent) -> None:
        if event.phase == "render" and event.done == 3:
            raise ZeroDivisionError("the listener is broken")

    before = names_in(folder)
    with pytest.raises(ZeroDivisionError, match="the listener is broken"):
        run(plan_of(folder), Progress(listen))
    assert names_in(folder) == before


@pytest.mark.parametrize("failing", [0, 11, FRAMES - 1])
def test_an_effect_that_raises_midway_ends_the_run_with_its_error(
    folder: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def process(self: FaceEnhancer, aligned: AlignedFace) -> Patch | None:
        seen.append(aligned.frame_index)
        if aligned.frame_index == failing:
            raise ArithmeticError(f"frame {failing}")
        return None

    monkeypatch.setattr(FaceEnhancer, "process_face", process)
    before, threads = names_in(folder), threading.active_count()
    with pytest.raises(ArithmeticError, match=f"frame {failing}"):
        run(enhancing(folder))
    assert names_in(folder) == before
    assert len(seen) <= 2 * (failing % 20 + 1) + 12, "two segments of 20 frames, side by side"
    assert threading.active_count() <= threads


def test_a_writer_that_fails_midway_ends_the_run_with_its_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = SegmentEncoder.write

    def full(self: SegmentEncoder, frame: Any) -> None:
        if frame.index == 7:
            raise OutputFailed("the disk is full")
        write(self, frame)

    monkeypatch.setattr(SegmentEncoder, "write", full)
    before = names_in(folder)
    with pytest.raises(OutputFailed, match="the disk is full"):
        run(enhancing(folder))
    assert names_in(folder) == before


def test_a_clip_that_ends_too_early_writes_nothing(folder: Path) -> None:
    whole = (folder / "clip.mp4").read_bytes()
    (folder / "clip.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    before = names_in(folder)
    with pytest.raises(InvalidInput, match=r"clip\.mp4"):
        run(plan_of(folder))
    assert names_in(folder) == before


def _prepare(folder: Path) -> None:
    write_png(folder / "nobody.png", nobody())
    write_png(folder / "two.png", np.hstack([astronaut()[:300, 100:350], somebody_else()[:300, 100:350]]))
    write_png(folder / "other.png", somebody_else())
    write_png(folder / "small.png", scene()[:100, :100])
    (folder / "text.mp4").write_text("not a clip at all, only words")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\x00" * 400)
    (folder / "there.mp4").write_bytes(b"somebody's work")


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"source": "missing.png"}, InvalidInput, "missing.png"),
        ({"source": "nobody.png"}, NoFaceFound, "nobody.png: no face found"),
        ({"source": "two.png"}, SeveralFacesFound, "two.png: shows 2 people"),
        ({"source": ["astronaut.png", "other.png"]}, InvalidInput, "two people"),
        (
            {"source": ["astronaut.png", "target.png", "other.png"]},
            InvalidInput,
            "astronaut.png: seems to show somebody",
        ),
        ({"source": "clip.mp4"}, FaceFusionError, "clip.mp4"),
        ({"source": "broken.jpg"}, InvalidInput, "broken.jpg"),
        ({"source": "target.png", "target": "target.png", "output": "o.png"}, UsageError, "the same file"),
        ({"target": "missing.mp4"}, InvalidInput, "missing.mp4"),
        ({"target": "text.mp4"}, InvalidInput, "text.mp4"),
        ({"target": "empty.mp4"}, InvalidInput, "empty.mp4"),
        ({"target": "."}, UsageError, "folder"),
        ({"target": "nobody.png", "output": "o.png"}, NoFaceFound, "nobody.png: no face found anywhere"),
        ({"output": "clip.mp4", "overwrite": True}, OutputFailed, "the same file"),
        ({"output": "there.mp4"}, OutputExists, "there.mp4"),
        ({"output": "nowhere/out.mp4"}, OutputFailed, "nowhere"),
        ({"output": "out.png"}, UsageError, "shot.%04d.png"),
        ({"output": "out.docx"}, UsageError, "docx"),
        ({"output": "out"}, UsageError, ".mp4"),
        ({"target": "target.png", "output": "out.mp4"}, UsageError, ".png"),
        ({"target": "target.png", "output": "out.bmp"}, UsageError, ".png"),
        ({"start": "90f"}, InvalidInput, "40 frames"),
        ({"assign": ["7=astronaut.png"]}, FaceFusionError, "astronaut.png"),
        ({"mask_image": "small.png"}, InvalidInput, "the target is 320×240"),
        ({"output_frame_rate": "fast"}, UsageError, "24000/1001"),
        ({"output_codec": "prores"}, UsageError, "prores"),
        ({"label_text": "x" * 300}, InvalidInput, "label"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    folder: Path, changes: dict[str, Any], kind: type[FaceFusionError], words: str
) -> None:
    _prepare(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(kind) as caught:
        run(plan_of(folder, **changes))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_reference_that_nobody_looks_like(folder: Path) -> None:
    make_film(folder / "clip.mp4", frames=3, draw=scene, look=Look(width=WIDTH, height=HEIGHT))
    with pytest.raises(NoFaceFound, match="nobody in the target looks like it"):
        run(plan_of(folder, face_selector_mode="reference", reference_image="astronaut.png", reference_distance=0.2))


@pytest.mark.usefixtures("before_the_watermark")
def test_a_reference_picks_the_right_one(folder: Path) -> None:
    look = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})
    make_film(folder / "two.mkv", frames=3, draw=two_people, look=look)
    plan = plan_of(
        folder,
        source=[],
        processor=["face_enhancer"],
        target="two.mkv",
        output="out.mkv",
        output_codec="ffv1",
        face_selector_mode="reference",
        reference_image="astronaut.png",
    )
    assert run(plan).swapped == 3
    from facefusion.media import open_media

    with open_media(folder / "two.mkv") as before, open_media(folder / "out.mkv") as after:
        changed = (before.frame_at(1).pixels != after.frame_at(1).pixels).any(axis=2)[:200]
    assert changed[:, WIDTH // 2 :].any()
    assert not changed[:, : WIDTH // 2].any()
