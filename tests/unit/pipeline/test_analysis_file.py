"""Analysis files give back every number, and say in one line why they cannot be used."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facefusion.core import (
    Analysis,
    Box,
    Face,
    FaceMeasures,
    Frame,
    FrameRange,
    HeadPose,
    Identity,
    Landmarks,
    MediaIdentity,
    Samples,
    Shot,
    Track,
)
from facefusion.errors import InvalidInput, OutputExists
from facefusion.media import open_media, write_image
from facefusion.pipeline.analysis_file import KIND, check_belongs, read_analysis, write_analysis
from facefusion.pipeline.analysis_sections import sections_of
from facefusion.pipeline.media_identity import identity_of
from facefusion.pipeline.packing import pack_array, unpack_array
from facefusion.pipeline.sectioned_file import bytes_of


def face(seed: int, *, measured: bool = True) -> Face:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(50, 200, (478, 2)).astype(np.float32)
    measures = FaceMeasures(0.5, float("nan") if seed % 2 else 0.25, (0.5, 0.1, 0.2, 0.3))
    return Face(
        Box.around(xy),
        0.9,
        Landmarks(rng.uniform(0, 90, (5, 2)).astype(np.float32)),
        landmarks=Landmarks(xy, xy[:, 0]),
        visibility=0.75,
        pose=None if seed == 3 else HeadPose(1.5, 2.5, -3.5),
        measures=measures if measured else None,
        moved=rng.normal(0, 1, (478, 3)).astype(np.float32) if seed % 3 == 0 else None,
    )


def analysis() -> Analysis:
    rng = np.random.default_rng(0)
    tracks = (
        Track.of(1, {index: face(index) for index in (0, 1, 2, 4, 7)}, person_id=2),
        Track.of(5, {index: face(index, measured=False) for index in range(80, 160)}),
    )
    samples = Samples(
        np.array([1, 7]), np.array([0.5, 0.25], np.float32), rng.normal(0, 1, (2, 128)).astype(np.float32), b"\xff\xd8"
    )
    grain = rng.uniform(0, 0.1, 200).astype(np.float16)
    grain[5] = np.nan
    times = np.arange(200, dtype=np.int64) * 1001 - 40
    return Analysis(
        num_frames=200,
        width=640,
        height=360,
        shots=(Shot(0, 80), Shot(80, 200)),
        tracks=tracks,
        people=(Identity(1, None, (5,), 80), Identity(2, samples.embedding, (1,), 5)),
        samples={
            1: samples,
            5: Samples(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros((0, 128), np.float32)),
        },
        grain=grain,
        media=MediaIdentity("ab" * 32, 12345, 200, Fraction(1001, 30_000), "clip.mp4", times),
        part=FrameRange(0, 200),
        edits=({"edit": "rename", "person": 1, "name": "Ann Ümlaut"},),
        made_with={"shots": "1", "faces": "2"},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_analysis(tmp_path / "a.ffa", analysis())
    return tmp_path / "a.ffa"


def test_every_number_comes_back(path: Path) -> None:
    given, back = analysis(), read_analysis(path)
    assert sections_of(back) == sections_of(given)
    assert (back.num_frames, back.width, back.height, back.part) == (200, 640, 360, FrameRange(0, 200))
    assert back.shots == given.shots
    assert back.media == given.media
    assert back.media is not None
    assert np.array_equal(back.media.pts, given.media.pts)  # type: ignore[union-attr]
    assert back.edits == given.edits
    assert back.made_with == given.made_with
    for one, other in zip(given.tracks, back.tracks, strict=True):
        assert (one.track_id, one.person_id) == (other.track_id, other.person_id)
        for index in one.frames.tolist():
            a, b = one.face(index), other.face(index)
            assert (a.box, a.score, a.visibility, a.pose) == (b.box, b.score, b.visibility, b.pose)
            assert repr(a.measures) == repr(b.measures)
            assert np.array_equal(a.landmarks.xyz, b.landmarks.xyz)  # type: ignore[union-attr]
            assert (a.moved is None) == (b.moved is None)


def test_the_same_analysis_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_analysis(tmp_path / "again.ffa", read_analysis(path))
    assert (tmp_path / "again.ffa").read_bytes() == path.read_bytes()


def test_an_empty_analysis_is_one_too(tmp_path: Path) -> None:
    write_analysis(tmp_path / "none.ffa", Analysis(0, 4, 4))
    back = read_analysis(tmp_path / "none.ffa")
    assert (back.tracks, back.people, back.media, back.part, back.grain) == ((), (), None, None, None)


def test_a_file_that_exists_is_replaced_only_when_asked(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(OutputExists):
        write_analysis(path, Analysis(1, 2, 2))
    assert path.read_bytes() == before
    write_analysis(path, Analysis(1, 2, 2), overwrite=True)
    assert read_analysis(path).num_frames == 1
    assert list(path.parent.iterdir()) == [path]


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_analysis(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.7, 0.99999])
def test_a_file_cut_short_says_so(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: max(int(len(data) * share), 9)])
    assert "ends too early" in refusal(path)


def test_a_file_cut_between_two_sections_says_so(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"edits".ljust(16, b"\0"))])
    assert "ends too early" in refusal(path)


@given(place=st.integers(12, 10**9), bit=st.integers(0, 7))
def test_one_turned_bit_is_never_read_as_an_analysis(place: int, bit: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.ffa"
        data = bytearray(bytes_of(KIND, sections_of(replace(analysis(), tracks=(), samples={}))))
        data[12 + (place - 12) % (len(data) - 12)] ^= 1 << bit
        path.write_bytes(data)
        refusal(path)


def test_another_version_says_which(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:8] + struct.pack("<I", 7) + data[12:])
    assert "is an analysis of version 7, this program reads version 1; make one" in refusal(path)


def test_another_kind_of_file_is_no_analysis(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    assert "is not an analysis of FaceFusion; make one" in refusal(path)


def test_a_section_taken_away_is_noticed(path: Path) -> None:
    sections = sections_of(analysis())
    whole = bytes_of(KIND, sections)
    short = bytes_of(KIND, {name: section for name, section in sections.items() if name != "edits"})
    seal = whole[whole.index(b"end".ljust(16, b"\0")) :]
    path.write_bytes(short[: short.index(b"end".ljust(16, b"\0"))] + seal)
    assert "added or taken away" in refusal(path)
    path.write_bytes(short)
    assert "holds what no analysis holds" in refusal(path)


def test_a_clip_that_changed_or_is_another_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    for name, level in (("a", 0), ("b", 9)):
        write_image(tmp_path / f"{name}.png", Frame(pixels + np.uint8(level)))
    with open_media(tmp_path / "a.png") as reader:
        measured = Analysis(1, 16, 16, media=identity_of(reader))
        check_belongs(measured, reader)
    with (
        open_media(tmp_path / "b.png") as reader,
        pytest.raises(InvalidInput, match=r"x\.ffa: was made from another clip \(a\.png, 1 frames\), or .*b\.png has"),
    ):
        check_belongs(measured, reader, path="x.ffa")
    write_image(tmp_path / "a.png", Frame(pixels + np.uint8(1)), overwrite=True)
    with open_media(tmp_path / "a.png") as reader, pytest.raises(InvalidInput, match="has changed since"):
        check_belongs(measured, reader)


def test_a_sequence_is_known_by_all_its_pictures(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    for number in range(1, 4):
        write_image(tmp_path / f"f.{number:02d}.png", Frame(pixels))
    digests = set()
    for level in (0, 5):
        write_image(tmp_path / "f.02.png", Frame(pixels + np.uint8(level)), overwrite=True)
        with open_media(tmp_path / "f.%02d.png") as reader:
            found = identity_of(reader)
            digests.add(found.digest)
            assert found.num_frames == 3
            assert found.num_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert len(digests) == 2


@given(arrays(np.float32, st.tuples(st.integers(0, 9), st.integers(1, 4)), elements=st.floats(width=32)))
def test_arrays_come_back_bit_for_bit(array: np.ndarray) -> None:
    assert unpack_array(pack_array(array), array.shape, np.float32).tobytes() == array.tobytes()


def test_an_array_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="belong"):
        unpack_array(pack_array(np.zeros((4, 3), np.float32)), (5, 3), np.float32)
