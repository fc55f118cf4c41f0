"""Overlays of a run as files that a browser shows: grey H.264 of the proxy's size, or grey PNG of a still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.jobs.proxies import ProxyWriter
from facefusion.pipeline.overlays import OverlayFormat, Overlays

KINDS = ("mask", "occlusion", "matte")


class MaskFiles:
    """One file for each kind of overlay that a run has."""

    @staticmethod
    def written(
        folder: Path, shown: Iterable[tuple[OverlayFormat, Overlays]]
    ) -> list[tuple[str, Path, Mapping[str, Any]]]:
        """Kind, file and facts of each. Raises OutputFailed, and what `shown` raises."""
        proxies: dict[str, ProxyWriter] = {}
        files: dict[str, Path] = {}
        facts: dict[str, Mapping[str, Any]] = {}
        with ExitStack() as open_files:
            for form, one in shown:
                for kind, plane in _planes(one).items():
                    if not form.is_clip:
                        files[kind], facts[kind] = folder / f"{kind}.png", {"width": form.width, "height": form.height}
                        cv2.imwrite(str(files[kind]), (plane * 255 + 0.5).astype(np.uint8))
                        continue
                    if kind not in proxies:
                        files[kind] = folder / f"{kind}.mp4"
                        opened = ProxyWriter.opened(files[kind], form.width, form.height, form.fps)
                        proxies[kind] = open_files.enter_context(opened)
                    proxies[kind].write_plane(plane)
        facts |= {kind: proxy.facts for kind, proxy in proxies.items()}
        return [(kind, files[kind], facts[kind]) for kind in KINDS if kind in files]


def _planes(one: Overlays) -> dict[str, Float32]:
    planes = {"mask": one.changed, "occlusion": one.hidden}
    return planes if one.matte is None else {**planes, "matte": one.matte}
