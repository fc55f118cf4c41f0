"""The demo on the first frames of its clip: a real swap, marked, with a sheet that shows it."""

from __future__ import annotations

from pathlib import Path

import demo
import media
import numpy as np
import pytest

from facefusion.media import open_media, read_image
from facefusion.provenance import verify

NUM_FRAMES = 8


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder; skipped where its media can neither be found nor fetched."""
    folder = tmp_path_factory.mktemp("demo")
    try:
        media.fetch(media.ASTRONAUT)
        media.fetch(media.ACTRESS)
    except media.MediaUnavailable as error:
        pytest.skip(str(error))
    assert demo.main(["--folder", str(folder), "--end", f"{NUM_FRAMES}f"]) == 0
    return folder


def test_the_clip_has_the_frames_that_were_asked_for_and_its_sound(made: Path) -> None:
    with open_media(made / "output.mp4") as reader:
        assert reader.num_frames == NUM_FRAMES
        assert (reader.info.width, reader.info.height) == (640, 360)
        assert reader.info.has_audio


def test_only_the_face_and_the_label_are_changed(made: Path) -> None:
    with open_media(media.fetch(media.ACTRESS)) as old, open_media(made / "output.mp4") as new:
        before, after = old.frame_at(4).pixels.astype(int), new.frame_at(4).pixels.astype(int)
    change = np.abs(after - before).max(axis=2)
    face, wall = change[80:280, 330:480], change[20:200, 20:220]
    assert np.median(face) >= 8
    assert np.median(wall) <= 2


def test_everything_is_marked(made: Path) -> None:
    assert verify(made / "output.mp4").is_marked
    assert verify(made / "before_after.png").is_marked


def test_the_sheet_shows_source_before_and_after(made: Path) -> None:
    sheet = read_image(made / "before_after.png").pixels
    row = demo.CELL_PX + demo.CELL_PX // 10
    assert sheet.shape[1] == 3 * demo.CELL_PX
    assert sheet.shape[0] > len(demo.MOMENTS) * row
    columns = [sheet[: demo.CELL_PX, k * demo.CELL_PX : (k + 1) * demo.CELL_PX].astype(int) for k in range(3)]
    assert np.abs(columns[1] - columns[0]).mean() > 20
    assert 0.5 < np.abs(columns[2] - columns[1]).mean() < 20


def test_a_run_that_fails_is_said_and_leaves_no_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(demo.DemoFailed, match="exit code 3"):
        demo.swap(tmp_path / "nobody.png", tmp_path / "nothing.mp4", tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []
