"""Bad input, through the real command line: the right exit code, one clear line, nothing written, nothing replaced."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from clips import make_clip, make_sound_only
from command_line import PYTHON, call, contents, refused, succeeded
from facefusion.models import store
from facefusion.provenance import verify
from portraits import astronaut, make_film, nobody, scene, two_people, write_png

Make = Callable[[Path], Path]
TEXT = b"Dear diary, today I filmed nothing.\n" * 40


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """source.png, target.png, target.mp4, empty.png (nobody), empty.mp4."""
    folder = tmp_path_factory.mktemp("media")
    write_png(folder / "source.png", astronaut())
    write_png(folder / "target.png", scene())
    write_png(folder / "empty.png", nobody())
    make_film(folder / "target.mp4", frames=4)
    make_film(folder / "empty.mp4", frames=3, draw=nobody)
    return folder


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def truncated(path: Path) -> Path:
    """The index at the end is missing, as after an interrupted copy."""
    data = make_clip(path).path.read_bytes()
    return written(path, data[: data.index(b"moov") - 4])


def zero_length(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height = 96, 72
        out.start_encoding()
    return path


def corrupt_jpeg(path: Path) -> Path:
    data = cv2.imencode(".jpg", scene())[1].tobytes()
    return written(path, data[: len(data) // 3])


def broken_jpeg_header(path: Path) -> Path:
    return written(path, b"\xff\xd8\xff\xe0" + np.random.default_rng(1).bytes(300))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(path: Path) -> Path:
    """A header that promises 30,000 × 30,000 pixels, and next to nothing behind it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    return written(path, b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b""))


def folder_at(path: Path) -> Path:
    path.mkdir()
    return path


