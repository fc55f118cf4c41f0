"""Marks read back from real outputs: whole, stripped, altered, broken."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facefusion.core import Frame, Timestamp
from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.media import SequenceWriter, VideoFormat, VideoWriter, write_image
from facefusion.provenance import Marks, mark_place, read_xmp, sidecar_path, verify, verify_all
from facefusion.provenance.packets import find_xmp

MARKS = Marks.of({"mesh"}, created=datetime(2026, 3, 4, tzinfo=UTC), produce_id="job-1", version="1.2.3")
PICTURE = np.random.default_rng(5).integers(0, 256, (48, 64, 3), dtype=np.uint8)
STARTS = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"RIFF\x00\x00\x00\x00WEBP",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
]
NAMES = ["a.png", "a.jpg", "a.webp", "a.tif", "a.bmp"]


def write_marked(path: Path, pixels: np.ndarray = PICTURE, marks: Marks = MARKS) -> Path:
    inside = mark_place(path) == "xmp"
    write_image(path, Frame(pixels), xmp=marks.xmp() if inside else None)
    if not inside:
        sidecar_path(path).write_bytes(marks.xmp())
    return path


def write_clip(path: Path, tags: dict[str, str]) -> Path:
    like = VideoFormat(64, 48, Fraction(1, 25), Fraction(25))
    with VideoWriter(path, like=like, metadata=tags) as writer:
        for i in range(5):
            writer.write(Frame(PICTURE, index=i, timestamp=Timestamp(i, Fraction(1, 25)), duration_pts=1))
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_picture_format_is_read_back(tmp_path: Path, name: str, dtype: type) -> None:
    pixels = PICTURE.astype(dtype) * (257 if dtype is np.uint16 else 1)
    report = verify(write_marked(tmp_path / name, pixels))
    assert report.has_metadata
    assert report.says_synthetic
    assert report.place == ("sidecar" if name.endswith("bmp") else "xmp")
    assert [f.state for f in report.findings[:4]] == ["present"] * 4
    assert "compositeSynthetic" in report.lines()[0]
    assert "FaceFusion 1.2.3" in report.lines()[2]
    assert json.loads(json.dumps(report.as_dict()))["marks"]["AIGC"]["state"] == "present"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_every_container_is_read_back(tmp_path: Path, suffix: str) -> None:
    report = verify(write_clip(tmp_path / f"c{suffix}", MARKS.container_tags()))
    assert report.has_metadata
    assert report.place == "tags"
    assert [f.state for f in report.findings[:4]] == ["present"] * 4


def test_container_without_tags_needs_its_sidecar(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.avi", MARKS.container_tags())
    assert mark_place(clip) == "sidecar"
    assert not verify(clip).has_metadata
    sidecar_path(clip).write_bytes(MARKS.xmp())
    assert verify(clip).has_metadata


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_ffprobe_reads_the_container(tmp_path: Path, suffix: str) -> None:
    clip = write_clip(tmp_path / f"c{suffix}", MARKS.container_tags())
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_format", str(clip)], capture_output=True, check=True
    )
    tags = {key.lower(): value for key, value in json.loads(told.stdout)["format"]["tags"].items()}
    assert json.loads(tags["aigc"])["Label"] == "1"
    assert tags["digital_source_type"] == MARKS.digital_source_type
    assert tags["comment"].startswith("AI-generated")


@pytest.mark.parametrize("name", NAMES)
def test_a_stripped_picture_says_missing(tmp_path: Path, name: str) -> None:
    marked = write_marked(tmp_path / name)
    copy = tmp_path / f"copy{marked.suffix}"
    assert cv2.imwrite(str(copy), cv2.imread(str(marked)))  # as a careless tool does
    report = verify(copy)
    assert not report.has_metadata
    assert not report.says_synthetic
    assert [f.state for f in report.findings[:4]] == ["missing"] * 4
    assert "NOT marked" in report.lines()[-1]


def test_a_stripped_clip_says_missing(tmp_path: Path) -> None:
    report = verify(write_clip(tmp_path / "c.mp4", {}))
    assert [f.state for f in report.findings[:4]] == ["missing"] * 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("compositeSynthetic", "digitalCapture"),
        ("FaceFusion 1.2.3<", "Camera<"),
        ('"ProduceID":"job-1"', '"ProduceID":"job-2"'),
        ('"Label":"1"', '"Label":"3"'),
    ],
)
def test_an_edited_mark_is_told(tmp_path: Path, before: str, after: str) -> None:
    packet = MARKS.xmp().decode().replace("&quot;", '"')
    assert before in packet
    write_image(tmp_path / "a.png", Frame(PICTURE), xmp=packet.replace(before, after).encode())
    report = verify(tmp_path / "a.png")
    assert report.state_of("seal") == "altered"
    assert not report.has_metadata


def test_a_removed_mark_is_told(tmp_path: Path) -> None:
    for gone in ("AIGC", "digital_source_type", "software"):
        tags = {key: value for key, value in MARKS.container_tags().items() if key != gone}
        report = verify(write_clip(tmp_path / f"{gone}.mkv", tags))
        assert not report.has_metadata
        states = [f.state for f in report.findings]
        assert "missing" in states
        assert gone == "AIGC" or report.state_of("seal") == "altered"


def test_a_comment_that_was_left_is_quoted(tmp_path: Path) -> None:
    """What copying to MP4 with a careless tool does: known keys stay, ours go."""
    comment = MARKS.container_tags()["comment"]
    report = verify(write_clip(tmp_path / "c.mp4", {"comment": comment}))
    assert not report.has_metadata
    assert report.state_of("digital source type") == "missing"
    assert comment in report.lines()[0]
    assert "stripped" in report.lines()[0]
    other = verify(write_clip(tmp_path / "d.mp4", {"comment": "holiday"}))
    assert "holiday" not in "".join(other.lines())


def test_malformed_marks_are_told(tmp_path: Path) -> None:
    tags = {**MARKS.container_tags(), "AIGC": '{"Label":', "digital_source_type": "made by hand"}
    report = verify(write_clip(tmp_path / "c.mkv", tags))
    assert (report.state_of("AIGC"), report.state_of("digital source type")) == ("malformed", "malformed")
    assert not report.has_metadata
    write_image(tmp_path / "a.png", Frame(PICTURE), xmp=b"<x:xmpmeta")
    assert verify(tmp_path / "a.png").state_of("digital source type") == "malformed"


def test_another_tools_mark_is_read_as_such(tmp_path: Path) -> None:
    aigc = '{"Label":"1","ContentProducer":"someone","ProduceID":"7","ReservedCode1":"abc"}'
    report = verify(write_clip(tmp_path / "c.mp4", {"AIGC": aigc}))
    assert report.state_of("AIGC") == "present"
    assert report.state_of("seal") == "missing"
    assert report.says_synthetic
    assert not report.has_metadata


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    marked = write_marked(tmp_path / "a.png")
    renamed = marked.rename(tmp_path / "a.mp4")
    assert verify(renamed).has_metadata


def test_enhanced_only_is_marked_but_tells_its_term(tmp_path: Path) -> None:
    marks = Marks.of({"enhance"}, created=datetime(2026, 1, 1, tzinfo=UTC), produce_id="1", version="1")
    report = verify(write_marked(tmp_path / "a.jpg", marks=marks))
    assert report.has_metadata
    assert report.lines()[0] == "digital source type: present: algorithmicallyEnhanced"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_each_frame_of_a_sequence_is_looked_at(tmp_path: Path, suffix: str) -> None:
    for number in range(1001, 1005):
        path = tmp_path / f"shot.{number}{suffix}"
        write_marked(path) if number != 1003 else write_image(path, Frame(PICTURE))
    (tmp_path / "notes.txt").write_text("not a picture")
    reports = verify_all(tmp_path)
    assert [r.path.name for r in reports] == [f"shot.{n}{suffix}" for n in range(1001, 1005)]
    assert [r.has_metadata for r in reports] == [True, True, False, True]


def test_sequence_writer_marks_each_frame(tmp_path: Path) -> None:
    with SequenceWriter(tmp_path / "s.%04d.png", xmp=MARKS.xmp()) as writer:
        for i in range(3):
            writer.write(Frame(PICTURE, index=i))
    reports = verify_all(tmp_path)
    assert len(reports) == 3
    assert all(report.has_metadata for report in reports)


def test_empty_folder_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="no picture or clip"):
        verify_all(tmp_path)
    with pytest.raises(MediaUnreadable):
        verify(tmp_path / "none.png")
    (tmp_path / "text.mp4").write_text("hello " * 50)
    with pytest.raises(MediaUnreadable):
        verify(tmp_path / "text.mp4")


@pytest.mark.parametrize("name", NAMES[:4])
def test_a_truncated_picture_raises_nothing_but_its_own(tmp_path: Path, name: str) -> None:
    whole = write_marked(tmp_path / name).read_bytes()
    for length in [*range(1, 200, 7), *range(200, len(whole), 211)]:
        try:
            found = find_xmp(whole[:length])
        except (InvalidInput, MediaUnreadable):
            continue
        assert found is None or MARKS.xmp().startswith(found[:100])


@settings(max_examples=400)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_no_bytes_break_the_finders(start: bytes, rest: bytes) -> None:
    try:
        found = find_xmp(start + rest)
    except InvalidInput:
        return
    assert found is None or isinstance(found, bytes)


def test_compressed_png_text_is_read_within_limits(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", MARKS.xmp().decode(), zip=True)
    Image.fromarray(PICTURE).save(tmp_path / "z.png", pnginfo=chunks)
    assert read_xmp(tmp_path / "z.png") == MARKS.xmp()
    bomb = PngInfo()
    bomb.add_itxt("XML:com.adobe.xmp", " " * (64 << 20), zip=True)
    Image.fromarray(PICTURE).save(tmp_path / "bomb.png", pnginfo=bomb)
    assert len(read_xmp(tmp_path / "bomb.png") or b"") <= 4 << 20


def test_big_tiff_is_read(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    packet = MARKS.xmp()
    for big in (False, True):
        for order in ("<", ">"):
            path = tmp_path / f"t{big}{order == '<'}.tif"
            tifffile.imwrite(
                path, PICTURE, bigtiff=big, byteorder=order, extratags=[(700, 1, len(packet), packet, True)]
            )
            assert read_xmp(path) == packet


def test_names_exported_are_what_they_say() -> None:
    import facefusion.provenance as room

    assert callable(room.verify)
    assert callable(room.verify_all)
    assert all(getattr(room, name) is not None for name in room.__all__)
    assert room.verify is verify


@pytest.mark.parametrize(
    ("name", "place"),
    [("a.PNG", "xmp"), ("a.mp4", "tags"), ("a.webm", "tags"), ("a.bmp", "sidecar"), ("a.exr", "xmp"),
     ("a.avi", "sidecar"), ("a.unknown", "sidecar"), ("a", "sidecar")],
)  # fmt: skip
def test_every_format_has_a_place(name: str, place: str) -> None:
    assert mark_place(Path(name)) == place
    assert sidecar_path(Path("x") / name) == Path("x") / f"{name}.xmp"
