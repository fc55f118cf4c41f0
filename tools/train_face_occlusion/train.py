"""Train the occlusion network on drawn occluders.

    python -m tools.train_face_occlusion.train --faces prepared/faces.npz --output run --minutes 68 --seed 3

Training stops by the clock, so another run gives other weights. Every drawn sample is
seen `--reuse` times while it is in the pool, because drawing costs more than learning from it.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from tools.train_face_occlusion.network import OcclusionNet
from tools.train_face_occlusion.occluders.scene import SIZE
from tools.train_face_occlusion.sample import load_bank, make_sample
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

BATCH = 16
SMALL = 128
Batch = tuple[Tensor, Tensor, Tensor]


class Samples(IterableDataset[Batch]):
    """Endless samples of the portraits for training; every 20th portrait is kept for validation."""

    def __init__(self, faces: Path, seed: int) -> None:
        self._faces, self._seed = faces, seed

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self._seed)
        bank, plain = load_bank(self._faces)
        plain = np.array([i for i in plain if i % 20])
        color = np.abs(bank.skins[plain, 0] - bank.skins[plain, 2]) > 0.03
        odds = np.where(color, 2.0, 1.0)
        odds /= odds.sum()
        while True:
            made = make_sample(bank, int(rng.choice(plain, p=odds)), rng)
            yield tuple(torch.from_numpy(a) for a in (made.image, made.visible[None], made.weight[None]))


def batches(faces: Path, seed: int, reuse: int) -> Iterator[Batch]:
    """Batches drawn now and batches drawn a while ago, in turn, shuffled sample by sample."""
    fresh = iter(DataLoader(Samples(faces, seed), batch_size=BATCH, num_workers=1, prefetch_factor=4))
    order = random.Random(seed)
    pool: list[tuple[Tensor, ...]] = []
    while True:
        pool.extend(zip(*(part.half() for part in next(fresh)), strict=True))
        order.shuffle(pool)
        pool = pool[-BATCH * 120 :]
        for _ in range(reuse if len(pool) >= BATCH * 8 else 1):
            chosen = order.sample(pool, BATCH)
            yield _varied(tuple(torch.stack(part).float() for part in zip(*chosen, strict=True)))  # type: ignore[arg-type]


def _varied(batch: Batch) -> Batch:
    """The batch, mirrored half of the time, and every picture a little brighter, darker or tinted."""
    image, visible, weight = batch
    if torch.rand(()) < 0.5:
        image, visible, weight = (part.flip(-1) for part in (image, visible, weight))
        image[:, 4] = -image[:, 4]
    gain = torch.empty(len(image), 3, 1, 1).uniform_(0.85, 1.15) * torch.empty(len(image), 1, 1, 1).uniform_(0.9, 1.1)
    image[:, :3] = (image[:, :3] * gain).clamp(0, 1)
    return image, visible, weight


def loss_of(logits: Tensor, visible: Tensor, weight: Tensor) -> Tensor:
    """Weighted cross entropy, and one minus the Dice score of what is hidden."""
    entropy = F.binary_cross_entropy_with_logits(logits, visible, reduction="none")
    entropy = (entropy * weight).sum() / weight.sum().clamp(min=1)
    hidden, guess = (1 - visible) * weight, torch.sigmoid(-logits) * weight
    both = (hidden * torch.sigmoid(-logits)).sum(dim=(1, 2, 3))
    dice = (2 * both + 20) / (hidden.sum(dim=(1, 2, 3)) + guess.sum(dim=(1, 2, 3)) + 20)
    return entropy + 0.5 * (1 - dice).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=68.0)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--reuse", type=int, default=6)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    net = OcclusionNet().to(memory_format=torch.channels_last)
    if options.start:
        net.load_state_dict(torch.load(options.start))
    mean = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=1e-3)
    running, saved = 1.0, time.time()
    began = saved
    for step, (image, visible, weight) in enumerate(batches(options.faces, options.seed, options.reuse)):
        done = (time.time() - began) / 60 / options.minutes
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-5
        if done < 0.35 and not options.start:  # the first third at 128 pixels: more than twice as fast
            image, visible, weight = (F.interpolate(t, SMALL, mode="area") for t in (image, visible, weight))
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(image.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), visible, weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        running += (loss.item() - running) * max(0.02, 1 / (step + 1))
        _follow(mean, net, min(0.998, (step + 1) / (step + 20)))
        if step % 50 == 0:
            print(f"{step} {done:.3f} {running:.4f}", flush=True)
        if time.time() - saved > 120:
            torch.save(mean.state_dict(), options.output / "mean.pt")
            saved = time.time()
    torch.save(mean.state_dict(), options.output / "mean.pt")
    export(mean, options.output / "face_occlusion.onnx")
    print("done", step, f"{running:.4f}")


def export(net: OcclusionNet, path: Path) -> None:
    """Write the network, with its sigmoid, for ONNX Runtime; any number of pictures at once."""
    names = {"input_names": ["picture_and_guide"], "output_names": ["visible"]}
    free = {"picture_and_guide": {0: "n"}, "visible": {0: "n"}}
    whole = torch.nn.Sequential(net.eval(), torch.nn.Sigmoid())
    picture = torch.zeros(1, 6, SIZE, SIZE)
    torch.onnx.export(whole, (picture,), path, **names, opset_version=17, dynamic_axes=free, dynamo=False)


def _follow(mean: OcclusionNet, net: OcclusionNet, keep: float) -> None:
    """Exponential mean of weights and of batch statistics."""
    with torch.no_grad():
        for slow, fast in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
            if slow.dtype.is_floating_point:
                slow.lerp_(fast, 1 - keep)
            else:
                slow.copy_(fast)


if __name__ == "__main__":
    main()
