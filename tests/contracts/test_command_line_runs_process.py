"""The command line as a process of its own: Ctrl-C, pipes that close, names of every kind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from command_line import PYTHON, call, contents, succeeded
from facefusion.media import read_image
from facefusion.provenance import verify
from portraits import astronaut, make_film, scene, write_png

posix = pytest.mark.skipif(os.name != "posix", reason="signals and byte names are POSIX")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """source.png, target.png, and long.mp4 of which nobody sees the end."""
    folder = tmp_path_factory.mktemp("media")
    write_png(folder / "source.png", astronaut())
    write_png(folder / "target.png", scene())
    make_film(folder / "long.mp4", frames=160)
    return folder


def is_rendering(event: dict[str, object]) -> bool:
    return event.get("phase") == "render" and event.get("done", 0) != 0


MOMENTS: dict[str, Callable[[dict[str, object]], bool]] = {
    "starting": lambda event: event["event"] == "started",
    "analysing": lambda event: event.get("phase") == "analyse" and event.get("done", 0) != 0,
    "rendering": is_rendering,
}


def until_it_ended(process: subprocess.Popen[bytes]) -> float:
    """Seconds from Ctrl-C to the end of the process, as on a machine of which it has two cores for itself.

    Where others keep the machine busy, its own processor time tells: it cannot end sooner than that.
    """
    cpu_before = sum(psutil.Process(process.pid).cpu_times()[:2])
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime - cpu_before
    is_busy = os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
    return cpu if is_busy else wall


@posix
@pytest.mark.parametrize("name", ["out.mp4", "f.%04d.png"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c(moment: str, name: str, media: Path, tmp_path: Path) -> None:
    """Ends within 2 s with exit code 130, one line, and nothing left but work that the same command continues."""
    request = ["--source", media / "source.png", "--target", media / "long.mp4", "--output", tmp_path / name]
    with subprocess.Popen([*PYTHON, "--json", *request], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for line in process.stdout:
            if MOMENTS[moment](json.loads(line)):
                break
        seconds = until_it_ended(process)
        last = json.loads(process.stdout.read().splitlines()[-1])
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert seconds < 2
    assert said == f"facefusion: {last['message']}\n"
    assert "cancelled" in said
    assert last == {"event": "error", "message": last["message"], "exit_code": 130}
    left = set(contents(tmp_path))
    assert {path for path in left if not path.startswith(f".{name}.facefusion")} == set()
    assert ("the same command continues" in said) == bool(left)


BUSY = """
import time
from facefusion.cli.main import script
from facefusion.pipeline import ranges
def busy(*_):
    print("busy", flush=True)
    for _ in range(600):
        time.sleep(0.1)
