"""A turnover, rebuilt by other programs: what it holds is what the run delivers."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facefusion.core import Progress
from facefusion.errors import OutputExists, UsageError
from facefusion.media import open_media
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.turnover import CONTENTS, open_turnover
from facefusion.provenance import verify
from facefusion.provenance.manifest.reading import read_manifest
from nuke_text import parsed
from portraits import HEIGHT, WIDTH, astronaut, make_film, scene, two_people, write_png

oiio = pytest.importorskip("OpenImageIO")
otio = pytest.importorskip("opentimelineio")
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
NUMBERS = (1001, 1002, 1003)


def plan_of(folder: Path, output: str, **more: Any) -> Plan:
    values = {"source": str(folder / "s.png"), "target": str(folder / "shot.mp4"), "output": str(folder / output),
              "first-number": "1001", "exr-depth": "float", "label-position": "top-left", **more}  # fmt: skip
    return Plan.from_mapping(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`turnover/` and, of the same request, `own.%04d.exr`."""
    folder = tmp_path_factory.mktemp("turnover")
    write_png(folder / "s.png", astronaut())
    make_film(folder / "shot.mp4", frames=len(NUMBERS))
    run(plan_of(folder, "turnover"), created=CREATED, open_output=open_turnover)
    run(plan_of(folder, "own.%04d.exr"), created=CREATED)
    return folder


def read(path: Path) -> tuple[NDArray[np.float32], list[str]]:
    buffer = oiio.ImageBuf(str(path))
    return buffer.get_pixels(oiio.FLOAT), list(buffer.spec().channelnames)


def layer(path: Path, *names: str) -> NDArray[np.float32]:
    pixels, channels = read(path)
    return pixels[..., [channels.index(name) for name in names]]


def test_a_over_b_is_our_own_output(folder: Path) -> None:
    for number in NUMBERS:
        over = oiio.ImageBufAlgo.channels(oiio.ImageBuf(str(folder / f"turnover/exr/shot.{number}.exr")), (0, 1, 2, 3))
        plate = oiio.ImageBuf(str(folder / f"turnover/plate/shot_plate.{number}.exr"))
        solid = oiio.ImageBufAlgo.channels(plate, ("R", "G", "B", 1.0), ("R", "G", "B", "A"))
        comp = oiio.ImageBufAlgo.over(over, solid).get_pixels(oiio.FLOAT)[..., :3]
        own = read(folder / f"own.{number}.exr")[0]
        assert np.abs(comp - own).max() <= 1 / 4096
        assert np.abs(solid.get_pixels(oiio.FLOAT)[..., :3] - own).max() > 0.05


def test_the_nuke_script_rebuilds_it(folder: Path) -> None:
    nodes = parsed((folder / "turnover" / "shot.nk").read_text())
    assert [node.kind for node in nodes] == ["Root", "StickyNote", "NoOp", "Read", "Read", "Merge2", "Viewer"]
    root, _, track, *_, merge, viewer = nodes
    assert [root.knob(name) for name in ("first_frame", "last_frame", "fps")] == ["1001", "1003", "25"]
    assert viewer.inputs == [merge]
    assert (merge.knob("operation"), merge.knob("output")) == ("over", "rgb")
    b, a = (node for node in merge.inputs if node is not None)
    assert (a.knob("name"), b.knob("name")) == ("FaceFusion_A", "Plate_B")
    pictures = []
    for node in (a, b):
        assert (node.knob("raw"), node.knob("first"), node.knob("last")) == ("true", "1001", "1003")
        place = node.knob("file").replace(r"\[file dirname \[value root.name]]", str(folder / "turnover"))
        pictures.append(read(Path(place % 1002))[0])
    comp = pictures[0][..., :3] + (1 - pictures[0][..., 3:4]) * pictures[1]
    assert np.abs(comp - read(folder / "own.1002.exr")[0]).max() <= 1 / 4096
    assert track.users["nose_tip"] == 12  # a knob for a place
    across, up = re.findall(r"{curve x1001 ([\d.]+) x1002 [\d.]+ x1003 [\d.]+}", track.knob("nose_tip"))
    assert 120 < float(across) < 200
    assert 80 < float(up) < 160
    assert track.knob("strength") == "{curve x1001 1.000 x1002 1.000 x1003 1.000}"


