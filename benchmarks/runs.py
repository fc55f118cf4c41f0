"""Whole runs of the product on clips, as `facefusion --source … --target … --output …` does them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import av

from benchmarks.media import CACHES, MediaMissing
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport

COMMAND = (sys.executable, str(Path(__file__).with_name("one_number.py")))
"""The command line program, by this Python, with one number in every watermark."""


def plan_of(source: Path, target: Path, output: Path) -> Plan:
    """The plan of a user who gives the three paths and nothing else."""
    return Plan.from_mapping({"source": [str(source)], "target": str(target), "output": str(output), "overwrite": True})


def swap_clip(source: Path, target: Path, output: Path) -> RunReport:
    """One whole run in this process."""
    return run(plan_of(source, target, output))


def command_of(source: Path, target: Path, output: Path, *more: str) -> Sequence[str]:
    """The same run as a process of its own; `more` are further flags."""
    places = ("--source", str(source), "--target", str(target), "--output", str(output))
    return (*COMMAND, "--json", "run", *places, "--overwrite", *more)


def packets_digest(path: Path) -> str:
    """A digest of every packet of a clip, times and bytes, whatever its metadata says."""
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                digest.update(f"{packet.stream_index} {packet.pts} {packet.dts} {packet.duration} ".encode())
                digest.update(bytes(packet))
    return digest.hexdigest()


def source_photo(given: Path | None, media: Path) -> Path:
    """The photo to put on clips: `given`, the demo's, or the first portrait; raises MediaMissing."""
    choices = [given] if given is not None else [folder / "astronaut.png" for folder in CACHES]
    choices += sorted((media / "people").glob("*.jpg"))[:1]
    for path in choices:
        if path.exists():
            return path
    raise MediaMissing("no photo to put on the clip: run `make demo` once, or say where one is with --source")
