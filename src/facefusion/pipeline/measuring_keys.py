"""The keys of a plan that change what is measured, or how fast; plain names, nothing is loaded."""

from __future__ import annotations

MEASURING_KEYS = (
    "execution-provider",
    "workers",
    "damaged-frames",
    "interlaced",
    "temporal-key-frame-interval",
    "temporal-flow-confidence",
)
