"""The mesh swapper: needs no learned weights, keeps the photo's native detail, runs on a CPU in real time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import AlignedFace, Box, CropKind, Face, FaceLight, Float32, Landmarks, Patch
from facefusion.core.settings import check_settings
from facefusion.errors import NoFaceFound
from facefusion.geometry.canonical_shape import canonical_shape
from facefusion.geometry.color import luma, srgb_to_linear
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.uv_maps import uv_maps, uv_pixels
from facefusion.processors.face_swapper.detail import match_detail
from facefusion.processors.face_swapper.eyes import Iris, iris_of, paint_irises, usual_opening
from facefusion.processors.face_swapper.light import lip_colour, lip_share, skin_field, skin_weight
from facefusion.processors.face_swapper.one_tone import in_one_tone
from facefusion.processors.face_swapper.own_skin import MAP_SIZE, own_share, show_own_skin
from facefusion.processors.face_swapper.render import (
    Drawn,
    draw_coordinates,
    facing_share,
    light_fields,
    mix,
    move_target,
    relight,
    to_crop,
)
from facefusion.processors.face_swapper.sampling import Mipmaps, smooth_normals, view_in_texels
from facefusion.processors.face_swapper.settings import Settings
from facefusion.processors.face_swapper.shape import mean_shape, moved_landmarks
from facefusion.processors.face_swapper.skin_contrast import match_contrast
from facefusion.processors.face_swapper.texture import LIGHT_SIZE, UV_EYE_DISTANCE, build_texture, texture_size

_MARGIN = 0.17
"""Crop margin around the landmarks, in face widths: room for the moved outline and the blend."""
_FADE_DEG = 15.0
_LIP_TONE = 0.45
"""How far the lips' colour moves to the target's lips, where skin moves to the target's skin altogether."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceModel:
    """A person, ready to be drawn: texture, shape, iris.

    skin: (LIGHT_SIZE, LIGHT_SIZE, 3) float32 linear light, see `skin_field`; base: the same with the lips' own colour.
    lips: (3,) float32 linear light, their colour, or None when no photo shows them.
    """

    texture: Mipmaps
    base: Float32
    skin: Float32
    lips: Float32 | None
    shape: Float32
    iris: Iris | None
    eye_opening: float
    unseen: Float32


def build_source(faces: Sequence[Face]) -> SourceModel:
    """Measure a person from one or more photos; raises NoFaceFound when there is none."""
    if not faces:
        raise NoFaceFound("source: no face was given; use a photo that shows one face from the front")
    texture, confidence = build_texture(faces, texture_size(faces))
    small = cv2.resize(srgb_to_linear(texture), (LIGHT_SIZE, LIGHT_SIZE), interpolation=cv2.INTER_AREA)
    shown = cv2.resize(confidence, (LIGHT_SIZE, LIGHT_SIZE), interpolation=cv2.INTER_AREA)
    lips, level = lip_colour(small, shown), _skin_of(small, shown)
    shapes = [canonical_shape(face.landmarks)[0] for face in faces if face.landmarks is not None]
    return SourceModel(
        texture=Mipmaps.of(texture),
        base=_with_lips(level, lips),
        skin=level,
        lips=lips,
        shape=mean_shape(shapes),
        iris=iris_of(faces),
        eye_opening=usual_opening(faces),
        unseen=_unseen(confidence),
    )


@lru_cache(maxsize=1)
def _usual_normals() -> Float32:
    return smooth_normals(canonical_mesh().vertices_cm * np.array([1, -1, -1], np.float32), LIGHT_SIZE)


def _skin_of(small: Float32, shown: Float32) -> Float32:
    """The source's own skin field; all one colour when hardly any skin is shown."""
    field = skin_field(small, _usual_normals(), skin_weight(small, shown))
    return np.full_like(small, np.maximum(np.median(small, axis=(0, 1)), 2e-3)) if field is None else field


def _with_lips(level: Float32, lips: Float32 | None) -> Float32:
    """The diffuse level with the lips' own colour on the lips: they are compared with lips, not with skin."""
    if lips is None:
        return level
    return level + (lips - level) * lip_share(LIGHT_SIZE)[..., None]


_KEPT = 8
_known: OrderedDict[str, SourceModel] = OrderedDict()
_known_lock = Lock()


def known_source(faces: Sequence[Face]) -> SourceModel:
    """`build_source`, remembered by content: the last few people are not measured again."""
    key = _content_of(faces)
    with _known_lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    model = build_source(faces)
    with _known_lock:
        _known[key] = model
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return model


