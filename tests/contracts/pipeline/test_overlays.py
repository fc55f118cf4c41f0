"""What a reviewer sees over the picture, from the real engine, as files that a browser plays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from facefusion.core import Progress
from facefusion.jobs.mask_files import MaskFiles
from facefusion.jobs.proxies import write_proxy
from facefusion.pipeline.overlays import overlays
from facefusion.pipeline.plan import Plan
from portraits import astronaut, make_film, scene, write_png

FACE = np.s_[100:150, 130:190]
"""Rows and columns within the face of `scene`."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("overlays")
    write_png(folder / "source.png", astronaut())
    write_png(folder / "still.png", scene())
    make_film(folder / "target.mp4", frames=3)
    return folder


def asked(folder: Path, target: str, **more: object) -> Plan:
    said = {"source": [str(folder / "source.png")], "target": str(folder / target), "output": str(folder / "out.mp4")}
    return Plan.from_mapping({**said, **more})


def grey(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="gray") for frame in clip.decode(video=0)]


def test_a_clip_gives_a_mask_for_every_frame(folder: Path, tmp_path: Path) -> None:
    made = MaskFiles.written(tmp_path, overlays(asked(folder, "target.mp4"), Progress()))
    assert [kind for kind, _, _ in made] == ["mask", "occlusion"]
    _, file, facts = made[0]
    assert facts["frames"] == 3
    masks, hidden = grey(file), grey(made[1][1])
    assert len(masks) == len(hidden) == 3
    for mask, before in zip(masks, hidden, strict=True):
        assert np.maximum(mask, before)[FACE].mean() > 220, "a face is changed, or something is in front of it"
        assert mask[FACE].max() > 240
        assert mask[:, :40].max() < 20, "far from the face nothing is changed"


def test_a_still_gives_pictures_and_a_cut_gives_its_matte(folder: Path, tmp_path: Path) -> None:
    plan = asked(folder, "still.png", output=str(tmp_path / "out.png"), processor=["background_remover"], source=[])
    made = {kind: file for kind, file, _ in MaskFiles.written(tmp_path, overlays(plan, Progress()))}
    assert set(made) == {"mask", "occlusion", "matte"}
    matte, mask = grey(made["matte"])[0], grey(made["mask"])[0]
    assert matte[FACE].mean() > 240
    assert mask.max() == 0, "no face was changed"


def test_the_proxy_of_a_clip_of_variable_rate_is_even(tmp_path: Path) -> None:
    """Or a player that seeks by numbers would show a neighbour."""
    make_film(tmp_path / "uneven.mkv", ticks=[0, 40, 200, 240], time_base=Fraction(1, 1000))
    facts = write_proxy(tmp_path / "uneven.mkv", tmp_path / "proxy.mp4", Progress())
    with av.open(str(tmp_path / "proxy.mp4")) as clip:
        times = [Fraction(frame.pts) * frame.time_base for frame in clip.decode(video=0)]
    assert facts["frames"] == 4
    assert times == [place / Fraction(facts["fps"]) for place in range(4)]
