"""How long it takes to get going: importing the package, and the help text.

python -m benchmarks.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.media import parser
from benchmarks.record import ROOT, Bar, Result, finish

RUNS = 7
BARS = (Bar("import_seconds", "at most", 0.3), Bar("help_seconds", "at most", 0.6))
COMMANDS: dict[str, tuple[str, ...]] = {
    "bare": ("-c", "pass"),
    "import": ("-c", "import facefusion"),
    "help": ("-c", "from facefusion.cli.main import main; main()", "--help"),
}
HEAVY = ("torch", "onnxruntime", "av", "cv2", "numba")
"""Packages that neither should load."""


def timed(arguments: Sequence[str]) -> float:
    """Wall seconds of one Python process; raises CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - start


def loaded_by(statement: str) -> list[str]:
    """Which of the heavy packages are loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    return done.stdout.split()


def summary(seconds: dict[str, list[float]], loaded: dict[str, list[str]]) -> Result:
    """Medians, and how many bare starts each is worth."""
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    figures = {
        "import_seconds": medians["import"],
        "help_seconds": medians["help"],
        "bare_python_seconds": medians["bare"],
        "import_over_bare": medians["import"] / medians["bare"],
        "help_over_bare": medians["help"] / medians["bare"],
    }
    return Result("startup", figures, BARS, {"seconds": seconds, "heavy_packages_loaded": loaded})


def main() -> int:
    """The command: every command once to warm the disk's cache, then the runs in turns."""
    options = parser(__doc__ or "").parse_args()
    for arguments in COMMANDS.values():
        timed(arguments)
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, arguments in COMMANDS.items():
            seconds[name].append(timed(arguments))
    loaded = {"import": loaded_by("import facefusion"), "help": loaded_by("import facefusion.cli.app")}
    return finish(summary(seconds, loaded), date=options.date, folder=options.results)


if __name__ == "__main__":
    sys.exit(main())
