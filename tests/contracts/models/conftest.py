"""A folder of miniature weights, as a user would have the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders import BUILDERS, DFM_CARD, trusted

from facefusion.models import close_sessions


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The miniatures of the whole zoo."""
    place = tmp_path_factory.mktemp("models")
    for name, make in BUILDERS.items():
        make(place / name)
    (place / "somebody.toml").write_text(DFM_CARD)
    trusted(place)
    yield place
    close_sessions()


@pytest.fixture(scope="session")
def noise() -> np.ndarray:
    """(360, 480, 3) uint8: soft colours that differ everywhere."""
    import cv2

    seeds = np.random.default_rng(3).random((9, 12, 3)).astype(np.float32)
    large = cv2.resize(seeds, (480, 360), interpolation=cv2.INTER_CUBIC)
    return (np.clip(0.15 + 0.55 * large, 0, 1) * 255).astype(np.uint8)
