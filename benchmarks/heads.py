"""Heads of exactly known pose: a portrait's texture on the canonical mesh, before a plain head shape, rendered."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facefusion.core import Face, Float32, HeadPose
from facefusion.core.arrays import UInt8
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.pose import RigidFit, rotation_of
from facefusion.geometry.raster import Int32, rasterize
from facefusion.processors.face_swapper.texture import build_texture

TEXTURE_PX = 512
_HEAD_CM = ((0.0, 1.6, -4.6), (7.9, 10.6, 9.4))
"""Middle and radii of the plain head behind the face, in the mesh's axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A person to render: (TEXTURE_PX, TEXTURE_PX, 3) float32 texture in [0, 1], and the colour of the plain head."""

    texture: Float32
    skin: Float32

    @staticmethod
    def of(face: Face) -> Head:
        """The person of a portrait."""
        texture, _ = build_texture([face], TEXTURE_PX)
        forehead = texture[TEXTURE_PX // 8 : TEXTURE_PX // 4, TEXTURE_PX * 3 // 8 : TEXTURE_PX * 5 // 8]
        return Head(texture, np.median(forehead.reshape(-1, 3), axis=0).astype(np.float32))


def render(
    head: Head, pose: HeadPose, *, size: int = 480, eye_distance_px: float = 70, distance_cm: float = 70
) -> UInt8:
    """(size, size, 3) uint8: the head in the middle of a softly shaded wall, seen from `distance_cm`."""
    scale = eye_distance_px / 6.3
    middle = np.full(2, size / 2, np.float32)
    camera = RigidFit(rotation_of(pose), middle, scale, 1 / distance_cm, 0.0)
    picture = _wall(size)
    shape, around = _plain_head()
    picture, depth = _drawn(picture, camera, shape, around, head)
    mesh = canonical_mesh()
    xy, z = camera.project(mesh.vertices_cm)
    attributes = np.column_stack([mesh.uv * (TEXTURE_PX - 1), z]).astype(np.float32)
    drawn, covered = rasterize(xy, z, mesh.triangles, attributes, (size, size))
    pixels = cv2.remap(head.texture, np.ascontiguousarray(drawn[..., :2]), None, cv2.INTER_LINEAR)
    nearer = covered & (drawn[..., 2] <= depth + 1.5 * scale)
    soft = cv2.GaussianBlur(nearer.astype(np.float32), (0, 0), 1.0)[..., None] * nearer[..., None]
    mixed = cv2.GaussianBlur(picture + (pixels - picture) * soft, (0, 0), 0.6)
    return np.clip(mixed * 255 + 0.5, 0, 255).astype(np.uint8)


def _drawn(picture: Float32, camera: RigidFit, shape: Float32, triangles: Int32, head: Head) -> tuple[Float32, Float32]:
    """The plain head over `picture`, and the depth of what is drawn (far where nothing is)."""
    xy, z = camera.project(shape)
    normals = shape - np.array(_HEAD_CM[0], np.float32)
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    hair = np.clip((normals[:, 1] - 0.35 * normals[:, 2] - 0.15) / 0.15, 0, 1)[:, None]
    turned = (normals * np.array([1, -1, -1], np.float32)) @ camera.rotation.T
    light = 0.55 + 0.45 * np.clip(-turned[:, 2:3], 0, 1)
    color = (head.skin * (1 - hair) + np.array([0.12, 0.09, 0.08], np.float32) * hair) * light
    drawn, covered = rasterize(xy, z, triangles, np.column_stack([color, z]).astype(np.float32), picture.shape[:2])
    mixed = np.where(covered[..., None], drawn[..., :3], picture).astype(np.float32)
    return mixed, np.where(covered, drawn[..., 3], np.float32(1e9)).astype(np.float32)


def _plain_head() -> tuple[Float32, Int32]:
    """An ellipsoid with a neck's worth of room left out: vertices (N, 3) cm in the mesh's axes, and triangles."""
    rows, columns = 24, 48
    polar, turn = np.meshgrid(np.linspace(0.01, np.pi - 0.01, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], axis=-1)
    vertices = (unit.reshape(-1, 3) * _HEAD_CM[1] + _HEAD_CM[0]).astype(np.float32)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)


def _wall(size: int) -> Float32:
    ramp = np.linspace(0.62, 0.38, size, dtype=np.float32)
    wall = np.repeat(np.tile(ramp[:, None], (1, size))[..., None], 3, axis=2) * np.array([0.95, 1.0, 1.05], np.float32)
    noise = np.random.default_rng(7).normal(0, 0.01, wall.shape)
    return (wall + noise).astype(np.float32)
