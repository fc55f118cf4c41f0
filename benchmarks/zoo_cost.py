"""What learned models cost beside their own arithmetic: our CPU time for a frame, paste-back, cold start, wrong files.

python -m benchmarks.zoo_cost

Models are stand-ins that cost nothing, of the true names and shapes: a 256-pixel swapper and a 512-pixel restorer. CPU
time is this thread's, without what is spent inside of networks; the median over the frames. Times of the pipeline are
those of the steps that the published profile of the reference tool (130 ms) counts: finding, landmarks, aligning,
masks, blending, paste-back; label and watermark, which it has not, are told apart.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.media import parser
from benchmarks.record import ROOT, Bar, Result, finish
from facefusion.blend import BlendSettings
from facefusion.blend.layers import Layer, lay, layer_of
from facefusion.core import Frame, Patch, UInt8
from facefusion.errors import FaceFusionError
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.faces.track import FaceTracker
from facefusion.models import ModelStore
from facefusion.models.importing import Told, import_model
from facefusion.models.spreading import LoadedCard
from facefusion.models.zoo import Zoo
from facefusion.pipeline.benchmarking import _drawn, _picture, stand_in_store
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.learned_faces import face_enhancer, face_swapper
from facefusion.pipeline.render import render_frame
from facefusion.pipeline.render_context import RenderContext
from facefusion.pipeline.watermarks import watermarked
from facefusion.processors.face_enhancer.settings import Settings as EnhanceSettings
from facefusion.processors.face_swapper.settings import Settings as SwapSettings

FRAMES = 12
BARS = (
    Bar("own_ms_per_1080p_frame", "at most", 45.0),
    Bar("paste_back_512_into_4k_ms", "at most", 4.0),
    Bar("cold_start_seconds", "at most", 3.0),
    Bar("wrong_files_told_in_one_line", "at least", 20.0),
)


class Clock:
    """This thread's CPU seconds, without those inside of networks."""

    def __init__(self) -> None:
        self.inside, self._real = 0.0, LoadedCard.run

    def __enter__(self) -> Clock:
        clock, real = self, self._real

        def timed(card: LoadedCard, *arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return real(card, *arguments)
            finally:
                clock.inside += time.thread_time() - began

        LoadedCard.run = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        LoadedCard.run = self._real  # type: ignore[method-assign]

    def of(self, work: Callable[[], Any]) -> tuple[float, Any]:
        """Milliseconds of our own that `work` takes, and what it gives."""
        began, before = time.thread_time(), self.inside
        found = work()
        return 1000 * (time.thread_time() - began - (self.inside - before)), found


def own_cost(store: ModelStore) -> dict[str, float]:
    """Median milliseconds of each step of a 1080p frame with one face."""
    cv2.setNumThreads(1)
    analyser, zoo = FaceAnalyser(), Zoo(store)
    (source,) = analyser.find(_picture(0))[:1]
    effects = (
        face_swapper((source,), SwapSettings(model="hyperswap_1a_256"), zoo),
        face_enhancer(EnhanceSettings(model="gfpgan_1.4"), zoo),
    )
    frames = list(_drawn(1080, FRAMES))
    tracker = FaceTracker(analyser)
    context = RenderContext(Casting(shared=effects, chosen=frozenset(range(99))), visible=OcclusionParser().visible)
    spent: dict[str, list[float]] = {"measure": [], "draw": [], "mark": []}
    with Clock() as clock:
        for number, pixels in enumerate(frames):
            measured, faces = clock.of(lambda pixels=pixels, number=number: tracker.update(pixels, number))
            drawn, done = clock.of(lambda p=pixels, n=number, f=faces: render_frame(Frame(p, index=n), f, context))
            assert done.notes == ("done",), done.notes
            marked, _ = clock.of(lambda frame=done.frame: watermarked(frame, 7))
            if number >= 3:  # compiled and warm
                for name, value in (("measure", measured), ("draw", drawn), ("mark", marked)):
                    spent[name].append(value)
    return {name: statistics.median(values) for name, values in spent.items()}


def paste_cost() -> float:
    """Median milliseconds to lay a 512-pixel layer over a region of as many pixels of a 4K frame."""
    frame: UInt8 = np.random.default_rng(0).integers(0, 255, (2160, 3840, 3), np.uint8)
    turn = np.radians(8)
    matrix = np.array([[np.cos(turn), np.sin(turn), -1500], [-np.sin(turn), np.cos(turn), -200]], np.float32)
    layer = layer_of(_patch(matrix), BlendSettings())
    assert isinstance(layer, Layer)
    spent = []
    for _ in range(15):
        began = time.thread_time()
        lay(frame, layer)
        spent.append(1000 * (time.thread_time() - began))
    return statistics.median(spent[3:])


def _patch(matrix: np.ndarray[Any, Any]) -> Patch:
    rows, columns = np.mgrid[:512, :512]
    mask = np.clip((230 - np.hypot(rows - 256, columns - 256)) / 40, 0, 1).astype(np.float32)
    base = np.full((512, 512, 3), 0.4, np.float32)
    return Patch(base + 0.1, mask, matrix, base)


def cold_start() -> float:
    """Wall seconds of a whole run of the default on a 1080p still, in a process of its own; best of three."""
    with tempfile.TemporaryDirectory() as name:
        folder, found = Path(name), []
        cv2.imwrite(str(folder / "target.png"), next(_drawn(1080, 1))[..., ::-1])
        cv2.imwrite(str(folder / "source.png"), _picture(0)[..., ::-1])
        job = ["--source", "source.png", "--target", "target.png", "--output", "out.png", "--overwrite"]
        for _ in range(3):
            began = time.perf_counter()
            environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "FACEFUSION_HOME": str(folder / "home")}
            command = [sys.executable, "-m", "facefusion", "--json", *job]
            running = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment)
            assert running.stdout is not None
            for line in running.stdout:
                if '"phase": "render"' in line and '"done": 1' in line:
                    found.append(time.perf_counter() - began)
                    break
            running.communicate()
    return min(found)


def wrong_files() -> tuple[int, list[str]]:
    """How many of the wrong files end in one clear line, and those lines."""
    sys.path.insert(0, str(ROOT / "tests"))
    from wrong_models import WRONG

    lines = []
    with tempfile.TemporaryDirectory() as name:
        store = ModelStore((Path(name) / "models",))
        for kind, (make, _) in WRONG.items():
            path = Path(name) / f"{kind}.onnx"
            make(path)
            try:
                import_model(path, store, Told(known_as="inswapper_128"))
            except FaceFusionError as error:
                lines.append(str(error).replace(name, "…"))
    return sum("\n" not in line for line in lines), lines


def main() -> int:
    """The command."""
    options = parser(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name:
        steps = own_cost(stand_in_store(Path(name), ["hyperswap_1a_256", "gfpgan_1.4"], full_size=False))
    told, lines = wrong_files()
    figures = {
        "own_ms_per_1080p_frame": steps["measure"] + steps["draw"],
        "measure_ms": steps["measure"],
        "draw_ms": steps["draw"],
        "watermark_ms": steps["mark"],
        "paste_back_512_into_4k_ms": paste_cost(),
        "cold_start_seconds": cold_start(),
        "wrong_files_told_in_one_line": float(told),
    }
    return finish(Result("zoo_cost", figures, BARS, {"wrong_files": lines}), date=options.date, folder=options.results)


if __name__ == "__main__":
    sys.exit(main())
