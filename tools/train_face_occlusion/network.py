"""The network: a small U-Net with residual blocks, 0.63 million weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def unit(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(True))


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a = unit(channels, channels)
        self.b = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.b(self.a(x)))


class OcclusionNet(nn.Module):
    """(n, 6, s, s) RGB, coverage, u, v → (n, 1, s, s) logits of "the face itself is seen"; s is a multiple of 16."""

    def __init__(self) -> None:
        super().__init__()
        self.s0 = unit(6, 8)
        self.e1, self.e1b = unit(8, 24, 2), unit(24, 24)
        self.e2 = nn.Sequential(unit(24, 48, 2), Residual(48))
        self.e3 = nn.Sequential(unit(48, 80, 2), Residual(80))
        self.e4 = nn.Sequential(unit(80, 112, 2), Residual(112))
        self.g = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(112, 112, 1), nn.ReLU(True))
        self.r4, self.d3 = unit(112, 80, 1, 1), unit(80, 80)
        self.r3, self.d2 = unit(80, 48, 1, 1), unit(48, 48)
        self.r2, self.d1 = unit(48, 24, 1, 1), unit(24, 24)
        self.r1, self.d0 = unit(24, 8, 1, 1), unit(16, 12)
        self.o = nn.Conv2d(12, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        full = self.s0(x)
        half = self.e1b(self.e1(full))
        quarter = self.e2(half)
        eighth = self.e3(quarter)
        deep = self.e4(eighth)
        deep = deep + self.g(deep)
        eighth = self.d3(_doubled(self.r4(deep)) + eighth)
        quarter = self.d2(_doubled(self.r3(eighth)) + quarter)
        half = self.d1(_doubled(self.r2(quarter)) + half)
        logits: Tensor = self.o(self.d0(torch.cat([_doubled(self.r1(half)), full], 1)))
        return logits


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
