import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facefusion.cli.flags import help_of
from facefusion.cli.jobfile import read_job, write_job
from facefusion.cli.main import main
from facefusion.cli.reporting import Reporter, duration_text
from facefusion.core import ProgressEvent
from facefusion.errors import InvalidInput, UsageError
from facefusion.pipeline.sections import keys

HEAVY = ("cv2", "av", "onnxruntime", "numba", "torch", "scipy", "PIL")


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for word in ("run", "people", "doctor", "models", "verify", "4 no face", "130 cancelled"):
        assert word in text


def test_every_option_is_a_flag_that_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    text = capsys.readouterr().out
    for key in keys().values():
        assert f"--{key.name}" in text
        taught = help_of(key.option)
        assert "Default: " in taught
        assert len(taught) > 40
        if key.option.low is not None:
            assert "Range" in taught


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from facefusion.cli.main import main; main(['--help']); main(['run', '--help']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "target"),
        (["--target", "a.png"], "output"),
        (["--sauce", "a.png"], "--sauce"),
        (["--mask-blur", "7", "--source", "a", "--target", "b", "--output", "c"], "0.0 to 1.0"),
        (["--face-selector-mode", "two"], "one"),
        (["--processor", "face_swaper", "--source", "a", "--target", "b", "--output", "c"], "face_swapper"),
        (["--processor", "expression_edit", "--source", "a", "--target", "b", "--output", "c"], "expression_editor"),
        (["--execution-provider", "gpu", "--source", "a", "--target", "b", "--output", "c"], "cuda"),
        (["--config", "missing.toml"], "missing.toml"),
        (["models", "show", "inswaper_128"], "inswapper_128"),
    ],
)
def test_a_wrong_request_is_one_line_that_helps(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)
    shown = capsys.readouterr()
    assert code in (2, 3)
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.err.startswith("facefusion: ")
    assert words in shown.err


def test_json_errors_are_events(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "run", "--target", "a.png"]) == 2
    event = json.loads(capsys.readouterr().out)
    assert event["event"] == "error"
    assert event["exit_code"] == 2


def test_a_saved_job_is_the_same_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = tmp_path / "größe.toml"
    flags = ["--source", "ä b.jpg", "--target", 'c"d.mp4', "--output", "e.mp4", "--mask-blur", "0.5", "--overwrite"]
    assert main([*flags, "--save-config", str(job), "--dry-run"]) == 0
    saved = tomllib.loads(job.read_text(encoding="utf-8"))
    assert saved == {
        "source": ["ä b.jpg"],
        "target": 'c"d.mp4',
        "output": "e.mp4",
        "mask-blur": 0.5,
        "overwrite": True,
    }
    again = tmp_path / "again.toml"
    assert main(["--config", str(job), "--mask-blur", "0.25", "--save-config", str(again), "--dry-run"]) == 0
    assert tomllib.loads(again.read_text(encoding="utf-8")) == {**saved, "mask-blur": 0.25}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
        st.one_of(
            st.text(st.characters(exclude_categories=("Cs",))),
            st.booleans(),
            st.integers(-(2**53), 2**53),
            st.floats(allow_nan=False, allow_infinity=False),
            st.lists(st.text(st.characters(exclude_categories=("Cs",))), max_size=3),
        ),
        max_size=6,
    )
)
@settings(deadline=None, max_examples=60)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("job") / "job.toml"
    write_job(path, values)
    assert read_job(path) == values


def test_a_job_file_must_be_flat_toml(tmp_path: Path) -> None:
    path = tmp_path / "job.toml"
    path.write_text("[mask]\nblur = 1\n")
    with pytest.raises(UsageError, match="table"):
        read_job(path)
    path.write_text("nonsense\n")
    with pytest.raises(InvalidInput, match="TOML"):
        read_job(path)


def test_the_live_line_has_everything_and_makes_room_for_warnings() -> None:
    errors = io.StringIO()
    reporter = Reporter("live", errors=errors)
    reporter(ProgressEvent("render", 50, 200, 61, 10.0))
    reporter(ProgressEvent("render", 50, 200, 61, 10.0, "careful"))
    text = errors.getvalue()
    for part in ("render", "50/200 frames", "5.0 frames/s", "0:30 left", "61 faces"):
        assert part in text
    assert text.endswith("facefusion: careful\n")


def test_events_are_one_json_object_a_line() -> None:
    out = io.StringIO()
    reporter = Reporter("json", out=out)
    reporter(ProgressEvent("analyse", 0, 10, 0, 0.0))
    reporter(ProgressEvent("analyse", 10, 10, 9, 2.0))
    reporter.warning("careful")
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["phase", "progress", "progress", "warning"]
    assert events[2] == {
        "event": "progress",
        "phase": "analyse",
        "done": 10,
        "total": 10,
        "faces": 9,
        "frames_per_second": 5.0,
        "seconds_left": 0.0,
    }


def test_quiet_says_only_warnings() -> None:
    errors = io.StringIO()
    reporter = Reporter("quiet", errors=errors)
    reporter(ProgressEvent("render", 1, 2, 0, 1.0))
    reporter.say("done")
    assert errors.getvalue() == ""
    reporter.warning("careful")
    assert errors.getvalue() == "facefusion: careful\n"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3723, "1:02:03")])
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_doctor_and_models_answer_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "doctor"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["execution providers"]["cpu"] == "present"
    assert "onnxruntime" in found["execution providers"]["cuda"]
    assert found["video encoders"]["h264"].startswith("present")
    assert "CC0" in found["weights"]["dlib_resnet_v1"]
    assert main(["--json", "models", "list"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["face_mesh_attention"]["state"] == "bundled"
    assert rows["inswapper_128"]["state"] == "missing"
    assert not rows["inswapper_128"]["commercial_use"]
    assert main(["models", "show", "inswapper_128"]) == 0
    shown = capsys.readouterr().out
    assert "554" in shown or "e4a3f08c" in shown
