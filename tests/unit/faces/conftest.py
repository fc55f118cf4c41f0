"""The bundled networks, loaded once, and the astronaut (NASA, public domain; part of scikit-image)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from facefusion.core import Face
from facefusion.faces.analyser import FaceAnalyser

SHARED_MEDIA = Path(__file__).parents[3].parent / "shared" / "media"


@pytest.fixture(scope="session")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    picture = np.ascontiguousarray(data.astronaut())
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def astronaut_face(analyser: FaceAnalyser, astronaut: np.ndarray) -> Face:
    return analyser.find(astronaut)[0]


@pytest.fixture(scope="session")
def shared_media() -> Path:
    if not SHARED_MEDIA.is_dir():
        pytest.skip("the shared media folder is not beside the repository")
    return SHARED_MEDIA