def _content_of(faces: Sequence[Face]) -> str:
    digest = sha256()
    for face in faces:
        for array in (face.picture, None if face.landmarks is None else face.landmarks.xyz, face.visible):
            if array is not None:
                digest.update(repr((array.shape, array.dtype)).encode())
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _unseen(confidence: Float32) -> Float32:
    """(256, 256) float32: 1 where the texture was made up, softly 0 where a photo shows it.

    A gap that is narrow below the brows (a frame of glasses, a strand) is filled from beside it and does not count.
    """
    small = cv2.resize(confidence, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    closed = [cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(width)) for width in (11, 25)]
    brow_row = int(uv_pixels(MAP_SIZE)[105, 1]) - 4
    small = np.vstack([closed[0][:brow_row], closed[1][brow_row:]])
    solid = cv2.GaussianBlur(cv2.erode(small, np.ones((3, 3), np.uint8)), (0, 0), 4.0)
    unseen: Float32 = np.clip((0.62 - solid) / 0.4, 0.0, 1.0).astype(np.float32)
    return unseen


def _disc(width: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))


class FaceSwapper:
    """Puts one person's face on another's performance. Thread-safe and pure: the same input gives the same bytes.

    sources: one or more photos of one person; each face needs dense landmarks and its picture, and is best given
    with its `visible` mask, so that hair, glasses and hands of the photo stay out.
    """

    name: ClassVar[str] = "face_swapper"
    crop_kind: CropKind = "native"

    def __init__(self, sources: Sequence[Face], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        check_settings(self.settings)
        self.source = known_source(sources)

    @staticmethod
    def crop_box(face: Face, width: int, height: int) -> Box:
        """The whole-pixel part of a `width` × `height` picture that a swap of `face` may change or must see."""
        xy = face.keypoints.xy if face.landmarks is None else face.landmarks.xy
        tight = Box.around(xy)
        margin = _MARGIN * max(tight.width, tight.height) + 4
        return Box(
            float(max(np.floor(tight.x0 - margin), 0)),
            float(max(np.floor(tight.y0 - margin), 0)),
            float(min(np.ceil(tight.x1 + margin), width)),
            float(min(np.ceil(tight.y1 + margin), height)),
        )

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The swapped face as a patch, or None when the face is turned too far or was not measured densely."""
        strength = self._strength(aligned.face)
        if aligned.face.landmarks is None or strength <= 0:
            return None
        landmarks = to_crop(aligned.face.landmarks, aligned.matrix)
        strength_of_shape = self.settings.shape_strength * strength
        after = moved_landmarks(landmarks, self.source.shape, strength_of_shape, aligned.face.shape)
        part, shift = _window(after, aligned.pixels.shape)
        if part is None:
            return None
        z = landmarks.z if landmarks.z is not None else np.zeros(len(landmarks), np.float32)
        moved = move_target(aligned.pixels, landmarks.xy, after, z, aligned.visible)
        base = aligned.pixels if moved is None else moved
        ratio = self._light(aligned)
        seen = None if aligned.visible is None else aligned.visible[part]
        drawn = draw_coordinates(after - shift, z, base[part].shape[:2])
        face = self._face_pixels(drawn, ratio, landmarks)
        own, skin = self._shares(drawn, seen, landmarks)
        validity, matched = _validity(drawn), self.settings.detail_match
        face = match_contrast(face, base[part], skin * validity, _eye_distance_px(landmarks), matched)
        face = _over(base[part], face, validity, matched, seed=aligned.frame_index)
        face = show_own_skin(face, base[part], own, skin)
        face = paint_irises(face, after - shift, self.source.iris, ratio, self.settings.iris_strength)
        face = in_one_tone(face, aligned.pixels)
        pixels, mask = base.copy(), np.zeros(base.shape[:2], np.float32)
        np.clip(face, 0.0, 1.0, out=pixels[part])
        mask[part] = cv2.GaussianBlur(_silhouette(drawn), (0, 0), 1.0) * np.float32(strength)
        note = "done" if strength >= 1 else "weakened"
        return Patch(pixels, mask, aligned.matrix, moved, aligned.visible, note)

    def _strength(self, face: Face) -> float:
        if face.pose is None:
            return 1.0
        turn = max(abs(face.pose.yaw_deg), abs(face.pose.pitch_deg) * 1.2)
        return float(np.clip((self.settings.max_yaw_deg - turn) / _FADE_DEG, 0.0, 1.0))

    def light_on(self, aligned: AlignedFace) -> FaceLight | None:
        """The target's light; None where hardly any skin is seen, or the face is turned too far to be drawn."""
        if aligned.face.landmarks is None or self._strength(aligned.face) <= 0:
            return None
        landmarks = to_crop(aligned.face.landmarks, aligned.matrix)
        view = view_in_texels(aligned.pixels, landmarks, aligned.visible, LIGHT_SIZE)
        linear = srgb_to_linear(view.pixels)
        skin = skin_field(linear, view.normals, skin_weight(linear, view.seen))
        return None if skin is None else FaceLight(skin, lip_colour(linear, view.seen))

    def _light(self, aligned: AlignedFace) -> Float32:
        """(LIGHT_SIZE, LIGHT_SIZE, 3) linear-light factors from the source's texture to the target's light."""
        light = aligned.light or self.light_on(aligned)
        if light is None:
            return np.ones_like(self.source.skin)
        ratio = light.skin / self.source.skin
        ratio = self._with_lip_light(ratio, light.lips) ** np.float32(self.settings.light_strength)
        if self.settings.skin_tone == "source":
            tint = np.median((ratio / luma(ratio)[..., None]).reshape(-1, 3), axis=0)
            ratio = ratio / tint.astype(np.float32)
        return ratio

    def _with_lip_light(self, ratio: Float32, theirs: Float32 | None) -> Float32:
        """`ratio` with lips that go from the source's colour to the target's: pale skin has no dark skin's lips."""
        if self.source.lips is None or theirs is None:
            return ratio
        change = np.log(theirs / self.source.lips) - np.log(ratio)
        return np.exp(np.log(ratio) + np.float32(_LIP_TONE) * change * lip_share(LIGHT_SIZE)[..., None])

    def _face_pixels(self, drawn: Drawn, ratio: Float32, landmarks: Landmarks) -> Float32:
        texture = self.source.texture.sample(drawn.uv, _eye_distance_px(landmarks), UV_EYE_DISTANCE)
        return relight(texture, light_fields(self.source.base, ratio), drawn.uv, drawn.covered)

    def _shares(self, drawn: Drawn, visible: Float32 | None, landmarks: Landmarks) -> tuple[Float32, Float32]:
        """(h, w) each: how much of the performer's own skin shows, and where plain skin is seen."""
        share = own_share(self.source.unseen, landmarks.xy, self.source.eye_opening)
        place = drawn.uv * np.float32(MAP_SIZE - 1)
        both = cv2.remap(np.dstack([share, uv_maps(MAP_SIZE).skin]), place, None, cv2.INTER_LINEAR)
        own, skin = (plane * drawn.covered for plane in cv2.split(both))
        return own, skin if visible is None else skin * visible


def _eye_distance_px(landmarks: Landmarks) -> float:
    return float(np.linalg.norm(landmarks.xy[468] - landmarks.xy[473]))


def _validity(drawn: Drawn) -> Float32:
    """Where the drawn texture can be trusted: on the mesh, and not where the surface turns away from the camera."""
    return cv2.GaussianBlur(facing_share(drawn.facing, drawn.covered), (0, 0), 0.8) * drawn.covered


def _over(base: Float32, face: Float32, validity: Float32, detail: float, *, seed: int) -> Float32:
    """The drawn face, as sharp and grainy as the target, over the target's own pixels."""
    matched = match_detail(face, base, validity, detail, seed)
    return mix(base, matched, validity)


def _window(xy: Float32, shape: tuple[int, ...]) -> tuple[tuple[slice, slice] | None, Float32]:
    """The part of a crop that the face covers, with a few pixels around it, and where that part begins (x, y)."""
    low = np.maximum(np.floor(xy[:468].min(axis=0)) - 3, 0).astype(int)
    high = np.minimum(np.ceil(xy[:468].max(axis=0)) + 4, (shape[1], shape[0])).astype(int)
    if (high - low < 4).any():
        return None, low.astype(np.float32)
    return (slice(low[1], high[1]), slice(low[0], high[0])), low.astype(np.float32)


def _silhouette(drawn: Drawn) -> Float32:
    """1 on the face's whole silhouette, the openings of eyes and mouth included."""
    hull = np.zeros(drawn.covered.shape, np.uint8)
    contours, _ = cv2.findContours((drawn.covered > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(hull, contours, -1, 1, cv2.FILLED)
    return hull.astype(np.float32)