ranges.{step} = busy
script()
"""


@posix
@pytest.mark.parametrize("step", ["prepare", "render_frame"])
def test_ctrl_c_while_something_takes_long(step: str, media: Path, tmp_path: Path) -> None:
    """As on a first run, when inner loops are compiled: nobody waits for it, and still no part of an output is left."""
    request = ["--source", media / "source.png", "--target", media / "long.mp4", "--output", tmp_path / "out.mp4"]
    command = [sys.executable, "-c", BUSY.format(step=step), "--quiet", *request, "--end", "20f", "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"busy\n"
        begun = time.monotonic()
        seconds = until_it_ended(process)
        assert time.monotonic() - begun < 10, "one second of patience, and the end; more where the machine is busy"
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert seconds < 2
    assert said.startswith("facefusion: cancelled")
    assert len(said.splitlines()) == 1
    assert {path for path in contents(tmp_path) if not path.startswith(".out.mp4.facefusion")} == set()


@posix
def test_ctrl_c_while_it_still_loads() -> None:
    """The signal comes in the middle of the imports."""
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's job in the background ignores it
        "class Finder:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'facefusion.cli.app':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from facefusion.cli.main import script\n"
        "script()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "doctor"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "facefusion: cancelled\n")


@posix
def test_whoever_reads_the_events_goes_away(media: Path, tmp_path: Path) -> None:
    """As in `facefusion --json … | head -1`: the run ends, cleans up and shows no traceback."""
    request = ["--source", media / "source.png", "--target", media / "long.mp4", "--output", tmp_path / "out.mp4"]
    with subprocess.Popen([*PYTHON, "--json", *request], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
    assert "Traceback" not in said
    assert said.startswith("facefusion: cancelled")
    assert process.returncode == 130
    assert {path for path in contents(tmp_path) if not path.startswith(".out.mp4.facefusion")} == set()


NAMES = ["фильм 映画 ñ é.png", "100% sure? [a] {b} 'c' & d;e.png", "-dash.png", "a  b.png", "n" * 240 + ".png"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_kind(name: str, media: Path, tmp_path: Path) -> None:
    if os.name == "nt" and "?" in name:
        pytest.skip("Windows has no such name")
    folder = tmp_path / "Ñandú 像" / "x" / "y"
    folder.mkdir(parents=True)
    source, target, output = (folder / f"{part}{name}" for part in ("s", "t", "o"))
    source.write_bytes((media / "source.png").read_bytes())
    target.write_bytes((media / "target.png").read_bytes())
    outcome = call("--source", source, "--target", target, "--output", output)
    assert outcome.code == 0, outcome
    assert str(output) in outcome.err, "the name is shown as it is"
    assert verify(output).is_marked
    assert not np.array_equal(read_image(output).pixels, scene())
    assert sorted(path.name for path in folder.iterdir()) == sorted([source.name, target.name, output.name])
    again = call("--quiet", "--source", source, "--target", target, "--output", output)
    assert str(output) in again.err
    assert again.code == 7


def test_a_path_as_long_as_paths_may_be(media: Path, tmp_path: Path) -> None:
    folder = tmp_path
    try:
        for _ in range(4):
            folder = folder / ("длинный " + "x" * 180)
        folder.mkdir(parents=True)
    except OSError:
        pytest.skip("this system has no paths of 800 characters")
    film = make_film(folder / "in.mkv", frames=3, time_base=None).path
    succeeded("--source", media / "source.png", "--target", film, "--output", folder / "out.mp4")
    assert verify(folder / "out.mp4").is_marked
    assert sorted(path.name for path in folder.iterdir()) == ["in.mkv", "out.mp4"]


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no such names")
def test_a_name_that_is_no_text(media: Path, tmp_path: Path) -> None:
    """Bytes that are no UTF-8, as old disks have them: read and written, and shown without an error."""
    source, target, output = (os.fsencode(tmp_path / part) + b"\xff\xe9.png" for part in ("s", "t", "o"))
    Path(os.fsdecode(source)).write_bytes((media / "source.png").read_bytes())
    Path(os.fsdecode(target)).write_bytes((media / "target.png").read_bytes())
    request = ["--source", source, "--target", target, "--output", output]
    done = subprocess.run([*PYTHON, "--json", *request], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.splitlines()[-1])["output"] == os.fsdecode(output)
    assert verify(Path(os.fsdecode(output))).is_marked
    again = subprocess.run([*PYTHON, "--quiet", *request], capture_output=True)
    assert again.returncode == 7
    assert again.stderr.startswith(b"facefusion: ")
    assert b"is there already" in again.stderr


def test_a_terminal_of_another_alphabet(media: Path, tmp_path: Path) -> None:
    """A code page that lacks the letters of a name is no reason to fail."""
    output = tmp_path / "映画.png"
    command = [*PYTHON, "--source", media / "source.png", "--target", media / "target.png", "--output", output]
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, env=surroundings)
    assert done.returncode == 0, done.stderr
    assert b"\\u6620\\u753b.png: 1 frame" in done.stderr
    assert verify(output).is_marked