@pytest.mark.parametrize(("spoiled", "why"), [
    (lambda text: text.replace("\\[value", "[value"), "Tcl would run"),
    (lambda text: text.replace("}}\n", "}\n", 1), "not closed"),
    (lambda text: text.replace("StickyNote {", "Merge2 {").replace(" inputs 0\n name README", " inputs 9"), "9 inputs"),
    (lambda text: text.replace("operation over", "operatoin over"), "no knob operatoin"),
])  # fmt: skip
def test_a_broken_script_is_noticed(folder: Path, spoiled: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parsed(spoiled((folder / "turnover" / "shot.nk").read_text()))


def test_two_people_over_a_transparent_plate(folder: Path, tmp_path: Path) -> None:
    alpha = np.full((HEIGHT, WIDTH), 65_535, np.uint16)
    alpha[:, :40] = np.linspace(0, 65_535, 40).astype(np.uint16)
    alpha[100:200, 90:130] = 40_000  # a window through a face
    write_png(tmp_path / "t.0001.png", np.dstack([two_people().astype(np.uint16) * 257, alpha]))
    more = {"target": str(tmp_path / "t.%04d.png"), "face-selector-mode": "many"}
    run(plan_of(folder, "glass", **more), created=CREATED, open_output=open_turnover)
    run(plan_of(folder, "glass.%04d.exr", **more), created=CREATED)
    over = read(folder / "glass/exr/t.1001.exr")[0][..., :4]
    plate = layer(folder / "glass/plate/t_plate.1001.exr", "R", "G", "B", "A")
    own = layer(folder / "glass.1001.exr", "R", "G", "B", "A")
    assert np.abs(over + (1 - over[..., 3:]) * plate - own).max() <= 1 / 4096
    assert np.abs(plate - own)[100:200, 140:].max() > 0.05
    assert 0.5 < own[150, 110, 3] < 0.7
    merge = parsed((folder / "glass" / "t.nk").read_text())[-2]
    assert merge.knob("output") == "rgba"
    assert len(list((folder / "glass" / "tracking").glob("*.usda"))) == 2


def test_layers_are_what_they_are_called(folder: Path) -> None:
    path = folder / "turnover/exr/shot.1002.exr"
    alpha, mask = layer(path, "A")[..., 0], layer(path, "facemask.Y")[..., 0]
    assert not alpha[-20:].any()
    assert alpha[2:30, 10:100].max() == 1  # the label
    assert mask[:20].max() == 0
    assert mask.max() > 0.9
    assert (alpha >= mask - 1e-3).all()
    away = layer(path, "R", "G", "B")[-20:]
    assert 0 < np.abs(away).max() < 0.05  # the watermark alone
    place = layer(path, "stmap.R", "stmap.G", "stmap.B")
    face = place[..., 2] > 0
    assert 2000 < face.sum() < 20_000
    rows, columns = np.nonzero(face)
    assert np.corrcoef(columns, place[face][:, 0])[0, 1] > 0.95
    assert np.corrcoef(rows, place[face][:, 1])[0, 1] < -0.95
    render = layer(path, "render.R", "render.A")
    assert render[face][:, 1].min() == 1
    assert not render[-10:].any()
    assert oiio.ImageBuf(str(path)).spec().get_float_attribute("strength") == 1


def test_everything_is_listed_signed_and_marked(folder: Path) -> None:
    place = folder / "turnover"
    listed = json.loads((place / CONTENTS).read_text())["sha256"]
    there = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert there - set(listed) == {CONTENTS, f"{CONTENTS}.c2pa"}
    assert all(hashlib.sha256((place / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())
    assert read_manifest(place / CONTENTS).state == "intact"
    report = verify(place / "exr/shot.1002.exr")
    assert report.is_marked
    assert {finding.state for finding in report.findings if finding.mark != "record"} == {"present"}
    page = (place / "README.txt").read_text()
    assert report.asset in page
    assert "keep the\nmarks" in page
    (place / CONTENTS).write_text((place / CONTENTS).read_text().replace("a", "b", 1))
    assert read_manifest(place / CONTENTS).state == "altered"


def test_tracks_fit_the_picture(folder: Path) -> None:
    tracking = folder / "turnover" / "tracking"
    said = json.loads((tracking / "person1.json").read_text())
    nose, chin, forehead = (said["points"][name]["1001"] for name in ("nose_tip", "chin", "forehead"))
    assert chin[1] < nose[1] < forehead[1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in (nose, chin, forehead))
    lines = (tracking / "person1" / "person1.1003.obj").read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    faces = [line for line in lines if line.startswith("f ")]
    assert vertices.shape == (468, 3)
    assert len(faces) == 898
    assert np.allclose(vertices[4, :2], said["points"]["nose_tip"]["1003"], atol=2e-3)
    assert vertices[4, 2] > vertices[152, 2]  # the nose is nearer than the chin
    rows = (tracking / "person1_points.csv").read_text().splitlines()
    assert len(rows) == 1 + len(NUMBERS)


def test_the_animated_mesh_opens_as_usd(folder: Path) -> None:
    usd, geometry = pytest.importorskip("pxr.Usd"), pytest.importorskip("pxr.UsdGeom")
    stage = usd.Stage.Open(str(folder / "turnover" / "tracking" / "person1.usda"))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetFramesPerSecond()) == (1001, 1003, 25)
    assert "replaced or altered" in stage.GetRootLayer().documentation
    mesh = geometry.Mesh(stage.GetPrimAtPath("/person1/face"))
    assert mesh.GetPointsAttr().GetTimeSamples() == [float(number) for number in NUMBERS]
    counts, indices = mesh.GetFaceVertexCountsAttr().Get(), mesh.GetFaceVertexIndicesAttr().Get()
    assert geometry.Mesh.ValidateTopology(indices, counts, 468)[0]
    obj = (folder / "turnover" / "tracking" / "person1" / "person1.1002.obj").read_text().splitlines()
    vertices = np.array([line.split()[1:] for line in obj if line.startswith("v ")], float)
    assert np.allclose(np.array(mesh.GetPointsAttr().Get(1002)), vertices, atol=2e-3)
    assert len(geometry.PrimvarsAPI(mesh).GetPrimvar("st").Get()) == 468


def test_the_timeline_leads_to_the_files(folder: Path) -> None:
    path = folder / "turnover" / "shot.otio"
    timeline = otio.adapters.read_from_file(str(path))
    plate, ours = timeline.video_tracks()
    assert (plate.name, ours.name) == ("Plate", "FaceFusion")
    for track in (plate, ours):
        (clip,) = track.find_clips()
        assert clip.source_range.start_time.value == 1001
        assert clip.source_range.duration.value == len(NUMBERS)
        reference = clip.media_reference
        names = [reference.target_url_for_image_number(place) for place in range(len(NUMBERS))]
        assert all((path.parent / name).is_file() for name in names)


def test_an_exr_sequence_is_its_own_plate_and_bad_requests_leave_nothing(folder: Path, tmp_path: Path) -> None:
    target = str(folder / "own.%04d.exr")
    plan = plan_of(folder, "again", target=target, end="1f", **{"first-number": ""})
    run(plan, created=CREATED, open_output=open_turnover)
    assert not (folder / "again" / "plate").exists()
    assert str(folder / "own.%04d.exr") in (folder / "again" / "own.nk").read_text()
    with open_media(target) as reader:
        assert reader.frame_at(0).pixels.shape == (HEIGHT, WIDTH, 3)
    with pytest.raises(OutputExists, match="not empty"):
        run(plan, created=CREATED, open_output=open_turnover)
    picture = write_png(tmp_path / "t.png", scene())
    with pytest.raises(UsageError, match="clip or a sequence"):
        run(plan_of(folder, "no", target=str(picture)), open_output=open_turnover)
    with pytest.raises(UsageError, match="linear light"):
        run(plan_of(folder, "no", **{"output-colorspace": "ACEScct"}), open_output=open_turnover)

    class Stopped(Exception):
        pass

    def stop(event: Any) -> None:
        if event.phase == "render" and event.done >= 1:
            raise Stopped

    with pytest.raises(Stopped):
        run(plan_of(folder, "no"), Progress(stop), open_output=open_turnover)
    assert not [path for path in folder.iterdir() if path.name.startswith((".", "no"))]


def test_a_background_that_is_removed_leaves_its_matte(folder: Path, tmp_path: Path) -> None:
    more = {"processor": ["background_remover"], "end": "1f", "source": []}
    run(plan_of(folder, "cut", **more), created=CREATED, open_output=open_turnover)
    run(plan_of(folder, "cut.%04d.exr", **more), created=CREATED)
    path = folder / "cut/exr/shot.1001.exr"
    matte = layer(path, "matte.Y")[..., 0]
    assert 0.2 < matte.mean() < 0.95
    own = layer(folder / "cut.1001.exr", "R", "G", "B", "A")
    assert np.abs(layer(path, "R", "G", "B", "A") - own).max() <= 1 / 4096
    nodes = parsed((folder / "cut" / "shot.nk").read_text())
    assert [node.kind for node in nodes[-3:]] == ["Read", "Read", "Viewer"]
    assert nodes[-1].inputs[0] is nodes[-2]
    assert nodes[-2].knob("name") == "FaceFusion_A"
    assert "put it OVER any background" in (folder / "cut" / "README.txt").read_text()
