"""Faces of a turnover as tracking data: points, meshes as OBJ, one animated mesh as USD."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from facefusion.core import Face, Float32
from facefusion.geometry.mesh import NUM_MESH, canonical_mesh

POINTS: Mapping[str, int] = {
    "image_left_eye_outer": 33,
    "image_left_eye_inner": 133,
    "image_right_eye_inner": 362,
    "image_right_eye_outer": 263,
    "nose_tip": 4,
    "nose_bridge": 168,
    "mouth_left": 61,
    "mouth_right": 291,
    "upper_lip": 0,
    "lower_lip": 17,
    "forehead": 10,
    "chin": 152,
}
"""Points that a compositor tracks with, and their number in the mesh. Left and right are the viewer's."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonTrack:
    """One person through the shot. meshes: frame number → (468, 3) float32, x right and y up in pixels from the lower
    left corner of the picture, z towards the camera. strengths: frame number → how much of the change shows, 0 to 1.
    """

    name: str
    meshes: dict[int, Float32] = field(default_factory=dict)
    strengths: dict[int, float] = field(default_factory=dict)

    def add(self, number: int, face: Face, height: int, strength: float) -> None:
        """Take down the face of one frame, of a picture `height` pixels high."""
        self.strengths[number] = strength
        points = face.landmarks
        if points is None or points.z is None or len(points) < NUM_MESH:
            return
        xyz = np.column_stack([points.xy, -points.z])[:NUM_MESH].astype(np.float32)
        xyz[:, 0] += 0.5
        xyz[:, 1] = height - 0.5 - xyz[:, 1]
        self.meshes[number] = xyz

    def point(self, name: str) -> dict[int, tuple[float, float]]:
        """Frame number → x, y of one of `POINTS`."""
        at = POINTS[name]
        return {number: (float(mesh[at, 0]), float(mesh[at, 1])) for number, mesh in self.meshes.items()}


def write_tracking(folder: Path, track: PersonTrack, fps: float, told: str) -> None:
    """`NAME_points.csv`, `NAME.json`, `NAME.usda` and a folder of OBJ files. told: a line that says what made them."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(folder / f"{track.name}_points.csv", track)
    _write_json(folder / f"{track.name}.json", track, told)
    if track.meshes:
        (folder / f"{track.name}.usda").write_text(_usda(track, fps, told), encoding="utf-8")
        (folder / track.name).mkdir(exist_ok=True)
    for number, mesh in track.meshes.items():
        (folder / track.name / f"{track.name}.{number:04d}.obj").write_text(_obj(mesh, told), encoding="utf-8")


def _write_csv(path: Path, track: PersonTrack) -> None:
    rows = ["frame," + ",".join(f"{name}_x,{name}_y" for name in POINTS)]
    for number in sorted(track.meshes):
        spots = [track.meshes[number][at, :2] for at in POINTS.values()]
        rows.append(f"{number}," + ",".join(f"{x:.3f},{y:.3f}" for x, y in spots))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _write_json(path: Path, track: PersonTrack, told: str) -> None:
    said = {
        "made_by": told,
        "origin": "lower left corner of the picture; x right, y up, pixels",
        "strength": {str(number): round(value, 4) for number, value in sorted(track.strengths.items())},
        "points": {
            name: {str(number): [round(x, 3), round(y, 3)] for number, (x, y) in sorted(track.point(name).items())}
            for name in POINTS
        },
    }
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _obj(mesh: Float32, told: str) -> str:
    canonical = canonical_mesh()
    lines = [f"# {told}", "o face", *(f"v {x:.3f} {y:.3f} {z:.3f}" for x, y, z in mesh)]
    lines += [f"vt {u:.5f} {1 - v:.5f}" for u, v in canonical.uv]
    lines += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in canonical.triangles + 1]
    return "\n".join(lines) + "\n"


def _usda(track: PersonTrack, fps: float, told: str) -> str:
    canonical, numbers = canonical_mesh(), sorted(track.meshes)
    counts = ", ".join(["3"] * len(canonical.triangles))
    indices = ", ".join(str(index) for index in canonical.triangles.ravel())
    uv = ", ".join(f"({u:.5f}, {1 - v:.5f})" for u, v in canonical.uv)
    samples = "\n".join(f"            {n}: [{_tuples(track.meshes[n])}]," for n in numbers)
    return f"""#usda 1.0
(
    doc = "{told}"
    defaultPrim = "{track.name}"
    startTimeCode = {numbers[0]}
    endTimeCode = {numbers[-1]}
    framesPerSecond = {fps:g}
    timeCodesPerSecond = {fps:g}
    upAxis = "Y"
)

def Xform "{track.name}"
{{
    def Mesh "face"
    {{
        uniform token subdivisionScheme = "none"
        int[] faceVertexCounts = [{counts}]
        int[] faceVertexIndices = [{indices}]
        texCoord2f[] primvars:st = [{uv}] (
            interpolation = "vertex"
        )
        point3f[] points.timeSamples = {{
{samples}
        }}
    }}
}}
"""


def _tuples(mesh: Float32) -> str:
    return ", ".join(f"({x:.3f}, {y:.3f}, {z:.3f})" for x, y, z in mesh)
