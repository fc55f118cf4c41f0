from pathlib import Path

import numpy as np
import pytest
from skimage import data

from facefusion.core import AlignedFace, Face, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.processors.face_swapper import FaceSwapper


@pytest.fixture(scope="session")
def analyser() -> FaceAnalyser:
    return FaceAnalyser()


@pytest.fixture(scope="session")
def astronaut(analyser: FaceAnalyser) -> Face:
    return analyser.find(np.ascontiguousarray(data.astronaut()))[0]


@pytest.fixture(scope="session")
def stranger(analyser: FaceAnalyser, astronaut: Face) -> Face:
    """Another face by code: the astronaut mirrored, darker and lit from one side."""
    picture = to_unit(np.ascontiguousarray(data.astronaut()[:, ::-1]))
    light = np.linspace(0.45, 1.0, picture.shape[1], dtype=np.float32)[None, :, None]
    return analyser.find((picture * light * 255).astype(np.uint8))[0]


@pytest.fixture(scope="session")
def people(analyser: FaceAnalyser) -> list[Face]:
    folder = Path(__file__).parents[4].parent / "shared" / "media" / "people"
    if not folder.is_dir():
        pytest.skip("the shared media folder is not beside the repository")
    from facefusion.media import read_image

    return [analyser.find(read_image(path).pixels)[0] for path in sorted(folder.glob("*.jpg"))[:6]]


def crop_of(face: Face, index: int = 0, visible: np.ndarray | None = None) -> AlignedFace:
    assert face.picture is not None
    box = FaceSwapper.crop_box(face, face.picture.shape[1], face.picture.shape[0])
    x0, y0, x1, y1 = (int(side) for side in (box.x0, box.y0, box.x1, box.y1))
    matrix = np.array([[1, 0, -x0], [0, 1, -y0]], np.float32)
    seen = None if visible is None else visible[y0:y1, x0:x1]
    return AlignedFace(to_unit(face.picture[y0:y1, x0:x1]), matrix, face, index, seen)