def animated(path: Path) -> Path:
    frames = [Image.fromarray(scene(n)) for n in range(2)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
    return path


BAD_ANYWHERE: dict[str, tuple[str, Make, str]] = {
    "missing": ("none.png", lambda p: p, "no such file"),
    "inside_a_file": ("a.txt", lambda p: written(p, TEXT) / "b.png", "inside something that is no folder"),
    "text_as_picture": ("bad.png", lambda p: written(p, TEXT), "not a picture|text"),
    "text_as_clip": ("bad.mp4", lambda p: written(p, TEXT), "not a picture|text"),
    "zero_bytes": ("bad.mp4", lambda p: written(p, b""), "empty"),
    "zero_byte_picture": ("bad.jpg", lambda p: written(p, b""), "empty"),
    "corrupt_jpeg": ("bad.jpg", corrupt_jpeg, "damaged"),
    "broken_header": ("bad.jpg", broken_jpeg_header, "broken|damaged"),
    "huge_png": ("bad.png", huge_png, "30000×30000 pixels are too many"),
    "very_long_name": ("n" * 300 + ".png", lambda p: p, "too long"),
    "very_long_path": ("/".join(["n" * 200] * 30) + ".png", lambda p: p, "too long"),
}
BAD_TARGETS: dict[str, tuple[str, Make, str]] = {
    "truncated": ("bad.mp4", truncated, "cut-off"),
    "no_video_stream": ("bad.m4a", make_sound_only, "no video stream"),
    "zero_length": ("bad.mp4", zero_length, "zero length"),
    "noise": ("bad.mkv", lambda p: written(p, np.random.default_rng(1).bytes(4000)), "can(not)? be"),
    "empty_folder": ("empty", folder_at, "no picture"),
    "pattern_without_pictures": ("shot.%04d.png", lambda p: p, "no picture|no file"),
    "pattern_in_no_folder": ("none/shot.%04d.png", lambda p: p, "no such folder"),
}
BAD_PHOTOS: dict[str, tuple[str, Make, str]] = {
    "folder_for_file": ("photos", folder_at, "is a folder"),
    "clip_for_photo": ("clip.mp4", lambda p: make_film(p, frames=2).path, "not a picture"),
    "animated": ("wave.gif", animated, "is animated"),
    "pattern": ("shot.%04d.png", lambda p: p, "no such file"),
}


@pytest.mark.parametrize("name", BAD_ANYWHERE | BAD_PHOTOS)
def test_a_bad_source(name: str, media: Path, tmp_path: Path) -> None:
    file, make, says = (BAD_ANYWHERE | BAD_PHOTOS)[name]
    bad = make(tmp_path / file)
    line = refused(tmp_path, 3, says, "--source", bad, "--target", media / "target.png", "--output", tmp_path / "o.png")
    assert str(bad) in line


@pytest.mark.parametrize("name", BAD_ANYWHERE | BAD_TARGETS)
def test_a_bad_target(name: str, media: Path, tmp_path: Path) -> None:
    file, make, says = (BAD_ANYWHERE | BAD_TARGETS)[name]
    bad = make(tmp_path / file)
    output = tmp_path / ("o.png" if bad.suffix in (".png", ".jpg") else "o.mp4")
    line = refused(tmp_path, 3, says, "--source", media / "source.png", "--target", bad, "--output", output)
    assert str(bad) in line or str(bad.parent) in line


@pytest.mark.parametrize("name", ["missing", "text_as_clip", "corrupt_jpeg", "huge_png", "very_long_name"])
@pytest.mark.parametrize("flag", ["--reference-image", "--assign", "--mask-image", "--config"])
def test_a_bad_file_in_any_other_place(flag: str, name: str, media: Path, tmp_path: Path) -> None:
    file, make, says = BAD_ANYWHERE[name]
    bad = make(tmp_path / file)
    given = f"1={bad}" if flag == "--assign" else str(bad)
    extra = ["--face-selector-mode", "reference"] if flag == "--reference-image" else []
    source = ["--source", media / "source.png"]
    line = refused(
        tmp_path,
        3,
        says if flag != "--config" else "job file",
        *(flag, given, *extra, *source, "--target", media / "target.png", "--output", tmp_path / "o.png"),
    )
    assert str(bad) in line


@pytest.mark.parametrize("name", BAD_ANYWHERE | BAD_TARGETS)
def test_a_bad_clip_for_people(name: str, tmp_path: Path) -> None:
    file, make, says = (BAD_ANYWHERE | BAD_TARGETS)[name]
    bad = make(tmp_path / file)
    refused(tmp_path, 3, says, "people", bad, "--output", tmp_path / "sheet.png")


@pytest.mark.parametrize("name", BAD_ANYWHERE | BAD_TARGETS)
def test_a_bad_file_for_verify(name: str, tmp_path: Path) -> None:
    """What has no pixels can have no marks: either that is said, or the file counts as unmarked."""
    file, make, _ = (BAD_ANYWHERE | BAD_TARGETS)[name]
    bad = make(tmp_path / file)
    before = contents(tmp_path)
    outcome = call("verify", bad)
    if outcome.code == 3:
        assert len(outcome.err.splitlines()) == len(outcome.complaints) == 1
        assert outcome.out == ""
    else:
        assert outcome.code in (10, 12), outcome.out
        assert outcome.err == ""
        assert "missing" in outcome.out or "malformed" in outcome.out
    assert contents(tmp_path) == before


def test_the_huge_picture_is_refused_before_decoding(tmp_path: Path, media: Path) -> None:
    """Decoded it would take 2.7 GB; the process may have 1.5 GB."""
    resource = pytest.importorskip("resource")
    bad = huge_png(tmp_path / "bad.png")
    command = [*PYTHON, "--source", media / "source.png", "--target", bad, "--output", tmp_path / "o.png"]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (3 << 29, 3 << 29))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 3
    assert "too many" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(contents(tmp_path)) == ["bad.png"]


# --- who is in the pictures ------------------------------------------------------------------------------------------


def test_nobody_in_the_source(media: Path, tmp_path: Path) -> None:
    line = refused(
        tmp_path, 4, "no face found", "--source", media / "empty.png", "--target", media / "target.png",
        "--output", tmp_path / "o.png",
    )  # fmt: skip
    assert "empty.png" in line


def test_two_people_in_the_source(media: Path, tmp_path: Path) -> None:
    source = write_png(tmp_path / "two.png", two_people())
    line = refused(
        tmp_path, 3, "shows 2 people; crop", "--source", source, "--target", media / "target.png",
        "--output", tmp_path / "o.png",
    )  # fmt: skip
    assert "two.png" in line


