"""Whole runs that hide people: who, where, what is said about it, and what does not go along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from clips import Look
from facefusion.errors import OutputExists
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.media import open_media, read_image
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from portraits import HEIGHT, WIDTH, astronaut, make_film, scene, two_people, write_png

LOSSLESS = Look(codec="ffv1", pixel_format="bgr0", width=WIDTH, height=HEIGHT, options={})


def hide(folder: Path, target: str, output: str, **more: Any) -> RunReport:
    values = {"target": str(folder / target), "output": str(folder / output), "processor": ["face_anonymiser"], **more}
    return run(Plan.from_mapping(values))


def report_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.usefixtures("before_the_watermark")
def test_everyone_except_one(tmp_path: Path) -> None:
    write_png(tmp_path / "astronaut.png", astronaut())
    make_film(tmp_path / "two.mkv", frames=4, draw=two_people, look=LOSSLESS)
    options = {"face-anonymiser-method": "solid", "output-codec": "ffv1", "reference-distance": 0.5}
    done = hide(tmp_path, "two.mkv", "out.mkv", **{"except-image": [str(tmp_path / "astronaut.png")], **options})
    assert done.swapped == 4
    with open_media(tmp_path / "two.mkv") as before, open_media(tmp_path / "out.mkv") as after:
        changed = (before.frame_at(1).pixels != after.frame_at(1).pixels).any(axis=2)[60:200]
    assert changed[:, : WIDTH // 2].any()
    assert not changed[:, WIDTH // 2 :].any()
    found = report_of(tmp_path / "out.mkv.anonymity.json")
    assert found["tracks_left_visible"] == 1
    assert any("not to be hidden" in line for line in done.warnings)


def test_a_face_that_is_not_found_for_a_while_is_covered_and_told(tmp_path: Path) -> None:
    """In the middle the face is painted over: nothing is measured, and its place is covered all the same."""

    def draw(number: int, width: int, height: int) -> Any:
        picture = scene(0, width, height).copy()
        if 20 <= number < 46:
            picture[40:190, 90:235] = np.random.default_rng(number).integers(0, 255, (150, 145, 3))
        return picture

    make_film(tmp_path / "gap.mkv", frames=60, draw=draw, look=LOSSLESS)
    options = {"face-anonymiser-method": "solid", "output-codec": "ffv1"}
    hide(tmp_path, "gap.mkv", "out.mkv", **options)
    with open_media(tmp_path / "out.mkv") as after:
        for index in (0, 25, 33, 40, 59):
            middle = after.frame_at(index).pixels[100:140, 140:180].astype(int)
            assert np.abs(middle - 128).max() <= 2, index
    found = report_of(tmp_path / "out.mkv.anonymity.json")
    told = {one["frame"] for one in found["to_look_at"]}
    assert {25, 33, 40} <= told
    assert 10 not in told
    assert found["frames_without_anybody_hidden"] == []
    assert read_image(tmp_path / "out.mkv.anonymity.jpg").pixels.shape[2] == 3


def test_a_person_who_does_not_exist_is_put_on_and_named(tmp_path: Path) -> None:
    write_png(tmp_path / "face.png", astronaut())
    hide(tmp_path, "face.png", "out.png")
    found = report_of(tmp_path / "out.png.anonymity.json")
    (person,) = found["people"]
    assert person["put_on"].startswith("p")
    assert person["distance"] > 0.62
    seen = FaceAnalyser().find(read_image(tmp_path / "out.png").pixels)[0]
    before = FaceAnalyser().find(astronaut())[0]
    assert distance(seen.embedding, before.embedding) > 0.62  # type: ignore[arg-type]


@pytest.mark.usefixtures("before_the_watermark")
def test_whom_nobody_hides_is_covered_instead(tmp_path: Path) -> None:
    """Somebody was asked for with whom this person is still recognised."""
    write_png(tmp_path / "face.png", scene())
    options = {"face-anonymiser-cover": "solid", "face-anonymiser-chosen": "p11"}
    done = hide(tmp_path, "face.png", "out.png", **options)
    (person,) = report_of(tmp_path / "out.png.anonymity.json")["people"]
    assert person["put_on"] is None
    assert person["tried"] == "p11"
    assert done.anonymity is not None
    assert done.anonymity.people[0].is_covered
    assert done.as_dict()["anonymity"]["people"] == [person]
    assert any("covered instead" in line for line in done.warnings)
    middle = read_image(tmp_path / "out.png").pixels[100:140, 140:180].astype(int)
    assert np.abs(middle - 128).max() <= 1


def test_the_report_appears_with_the_output_and_what_a_kill_left_out_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped as the contact sheet is drawn: the next run finds output and report, and draws what is missing."""

    def draw(number: int, width: int, height: int) -> Any:
        picture = scene(0, width, height).copy()
        if number >= 12:
            picture[40:190, 90:235] = np.random.default_rng(number).integers(0, 255, (150, 145, 3))
        return picture

    make_film(tmp_path / "clip.mkv", frames=16, look=LOSSLESS, draw=draw)
    options = {"face-anonymiser-method": "blur", "output-codec": "ffv1"}
    with monkeypatch.context() as patch:
        patch.setattr("facefusion.pipeline.anonymity_report.contact_sheet", _stopped)
        with pytest.raises(RuntimeError, match="stopped here"):
            hide(tmp_path, "clip.mkv", "out.mkv", **options)
    made = (tmp_path / "out.mkv").read_bytes()
    told = report_of(tmp_path / "out.mkv.anonymity.json")
    assert not (tmp_path / "out.mkv.anonymity.jpg").exists()
    done = hide(tmp_path, "clip.mkv", "out.mkv", **options)
    assert (tmp_path / "out.mkv").read_bytes() == made
    assert report_of(tmp_path / "out.mkv.anonymity.json") == told
    assert read_image(tmp_path / "out.mkv.anonymity.jpg").pixels.shape[2] == 3
    assert done.anonymity is not None
    assert [one.as_dict() for one in done.anonymity.doubts] == told["to_look_at"] != []
    assert any("frames to look at" in line for line in done.warnings)


