"""The main job through the real command line: what comes out is looked into, frame by frame and packet by packet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look, Sound, packets_of
from command_line import call, contents, succeeded
from facefusion.core import Box
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.models import available_providers
from portraits import astronaut, make_film, nobody, scene, two_people, write_png

pytestmark = pytest.mark.usefixtures("all_before_the_watermark")

LOSSLESS = Look("ffv1", "bgr0", options={"level": "3"})
VARIABLE = [0, 1001, 2002, 4004, 5005, 9009, 12012]
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """source.png and darker.png (the astronaut), target.png, film.mp4, exact.mkv, duo.mkv, pictures/, shot.NNNN.png."""
    folder = tmp_path_factory.mktemp("media")
    write_png(folder / "source.png", astronaut())
    write_png(folder / "darker.png", (astronaut() * 0.7).astype(np.uint8))
    write_png(folder / "target.png", scene())
    sounds = [Sound(seconds=0.5), Sound(seconds=0.5, seed=2, language="fra")]
    make_film(folder / "film.mp4", ticks=VARIABLE, time_base=Fraction(1, 30_000), sounds=sounds)
    make_film(folder / "exact.mkv", frames=6, look=LOSSLESS, time_base=Fraction(1, 1000))
    make_film(folder / "duo.mkv", frames=4, draw=two_people, look=LOSSLESS, time_base=Fraction(1, 1000))
    (folder / "pictures").mkdir()
    write_png(folder / "pictures" / "a.png", scene())
    (folder / "pictures" / "b.jpg").write_bytes(cv2.imencode(".jpg", scene(3)[..., ::-1])[1].tobytes())
    write_png(folder / "pictures" / "nobody.png", nobody())
    for number in range(3):
        write_png(folder / f"shot.{1001 + number}.png", scene(number))
    return folder


@pytest.fixture(scope="module")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


def picture_of(path: Path) -> Pixels:
    stored = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(stored, cv2.COLOR_BGR2RGB)


def frames_of(path: Path) -> list[Pixels]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    with av.open(str(path)) as clip:
        return [frame.pts * frame.time_base for frame in clip.decode(video=0)]


def face_area(analyser: FaceAnalyser, pixels: Pixels, place: int = 0) -> tuple[slice, slice]:
    """Rows and columns around the face that is `place`-th from the left, hair and chin included."""
    boxes = sorted((face.box for face in analyser.find(pixels)), key=lambda box: box.x0)
    return area_of(boxes[place])


def area_of(box: Box) -> tuple[slice, slice]:
    grown = replace(box, x0=box.x0 - 0.25 * box.width, x1=box.x1 + 0.25 * box.width,
                    y0=box.y0 - 0.45 * box.height, y1=box.y1 + 0.25 * box.height)  # fmt: skip
    return slice(max(int(grown.y0), 0), int(grown.y1)), slice(max(int(grown.x0), 0), int(grown.x1))


def changed(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    assert before.shape == after.shape
    return (before != after).any(axis=2)


def only_face_and_label(before: Pixels, after: Pixels, area: tuple[slice, slice]) -> bool:
    """Whether the face changed, and outside of it nothing but one small rectangle in a corner."""
    where = changed(before, after)
    face = int(where[area].sum())
    where[area] = False
    rows, columns = np.nonzero(where)
    if not len(rows):
        return False
    height, width = rows.max() + 1 - rows.min(), columns.max() + 1 - columns.min()
    is_corner = rows.min() > 0.7 * before.shape[0] or rows.max() < 0.3 * before.shape[0]
    return face > 1500 and height < 60 and width < 200 and is_corner


def check_identity(analyser: FaceAnalyser, before: Pixels, after: Pixels) -> None:
    """The face in `after` is far more the astronaut's than the one in `before`, in the same place."""
    (source,), (old,), (new,) = (analyser.find(pixels) for pixels in (astronaut(), before, after))
    was, became = (distance(face.embedding, source.embedding) for face in (old, new))
    assert became < was - 0.04, "coding alone moves it by 0.01"
    assert np.abs(old.keypoints.xy - new.keypoints.xy).max() < 0.12 * old.box.width


def marked(path: Path) -> bool:
    """Whether `facefusion verify` says so, in words and by its exit code."""
    outcome = call("--json", "verify", path)
    (report,) = json.loads(outcome.out)
    assert report["is_marked"] == (outcome.code == 0)
    assert call("verify", path).code == outcome.code
    return outcome.code == 0


