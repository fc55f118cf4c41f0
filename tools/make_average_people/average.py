"""Groups of at least twenty people, and what each group has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.color import LUMA_709, linear_to_srgb, luma, rgb_to_lab, srgb_to_linear
from facefusion.geometry.fill import fill_smoothly
from facefusion.geometry.identity_shape import identity_part
from facefusion.geometry.uv_maps import uv_maps
from make_average_people.measure import SIZE, Person

LEAST = 20
TONES = ("dark", "medium", "light")
SHAPE_SPREAD, TEXTURE_SPREAD = 0.8, 1.7
"""How far an average is moved away from the mean of all, so that averages differ as people do: the share of one
person's usual distance from the mean that its shape gets, and the factor for its skin."""
_LEAST_SHOWN = 0.55
_ODD = 0.16
_SAME_TONE = 9.0
_COARSE = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """A person who does not exist. tone: L* of the cheeks. lined: relief of the skin. members: places in the list.

    skin: (SIZE, SIZE, 3) float32 sRGB. shape: (468, 3) float32, canonical centimetres. rings: (24, 3) float32 sRGB.
    """

    name: str
    tone: float
    lined: float
    skin: Float32
    shape: Float32
    rings: Float32
    members: tuple[int, ...]


def averages(people: Sequence[Person], *, size: int = LEAST) -> list[Average]:
    """Twelve people: three skin tones, smooth and lined, two of each. Raises ValueError for too few people."""
    tones = np.array([tone_of(person.skin) for person in people])
    lined = np.array([relief_of(person.skin) for person in people])
    usable = np.array([person.known[uv_maps(SIZE).skin > 0.5].mean() > _LEAST_SHOWN for person in people])
    everybody = np.flatnonzero(usable)
    middle = _mean_skin([people[k] for k in everybody], _colour_of(people, float(np.median(tones))))
    shapes = np.stack([people[k].shape for k in everybody])
    usual, spread = shapes.mean(axis=0), float(np.sqrt(((shapes - shapes.mean(axis=0)) ** 2).sum(axis=(1, 2)).mean()))
    found: list[Average] = []
    for group in _groups(everybody, tones, lined, people, size):
        members = [people[k] for k in group]
        tone = float(np.median(tones[group]))
        like = [people[k] for k in everybody if abs(tones[k] - tone) < _SAME_TONE]
        skin = _apart(_mean_skin(members, _colour_of(like, tone)), middle)
        shape = _moved(np.stack([member.shape for member in members]).mean(axis=0), usual, spread)
        rings = np.median([member.rings for member in members if member.rings is not None], axis=0)
        name = f"p{len(found) + 1:02d}"
        relief = float(np.median(lined[group]))
        found.append(Average(name, tone, relief, skin, shape, rings.astype(np.float32), tuple(int(k) for k in group)))
    return found


def neutral(people: Sequence[Person]) -> Average:
    """The mean of everybody."""
    tone = float(np.median([tone_of(person.skin) for person in people]))
    rings = np.median([person.rings for person in people if person.rings is not None], axis=0)
    shape = np.stack([person.shape for person in people]).mean(axis=0).astype(np.float32)
    skin = _mean_skin(people, _colour_of(people, tone))
    return Average("neutral", tone, relief_of(skin), skin, shape, rings.astype(np.float32), tuple(range(len(people))))


def tone_of(skin: Float32) -> float:
    """L* of the cheeks."""
    return float(np.median(rgb_to_lab(skin)[uv_maps(SIZE).cheeks > 0.5][:, 0]))


def relief_of(skin: Float32) -> float:
    """How strong lines and folds are on cheeks and brow: the deviation of the middle frequencies, by brightness."""
    grey = cv2.resize(luma(skin), (128, 128), interpolation=cv2.INTER_AREA)
    lines = cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 3.0)
    used = uv_maps(128).cheeks > 0.5
    return float(np.std(lines[used]) / max(float(np.mean(grey[used])), 0.05))


def _groups(
    everybody: NDArray[np.int64], tones: Float32, lined: Float32, people: Sequence[Person], size: int
) -> list[NDArray[np.int64]]:
    """By tone, then by relief, then the two ends of the strongest direction in which the rest differs."""
    groups = []
    for part in np.array_split(everybody[np.argsort(tones[everybody], kind="stable")], len(TONES)):
        for half in np.array_split(part[np.argsort(lined[part], kind="stable")], 2):
            if len(half) < size:
                raise ValueError(f"people: got {len(half)} of one tone and age, supported is {size} or more each")
            order = half[np.argsort(_strongest([people[k] for k in half]), kind="stable")]
            groups += [order[:size], order[-size:]]
    return groups


def _strongest(people: Sequence[Person]) -> Float32:
    """(N,) float32: where each lies on the first principal direction of personal shape and coarse skin."""
    shapes = np.stack([identity_part(person.shape).reshape(-1) for person in people])
    skins = np.stack(
        [cv2.resize(luma(person.skin), (32, 32), interpolation=cv2.INTER_AREA).ravel() for person in people]
    )
    skins = skins - skins.mean(axis=1, keepdims=True)
    parts = [(part - part.mean(axis=0)) / part.std() for part in (shapes, skins)]
    joint = np.hstack([parts[0] / np.sqrt(parts[0].shape[1]), parts[1] / np.sqrt(parts[1].shape[1])])
    left, size, right = np.linalg.svd(joint, full_matrices=False)
    sign = np.sign(right[0][np.argmax(np.abs(right[0]))])
    return (left[:, 0] * size[0] * sign).astype(np.float32)