def _stopped(*args: object, **more: object) -> Any:
    raise RuntimeError("stopped here")


def test_a_report_is_nowhere_when_the_output_could_not_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_png(tmp_path / "face.png", scene())
    monkeypatch.setattr("facefusion.pipeline.picture_sinks.write_image", _stopped)
    with pytest.raises(RuntimeError, match="stopped here"):
        hide(tmp_path, "face.png", "out.png", **{"face-anonymiser-method": "blur"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["face.png"]


def test_whoever_hides_people_hides_everybody(tmp_path: Path) -> None:
    """Unless something else is asked for."""
    write_png(tmp_path / "two.png", two_people())
    blur = {"face-anonymiser-method": "blur", "allow-no-face": True}
    assert hide(tmp_path, "two.png", "all.png", **blur).swapped == 2
    assert hide(tmp_path, "two.png", "one.png", **blur, **{"face-selector-mode": "one"}).swapped == 1


def test_an_existing_report_is_not_replaced(tmp_path: Path) -> None:
    write_png(tmp_path / "face.png", scene())
    (tmp_path / "out.png.anonymity.json").write_text("mine")
    with pytest.raises(OutputExists, match=r"anonymity\.json"):
        hide(tmp_path, "face.png", "out.png", **{"face-anonymiser-method": "blur"})
    assert not (tmp_path / "out.png").exists()


def test_metadata_of_a_picture_that_identifies_is_left_out_and_listed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "CameraMaker", "Anna Author"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    Image.fromarray(scene()).save(tmp_path / "photo.jpg", quality=95, exif=exif)
    done = hide(tmp_path, "photo.jpg", "out.jpg", **{"face-anonymiser-method": "blur"})
    assert any(line.startswith("metadata left out: ") and "GPS.GPSLatitude" in line for line in done.warnings)
    told = report_of(tmp_path / "out.jpg.anonymity.json")["metadata_left_out"]
    assert {"Exif.Make", "Exif.Artist", "GPS.GPSLatitude"} <= set(told)
    content = (tmp_path / "out.jpg").read_bytes()
    assert b"CameraMaker" not in content
    assert b"Anna Author" not in content
    assert not dict(Image.open(tmp_path / "out.jpg").getexif().get_ifd(0x8825))


def test_metadata_of_a_clip_that_identifies_is_left_out_and_listed(tmp_path: Path) -> None:
    make_film(tmp_path / "plain.mp4", frames=4)
    tags = {"com.apple.quicktime.model": "Phone 9", "location": "+52.5+13.4/", "artist": "Anna", "title": "At home"}
    flags = {"movflags": "use_metadata_tags"}
    with (
        av.open(str(tmp_path / "plain.mp4")) as source,
        av.open(str(tmp_path / "clip.mp4"), "w", options=flags) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.video[0])
        copy.metadata.update(tags)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    hide(tmp_path, "clip.mp4", "out.mp4", **{"face-anonymiser-method": "blur"})
    told = report_of(tmp_path / "out.mp4.anonymity.json")["metadata_left_out"]
    assert {"com.apple.quicktime.model", "artist", "title"} <= set(told)
    content = (tmp_path / "out.mp4").read_bytes()
    for value in (b"Phone 9", b"+52.5", b"Anna", b"At home"):
        assert value in (tmp_path / "clip.mp4").read_bytes()
        assert value not in content
    with av.open(str(tmp_path / "out.mp4")) as out:
        assert "AIGC" in out.metadata
