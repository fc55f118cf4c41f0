"""Stands in for the engine where the service itself is measured: small files, always the same for the same segment."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from facefusion.core import Progress
from facefusion.jobs.bundle import Bundle
from facefusion.jobs.execution import Show
from facefusion.jobs.workplace import Workplace

SEGMENTS, FRAMES = 6, 10


class OneFrame:
    """A job of one frame, done at once."""

    def __init__(self, workplace: Workplace, *, threads: int = 1, secret: bytes = b"") -> None:
        self.workplace = workplace

    def execute(self, bundle: Bundle, progress: Progress, show: Show) -> dict[str, Any]:
        """One task."""
        progress.start("render", total=1)
        if bundle.kind == "analyse":
            return {"frames": 1, "segments": []}
        with self.workplace.desk(bundle) as desk:
            file = desk / "out.png"
            file.write_bytes(_content(bundle))
            progress.advance()
            return {"artifacts": [self.workplace.artifact(bundle, file, "output")], "report": {"frames": 1}}


class Slow(OneFrame):
    """A job of several segments, each of which takes a moment."""

    def execute(self, bundle: Bundle, progress: Progress, show: Show) -> dict[str, Any]:
        """One task."""
        if bundle.kind == "analyse":
            return {
                "frames": SEGMENTS * FRAMES,
                "segments": [[n * FRAMES, n * FRAMES + FRAMES] for n in range(SEGMENTS)],
            }
        with self.workplace.desk(bundle) as desk:
            if bundle.kind == "segment":
                progress.start("render", total=FRAMES)
                for _ in range(FRAMES):
                    time.sleep(0.02)
                    progress.advance()
                file = desk / f"{bundle.start:09}.seg"
                file.write_bytes(_content(bundle))
                return {"segment_key": self.workplace.hand_over(bundle, file, file.name)["key"], "name": file.name}
            file = desk / "out.png"
            parts = [self.workplace.fetched(one["segment_key"]).read_bytes() for one in bundle.segments]
            file.write_bytes(b"".join(parts))
            return {"artifacts": [self.workplace.artifact(bundle, file, "output")], "report": {}}


def _content(bundle: Bundle) -> bytes:
    said = f"{bundle.materials[bundle.request.target].sha256} {bundle.start} {bundle.stop}"
    return hashlib.sha256(said.encode()).digest() * 64
