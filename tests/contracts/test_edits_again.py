"""After an edit only the segments that it touches are rendered again, and the result is the same as from nothing."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from clips import Look
from command_line import succeeded
from portraits import astronaut, make_film, two_people, write_png

pytestmark = pytest.mark.usefixtures("one_number")

NUM_FRAMES = 75
SEGMENTS = 3
"""A second each."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """duo.mkv, three seconds of two people; source.png; clip.ffa; kept/out.mkv, rendered with its work kept."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "kept").mkdir()
    write_png(folder / "source.png", astronaut())
    look = Look("ffv1", "bgr0", options={"level": "3"})
    make_film(folder / "duo.mkv", frames=NUM_FRAMES, draw=two_people, look=look, time_base=Fraction(1, 1000))
    succeeded("analyse", folder / "duo.mkv", "-o", folder / "clip.ffa")
    return folder


def render(folder: Path, output: Path, keep: str = "always") -> tuple[int, int]:
    """Segments, and how many of them were kept from before."""
    words = ["--source", folder / "source.png", "--face-selector-mode", "many", "--output-codec", "ffv1"]
    words += ["--target", folder / "duo.mkv", "--output", output, "--overwrite", "--keep-work", keep]
    told = succeeded("--json", "render", folder / "clip.ffa", *words)
    done = next(json.loads(line) for line in told.out.splitlines() if '"done"' in line and '"segments"' in line)
    return done["segments"], done["segments_kept"]


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24").tobytes() for frame in clip.decode(video=0)]


def test_only_touched_segments_are_rendered_again(folder: Path) -> None:
    kept, fresh = folder / "kept" / "out.mkv", folder / "fresh.mkv"
    edit = ("edit", folder / "clip.ffa")
    assert render(folder, kept) == (SEGMENTS, 0)
    first = frames_of(kept)
    assert render(folder, kept) == (SEGMENTS, SEGMENTS)
    succeeded(*edit, "strength", "0.5", "--person", "1", "--from", "30f", "--to", "40f")
    assert render(folder, kept) == (SEGMENTS, SEGMENTS - 1)
    second = frames_of(kept)
    changed = [index for index, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    assert changed == list(range(30, 40))
    assert render(folder, fresh, "never") == (SEGMENTS, 0)
    assert frames_of(fresh) == second

    succeeded(*edit, "rename", "1", "Anna")
    assert render(folder, kept) == (SEGMENTS, SEGMENTS), "a name changes no pixel"
    succeeded(*edit, "drop", "--track", "2", "--from", "70f")
    assert render(folder, kept) == (SEGMENTS, 0), "a track is smoothed as a whole"
    for _ in range(3):
        succeeded(*edit, "undo")
    render(folder, kept)
    assert frames_of(kept) == first
