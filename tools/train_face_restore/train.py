"""Train the face restorer on whole faces that are made worse by code.

    python -m tools.train_face_restore.train --pictures FACES --chips chips.npz --encoder dlib_resnet_v1.onnx \\
        --output run --minutes 80 --seed 6 [--begin face_deblur.onnx | run/last.pt] [--rate 1e-3]

FACES: a folder of portraits at 256 pixels (ffhq alignment); chips.npz: from `prepare.py`. `--begin` takes the weights
of an exported file that have the same names, or the mean weights an earlier run left in `last.pt`. Training stops by
the clock, so another run gives other weights. Every 20th picture is left out and gives the figures that are printed;
the best export by them is kept.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tools.train_face_deblur.export import export
from tools.train_face_restore.encoder import Encoder
from tools.train_face_restore.losses import chips_of, person_loss, picture_loss, ssim
from tools.train_face_restore.network import RestorerNet
from tools.train_face_restore.pairs import Portrait, batch_of, example, held_example, portraits
from torch import Tensor

BATCH, PERSON, HELD, FACTORS = 8, 0.02, 20, (1.2, 1.75, 3.3)


def begun_from(net: RestorerNet, path: Path) -> None:
    """Take the weights of an exported network, or of an earlier run's mean, whose names and shapes agree."""
    found = _kept(path) if path.suffix == ".pt" else _exported(path)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if name in found and found[name].shape == weight.shape:
                weight.copy_(found[name])


def _kept(path: Path) -> dict[str, Tensor]:
    return dict(torch.load(path, weights_only=True)["mean"])


def _exported(path: Path) -> dict[str, Tensor]:
    """Weights behind Cast and Mul keep their stored name there, and are not taken."""
    weights = onnx.load(path).graph.initializer
    arrays = {one.name.removesuffix(".half"): numpy_helper.to_array(one).astype(np.float32) for one in weights}
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def gains(net: RestorerNet, encoder: Encoder, held: tuple[Tensor, Tensor, Tensor]) -> tuple[float, float, float]:
    """(dB of PSNR, SSIM, identity distance) won over what was given, on pictures that were never learnt from."""
    worse, sharp, chip = held
    with torch.no_grad():
        better = torch.cat([net(part).clamp(0, 1) for part in worse.split(8)])
        error = [(one - sharp).square().mean((1, 2, 3)).log10() for one in (worse, better)]
        alike = [float(ssim(one, sharp)) for one in (worse, better)]
        people = [torch.cat([encoder(chips_of(p, c)) for p, c in zip(one.split(8), chip.split(8), strict=True)])
                  for one in (worse, better, sharp)]  # fmt: skip
    apart = [float((one - people[2]).norm(dim=1).mean()) for one in people[:2]]
    return float(10 * (error[0] - error[1]).mean()), alike[1] - alike[0], apart[0] - apart[1]


def rate_at(options: argparse.Namespace, step: int, done: float) -> float:
    """Warm-up, then half a cosine."""
    return float(options.rate * min(1, (step + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-6)


def learn(
    options: argparse.Namespace, net: RestorerNet, encoder: Encoder, learnt: list[Portrait], held: list[Portrait]
) -> None:
    """Until the clock says stop; writes the best mean of the weights to `options.output`."""
    rng = np.random.default_rng(options.seed)
    known = batch_of([held_example(one, factor) for factor in FACTORS for one in held])
    mean, best = copy.deepcopy(net), -1e9
    optimizer = torch.optim.Adam(net.parameters(), options.rate)
    began = saved = time.time()
    step, done = 0, 0.0
    while done < 1:
        done = min((time.time() - began) / 60 / options.minutes, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(options, step, done)
        chosen = [learnt[int(rng.integers(len(learnt)))] for _ in range(BATCH)]
        worse, sharp, chip = batch_of([example(rng, one) for one in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            answer = net(worse.contiguous(memory_format=torch.channels_last)).float()
        person = person_loss(encoder, answer, worse, sharp, chip)
        loss = picture_loss(answer, sharp) + PERSON * person
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        keep = min(0.997, (step + 1) / (step + 20))
        with torch.no_grad():
            for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        step += 1
        if done >= 1 or time.time() - saved > 300:
            psnr, alike, apart = gains(mean, encoder, known)
            score = psnr + 30 * alike + 10 * apart
            print(f"{step} {done:.3f} loss {loss.item():.4f} person {person.item():.3f} "
                  f"gain {psnr:.3f} dB {alike:.4f} SSIM {apart:.4f} identity", flush=True)  # fmt: skip
            torch.save({"net": net.state_dict(), "mean": mean.state_dict(), "step": step}, options.output / "last.pt")
            if score > best:
                best = score
                export(mean, options.output / "face_restore.onnx")
            saved = time.time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--chips", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--begin", type=Path, default=None)
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    known = portraits(options.pictures, options.chips)
    held, learnt = known[::20][:HELD], [one for number, one in enumerate(known) if number % 20]
    net = RestorerNet().to(memory_format=torch.channels_last)
    if options.begin is not None:
        begun_from(net, options.begin)
    learn(options, net, Encoder(options.encoder), learnt, held)


if __name__ == "__main__":
    main()
