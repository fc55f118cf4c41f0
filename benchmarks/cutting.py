"""Cutting out: both effects in one pass beside one after the other, the keyer's own cost, and how an edge trembles.

python -m benchmarks.cutting [--clip CLIP]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from benchmarks.media import clip, parser, people
from benchmarks.record import Bar, Result, finish
from facefusion.core import Frame, FrameRange
from facefusion.media import MediaInfo, VideoWriter, open_media
from facefusion.processors.background_remover import BackgroundRemover, Settings
from facefusion.processors.background_remover.people import PersonSegmenter
from facefusion.processors.background_remover.survey import SceneMeter

BARS = (
    Bar("joint_to_serial", "at most", 0.65),
    Bar("keying_to_coding_1080p", "at most", 2.5),
    Bar("tremble", "at most", 0.005),
)
SIZE = (1920, 1080)
FRAMES = 12


def joint_to_serial(target: Path, source: Path, folder: Path) -> dict[str, float]:
    """Wall seconds of the one command, and of the two commands that do the same; CPU seconds as well."""
    common = ["--overwrite", "--keep-work", "never", "--no-analysis-cache"]
    swap = ["--source", str(source), "--target", str(target)]
    cut = ["--background", "#405060"]
    both = ["--processors", "face_swapper,background_remover"]
    commands = {
        "warm": [*swap, *cut, *both, "--end", "4f", "--output", str(folder / "warm.mp4")],
        "joint": [*swap, *cut, *both, "--output", str(folder / "joint.mp4")],
        "swap": [*swap, "--output", str(folder / "swapped.mp4")],
        "cut": [*cut, "--processors", "background_remover", "--target", str(folder / "swapped.mp4"),
                "--output", str(folder / "cut.mp4")],
    }  # fmt: skip
    seconds = {}
    for name, words in commands.items():
        begun, used = time.perf_counter(), _cpu_of_children()
        subprocess.run([sys.executable, "-m", "facefusion", *words, *common], check=True, capture_output=True)
        seconds[name], seconds[f"{name}_cpu"] = time.perf_counter() - begun, _cpu_of_children() - used
    seconds["ratio_cpu"] = seconds["joint_cpu"] / (seconds["swap_cpu"] + seconds["cut_cpu"])
    seconds["ratio"] = seconds["joint"] / (seconds["swap"] + seconds["cut"])
    return seconds


def keying_to_coding(target: Path, folder: Path) -> dict[str, float]:
    """CPU milliseconds a 1080p frame: measuring the scene and cutting out, beside decoding and encoding."""
    large = _large(target, folder / "large.mp4")
    with open_media(large, threads=1) as reader:
        begun = _cpu()
        frames = list(reader.frames())
        decoding = (_cpu() - begun) / len(frames)
        encoding = _encoded(frames, reader.info, folder / "again.mp4")
    remover, segmenter = BackgroundRemover(Settings()), PersonSegmenter()
    remover.cut_out(frames[0])
    keying = _each(lambda: [remover.cut_out(frame) for frame in frames]) / len(frames)
    meter = SceneMeter(segmenter, FrameRange(0, len(frames)))
    measuring = _each(lambda: [meter.see(frame, is_cut=False) for frame in frames]) / len(frames)
    coding = decoding + encoding
    return {
        "decoding_ms": 1000 * decoding,
        "encoding_ms": 1000 * encoding,
        "keying_ms": 1000 * keying,
        "measuring_ms": 1000 * measuring,
        "ratio": (keying + measuring) / coding,
    }


def _large(target: Path, path: Path) -> Path:
    """The clip's picture in the middle of 1920 × 1080 pixels of its own screen."""
    with open_media(target) as reader:
        frames = [reader.frame_at(index) for index in range(FRAMES)]
        like = reader.info
        with VideoWriter(path, like=replace(like, width=SIZE[0], height=SIZE[1], streams=()), overwrite=True) as writer:
            for frame in frames:
                square = cv2.resize(frame.pixels[:484], (1142, 1080), interpolation=cv2.INTER_CUBIC)
                border = cv2.copyMakeBorder(square, 0, 0, 389, 389, cv2.BORDER_REPLICATE)
                writer.write(Frame(border, frame.index, frame.timestamp, frame.duration_pts, frame.color))
    return path


def _encoded(frames: list[Frame], like: MediaInfo, path: Path) -> float:
    begun = _cpu()
    with VideoWriter(path, like=like, overwrite=True) as writer:
        for frame in frames:
            writer.write(frame)
    return (_cpu() - begun) / len(frames)


def _each(work: Callable[[], object]) -> float:
    begun = _cpu()
    work()
    return _cpu() - begun


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tremble(target: Path) -> dict[str, float]:
    """How much the opacity changes from frame to frame where nothing moves: one frame with fresh noise, 8 times."""
    with open_media(target) as reader:
        still = reader.frame_at(0).pixels
    found = {}
    for name, settings in (("keyed", Settings()), ("people", Settings(screen="none"))):
        remover, alphas = BackgroundRemover(settings), []
        for number in range(8):
            noise = np.random.default_rng(number).normal(0, 2.0, still.shape)
            pixels = np.clip(still + noise, 0, 255).astype(np.uint8)
            alphas.append(remover.cut_out(Frame(pixels, number)).alpha)
        found[name] = float(np.mean([np.abs(a - b).mean() for a, b in pairwise(alphas)]))
    return found


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--clip", type=Path, default=None, help="another clip before a green screen")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    target = chosen.clip or clip(chosen.media, "lp_d0_green.mp4")
    source = people(chosen.media)[0].path
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trembling, cost = tremble(target), keying_to_coding(target, folder)
        joint = joint_to_serial(target, source, folder)
    figures = {
        "joint_to_serial": joint["ratio"],
        "keying_to_coding_1080p": cost["ratio"],
        "tremble": max(trembling.values()),
    }
    details = {"joint": joint, "cost": cost, "tremble": trembling}
    return finish(Result("cutting", figures, BARS, details), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