def test_photo_to_photo(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    output = tmp_path / "out.png"
    outcome = succeeded("--source", media / "source.png", "--target", media / "target.png", "--output", output)
    assert (outcome.out, outcome.err) == ("", "")
    result = picture_of(output)
    assert only_face_and_label(scene(), result, face_area(analyser, scene()))
    check_identity(analyser, scene(), result)
    assert marked(output)
    assert not marked(media / "target.png")
    assert list(contents(tmp_path)) == ["out.png"]


@pytest.fixture(scope="module")
def film(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """film.mp4 with the astronaut's face."""
    output = tmp_path_factory.mktemp("film") / "out.mp4"
    outcome = call("--source", media / "source.png", "--target", media / "film.mp4", "--output", output)
    assert outcome.code == 0, outcome
    assert outcome.noise == outcome.err.splitlines()[-1:], "after the progress: what was done, how long it took"
    assert "7 frames, 7 faces changed" in outcome.noise[0]
    return output


def test_photo_to_clip(media: Path, film: Path, analyser: FaceAnalyser) -> None:
    before, after = frames_of(media / "film.mp4"), frames_of(film)
    assert len(after) == len(before) == 7
    for old, new in zip(before, after, strict=True):
        check_identity(analyser, old, new)
        beside = slice(60, 180), slice(0, face_area(analyser, old)[1].start)
        assert np.abs(old[beside].astype(int) - new[beside]).mean() < 2.5, "coding noise only"
    assert marked(film)
    assert not marked(media / "film.mp4")


def test_a_clip_keeps_its_sound_and_its_times(media: Path, film: Path) -> None:
    assert packets_of(film, "audio") == packets_of(media / "film.mp4", "audio")
    assert len(packets_of(film, "audio")) == 2
    assert times_of(film) == times_of(media / "film.mp4") == [tick * Fraction(1, 30_000) for tick in VARIABLE]
    with av.open(str(film)) as clip:
        assert [stream.metadata.get("language") for stream in clip.streams.audio] == ["eng", "fra"]
    assert [path for path in film.parent.iterdir() if path.name.startswith(".")] == []


@pytest.fixture(scope="module")
def exact(media: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Pixels]:
    """The frames of exact.mkv with the astronaut's face, stored without loss."""
    output = tmp_path_factory.mktemp("exact") / "out.mkv"
    request = ["--source", media / "source.png", "--target", media / "exact.mkv", "--output", output]
    succeeded(*request, "--output-codec", "ffv1", "--threads", "1")
    assert marked(output)
    return frames_of(output)


def test_the_background_is_bit_identical(media: Path, exact: list[Pixels], analyser: FaceAnalyser) -> None:
    assert len(exact) == 6
    for old, new in zip(frames_of(media / "exact.mkv"), exact, strict=True):
        assert only_face_and_label(old, new, face_area(analyser, old))


def test_threads_job_files_and_trims_change_no_pixel(
    media: Path, exact: list[Pixels], analyser: FaceAnalyser, tmp_path: Path
) -> None:
    """Four threads instead of one, from a saved job: the same film, bit for bit."""
    request = ["--source", media / "source.png", "--target", media / "exact.mkv", "--output-codec", "ffv1"]
    job = tmp_path / "job.toml"
    succeeded(*request, "--output", tmp_path / "out.mkv", "--threads", "4", "--save-config", job, "--dry-run")
    assert list(contents(tmp_path)) == ["job.toml"], "a dry run writes no film"
    succeeded("--config", job)
    again = frames_of(tmp_path / "out.mkv")
    assert all(np.array_equal(a, b) for a, b in zip(exact, again, strict=True))


@pytest.mark.parametrize(("start", "end"), [("2f", "5f"), ("0.08", "0.2"), ("0:00.080s", "5f")])
def test_trims_by_frame_and_by_time(start: str, end: str, media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    output = tmp_path / "part.mkv"
    request = ["--source", media / "source.png", "--target", media / "exact.mkv", "--output", output]
    succeeded(*request, "--output-codec", "ffv1", "--start", start, "--end", end)
    before, after = frames_of(media / "exact.mkv")[2:5], frames_of(output)
    assert len(after) == 3
    assert times_of(output) == [Fraction(n, 25) for n in range(3)]
    for old, new in zip(before, after, strict=True):
        assert only_face_and_label(old, new, face_area(analyser, old))


def test_a_trimmed_clip_has_the_sound_of_that_part(media: Path, tmp_path: Path) -> None:
    output = tmp_path / "part.mp4"
    succeeded("--source", media / "source.png", "--target", media / "film.mp4", "--output", output, "--start", "0.1")
    assert times_of(output) == [tick * Fraction(1, 30_000) for tick in (0, 1001, 5005, 8008)]
    whole = packets_of(media / "film.mp4", "audio")[0]
    part = [packet for packet in packets_of(output, "audio")[0] if packet in whole]
    assert len(whole) / 2 < len(part) < len(whole)
    first = whole.index(part[0])
    assert part == whole[first : first + len(part)]


def test_a_folder_of_pictures(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    output = tmp_path / "out"
    outcome = succeeded("--source", media / "source.png", "--target", media / "pictures", "--output", output)
    assert sorted(path.name for path in output.iterdir()) == ["a.png", "b.jpg"]
    (warning,) = outcome.complaints
    assert "nobody.png: left out" in warning
    assert only_face_and_label(scene(), picture_of(output / "a.png"), face_area(analyser, scene()))
    check_identity(analyser, scene(3), picture_of(output / "b.jpg"))
    assert call("verify", output).code == 0
    assert call("verify", media / "pictures").code == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_folder_with_those_where_nobody_is(media: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    request = ["--source", media / "source.png", "--target", media / "pictures", "--output", output]
    succeeded(*request, "--allow-no-face")
    assert sorted(path.name for path in output.iterdir()) == ["a.png", "b.jpg", "nobody.png"]
    assert changed(nobody(), picture_of(output / "nobody.png")).mean() < 0.2
    assert call("verify", output).code == 0


def test_a_numbered_sequence(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    output = tmp_path / "done.%04d.png"
    succeeded("--source", media / "source.png", "--target", media / "shot.%04d.png", "--output", output)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "done.####.png.c2pa",
        *(f"done.{n}.png" for n in (1001, 1002, 1003)),
    ]
    for number in range(3):
        result = picture_of(tmp_path / f"done.{1001 + number}.png")
        assert only_face_and_label(scene(number), result, face_area(analyser, scene(number)))
    assert call("verify", tmp_path).code == 0


def test_a_clip_as_a_sequence_and_a_sequence_as_a_clip(media: Path, exact: list[Pixels], tmp_path: Path) -> None:
    succeeded(
        "--source", media / "source.png", "--target", media / "exact.mkv", "--start", "1f", "--end", "3f",
        "--output", tmp_path / "f.%03d.png",
    )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.###.png.c2pa", "f.002.png", "f.003.png"]
    assert changed(picture_of(tmp_path / "f.002.png"), exact[1]).mean() < 0.3
    clip = tmp_path / "clip.mp4"
    succeeded(
        "--source", media / "source.png", "--target", media / "shot.%04d.png", "--output", clip,
        "--output-frame-rate", "24000/1001",
    )  # fmt: skip
    assert times_of(clip) == [Fraction(1001 * n, 24_000) for n in range(3)]


def test_several_photos_of_one_person(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    photos = ["--source", media / "source.png", "--source", media / "darker.png"]
    succeeded(*photos, "--target", media / "target.png", "--output", tmp_path / "out.png")
    check_identity(analyser, scene(), picture_of(tmp_path / "out.png"))


@pytest.fixture(scope="module")
def left_id(media: Path) -> int:
    """The id that `facefusion people` gives whoever stands on the left of duo.mkv."""
    from facefusion.pipeline.people import find_people

    (source,) = FaceAnalyser().find(astronaut())
    people = find_people(media / "duo.mkv").people
    assert sorted(person.person_id for person in people) == [1, 2]
    thumbnails = {person.person_id: FaceAnalyser().find(person.portrait)[0] for person in people}
    return max(thumbnails, key=lambda person: distance(thumbnails[person].embedding, source.embedding))


Flags = Callable[[Path, int], list[str]]
WHO: dict[str, tuple[Flags, bool, bool]] = {
    "one": (lambda media, left: ["--source", f"{media}/source.png"], True, False),
    "small": (lambda media, left: ["--source", f"{media}/source.png", "--face-order", "small-large"], False, True),
    "right": (lambda media, left: ["--source", f"{media}/source.png", "--face-order", "right-left"], False, True),
    "many": (lambda media, left: ["--source", f"{media}/source.png", "--face-selector-mode", "many"], True, True),
    "reference": (
        lambda media, left: [
            *("--source", f"{media}/target.png", "--face-selector-mode", "reference"),
            *("--reference-image", f"{media}/source.png"),
        ],
        False,
        True,
    ),
    "assign_left": (lambda media, left: ["--assign", f"{left}={media}/source.png"], True, False),
    "assign_right": (lambda media, left: ["--assign", f"{3 - left}={media}/target.png"], False, True),
    "assign_both": (
        lambda media, left: [
            *("--assign", f"{left}={media}/source.png,{media}/darker.png"),
            *("--assign", f"{3 - left}={media}/target.png"),
        ],
        True,
        True,
    ),
}


@pytest.mark.parametrize("name", WHO)
def test_who_is_changed(name: str, media: Path, left_id: int, analyser: FaceAnalyser, tmp_path: Path) -> None:
    flags, is_left, is_right = WHO[name]
    output = tmp_path / "out.mkv"
    request = ["--target", media / "duo.mkv", "--output", output, "--output-codec", "ffv1"]
    succeeded(*flags(media, left_id), *request, "--label-position", "top-left")
    for old, new in zip(frames_of(media / "duo.mkv"), frames_of(output), strict=True):
        where = changed(old, new)
        inner = [face_area(analyser, old, place) for place in (0, 1)]
        found = [int(where[60:170][:, area[1]].sum()) > 1000 for area in inner]
        assert found == [is_left, is_right]
        if not is_left:
            assert not where[60:, :160].any()
        if not is_right:
            assert not where[60:, 160:].any()


def test_people(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    sheet = tmp_path / "sheet.png"
    outcome = call("people", media / "duo.mkv", "--output", sheet)
    assert outcome.code == 0, outcome
    rows = [line.split() for line in outcome.out.splitlines()]
    assert rows[0] == ["id", "seen", "for", "frames", "first", "seen", "at"]
    assert [row[0] for row in rows[1:3]] == ["1", "2"]
    assert str(sheet) in outcome.out
    found = sorted(analyser.find(picture_of(sheet)), key=lambda face: face.box.x0)
    assert len(found) == 2
    assert distance(found[0].embedding, found[1].embedding) > 0.6
    again = call("--json", "people", media / "duo.mkv", "--output", sheet, "--overwrite")
    assert outcome.noise == again.noise == []
    answer = json.loads("\n".join(line for line in again.out.splitlines() if not line.startswith('{"event"')))
    assert answer["people"] == [{"id": number, "frames": 4, "seconds": 0.16, "first_seconds": 0.0} for number in (1, 2)]
    assert list(contents(tmp_path)) == ["sheet.png"]


def test_events(media: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    request = ["--source", media / "source.png", "--target", media / "film.mp4", "--output", output]
    outcome = call("--json", *request)
    assert outcome.err == ""
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert events[0] == {"event": "started", "target": str(media / "film.mp4"), "output": str(output)}
    assert [event["phase"] for event in events if event["event"] == "phase"] == [
        "prepare", "analyse", "render", "finish",
    ]  # fmt: skip
    last = [event for event in events if event["event"] == "progress" and event["phase"] == "render"][-1]
    assert (last["done"], last["total"], last["faces"]) == (7, 7, 7)
    done = events[-1]
    assert done["event"] == "done"
    assert (done["frames"], done["swapped"], done["people"]) == (7, 7, 1)
    assert done["output"] == str(output)
    failed = call("--json", *request)
    assert failed.code == 7
    error = json.loads(failed.out.splitlines()[-1])
    assert error == {"event": "error", "message": error["message"], "exit_code": 7}
    assert failed.err == f"facefusion: {error['message']}\n"


def test_progress_for_people(media: Path, tmp_path: Path) -> None:
    request = ["--source", media / "source.png", "--target", media / "exact.mkv", "--output", tmp_path / "out.mkv"]
    lines = call(*request).err.splitlines()
    assert [line.split()[0] for line in lines[:1]] == ["prepare"]
    (last,) = [line for line in lines if line.startswith("render  6/6 frames")]
    assert "frames/s" in last
    assert "0:00 left" in last
    assert "6 faces" in last


def test_a_provider_that_is_not_here_is_named(media: Path, tmp_path: Path) -> None:
    if "cuda" in available_providers():
        pytest.skip("this machine has CUDA")
    request = ["--source", media / "source.png", "--target", media / "target.png", "--output", tmp_path / "out.png"]
    outcome = succeeded(*request, "--execution-provider", "cuda", "--execution-provider", "cpu")
    (warning,) = outcome.complaints
    assert "cuda" in warning
    assert "onnxruntime-gpu" in warning, "what would provide it is named"
    assert marked(tmp_path / "out.png")


def test_the_enhancer_alone_needs_no_source(media: Path, tmp_path: Path, analyser: FaceAnalyser) -> None:
    output = tmp_path / "out.png"
    succeeded("--processor", "face_enhancer", "--target", media / "target.png", "--output", output)
    result = picture_of(output)
    assert only_face_and_label(scene(), result, face_area(analyser, scene()))
    (old,), (new,) = analyser.find(scene()), analyser.find(result)
    assert distance(old.embedding, new.embedding) < 0.3
    assert marked(output)
