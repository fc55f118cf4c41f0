"""The keys of a plan that change what is measured, or how fast; plain names, nothing is loaded."""

from __future__ import annotations

FINDING_KEYS = (
    "face-detector-model",
    "face-detector-score",
    "face-landmarker-model",
    "models-folder",
    "execution-device",
    "execution-memory-limit",
    "execution-precision",
    "model-provider",
)
MEASURING_KEYS = (
    *FINDING_KEYS,
    "execution-provider",
    "workers",
    "damaged-frames",
    "interlaced",
    "temporal-key-frame-interval",
    "temporal-flow-confidence",
)
