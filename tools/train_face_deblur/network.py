"""The face restorer: residual blocks of dense 3×3 convolutions on blocks of 4 × 4 pixels.

It looks at no landmarks and has no idea of whole faces: it learns what blur, enlargement and JPEG do to lashes, lids,
lips, hair and skin, and takes that back. It therefore invents no features, and works at any size of picture.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

BLOCK = 4
"""Pixels a side that become channels: arithmetic is spent at a sixteenth of the picture's pixels."""


class Residual(nn.Module):
    """Two convolutions added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.relu(self.first(x)))
        return out


class RestorerNet(nn.Module):
    """picture (n, 3, H, W) RGB in [0, 1], H and W multiples of 4 → the same, clearer; not clipped."""

    def __init__(self, width: int = 48, blocks: int = 6) -> None:
        super().__init__()
        planes = 3 * BLOCK * BLOCK
        self.enter = nn.Conv2d(planes, width, 3, 1, 1)
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(blocks)))
        self.leave = nn.Conv2d(width, planes, 3, 1, 1)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)

    def forward(self, picture: Tensor) -> Tensor:
        begun = self.enter(F.pixel_unshuffle(picture, BLOCK) - 0.5)
        change = self.leave(begun + self.blocks(begun))
        out: Tensor = picture + F.pixel_shuffle(change, BLOCK)
        return out
