"""`verify` on whole results, on copies of every kind, and on files that nobody marked."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from certificates import BAD, make_studio
from command_line import call
from facefusion.core import Frame
from facefusion.errors import OutputExists, OutputFailed
from facefusion.media import SequenceWriter, write_image
from facefusion.pipeline.marking import Facts, Marking
from facefusion.provenance import Marks, mark_place, sidecar_path, verify, verify_all
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.home import home
from facefusion.provenance.manifest.copies import copy_path, read_copy
from facefusion.provenance.manifest.formats import manifest_beside
from facefusion.provenance.manifest.settings import SigningSettings
from marked_media import MARKS, picture, write_medium

PICTURES = ["a.png", "a.jpg", "a.webp", "a.tif"]
CLIPS = ["a.mp4", "a.mov", "a.mkv", "a.webm"]


def marking(
    given: Path, *, overwrite: bool = False, marks: Marks = MARKS, signing: SigningSettings | None = None
) -> Marking:
    facts = Facts(effects=(("face_swapper", "mesh"),), targets=(given,), label={"text": "AI-generated"})
    return Marking.of(marks, facts, signing or SigningSettings(), overwrite=overwrite)


def result(path: Path, signing: SigningSettings | None = None) -> Path:
    """A whole result: metadata, manifest, and the copy that is kept."""
    given = path.with_name("given.png")
    if not given.exists():
        write_image(given, Frame(picture(7)))
    one = marking(given, signing=signing)
    with one.appearing(path):
        write_medium(path)
        one.seal(path)(path)
    return path


@pytest.mark.parametrize("name", [*PICTURES, *CLIPS, "a.gif", "a.apng", "a.avi"])
def test_a_whole_result_is_told(name: str, tmp_path: Path) -> None:
    path = result(tmp_path / name)
    report = verify(path)
    assert (report.verdict, report.asset) == ("intact", f"{asset_id_of(MARKS):016x}")
    assert "byte for byte" in report.detail_of("record")
    assert call("verify", path).code == 0
    renamed = path.with_name(f"renamed{path.suffix}")
    path.rename(renamed)
    for beside in (sidecar_path(path), manifest_beside(path)):
        if beside.exists():
            beside.rename(renamed.with_name(beside.name.replace(path.name, renamed.name)))
    assert verify(renamed).verdict == "intact"


def cropped(path: Path, copy: Path) -> None:
    assert cv2.imwrite(str(copy), cv2.imread(str(path))[8:, 8:])


def painted_over(path: Path, copy: Path) -> None:
    with Image.open(path) as opened:
        opened.load()
        pixels = np.asarray(opened.convert("RGB")).copy()
        pixels[:10] = 0
        Image.fromarray(pixels).save(copy, xmp=opened.info.get("xmp", b""))


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a_picture_that_was_edited_is_told_truly(name: str, tmp_path: Path) -> None:
    path = result(tmp_path / name)
    copy = tmp_path / f"cropped{path.suffix}"
    cropped(path, copy)
    report = verify(copy)
    assert report.verdict == "none"
    assert report.state_of("manifest") == "missing"
    assert call("verify", copy).code == 12
    copy = tmp_path / f"painted{path.suffix}"
    painted_over(path, copy)
    report = verify(copy)
    assert report.verdict == "incomplete"
    assert report.has_metadata
    assert call("verify", copy).code == 11


def test_a_changed_byte_and_changed_metadata_are_told(tmp_path: Path) -> None:
    path = result(tmp_path / "a.png")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"FaceFusion 1.2.3<", b"FaceFusion 9.2.3<", 1))
    report = verify(path)
    assert report.verdict == "altered"
    assert report.state_of("manifest") == "altered"
    assert call("verify", path).code == 10


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_clip_that_was_copied_by_another_program_is_told(name: str, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    path = result(tmp_path / name)
    for words, verdicts in (
        (["-c", "copy", "-map_metadata", "-1"], ("none", "altered")),
        (["-c", "copy", "-movflags", "use_metadata_tags"], ("incomplete", "altered")),
        (["-crf", "35", "-map_metadata", "-1"], ("none",)),
    ):
        copy = tmp_path / f"copy{path.suffix}"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path, *words, copy], check=True)
        report = verify(copy)
        assert report.verdict in verdicts, (words, report.lines())
        assert not report.is_marked


def test_metadata_of_another_result_is_told(tmp_path: Path) -> None:
    """Somebody carries the mark of one result over to another."""
    other = Marks.of({"mesh"}, created=MARKS.created, produce_id="job-2", version="1.2.3")
    write_image(tmp_path / "given.png", Frame(picture(7)))
    one = marking(tmp_path / "given.png", marks=other)
    path = write_medium(tmp_path / "a.png")
    one.seal(path)(path)
    report = verify(path)
    assert report.verdict == "altered"
    assert "different outputs" in report.detail_of("manifest")


def test_files_without_any_mark_and_files_that_are_none(tmp_path: Path) -> None:
    write_image(tmp_path / "plain.png", Frame(picture()))
    (tmp_path / "text.png").write_text("no picture")
    path = result(tmp_path / "a.png")
    assert call("verify", tmp_path / "plain.png").code == 12
    assert call("verify", tmp_path / "none.png").code == 3
    outcome = call("--json", "verify", path, tmp_path / "plain.png", tmp_path / "none.png")
    assert outcome.code == 3
    answers = json.loads(outcome.out)
    assert [one["verdict"] for one in answers] == ["intact", "none", "unreadable"]
    assert call("verify", path, tmp_path / "plain.png").code == 12


def test_trust_is_asked_for_only_with_anchors(tmp_path: Path) -> None:
    studio = make_studio(tmp_path)
    path = result(tmp_path / "a.png", SigningSettings(**studio.options))
    assert call("verify", path).code == 0
    assert call("verify", path, "--trust", studio.root).code == 0
    (tmp_path / "other").mkdir()
    other = make_studio(tmp_path / "other")
    outcome = call("verify", path, "--trust", other.root)
    assert outcome.code == 13
    assert "nobody who is trusted" in outcome.out
    assert call("verify", path, "--trust", path).code == 3


def test_what_is_kept_names_no_source_and_no_folder(tmp_path: Path) -> None:
    result(tmp_path / "a.png")
    kept = read_copy(asset_id_of(MARKS))
    assert kept is not None
    assert [one["name"] for one in kept["outputs"]] == ["a.png"]
    text = copy_path(asset_id_of(MARKS)).read_text()
    assert "given" not in text
    assert str(tmp_path) not in text
    assert (home() / "manifests").stat().st_mode & 0o077 == 0


def sequence(folder: Path, one: Marking, count: int = 4) -> None:
    pattern = folder / "shot.%04d.png"
    writer = SequenceWriter(pattern, first_number=1001, xmp=MARKS.xmp(), seal=one.seal_sequence(pattern))
    with one.appearing(pattern), writer:
        for index in range(count):
            writer.write(Frame(picture(index)))


def test_one_manifest_covers_all_pictures_of_a_sequence(tmp_path: Path) -> None:
    write_image(tmp_path / "given.png", Frame(picture(7)))
    folder = tmp_path / "out"
    folder.mkdir()
    sequence(folder, marking(tmp_path / "given.png"))
    assert sorted(path.name for path in folder.iterdir())[0] == "shot.####.png.c2pa"
    assert {report.verdict for report in verify_all(folder)} == {"intact"}
    write_image(folder / "shot.1002.png", Frame(picture(9)), xmp=MARKS.xmp(), overwrite=True)
    (folder / "shot.1003.png").unlink()
    told = {report.path.name: report.verdict for report in verify_all(folder)}
    assert {name for name, verdict in told.items() if verdict == "intact"} == {"shot.1001.png", "shot.1004.png"}
    assert {name for name, verdict in told.items() if verdict == "altered"} == {"shot.1002.png", "shot.1003.png"}
    assert call("verify", folder).code == 10


def test_a_failure_leaves_what_was_there_as_it_was(tmp_path: Path) -> None:
    path = result(tmp_path / "a.mkv")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = copy_path(asset_id_of(MARKS)).read_bytes()
    again = marking(tmp_path / "given.png", overwrite=True)

    def fails() -> None:
        with again.appearing(path):
            again.seal(path)(path)
            raise OutputFailed("no room")

    with pytest.raises(OutputFailed, match="no room"):
        fails()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert copy_path(asset_id_of(MARKS)).read_bytes() == kept


def test_a_manifest_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    write_image(tmp_path / "given.png", Frame(picture(7)))
    path = tmp_path / "a.mkv"
    manifest_beside(path).write_bytes(b"somebody's own")
    with pytest.raises(OutputExists):
        marking(tmp_path / "given.png").check_beside(path)
    marking(tmp_path / "given.png", overwrite=True).check_beside(path)


@pytest.mark.parametrize("name", [*PICTURES, "a.mp4", "a.mov"])
def test_exiftool_reads_metadata_and_manifest(name: str, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    path = result(tmp_path / name)
    said = subprocess.run(["exiftool", "-j", "-a", "-G1", path], capture_output=True, check=True, text=True).stdout
    (read,) = json.loads(said)
    words = json.dumps(read)
    assert "compositeSynthetic" in words
    assert "AIGC" in words.upper()
    if name in ("a.png", "a.jpg"):  # older exiftools do not look for manifests elsewhere
        assert "c2pa.edited" in words
    assert "Warning" not in words, [value for key, value in read.items() if "Warning" in key]


@pytest.mark.parametrize("name", CLIPS)
def test_ffprobe_reads_the_tags(name: str, tmp_path: Path) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    path = result(tmp_path / name)
    asked = ["ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", path]
    tags = json.loads(subprocess.run(asked, capture_output=True, check=True, text=True).stdout)["format"]["tags"]
    tags = {key.lower(): value for key, value in tags.items()}
    assert json.loads(tags["aigc"])["ProduceID"] == "job-1"
    assert tags["digital_source_type"].endswith("compositeSynthetic")
    assert mark_place(path) == "tags"


def test_a_certificate_that_may_not_sign_stops_the_run_before_any_work(tmp_path: Path) -> None:
    write_image(tmp_path / "target.png", Frame(picture()))
    for name, (wish, says) in BAD.items():
        folder = tmp_path / name
        folder.mkdir()
        studio = make_studio(folder, wish)
        outcome = call(
            "--target", tmp_path / "target.png", "--output", tmp_path / "out.png", "--processor", "face_enhancer",
            "--signing-certificate", studio.chain, "--signing-key", studio.key,
        )  # fmt: skip
        assert outcome.code == 3
        assert says in outcome.err
        assert not (tmp_path / "out.png").exists()