def test_photos_of_two_people_as_one_source(media: Path, tmp_path: Path) -> None:
    line = refused(
        tmp_path, 3, "seem to show two people", "--source", media / "source.png", "--source", media / "target.png",
        "--target", media / "target.mp4", "--output", tmp_path / "o.mp4",
    )  # fmt: skip
    assert "source.png" in line


@pytest.mark.parametrize("name", ["empty.png", "empty.mp4"])
def test_nobody_in_the_target(name: str, media: Path, tmp_path: Path) -> None:
    request = [
        "--source",
        media / "source.png",
        "--target",
        media / name,
        "--output",
        tmp_path / f"o{Path(name).suffix}",
    ]
    line = refused(tmp_path, 4, "no face found anywhere; --allow-no-face", *request)
    assert name in line


def test_nobody_in_a_folder_of_pictures(media: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_png(tmp_path / "in" / "a.png", nobody())
    request = ["--source", media / "source.png", "--target", tmp_path / "in", "--output", tmp_path / "out"]
    refused(tmp_path, 4, "no face found anywhere", *request)
    succeeded(*request, "--allow-no-face")
    assert verify(tmp_path / "out" / "a.png").is_marked


@pytest.mark.usefixtures("before_the_watermark")
def test_nobody_in_the_target_but_wanted_all_the_same(media: Path, tmp_path: Path) -> None:
    output = tmp_path / "o.png"
    succeeded("--source", media / "source.png", "--target", media / "empty.png", "--output", output, "--allow-no-face")
    assert verify(output).is_marked
    result = cv2.cvtColor(cv2.imread(str(output)), cv2.COLOR_BGR2RGB)
    rows, columns = np.nonzero((result != nobody()).any(axis=2))
    assert 0 < len(rows) < 0.2 * result.shape[0] * result.shape[1]
    box = result[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert box.shape[0] < 60, "only the label may differ"
    assert list(contents(tmp_path)) == ["o.png"]


def test_the_reference_is_nobody_in_the_target(media: Path, tmp_path: Path) -> None:
    refused(
        tmp_path, 4, "nobody in the target looks like it", "--source", media / "source.png", "--target",
        media / "target.png", "--output", tmp_path / "o.png", "--face-selector-mode", "reference",
        "--reference-image", media / "source.png",
    )  # fmt: skip


def test_an_assignment_to_nobody(media: Path, tmp_path: Path) -> None:
    request = ["--target", media / "target.png", "--output", tmp_path / "o.png"]
    refused(tmp_path, 2, "no person 7; there is only 1", "--assign", f"7={media / 'source.png'}", *request)
    refused(tmp_path, 2, "supported is person=photo", "--assign", "anna.png", *request)


# --- where the result goes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["target.png", "target.mp4"])
@pytest.mark.parametrize("flags", [[], ["--overwrite"]])
def test_source_equal_to_target(flags: list[str], name: str, tmp_path: Path, media: Path) -> None:
    same = written(tmp_path / name, (media / name).read_bytes())
    output = tmp_path / f"o{same.suffix}"
    refused(tmp_path, 2, "same file", "--source", same, "--target", same, "--output", output, *flags)
    os.link(same, tmp_path / "link")
    refused(tmp_path, 2, "same file", "--source", tmp_path / "link", "--target", same, "--output", output, *flags)


@pytest.mark.parametrize("flags", [[], ["--overwrite"]])
@pytest.mark.parametrize("which", ["target.png", "target.mp4", "source.png", "other.png", "link.png"])
def test_the_output_is_an_input(which: str, flags: list[str], media: Path, tmp_path: Path) -> None:
    """Also with --overwrite: what was read is never replaced."""
    for name in ("target.png", "target.mp4", "source.png"):
        written(tmp_path / name, (media / name).read_bytes())
    written(tmp_path / "other.png", (media / "source.png").read_bytes())
    os.link(tmp_path / "target.png", tmp_path / "link.png")
    target = which if which == "target.mp4" else "target.png"
    people = ["--source", tmp_path / "source.png", "--assign", f"1={tmp_path / 'other.png'}"]
    request = [*people, "--target", tmp_path / target, "--output", tmp_path / which, *flags]
    refused(tmp_path, 7, "same file" if flags else "same file|is there already", *request)


@pytest.mark.parametrize("flags", [[], ["--overwrite"]])
def test_the_output_folder_is_the_input_folder(flags: list[str], media: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_png(tmp_path / "in" / "a.png", scene())
    request = ["--source", media / "source.png", "--target", tmp_path / "in", "--output", tmp_path / "in", *flags]
    refused(tmp_path, 7, "same" if flags else "same|is there already", *request)


def test_the_output_sequence_is_the_input_sequence(media: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "shot.0001.png", scene())
    pattern = tmp_path / "shot.%04d.png"
    request = ["--source", media / "source.png", "--target", pattern, "--output", pattern]
    refused(tmp_path, 7, "same|is there already", *request)
    refused(tmp_path, 7, "same", *request, "--overwrite")


@pytest.mark.parametrize("name", ["o.png", "o.mp4"])
@pytest.mark.parametrize("place", ["none", "none/deeper", "file.txt"])
def test_no_folder_for_the_output(place: str, name: str, media: Path, tmp_path: Path) -> None:
    written(tmp_path / "file.txt", b"mine")
    target = media / f"target{Path(name).suffix}"
    output = tmp_path / place / name
    line = refused(
        tmp_path, 7, "no such folder|is a file, not a folder",
        "--source", media / "source.png", "--target", target, "--output", output,
    )  # fmt: skip
    assert str(output.parent) in line


@pytest.mark.parametrize("name", ["o.png", "o.mp4", "o"])
def test_a_read_only_folder(name: str, media: Path, tmp_path: Path, read_only: Path) -> None:
    target = media / f"target{Path(name).suffix or '.png'}"
    if name == "o":
        target = tmp_path / "in"
        target.mkdir()
        write_png(target / "a.png", scene())
    request = ["--source", media / "source.png", "--target", target, "--output", read_only / name]
    refused(tmp_path, 7, "cannot be written to", *request)


@pytest.mark.parametrize("name", ["o.png", "o.mp4"])
def test_an_output_that_exists_is_left_as_it_is(name: str, media: Path, tmp_path: Path) -> None:
    written(tmp_path / name, b"precious")
    target = media / f"target{Path(name).suffix}"
    request = ["--source", media / "source.png", "--target", target, "--output", tmp_path / name]
    line = refused(tmp_path, 7, "is there already", *request)
    assert "--overwrite" in line, "the line names the flag that would allow it"
    succeeded(*request, "--overwrite")
    assert verify(tmp_path / name).is_marked
    assert list(contents(tmp_path)) == [name]


def test_pictures_that_exist_are_left_as_they_are(media: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    written(tmp_path / "out" / "shot.0003.png", b"precious")
    request = ["--source", media / "source.png", "--target", media / "target.mp4"]
    refused(tmp_path, 7, "is there already", *request, "--output", tmp_path / "out" / "shot.%04d.png")
    (tmp_path / "in").mkdir()
    write_png(tmp_path / "in" / "a.png", scene())
    refused(
        tmp_path, 7, "is there already", "--source", media / "source.png", "--target", tmp_path / "in", "--output",
        tmp_path / "out",
    )  # fmt: skip


def test_a_folder_where_the_output_file_goes(media: Path, tmp_path: Path) -> None:
    (tmp_path / "o.mp4").mkdir()
    request = ["--source", media / "source.png", "--target", media / "target.mp4", "--output", tmp_path / "o.mp4"]
    refused(tmp_path, 7, "is a folder", *request)
    refused(tmp_path, 7, "is a folder", *request, "--overwrite")


@pytest.mark.parametrize(
    ("target", "name"),
    [("target.mp4", "o.png"), ("target.mp4", "o.xyz"), ("target.mp4", "o"), ("target.png", "o.mp4"),
     ("target.png", "o.xyz"), ("target.png", "o.bmp"), ("target.png", "o")],
)  # fmt: skip
def test_an_output_of_the_wrong_kind(target: str, name: str, media: Path, tmp_path: Path) -> None:
    request = ["--source", media / "source.png", "--target", media / target, "--output", tmp_path / name]
    refused(tmp_path, 2, r"\.png|\.mp4", *request)


@pytest.mark.parametrize("name", ["n" * 300 + ".png", "/".join(["n" * 200] * 30) + ".png"])
def test_an_output_with_too_long_a_name(name: str, media: Path, tmp_path: Path) -> None:
    request = ["--source", media / "source.png", "--target", media / "target.png", "--output", tmp_path / name]
    refused(tmp_path, 7, "longer|too long", *request)


def test_the_contact_sheet_is_not_written_over_anything(media: Path, tmp_path: Path) -> None:
    clip = written(tmp_path / "target.png", (media / "target.png").read_bytes())
    refused(tmp_path, 7, "same file", "people", clip, "--output", clip, "--overwrite")
    refused(tmp_path, 7, "no such folder", "people", clip, "--output", tmp_path / "none" / "sheet.png")
    written(tmp_path / "target.people.png", b"precious")
    refused(tmp_path, 7, "is there already", "people", clip)
    refused(tmp_path, 4, "no face found", "people", media / "empty.png", "--output", tmp_path / "sheet.png")


def test_a_disk_that_fills_while_encoding(media: Path, small_disk: Path) -> None:
    film = make_film(small_disk.parent / "noise.mp4", frames=8, draw=noisy).path
    request = ["--source", media / "source.png", "--target", film]
    for name in ("o.mp4", "o.mkv", "f.%03d.png"):
        refused(small_disk, 7, "no space left", *request, "--output", small_disk / name, "--keep-work", "never")


def test_a_disk_that_is_full_for_one_picture(media: Path, small_disk: Path) -> None:
    request = ["--source", media / "source.png", "--target", media / "target.png"]
    refused(small_disk, 7, "no space left", *request, "--output", small_disk / "o.tiff")
    pictures = small_disk.parent / "in"
    pictures.mkdir()
    for number in range(3):
        write_png(pictures / f"{number}.png", scene(number))
    refused(small_disk, 7, "no space left", "--source", media / "source.png", "--target", pictures,
            "--output", small_disk / "out")  # fmt: skip


def noisy(number: int, width: int, height: int) -> np.ndarray:
    """A face amid noise that no encoder makes small."""
    picture = np.array(scene(number, width, height))
    noise = np.random.default_rng(number).integers(0, 256, picture.shape).astype(np.uint8)
    picture[200:], picture[:, :60], picture[:, 260:] = noise[200:], noise[:, :60], noise[:, 260:]
    return picture


def mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a file system can only be mounted by root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    yield from mounted(tmp_path / "disk", "size=64k")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be made."""
    if os.name == "posix" and os.geteuid() == 0:
        yield from mounted(tmp_path / "ro", "ro")
        return
    place = tmp_path / "ro"
    place.mkdir()
    place.chmod(0o500)
    yield place
    place.chmod(0o700)


# --- the request itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (["--processor", "face_swaper"], 2, "face_swaper.*did you mean face_swapper"),
        (["--processor", "expression_edit"], 2, "did you mean expression_editor.*supported are face_swapper"),
        (["--execution-provider", "gpu"], 2, "gpu.*cpu.*cuda"),
        (["--output-codec", "h266"], 2, "h266.*h264"),
        (["--face-selector-mode", "two"], 2, "two.*one.*many.*reference"),
        (["--face-selector-mode", "reference"], 2, "reference-image"),
        (["--mask-blur", "7"], 2, "mask-blur.*7.*0.* to 1"),
        (["--mask-blur", "soft"], 2, "mask-blur.*number"),
        (["--start", "yesterday"], 2, "start.*yesterday.*250f"),
        (["--start", "3f", "--end", "2f"], 2, "start.*at or after --end"),
        (["--start", "500f"], 3, "has 4 frames, none of them"),
        (["--start", "99"], 3, "has 4 frames, none of them"),
        (["--output-frame-rate", "fast"], 2, "output-frame-rate.*fast"),
        (["--output-preset", "warp9"], 2, "warp9.*ultrafast"),
        (["--output-codec", "prores"], 2, "cannot hold prores"),
        (["--label-text", ""], 2, "label"),
        (["--threads", "-1"], 2, "threads.*-1.*0.* to 256"),
        (["--sauce", "a.png"], 2, "--sauce"),
        (["--target"], 2, "--target"),
    ],
)
def test_a_request_that_makes_no_sense(flags: list[str], code: int, says: str, media: Path, tmp_path: Path) -> None:
    request = ["--source", media / "source.png", "--target", media / "target.mp4", "--output", tmp_path / "o.mp4"]
    refused(tmp_path, code, says, *request, *flags)


def test_unknown_models_and_commands(tmp_path: Path) -> None:
    refused(tmp_path, 2, "inswaper_128.*inswapper_128", "models", "show", "inswaper_128")
    refused(tmp_path, 2, "lits|No such command", "models", "lits")
    refused(tmp_path, 2, "doktor", "doktor")
    refused(tmp_path, 2, "source: nothing given", "--target", "a.png", "--output", "b.png")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (b"target = ", 3, "not valid TOML"),
        (b"\xff\xfe\x00", 3, "not valid TOML"),
        (b"target = 'a.png'\ntarget = 'b.png'", 3, "not valid TOML"),
        (b"[mask]\nblur = 1", 2, r"\[mask\] is a table"),
        (b"[[job]]\ntarget = 'a.png'", 2, "job"),
        (b"mask-blurr = 0.5", 2, "mask-blurr.*did you mean mask-blur"),
        (b"mask-blur = 'soft'", 2, "mask-blur.*soft.*a number"),
        (b"mask-blur = nan", 2, "mask-blur.*nan"),
        (b"mask-blur = 1e400", 2, "mask-blur.*inf"),
        (b"threads = 99999999999999999999999", 2, "threads"),
        (b"overwrite = 1", 2, "overwrite.*true or false"),
        (b"assign = [1, 2]", 2, "assign.*a list of texts"),
        (b"start = 2024-01-01", 2, "start.*a text"),
        (b"processor = 'face_swaper'", 2, "did you mean face_swapper"),
        (b'reference-image = "a\\u0000b"', 2, "reference-image.*a zero character"),
    ],
)
def test_a_bad_job_file(text: bytes, code: int, says: str, media: Path, tmp_path: Path) -> None:
    job = written(tmp_path / "job.toml", text)
    request = ["--source", media / "source.png", "--target", media / "target.png", "--output", tmp_path / "o.png"]
    refused(tmp_path, code, says, "--config", job, *request)


def test_a_job_file_is_not_written_over_anything(media: Path, tmp_path: Path) -> None:
    source = written(tmp_path / "source.png", (media / "source.png").read_bytes())
    written(tmp_path / "job.toml", b"# precious")
    request = ["--source", source, "--target", media / "target.png", "--output", tmp_path / "o.png", "--save-config"]
    refused(tmp_path, 7, "no such folder", *request, tmp_path / "none" / "job.toml")
    refused(tmp_path, 7, "is there already.*--overwrite", *request, tmp_path / "job.toml")
    refused(tmp_path, 7, "same file", *request, source, "--overwrite")


def test_a_zero_byte_in_a_path(media: Path, tmp_path: Path) -> None:
    """A shell cannot give one; a job file can."""
    for key in ("source", "target", "output"):
        job = written(tmp_path / "job.toml", f'{key} = "a\\u0000b"'.encode())
        refused(tmp_path, 2, f"{key}: .*zero character", "--config", job)


@pytest.mark.parametrize("is_damaged", [False, True])
def test_weights_that_are_missing_or_damaged(
    is_damaged: bool, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that lost its weights, or has other bytes in their place."""
    weights = tmp_path / "weights"
    weights.mkdir()
    for file in store.WEIGHTS.glob("*.onnx") if is_damaged else ():
        written(weights / file.name, file.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr(store, "WEIGHTS", weights)
    says = "is damaged" if is_damaged else "missing|not (here|on this machine)"
    request = ["--source", media / "source.png", "--target", media / "target.png", "--output", tmp_path / "o.png"]
    line = refused(tmp_path, 6, says, *request)
    assert "install FaceFusion again" in line


# --- as a process of its own ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [("none.png", "target.png", 3), ("empty.png", "target.png", 4), ("source.png", "empty.mp4", 4)],
)
def test_a_process_says_it_in_one_line(source: str, target: str, code: int, media: Path, tmp_path: Path) -> None:
    """Progress goes to stderr too where nobody asked for quiet; still one line is the error, and it is the last."""
    output = tmp_path / f"o{Path(target).suffix}"
    command = [*PYTHON, "--source", media / source, "--target", media / target, "--output", output]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    lines = done.stderr.splitlines()
    assert done.returncode == code
    assert [line for line in lines if line.startswith("facefusion: ")] == lines[-1:]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert contents(tmp_path) == {}
