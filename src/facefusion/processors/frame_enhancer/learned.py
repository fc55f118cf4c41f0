"""A learned upscaler as a frame processor."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import Frame, from_unit
from facefusion.core.settings import check_settings
from facefusion.models.adapters.frames import Upscaler
from facefusion.processors.frame_enhancer.settings import Settings


class LearnedEnlarger:
    """Makes frames `scale` times as large with a network, whose own scale may be another: what is too large is
    averaged. A pure function of its input, safe in threads."""

    name: ClassVar[str] = "frame_enhancer"

    def __init__(self, upscaler: Upscaler, settings: Settings) -> None:
        check_settings(settings)
        self._upscaler, self.scale = upscaler, settings.scale

    def process_frame(self, frame: Frame) -> Frame:
        """The larger frame, of the same dtype, with its alpha if it has one."""
        height, width = frame.pixels.shape[:2]
        size = (width * self.scale, height * self.scale)
        large = self._upscaler.enlarge(frame.pixels)
        if large.shape[1::-1] != size:
            way = cv2.INTER_AREA if large.shape[1] > size[0] else cv2.INTER_CUBIC
            large = np.clip(cv2.resize(large, size, interpolation=way), 0, 1)
        alpha = None if frame.alpha is None else cv2.resize(frame.alpha, size, interpolation=cv2.INTER_LINEAR)
        return replace(frame, pixels=from_unit(large, frame.pixels.dtype), alpha=alpha)
