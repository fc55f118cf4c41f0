"""The occlusion network: a small U-Net of dense 3×3 convolutions at 96 pixels and below.

Dense layers of 16 · k channels run faster than depthwise-separable ones of the same strength, in training (4×, one
core) and in ONNX Runtime (2.5×), because they are bound by arithmetic and not by memory. Nothing runs at the full
192 pixels: the first layer takes 4×4 blocks in steps of 2, the last makes 2×2 pixels of each place.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class Conv(nn.Sequential):
    """Convolution, batch norm, ReLU."""

    def __init__(self, cin: int, cout: int, kernel: int = 3, stride: int = 1, *, active: bool = True) -> None:
        padding = 1 if kernel == 4 else kernel // 2
        layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, stride, padding, bias=False), nn.BatchNorm2d(cout)]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Residual(nn.Module):
    """Two convolutions added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = Conv(width, width), Conv(width, width, active=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class Up(nn.Module):
    """Twice the size, the finer map added, mixed."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.project, self.mix = Conv(coarse, fine, 1, active=False), Conv(fine, fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        out: Tensor = self.mix(F.relu(F.interpolate(self.project(coarse), scale_factor=2.0, mode="nearest") + fine))
        return out


class OcclusionNet(nn.Module):
    """image (n, 6, S, S): RGB in [0, 1], mesh coverage, u, v → logits (n, 1, S, S) that the face itself is visible."""

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 64, 96)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.enter = nn.Sequential(Conv(6, a, 4, 2), Conv(a, a))
        self.to48 = nn.Sequential(Conv(a, b, 3, 2), Residual(b))
        self.to24 = nn.Sequential(Conv(b, c, 3, 2), Residual(c))
        self.to12 = nn.Sequential(Conv(c, d, 3, 2), Residual(d))
        self.whole = nn.Sequential(nn.Linear(d, d // 2), nn.ReLU(inplace=True), nn.Linear(d // 2, d))
        self.deep = Residual(d)
        self.up24, self.up48, self.up96 = Up(d, c), Up(c, b), Up(b, a)
        self.leave = nn.Sequential(nn.Conv2d(a, 4, 3, 1, 1), nn.PixelShuffle(2))

    def forward(self, image: Tensor) -> Tensor:
        at96 = self.enter(image)
        at48 = self.to48(at96)
        at24 = self.to24(at48)
        at12 = self.to12(at24)
        at12 = self.deep(at12 + self.whole(at12.mean(dim=(2, 3)))[:, :, None, None])
        logits: Tensor = self.leave(self.up96(self.up48(self.up24(at12, at24), at48), at96))
        return logits
