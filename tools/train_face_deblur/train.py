"""Train the face restorer on pictures that are made worse by code.

    python -m tools.train_face_deblur.train --pictures FACES --output run --minutes 45 --seed 5

FACES: a folder of portraits at 256 pixels, searched with its folders. Training stops by the clock, so another run gives
other weights. Every 20th picture is left out and gives the figures that are printed.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from tools.train_face_deblur.degrade import Float32, degraded
from tools.train_face_deblur.export import export
from tools.train_face_deblur.network import RestorerNet
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

BATCH, PATCH, PATCHES = 16, 96, 4


def pictures_of(folder: Path) -> list[Path]:
    """All pictures, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))


def read(path: Path) -> Float32:
    """(H, W, 3) RGB float32 in [0, 1]."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1], np.float32) / 255


class Pairs(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless (worse, sharp) patches of the pictures for training."""

    def __init__(self, paths: list[Path], seed: int) -> None:
        self._paths, self._seed = paths, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self._seed)
        while True:
            sharp = varied(rng, read(self._paths[int(rng.integers(len(self._paths)))]))
            worse = degraded(rng, sharp)
            for _ in range(PATCHES):
                y, x = (int(rng.integers(0, side - PATCH + 1)) for side in sharp.shape[:2])
                yield _planes(worse[y : y + PATCH, x : x + PATCH]), _planes(sharp[y : y + PATCH, x : x + PATCH])


def varied(rng: np.random.Generator, sharp: Float32) -> Float32:
    """Mirrored, smaller, brighter, darker or tinted; a smaller one is a sharper one."""
    if rng.random() < 0.5:
        sharp = np.ascontiguousarray(sharp[:, ::-1])
    if rng.random() < 0.5:
        side = int(rng.integers(144, 256))
        sharp = cv2.resize(sharp, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.4:
        sharp = np.clip(sharp * rng.uniform(0.6, 1.2) * (1 + rng.normal(0, 0.06, 3)), 0, 1)
    return np.asarray(sharp, np.float32)


def _planes(patch: Float32) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(patch.transpose(2, 0, 1)))


def loss_of(answer: Tensor, sharp: Tensor) -> Tensor:
    """Charbonnier's distance of colours (Lai et al., CVPR 2017), and of the steps between neighbours."""
    steps = sum(_charbonnier(_step(answer, axis), _step(sharp, axis)) for axis in (2, 3))
    return _charbonnier(answer, sharp) + 0.25 * steps


def _charbonnier(a: Tensor, b: Tensor) -> Tensor:
    return torch.sqrt((a - b).square() + 1e-6).mean()


def _step(planes: Tensor, axis: int) -> Tensor:
    return planes.narrow(axis, 1, planes.shape[axis] - 1) - planes.narrow(axis, 0, planes.shape[axis] - 1)


def gain_db(net: RestorerNet, paths: list[Path]) -> float:
    """PSNR after less before, of all pixels together, on pictures that were never learnt from."""
    rng, before, after = np.random.default_rng(1), 0.0, 0.0
    for path in paths:
        sharp = read(path)
        worse = degraded(rng, sharp)
        with torch.no_grad():
            better = net(_planes(worse)[None])[0].clamp(0, 1).numpy().transpose(1, 2, 0)
        before += float(np.square(worse - sharp).mean())
        after += float(np.square(better - sharp).mean())
    return 10 * math.log10(before / after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    paths = pictures_of(options.pictures)
    held, learnt = paths[::20], [path for number, path in enumerate(paths) if number % 20]
    net = RestorerNet().to(memory_format=torch.channels_last)
    mean = copy.deepcopy(net)
    optimizer = torch.optim.Adam(net.parameters(), options.rate)
    began, saved = time.time(), time.time()
    loader = DataLoader(Pairs(learnt, options.seed), batch_size=BATCH, num_workers=1, prefetch_factor=6)
    for step, (worse, sharp) in enumerate(loader):
        done = (time.time() - began) / 60 / options.minutes
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            answer = net(worse.contiguous(memory_format=torch.channels_last))
        loss = loss_of(answer.float(), sharp)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        keep = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        if time.time() - saved > 120:
            export(mean, options.output / "face_deblur.onnx")
            print(f"{step} {done:.3f} {loss.item():.4f} gain {gain_db(mean, held):.3f} dB", flush=True)
            saved = time.time()
    export(mean, options.output / "face_deblur.onnx")
    print(f"done {step} gain {gain_db(mean, held):.3f} dB")


if __name__ == "__main__":
    main()
