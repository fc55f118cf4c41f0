"""One small swap, run here or in a process that kills itself, for tests of what a stopped run leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clips import Look
from facefusion.core import Progress
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.pipeline.workfolder import work_folder_of
from portraits import HEIGHT, WIDTH

FRAMES, SEGMENTS = 60, 3
OUTPUT = Path("out.mp4")
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
LOOK = Look(width=WIDTH, height=HEIGHT)
RUN = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan

values = dict(word.split("=", 1) for word in sys.argv[1:])
values["processor"] = ["face_enhancer"]
values["workers"] = int(values["workers"])

def killed_in(place, name, is_moment, *, after):
    original = getattr(place, name)
    def instead(path, *more, **others):
        is_now = is_moment(Path(path))
        if after or not is_now:
            original(path, *more, **others)
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
    setattr(place, name, instead)

def is_last_trace(path):
    return path.name == "plan.json" and path.exists() and Path(values["output"]).exists()

def is_output(path):
    return path.suffix == Path(values["output"]).suffix

moment = values.pop("moment", "")
if moment == "before it appears":
    killed_in(os, "link", is_output, after=False)
elif moment == "it appeared":
    killed_in(os, "link", is_output, after=True)
elif moment == "half is removed":
    killed_in(shutil, "rmtree", lambda path: path.name in ("analysis", "segments"), after=True)
elif moment == "before the last trace goes":
    killed_in(Path, "unlink", is_last_trace, after=False)
elif moment == "the last trace is gone":
    killed_in(Path, "unlink", is_last_trace, after=True)
run(Plan.from_mapping(values), created=datetime(2026, 1, 2, tzinfo=UTC))
"""


def swap(film: Path, output: Path, progress: Progress | None = None, **more: Any) -> RunReport:
    """The run, in this process."""
    created = more.pop("created", CREATED)
    values = {"target": str(film), "output": str(output), "processor": ["face_enhancer"], **more}
    plan = Plan.from_mapping({name.replace("_", "-"): value for name, value in values.items()})
    return run(plan, progress, created=created)


def swap_command(film: Path, output: Path, workers: int, moment: str = "") -> list[str]:
    """The run, as a process of its own that kills itself at `moment`."""
    words = {"target": film, "output": output, "workers": workers, "moment": moment}
    return [sys.executable, "-c", RUN, *(f"{name}={value}" for name, value in words.items())]


def killed_when(moment: str, film: Path, output: Path = OUTPUT) -> None:
    """A run that was killed, surely, at `moment`."""
    done = subprocess.run(swap_command(film, output, 2, moment), check=False)
    assert done.returncode == -signal.SIGKILL


def finished(output: Path) -> list[Path]:
    """Segments that are kept."""
    return sorted((work_folder_of(output) / "segments").glob("*.seg"))