def _mean_skin(people: Sequence[Person], colour: Float32) -> Float32:
    """(SIZE, SIZE, 3) float32 sRGB: the mean of what is shown, everybody brought to one colour of cheeks before.

    colour: (3,) float32 linear light. What differs much from the others (a strand, a rim, a stain) counts little.
    """
    skins = np.stack([srgb_to_linear(person.skin) * (colour / _cheeks(person.skin)) for person in people])
    shown = np.stack([_shown(person) for person in people])
    mean = _weighted(skins, shown)
    for _ in range(2):
        off = np.stack([_log(skin) for skin in skins]) - _log(mean)
        mean = _weighted(skins, shown / (1 + (off / _ODD) ** 4))
    inside = _known_well(shown.mean(axis=0))
    srgb = _symmetric(linear_to_srgb(np.clip(mean, 0.0, 1.0)))
    around = fill_smoothly(srgb, inside)
    return np.clip(around + (srgb - around) * inside[..., None], 0.0, 1.0).astype(np.float32)


def _log(linear: Float32) -> Float32:
    return np.log(np.maximum(cv2.GaussianBlur(luma(linear), (0, 0), 2.0), 1e-3))


def _weighted(skins: Float32, shown: Float32) -> Float32:
    return ((skins * shown[..., None]).sum(axis=0) / (shown.sum(axis=0)[..., None] + 1e-3)).astype(np.float32)


def _known_well(shown: Float32) -> Float32:
    """(SIZE, SIZE) float32: 1 where most people show their skin, away from the outline with its hair, else 0."""
    maps = uv_maps(SIZE)
    sides = np.clip((maps.inset_cm - 0.9) / 0.9, 0.0, 1.0)
    chin = np.clip((maps.inset_cm - 0.4) / 0.7, 0.0, 1.0) * cv2.GaussianBlur(maps.beard, (0, 0), 3.0)
    inset = np.maximum(sides, chin)
    return cv2.GaussianBlur(np.clip((shown - 0.3) / 0.3, 0.0, 1.0) * inset, (0, 0), 3.0)


def _symmetric(skin: Float32) -> Float32:
    """Nearly the same left and right: a half of what differs is chance."""
    return (0.75 * skin + 0.25 * skin[:, ::-1]).astype(np.float32)


def _shown(person: Person) -> Float32:
    """What of a person is skin that can be averaged: known, of the cheeks' colour, and no beard, dark or white."""
    maps, lab = uv_maps(SIZE), cv2.GaussianBlur(rgb_to_lab(person.skin), (0, 0), 2.5)
    off = np.abs(lab - np.median(lab[maps.cheeks > 0.5], axis=0)) / (14.0, 7.0, 7.0)
    like = np.clip(2.2 - np.sqrt((off**2).mean(axis=2)), 0.0, 1.0)
    features = 1 - cv2.GaussianBlur((maps.skin > 0.05).astype(np.float32), (0, 0), 2.0)
    features *= np.clip((maps.inset_cm - 2.0) / 1.0, 0.0, 1.0)
    return (person.known * np.maximum(like, features)).astype(np.float32)


def _cheeks(skin: Float32) -> Float32:
    linear = srgb_to_linear(skin)
    return np.maximum(np.median(linear[uv_maps(SIZE).cheeks > 0.5], axis=0), 2e-3).astype(np.float32)


def _luma_of(colour: Float32) -> float:
    return float(colour @ LUMA_709)


def _colour_of(people: Sequence[Person], tone: float) -> Float32:
    """(3,) float32 linear light: the usual tint of `people`, as light as L* = `tone`."""
    usual = np.median([_cheeks(person.skin) / _luma_of(_cheeks(person.skin)) for person in people], axis=0)
    return (usual * ((tone + 16) / 116) ** 3).astype(np.float32)


def _apart(skin: Float32, middle: Float32) -> Float32:
    """The skin with what sets it apart from the mean of all made stronger; colour and brightness as a whole stay."""
    ratio = np.log(np.maximum(luma(skin), 0.02)) - np.log(np.maximum(luma(middle), 0.02))
    local = cv2.GaussianBlur(ratio, (0, 0), 0.8) - cv2.GaussianBlur(ratio, (0, 0), _COARSE * SIZE / 256)
    return np.clip(skin * np.exp((TEXTURE_SPREAD - 1) * local)[..., None], 0.0, 1.0).astype(np.float32)


def _moved(shape: Float32, usual: Float32, spread: float) -> Float32:
    """As far from the usual shape as one person is, less a little."""
    away = identity_part((shape - usual).astype(np.float32))
    length = float(np.sqrt((away**2).sum()))
    return (usual + away * (SHAPE_SPREAD * spread / max(length, 1e-6))).astype(np.float32)
