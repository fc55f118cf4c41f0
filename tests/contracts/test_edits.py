"""Analyse, edit, render, through the real command line; what comes out is compared pixel by pixel with the target."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from shutil import copy

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look
from command_line import call, refused, succeeded
from facefusion.pipeline.analysis_file import read_analysis
from portraits import astronaut, make_film, two_people, write_png

pytestmark = pytest.mark.usefixtures("all_before_the_watermark")

LOSSLESS = Look("ffv1", "bgr0", options={"level": "3"})
NUM_FRAMES = 12
LEFT, RIGHT = np.s_[60:, :160], np.s_[60:, 160:]
"""Where the two people are; the label is above."""
Pixels = NDArray[np.uint8]


def frames_of(path: Path) -> list[Pixels]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """duo.mkv, 12 frames of two people; source.png, the astronaut; clip.ffa, its analysis; pristine."""
    folder = tmp_path_factory.mktemp("edits")
    write_png(folder / "source.png", astronaut())
    make_film(folder / "duo.mkv", frames=NUM_FRAMES, draw=two_people, look=LOSSLESS, time_base=Fraction(1, 1000))
    make_film(folder / "other.mkv", frames=NUM_FRAMES, look=LOSSLESS, time_base=Fraction(1, 1000))
    succeeded("analyse", folder / "duo.mkv", "-o", folder / "clip.ffa")
    return folder


@pytest.fixture
def file(media: Path, tmp_path: Path) -> Path:
    """An analysis file to edit, in a folder of its own."""
    return Path(copy(media / "clip.ffa", tmp_path / "clip.ffa"))


@pytest.fixture(scope="module")
def full(media: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Pixels]:
    """Both people changed, without edits."""
    return rendered(media, media / "clip.ffa", tmp_path_factory.mktemp("full") / "out.mkv")


@pytest.fixture(scope="module")
def target(media: Path) -> list[Pixels]:
    return frames_of(media / "duo.mkv")


@pytest.fixture(scope="module")
def left_id(media: Path) -> int:
    """The person on the left."""
    return next(t.person_id or 0 for t in read_analysis(media / "clip.ffa").tracks if t.face(0).box.center[0] < 160)


def rendered(media: Path, file: Path, output: Path, *flags: str | Path) -> list[Pixels]:
    """The frames of a render that changes everybody, unless flags say otherwise."""
    chosen = flags or ("--source", media / "source.png", "--face-selector-mode", "many")
    request = ["--target", media / "duo.mkv", "--output", output, "--output-codec", "ffv1", "--overwrite"]
    succeeded("render", file, *request, "--label-position", "top-left", *chosen)
    assert call("verify", output).code == 0
    return frames_of(output)


def edit(file: Path, *words: str | int) -> dict[str, object]:
    """What `facefusion edit` answers."""
    told: dict[str, object] = json.loads(succeeded("--json", "edit", file, *map(str, words)).out)
    return told


def same(a: Pixels, b: Pixels, where: tuple[slice, slice]) -> bool:
    return np.array_equal(a[where], b[where])


def test_render_from_a_file_is_what_run_gives(media: Path, full: list[Pixels], tmp_path: Path) -> None:
    request = ["--source", media / "source.png", "--face-selector-mode", "many", "--target", media / "duo.mkv"]
    output = tmp_path / "out.mkv"
    succeeded(*request, "--output", output, "--output-codec", "ffv1", "--label-position", "top-left")
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(output), full, strict=True))


def test_an_excluded_range_is_the_target_and_undo_gives_the_first_bytes_back(
    media: Path, file: Path, full: list[Pixels], target: list[Pixels], left_id: int
) -> None:
    before = file.read_bytes()
    told = edit(file, "exclude", "--person", left_id, "--from", "3f", "--to", "0.28")
    assert told["changed_frames"] == [[3, 7]]
    result = rendered(media, file, file.with_name("out.mkv"))
    for index in range(NUM_FRAMES):
        assert same(full[index], target[index], LEFT) is False
        assert same(result[index], (target if 3 <= index < 7 else full)[index], LEFT)
        assert same(result[index], full[index], RIGHT), "the other person is rendered as before"
    assert edit(file, "undo")["changed_frames"] == [[3, 7]]
    assert file.read_bytes() != before, "the history keeps it"
    again = rendered(media, file, file.with_name("out.mkv"))
    assert all(np.array_equal(a, b) for a, b in zip(again, full, strict=True))
    edit(file, "redo")
    redone = rendered(media, file, file.with_name("out.mkv"))
    assert all(np.array_equal(a, b) for a, b in zip(redone, result, strict=True))


def test_half_the_strength_is_half_way_and_a_range_leads_there_smoothly(
    media: Path, file: Path, full: list[Pixels], target: list[Pixels], left_id: int
) -> None:
    edit(file, "strength", 0.5, "--person", left_id, "--from", "2f", "--to", "10f", "--ramp", "2f")
    result = rendered(media, file, file.with_name("out.mkv"))
    shares = []
    for index in range(NUM_FRAMES):
        whole = full[index][LEFT].astype(float) - target[index][LEFT]
        part = result[index][LEFT].astype(float) - target[index][LEFT]
        shares.append(float((whole * part).sum() / (whole**2).sum()))
        if 4 <= index < 8:
            assert np.abs(part - whole / 2).max() <= 0.5 + 1e-6
    assert shares[4:8] == pytest.approx([0.5] * 4, abs=0.01)
    assert shares[:2] == shares[10:] == [1.0, 1.0]
    assert 1.0 > shares[2] > shares[3] > 0.5
    assert 0.5 < shares[8] < shares[9] < 1.0


def test_settings_differ_by_person_and_range(media: Path, file: Path, full: list[Pixels], left_id: int) -> None:
    edit(file, "settings", "--person", left_id, "--to", "6f", "mask-blur=0.9", "face-swapper-shape-strength=0")
    result = rendered(media, file, file.with_name("out.mkv"))
    for index in range(NUM_FRAMES):
        assert same(result[index], full[index], LEFT) == (index >= 6)
        assert same(result[index], full[index], RIGHT)
    flags = ("--mask-blur", "0.9", "--face-swapper-shape-strength", "0")
    chosen = ("--source", media / "source.png", "--face-selector-mode", "many", *flags)
    other = rendered(media, media / "clip.ffa", file.with_name("flags.mkv"), *chosen)
    assert all(same(result[index], other[index], LEFT) for index in range(6)), "the same as with the flags"


def test_a_name_works_where_an_id_does(
    media: Path, file: Path, full: list[Pixels], target: list[Pixels], left_id: int
) -> None:
    assert edit(file, "rename", left_id, "Anna")["changed_frames"] == []
    edit(file, "exclude", "--person", "anna", "--to", "1f")
    result = rendered(media, file, file.with_name("out.mkv"), "--assign", f"ANNA={media / 'source.png'}")
    assert same(result[0], target[0], LEFT)
    for index in range(1, NUM_FRAMES):
        assert same(result[index], full[index], LEFT)
        assert same(result[index], target[index], RIGHT)


def test_a_dropped_track_is_left_alone_and_split_people_get_their_own_source(
    media: Path, file: Path, full: list[Pixels], target: list[Pixels], left_id: int
) -> None:
    track = next(t["id"] for t in edit(file, "show")["tracks"] if t["person"] == left_id)  # type: ignore[attr-defined]
    edit(file, "drop", "--track", track, "--from", "10f")
    edit(file, "split", left_id, "--from", "4f", "--to", "8f")
    people = {row["id"]: row for row in edit(file, "show")["people"]}  # type: ignore[attr-defined]
    assert people[3]["frames"] == 4
    result = rendered(media, file, file.with_name("out.mkv"), "--assign", f"3={media / 'source.png'}")
    for index in range(NUM_FRAMES):
        assert same(result[index], target[index], LEFT) != (4 <= index < 8)
        assert same(result[index], target[index], RIGHT)
    edit(file, "merge", left_id, 3)
    merged = rendered(media, file, file.with_name("out.mkv"), "--assign", f"{left_id}={media / 'source.png'}")
    for index in range(NUM_FRAMES):
        assert same(merged[index], target[index], LEFT) == (index >= 10)


def test_a_held_reference_keeps_the_face_of_its_frame(
    media: Path, file: Path, full: list[Pixels], left_id: int
) -> None:
    track = next(t["id"] for t in edit(file, "show")["tracks"] if t["person"] == left_id)  # type: ignore[attr-defined]
    told = edit(file, "reference", "--track", track, "--at", "2f", "--from", "5f", "--to", "7f")
    assert told["changed_frames"] == [[0, NUM_FRAMES]], "a track is smoothed as a whole"
    result = rendered(media, file, file.with_name("out.mkv"))
    apart = [float(np.abs(a[LEFT].astype(float) - b[LEFT]).mean()) for a, b in zip(result, full, strict=True)]
    assert apart[5] > 0
    assert max(apart) < 3.0, "the head carries it along"
    assert all(same(a, b, RIGHT) for a, b in zip(result, full, strict=True))


def test_options_kept_in_the_file_are_used_and_flags_win(
    media: Path, file: Path, full: list[Pixels], target: list[Pixels]
) -> None:
    edit(file, "plan", f"source={media / 'source.png'}", "face-selector-mode=many", "output-codec=ffv1",
         "label-position=top-left")  # fmt: skip
    copy(media / "duo.mkv", file.with_name("duo.mkv"))
    output = file.with_name("out.mkv")
    succeeded("render", file, "--output", output)
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(output), full, strict=True))
    job = file.with_name("job.toml")
    job.write_text('face-selector-mode = "one"\noverwrite = true\n')
    succeeded("render", file, "--output", output, "--config", job)
    assert sum(same(a, b, LEFT) + same(a, b, RIGHT) for a, b in zip(frames_of(output), target, strict=True)) == 12


def test_the_history_says_who_did_what_when_and_the_sheet_shows_the_people(file: Path) -> None:
    for author, words in (("Ann", ["rename", "1", "Ünal"]), ("Bo", ["undo"]), ("Ann", ["redo", "1"])):
        succeeded("edit", "--author", author, file, *words)
    rows = json.loads(succeeded("--json", "edit", file, "log").out)
    assert [(row["action"], row["number"], row["author"], row["state"]) for row in rows] == [
        ("edit", 1, "Ann", "active"), ("undo", 1, "Bo", "active"), ("redo", 1, "Ann", "active"),
    ]  # fmt: skip
    table = call("edit", file, "log").out
    assert all(word in table for word in ("Ann", "Bo", 'name person 1 "Ünal"', "undo of edit 1"))
    sheet = file.with_name("people.png")
    shown = call("edit", file, "show", "--sheet", sheet)
    assert shown.code == 0
    assert all(word in shown.out for word in ("duo.mkv: 12 frames", "Ünal", "edit 1:", "contact sheet"))
    picture = cv2.imread(str(sheet))
    assert picture.shape == (248, 400, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5
    refused(file.parent, 7, "is there already", "edit", file, "show", "--sheet", sheet)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("exclude", "--person", "7"), 2, r"edit: no person 7; there are 1 and 2|no person 7; there are 1 and 2"),
        (("exclude", "--person", "Carl"), 2, "no person Carl; there are 1 and 2"),
        (("exclude", "--track", "9"), 2, r"edit 1 \(exclude track 9\): no track 9; there are 1, 2"),
        (("exclude", "--person", "1", "--track", "1"), 2, "a person and a track"),
        (("exclude", "--from", "5f", "--to", "5f"), 2, "frame 5 is at or after --to"),
        (("exclude", "--from", "5f", "--to", "50f"), 2, "ends at frame 50, the clip has 12"),
        (("exclude", "--from", "noon"), 2, "from: got 'noon', supported is a time"),
        (("strength", "1.5"), 2, "supported is 0 to 1"),
        (("strength", "nan"), 2, "supported is 0 to 1"),
        (("settings", "mask-blurr=1"), 2, r"did you mean mask-blur\?"),
        (("settings", "mask-blur"), 2, "a setting and its value, like mask-blur=0.4"),
        (("settings", "mask-blur=wide"), 2, "mask-blur: got 'wide', supported is a number"),
        (("settings", "mask-blur=7"), 2, "mask-blur: got 7.0, supported is 0.0 to 1.0"),
        (("settings", "output=x.mkv"), 2, "output holds for a whole run"),
        (("merge", "1"), 2, "two or more different people"),
        (("merge", "1", "3"), 2, "no person 3"),
        (("rename", "1", "2"), 2, "not a number"),
        (("split", "1"), 2, "neither tracks nor a range"),
        (("split", "1", "--tracks", "one"), 2, "whole numbers like 3,5"),
        (("reference", "--track", "1", "--at", "40f", "--from", "1f", "--to", "3f"), 2, "no face in frame 40"),
        (
            ("reference", "--track", "1", "--at", "0f", "--from", "1f", "--to", "3f", "--mode", "keep"),
            2,
            "supported are hold",
        ),
        (("drop", "--track", "1", "--from", "40f", "--to", "45f"), 2, "the clip has 12"),
        (("undo",), 2, "undo: no edit holds"),
        (("undo", "4"), 2, "no edit 4 holds"),
        (("redo",), 2, "nothing was undone"),
        (("paint",), 2, "No such command 'paint'"),
    ],
)
def test_wrong_edits_are_refused_in_one_line_and_leave_the_file(
    file: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    refused(file.parent, code, says, "edit", file, *words)


def test_contradictions_and_broken_undos_name_both_edits(file: Path) -> None:
    edit(file, "strength", 0.5, "--person", 1, "--from", "1f", "--to", "5f")
    refused(file.parent, 2, r"edit 2 .* contradicts edit 1 .* both set the strength in frames 4 to 4; undo 1 first",
            "edit", file, "strength", "0.7", "--person", "1", "--from", "4f")  # fmt: skip
    edit(file, "split", 1, "--from", "6f")
    edit(file, "rename", 3, "Anna")
    refused(file.parent, 2, r"undo: later edits build on it: edit 3 \(name person 3 \"Anna\"\): no person 3",
            "edit", file, "undo", "2")  # fmt: skip


def test_a_file_of_another_clip_or_damaged_is_refused(media: Path, file: Path) -> None:
    request = ["--source", media / "source.png", "--output", file.with_name("out.mkv")]
    refused(file.parent, 3, "was made from another clip", "render", file, "--target", media / "other.mkv", *request)
    refused(file.parent, 2, "duo.mkv is not beside", "render", file, *request)
    refused(file.parent, 2, "assign: no person 7; there are 1 and 2", "render", file, "--target", media / "duo.mkv",
            "--output", file.with_name("out.mkv"), "--assign", f"7={media / 'source.png'}")  # fmt: skip
    file.write_bytes(file.read_bytes()[:-40])
    refused(file.parent, 3, "ends too early", "render", file, "--target", media / "duo.mkv", *request)
    refused(file.parent, 3, "ends too early", "edit", file, "log")
    refused(file.parent, 3, "not an analysis", "edit", media / "source.png", "log")


def test_a_numbered_sequence_is_analysed_edited_and_rendered_beside_its_file(media: Path, tmp_path: Path) -> None:
    for number in range(4):
        write_png(tmp_path / f"shot.{number:04d}.png", two_people(number))
    (tmp_path / "out").mkdir()
    file = tmp_path / "shot.ffa"
    succeeded("analyse", tmp_path / "shot.%04d.png", "-o", file)
    edit(file, "exclude", "--from", "1f", "--to", "3f")
    request = ["--source", media / "source.png", "--label-position", "top-left"]
    succeeded("render", file, "--output", tmp_path / "out" / "shot.%04d.png", *request)
    for number in range(4):
        before, after = (cv2.imread(str(folder / f"shot.{number:04d}.png")) for folder in (tmp_path, tmp_path / "out"))
        assert np.array_equal(before[60:], after[60:]) == (number in (1, 2))


def test_edits_go_to_another_analysis_as_text_or_as_a_file(media: Path, file: Path) -> None:
    edit(file, "rename", 1, "Anna")
    edit(file, "strength", 0.5, "--person", "Anna", "--from", "2f", "--to", "10f")
    edit(file, "settings", "mask-areas=eyes+mouth", "mask-occlusion=off")
    edit(file, "exclude")
    edit(file, "undo")
    listed = file.with_name("edits.json")
    succeeded("edit", file, "export", "--output", listed)
    assert call("edit", file, "export").out == listed.read_text()
    assert len(json.loads(listed.read_text())["edits"]) == 3
    for source in (listed, file):
        other = Path(copy(media / "clip.ffa", file.with_name("other.ffa")))
        told = edit(other, "apply", source)
        assert len(told["edits"]) == 3  # type: ignore[arg-type]
        assert edit(other, "show")["edits"] == edit(file, "show")["edits"]
    listed.write_text(listed.read_text().replace('"value": 0.5', '"value": 5'))
    refused(file.parent, 3, "number 2: edit strength: strength: got 5, supported", "edit", file, "apply", listed)
    listed.write_text('{"edits": [{"kind": "exclude", "who": {}}, {"kind": "drop", "track": 77}]}')
    refused(file.parent, 2, r"edit 6 .*: no track 77", "edit", file, "apply", listed)
    listed.write_text("edits")
    refused(file.parent, 3, "holds no edits", "edit", file, "apply", listed)


def test_edits_hold_where_light_is_steadied(media: Path, file: Path, target: list[Pixels], left_id: int) -> None:
    """A median over neighbours neither touches an excluded face nor bends a strength."""
    steady = ("--source", media / "source.png", "--face-selector-mode", "many", "--temporal-deflicker", "2")
    plain = rendered(media, media / "clip.ffa", file.with_name("plain.mkv"), *steady)
    edit(file, "exclude", "--person", left_id, "--from", "3f", "--to", "6f")
    edit(file, "strength", 0.5, "--person", left_id, "--from", "6f", "--ramp", "0f")
    result = rendered(media, file, file.with_name("out.mkv"), *steady)
    for index in range(NUM_FRAMES):
        assert same(result[index], plain[index], RIGHT)
    assert all(same(result[index], target[index], LEFT) for index in (3, 4, 5))
    assert same(result[0], plain[0], LEFT), "beyond the reach of the edit"
    for index in (8, 9):
        whole, part = (frames[index][LEFT].astype(float) - target[index][LEFT] for frames in (plain, result))
        apart = np.abs(part - whole / 2)
        assert apart.max() <= 5.0
        assert apart.mean() < 0.3
