"""Train the occlusion network and export it to ONNX.

    python -m tools.train_face_occlusion.train --prepared FOLDER --minutes 28 --output face_occlusion.onnx

Needs the extra `train`. Loss: weighted binary cross-entropy plus half a Dice loss on what is covered; AdamW, cosine
schedule, exponential moving average of the weights. Every fresh batch is used about twice.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from tools.train_face_occlusion.network import OcclusionNet
from tools.train_face_occlusion.samples import INPUT_SIZE, Portraits, samples
from torch import Tensor, nn
from torch.nn import functional

BATCH, PEAK_RATE, LAST_RATE, KEPT_BATCHES = 12, 3e-3, 2e-5, 120


class Stream(torch.utils.data.IterableDataset[tuple[Tensor, ...]]):
    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        for sample in samples(Portraits.load(self.folder), self.seed):
            yield tuple(torch.from_numpy(part) for part in sample)


def train(folder: Path, *, minutes: float, seed: int) -> OcclusionNet:
    """The averaged network after `minutes` of training."""
    network = OcclusionNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), PEAK_RATE, weight_decay=1e-3)
    fresh = iter(torch.utils.data.DataLoader(Stream(folder, seed), batch_size=BATCH, num_workers=1, prefetch_factor=3))
    averaged = {name: value.clone() for name, value in network.state_dict().items()}
    kept: list[list[Tensor]] = []
    begun, step, running = time.monotonic(), 0, 1.0
    while (share := (time.monotonic() - begun) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(1, step / 100) * (0.5 + 0.5 * np.cos(np.pi * share)) + LAST_RATE
        if len(kept) < 8 or step % 2 == 0:
            kept = [*kept, next(fresh)][-KEPT_BATCHES:]
            batch = kept[-1]
        else:
            batch = random.choice(kept)
        loss = loss_of(network, *batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        _average(averaged, network, min(0.995, step / (step + 20)))
        running = 0.98 * running + 0.02 * float(loss.detach())
        if step % 50 == 0:
            print(f"step {step}  {time.monotonic() - begun:.0f} s  loss {running:.4f}", flush=True)
    network.load_state_dict(averaged)
    return network


def loss_of(network: nn.Module, planes: Tensor, visible: Tensor, weight: Tensor) -> Tensor:
    logits = network(planes.contiguous(memory_format=torch.channels_last))
    entropy = functional.binary_cross_entropy_with_logits(logits, visible, reduction="none")
    covered, found = (1 - visible) * weight, (1 - torch.sigmoid(logits)) * weight
    overlap = 2 * (covered * found / weight.clamp(min=0.01)).sum() + 1
    return (entropy * weight).sum() / weight.sum() + 0.5 * (1 - overlap / ((covered + found).sum() + 1))


def _average(averaged: dict[str, Tensor], network: nn.Module, keep: float) -> None:
    for name, value in network.state_dict().items():
        floating = value.dtype.is_floating_point
        averaged[name] = averaged[name] * keep + value * (1 - keep) if floating else value.clone()


def export(network: OcclusionNet, path: Path) -> None:
    """Write the network with its sigmoid as ONNX (opset 17, free batch size)."""
    whole = nn.Sequential(network, nn.Sigmoid()).eval()
    names = {"input_names": ["picture_and_guide"], "output_names": ["visible"]}
    free = {"picture_and_guide": {0: "n"}, "visible": {0: "n"}}
    example = (torch.zeros(1, 6, INPUT_SIZE, INPUT_SIZE),)
    torch.onnx.export(whole, example, str(path), opset_version=17, dynamo=False, dynamic_axes=free, **names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    export(train(arguments.prepared, minutes=arguments.minutes, seed=arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
