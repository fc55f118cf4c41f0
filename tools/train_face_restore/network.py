"""The face restorer: 3×3 convolutions on blocks of 4 × 4 pixels, and two coarser floors that see the whole face.

The fine floor learns what blur, enlargement and JPEG do to lashes, lids, lips, hair and skin. The coarse ones know
where on a face they are when the eyes are about `EYES_PX` apart, and tell the fine one what it should expect there.
Nothing is drawn at random: the answer is the mean of what could have been.
"""

from __future__ import annotations

from tools.train_face_deblur.network import BLOCK, Residual
from torch import Tensor, nn
from torch.nn import functional as F

EYES_PX = 63.0
"""Distance of the eyes in the pictures it learns from (ffhq at 256 pixels)."""


class Floor(nn.Module):
    """What is seen at half the size: reduced, thought over, by the floor below too, and enlarged again."""

    def __init__(self, above: int, width: int, blocks: int, below: nn.Module | None = None) -> None:
        super().__init__()
        self.down = nn.Conv2d(above, width, 3, 2, 1)
        self.before = nn.Sequential(*(Residual(width) for _ in range(blocks)))
        self.below = nn.Identity() if below is None else below
        self.after = nn.Sequential(*(Residual(width) for _ in range(blocks if below is not None else 0)))
        self.up = nn.Conv2d(width, above, 3, 1, 1)
        nn.init.zeros_(self.up.weight)
        assert self.up.bias is not None
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        coarse = self.after(self.below(self.before(F.relu(self.down(x)))))
        return x + F.interpolate(self.up(coarse), scale_factor=2, mode="bilinear", align_corners=False)


class RestorerNet(nn.Module):
    """picture (n, 3, H, W) RGB in [0, 1], H and W multiples of 16 → the same, clearer; not clipped."""

    def __init__(self, width: int = 48, blocks: int = 6, coarse: tuple[int, int] = (72, 104)) -> None:
        super().__init__()
        planes = 3 * BLOCK * BLOCK
        self.enter = nn.Conv2d(planes, width, 3, 1, 1)
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(blocks)))
        self.context = Floor(width, coarse[0], 2, Floor(coarse[0], coarse[1], 1))
        self.leave = nn.Conv2d(width, planes, 3, 1, 1)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)

    def forward(self, picture: Tensor) -> Tensor:
        begun = self.enter(F.pixel_unshuffle(picture, BLOCK) - 0.5)
        half = len(self.blocks) // 2
        seen = self.context(self.blocks[:half](begun))
        change = self.leave(begun + self.blocks[half:](seen))
        out: Tensor = picture + F.pixel_shuffle(change, BLOCK)
        return out
