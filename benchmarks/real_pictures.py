"""Matting networks and upscalers with real weights: beside the truth, the bundled way, and somebody else's code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks import real_packages as packages
from benchmarks.matting import Case, errors
from benchmarks.media import Picture, write_picture
from facefusion.core import Pixels
from facefusion.models.zoo import Zoo
from facefusion.processors.background_remover.matting import enlarged, matte
from facefusion.processors.background_remover.people import PersonSegmenter, shrunk
from facefusion.quality.fidelity import psnr
from facefusion.quality.similarity import ssim_map

Array = NDArray[np.float32]
_RUNS = 6
"""A network with a memory sees a still this often, as the first frames of a shot."""
_IMAGENET = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
_CROP = 40


def matting_figures(
    name: str, zoo: Zoo, cases: Sequence[Case], file: Path, sheet: Path | None = None
) -> dict[str, float]:
    """iou and mse: to the known opacity, brought to the picture's edges as in a run; bundled_…: of the bundled way;
    apart: the mean difference to the network fed by hand, as its project feeds it."""
    segmenter, rows, bundled, apart, shown = PersonSegmenter(), [], [], [], []
    for case in cases:
        network, nothing = zoo.adapter(name, "background_remover"), np.zeros(case.alpha.shape, np.float32)
        for _ in range(_RUNS if hasattr(network, "forget") else 1):
            raw = network.matte(case.pixels)
        rows.append(errors(enlarged(case.pixels, raw, nothing), case.alpha))
        own = matte(case.pixels, segmenter.person(shrunk(case.pixels)), nothing).alpha
        bundled.append(errors(own, case.alpha))
        if name in _BY_HAND:
            apart.append(float(np.abs(raw - _by_hand(name, file, case.pixels)).mean()))
        shown.append(np.hstack([_small(one) for one in (case.pixels, case.alpha, own, raw)]))
    if sheet is not None:
        write_picture(sheet / f"real_{name}.png", np.vstack([np.hstack(shown[i : i + 2]) for i in range(0, 8, 2)]))
    means = {key: float(np.mean([row[key] for row in rows])) for key in ("iou", "mse")}
    means |= {f"bundled_{key}": float(np.mean([row[key] for row in bundled])) for key in ("iou", "mse")}
    return means | ({"apart": float(np.mean(apart))} if apart else {})


_BY_HAND: Mapping[str, tuple[int, Array, Array]] = {
    "u2netp": (320, *_IMAGENET),
    "isnet_medium": (1024, np.full(3, 0.5, np.float32), np.ones(3, np.float32)),
    "isnet_small": (1024, np.full(3, 0.5, np.float32), np.ones(3, np.float32)),
}
"""Side, mean and deviation as the projects' own code has them."""


def _by_hand(name: str, file: Path, pixels: Pixels) -> Array:
    side, mean, deviation = _BY_HAND[name]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options)
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    fed = ((small - mean) / deviation).transpose(2, 0, 1)[None].astype(np.float32)
    found = session.run(None, {session.get_inputs()[0].name: fed})[0][0, 0]
    return np.asarray(cv2.resize(found, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _small(picture: NDArray[np.generic]) -> Pixels:
    pixels = picture if picture.dtype == np.uint8 else (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, 2)
    return np.asarray(cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA), np.uint8)


def upscaler_figures(
    name: str, zoo: Zoo, pictures: Sequence[Picture], opinion: Path, sheet: Path | None = None
) -> dict[str, float]:
    """psnr and ssim: of faces made smaller and enlarged again, to what they were, clean and after JPEG 40; bicubic_…:
    the same by bicubic; apart: the most by which a piece differs from what ncnn gives for it."""
    network = zoo.adapter(name, "frame_enhancer")
    scale, rows, shown = network.scale, [], []
    for picture in pictures:
        side = 64 * scale
        whole = cv2.resize(picture.pixels, (side, side), interpolation=cv2.INTER_AREA)
        small = cv2.resize(whole, (64, 64), interpolation=cv2.INTER_AREA)
        row, pair = {}, [whole]
        for label, seen in (("", small), ("jpeg_", _jpeg(small))):
            mine = (network.enlarge(seen) * 255 + 0.5).astype(np.uint8)
            plain = cv2.resize(seen, (side, side), interpolation=cv2.INTER_CUBIC)
            row |= {f"{label}psnr": psnr(mine, whole), f"{label}bicubic_psnr": psnr(plain, whole)}
            row |= {f"{label}ssim": float(ssim_map(mine, whole).mean()),
                    f"{label}bicubic_ssim": float(ssim_map(plain, whole).mean())}  # fmt: skip
            pair += [plain, mine]
        rows.append(row)
        shown.append(np.hstack(pair))
    if sheet is not None:
        write_picture(sheet / f"real_{name}.png", np.vstack(shown[:3]))
    figures = {"scale": float(scale), **{key: float(np.mean([row[key] for row in rows])) for key in rows[0]}}
    tile = cv2.resize(pictures[0].pixels, (_CROP, _CROP), interpolation=cv2.INTER_AREA)
    spec = network._session.inputs[0].encode(tile)
    found = network._session.run(spec)[0]
    return figures | {"apart": float(np.abs(found - _by_ncnn(opinion, spec)).max())}


def _by_ncnn(param: Path, fed: Array) -> Array:
    ncnn = importlib.import_module("ncnn")
    net = ncnn.Net()
    net.opt.use_fp16_arithmetic = net.opt.use_fp16_storage = net.opt.use_fp16_packed = False
    net.opt.num_threads = 1
    net.load_param(str(param))
    net.load_model(str(param.with_suffix(".bin")))
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(np.ascontiguousarray(fed[0])))
    return np.asarray(extractor.extract("output")[1], np.float32)[None]


def with_ncnn(cache: Path) -> None:
    """Let `import ncnn` find it."""
    sys.path.append(str(packages.installed(packages.NCNN, cache)))


def _jpeg(pixels: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
