"""How far an answer is from the truth: as a picture, and as a person."""

from __future__ import annotations

import torch
from tools.train_face_restore.encoder import Encoder
from torch import Tensor
from torch.nn import functional as F

CHIP = 150
_AWAY = 0.10
"""Identity distance to what was given from which on going further away costs."""


def picture_loss(answer: Tensor, sharp: Tensor) -> Tensor:
    """Charbonnier's distance of colours (Lai et al., CVPR 2017), of the steps between neighbours, and 1 − SSIM."""
    steps = sum((_charbonnier(_step(answer, axis), _step(sharp, axis)) for axis in (2, 3)), torch.zeros(()))
    return _charbonnier(answer, sharp) + 0.25 * steps + 0.05 * (1 - ssim(answer, sharp))


def person_loss(encoder: Encoder, answer: Tensor, worse: Tensor, sharp: Tensor, chip: Tensor) -> Tensor:
    """Distance to the person of the truth, and what goes further from the person who was given than need be."""
    with torch.no_grad():
        real, given = encoder(chips_of(sharp, chip)), encoder(chips_of(worse, chip))
    found = encoder(chips_of(answer, chip))
    away = F.relu((found - given).norm(dim=1) - _AWAY)
    return (found - real).norm(dim=1).mean() + 2.0 * away.mean()


def chips_of(pictures: Tensor, matrix: Tensor) -> Tensor:
    """(n, 3, 150, 150): what `matrix` (n, 2, 3), pixels → chip pixels, cuts from `pictures` (n, 3, S, S)."""
    n, _, side, _ = pictures.shape
    full = torch.cat([matrix, torch.tensor([0.0, 0.0, 1.0]).expand(n, 1, 3)], 1)
    back = torch.linalg.inv(full)[:, :2]
    y, x = torch.meshgrid(torch.arange(CHIP), torch.arange(CHIP), indexing="ij")
    where = torch.stack([x, y, torch.ones_like(x)], -1).float().view(1, -1, 3)
    at = (where @ back.transpose(1, 2)).view(n, CHIP, CHIP, 2)
    return F.grid_sample(pictures, (2 * at + 1) / side - 1, mode="bilinear", padding_mode="border", align_corners=False)


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity of luma (Wang et al. 2004) with boxes of 7 pixels, in the mean."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    a, b = (a * weights).sum(1, keepdim=True), (b * weights).sum(1, keepdim=True)

    def mean(plane: Tensor) -> Tensor:
        return F.avg_pool2d(plane, 7, 1)

    middle_a, middle_b = mean(a), mean(b)
    spread = mean(a * a) - middle_a**2 + mean(b * b) - middle_b**2
    shared = mean(a * b) - middle_a * middle_b
    alike = (2 * middle_a * middle_b + 1e-4) * (2 * shared + 9e-4)
    return (alike / ((middle_a**2 + middle_b**2 + 1e-4) * (spread + 9e-4))).mean()


def _charbonnier(a: Tensor, b: Tensor) -> Tensor:
    return torch.sqrt((a - b).square() + 1e-6).mean()


def _step(planes: Tensor, axis: int) -> Tensor:
    return planes.narrow(axis, 1, planes.shape[axis] - 1) - planes.narrow(axis, 0, planes.shape[axis] - 1)
