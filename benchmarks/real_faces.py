"""Detectors and a recogniser with real weights beside the bundled ones, and beside the code that came with them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import real_packages as packages
from benchmarks.matting import background
from benchmarks.media import Picture, read_picture, write_picture
from facefusion.core import Face, Landmarks, Pixels
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.crops import cut
from facefusion.geometry import boxes, landmark_maps
from facefusion.geometry.templates import align_matrix
from facefusion.models.adapters.detectors import FoundFaces, fit
from facefusion.models.zoo import Zoo

Array = NDArray[np.float32]
_EMPTY = 20
_SURE = 0.5
_INPUT = 640
_MEAN = (104, 117, 123)
"""Blue, green and red of the project that trained this RetinaFace; the package that carries it has 127 for red."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture with its largest face as the bundled networks see it; five: (5, 2) pixels."""

    picture: Picture
    face: Face
    five: Array

    @property
    def eyes_apart(self) -> float:
        return float(np.linalg.norm(self.five[1] - self.five[0]))


def portraits(media: Path, analyser: FaceAnalyser) -> list[Seen]:
    """Everybody of `people` and `portraits_pairs` in whom the bundled networks find a face."""
    found = []
    for path in sorted([*(media / "people").glob("*.jpg"), *(media / "portraits_pairs").glob("*.jpg")]):
        picture = Picture(path.stem, path, read_picture(path))
        faces = analyser.find(picture.pixels)
        if faces and faces[0].landmarks is not None:
            xy = np.ascontiguousarray(faces[0].landmarks.xy[:, :2])
            found.append(Seen(picture, faces[0], landmark_maps.to_5(Landmarks(xy)).xy))
    return found


def detector_figures(
    name: str, zoo: Zoo, seen: Sequence[Seen], theirs: Callable[[Pixels], Array], sheet: Path | None = None
) -> dict[str, float]:
    """found: share of the faces; iou: with the bundled boxes; keypoints: mean distance to the bundled mesh's, in
    distances of the eyes; apart_px: the most by which boxes and keypoints differ from those of somebody else's code, in
    pixels of the network's input; on_nothing: faces found in pictures without any."""
    detector = zoo.adapter(name, "face_detector")
    overlaps, distances, apart, shown = [], [], [], []
    for one in seen:
        faces: FoundFaces = detector.detect(one.picture.pixels, above=_SURE)
        box = np.array([[one.face.box.x0, one.face.box.y0, one.face.box.x1, one.face.box.y1]], np.float32)
        shared = boxes.iou_matrix(box, faces.boxes)[0] if len(faces) else np.zeros(1)
        best = int(shared.argmax())
        overlaps.append(float(shared[best]))
        if shared[best] < 0.3:
            continue
        distances.append(float(np.linalg.norm(faces.keypoints[best] - one.five, axis=1).mean() / one.eyes_apart))
        fitted, scale = fit(one.picture.pixels, _INPUT)
        rows = theirs(fitted)
        if not len(rows) and detector.SMALLER:
            fitted, scale = fit(one.picture.pixels, _INPUT, detector.SMALLER)
            rows = theirs(fitted)
        mine = np.hstack([faces.boxes[best], faces.keypoints[best].ravel()]) * scale
        apart.append(float(np.abs(rows - mine).max(axis=1).min()) if len(rows) else float(_INPUT))
        shown.append(_marked(one, faces, best))
    empty = [background(np.random.default_rng(number), (480, 640)) for number in range(_EMPTY)]
    if sheet is not None:
        write_picture(sheet / f"real_{name}.png", np.vstack([np.hstack(shown[i : i + 8]) for i in (0, 8, 24)]))
    return {
        "found": float(np.mean([one >= 0.3 for one in overlaps])),
        "iou": float(np.mean([one for one in overlaps if one >= 0.3])),
        "keypoints": float(np.mean(distances)),
        "apart_px": float(np.max(apart)),
        "on_nothing": float(sum(len(detector.detect(one, above=_SURE)) for one in empty)),
    }


def _marked(one: Seen, faces: FoundFaces, best: int) -> Pixels:
    """Box and keypoints of the network in green, the bundled keypoints in red; 192 pixels square."""
    pixels = one.picture.pixels.copy()
    thick = max(pixels.shape[0] // 150, 1)
    low, high = (tuple(int(v) for v in part) for part in (faces.boxes[best, :2], faces.boxes[best, 2:]))
    cv2.rectangle(pixels, low, high, (0, 220, 0), thick)
    for points, colour in ((one.five, (230, 0, 0)), (faces.keypoints[best], (0, 220, 0))):
        for x, y in points:
            cv2.circle(pixels, (int(x), int(y)), 2 * thick, colour, -1)
    return cv2.resize(pixels, (192, 192), interpolation=cv2.INTER_AREA)


def other_detectors(cache: Path, files: Mapping[str, Path]) -> dict[str, Callable[[Pixels], Array]]:
    """Code of other people for the same weights: a square picture in, rows of a box and five keypoints out.

    SCRFD and RetinaFace by the packages that carry them, YuNet by OpenCV.
    """
    scrfd = packages.unpacked(packages.SCRFD, cache) / "scrfd-0.3.0" / "src"
    retinaface = packages.unpacked(packages.RETINAFACE, cache)
    sys.path[:0] = [str(scrfd), str(retinaface)]
    try:
        scrfd_code, retina_code = importlib.import_module("scrfd"), importlib.import_module("retinaface")
    finally:
        del sys.path[:2]
    sys.modules["retinaface.preprocess"].MEAN[:] = _MEAN
    finder = scrfd_code.SCRFD.from_path(str(files["scrfd_2.5g"]), providers=["CPUExecutionProvider"])
    yunet = cv2.FaceDetectorYN.create(str(files["yunet_2023_mar"]), "", (_INPUT, _INPUT), _SURE)
    return {
        "scrfd_2.5g": lambda pixels: _scrfd_rows(finder, scrfd_code, pixels),
        "retinaface_mnet": lambda pixels: _retina_rows(retina_code, pixels),
        "yunet_2023_mar": lambda pixels: _yunet_rows(yunet, pixels),
    }


def _scrfd_rows(finder: Any, code: Any, pixels: Pixels) -> Array:
    from PIL import Image

    faces = finder.detect(Image.fromarray(pixels), threshold=code.Threshold(probability=_SURE))
    points = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
    rows = [
        [f.bbox.upper_left.x, f.bbox.upper_left.y, f.bbox.lower_right.x, f.bbox.lower_right.y]
        + [getattr(getattr(f.keypoints, point), axis) for point in points for axis in "xy"]
        for f in faces
    ]
    return np.array(rows, np.float32).reshape(-1, 14)


def _retina_rows(code: Any, pixels: Pixels) -> Array:
    rows = [
        [f.x, f.y, f.x + f.width, f.y + f.height, *(value for p in f.landmarks for value in (p.x, p.y))]
        for f in code.detect_faces(pixels, score_threshold=_SURE)
    ]
    return np.array(rows, np.float32).reshape(-1, 14)


def _yunet_rows(detector: Any, pixels: Pixels) -> Array:
    found = detector.detect(np.ascontiguousarray(pixels[..., ::-1]))[1]
    if found is None:
        return np.zeros((0, 14), np.float32)
    return np.hstack([found[:, :2], found[:, :2] + found[:, 2:4], found[:, 4:14]]).astype(np.float32)


def recogniser_figures(name: str, zoo: Zoo, seen: Sequence[Seen]) -> dict[str, float]:
    """How well two portraits of one person, ten years apart, are told from portraits of two people, by the network and
    by the bundled encoder: the share of pairs on the right side (area under the curve) and the distance between the
    groups in their spreads (d')."""
    recogniser = zoo.recogniser(name)
    pairs = [one for one in seen if one.picture.name.endswith(("_2014_grey", "_2024_colour"))]
    crops = [
        cut(
            one.picture.pixels,
            align_matrix(Landmarks(one.five), recogniser.template, size=recogniser.size),
            recogniser.size,
        )
        for one in pairs
    ]
    learned = recogniser.embed([np.clip(crop, 0, 1).astype(np.float32) for crop in crops])
    own = np.stack([one.face.embedding for one in pairs])
    people = np.array([one.picture.name.split("_")[0] for one in pairs])
    same = people[:, None] == people[None]
    upper = np.triu(np.ones_like(same), 1).astype(bool)
    figures: dict[str, float] = {}
    for label, vectors in (("", learned), ("bundled_", own)):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        close = unit @ unit.T
        alike, different = close[same & upper], close[~same & upper]
        figures[f"{label}auc"] = float((alike[:, None] > different[None]).mean())
        figures[f"{label}dprime"] = float(
            (alike.mean() - different.mean()) / np.sqrt((alike.var() + different.var()) / 2)
        )
        figures[f"{label}same"], figures[f"{label}different"] = float(alike.mean()), float(different.mean())
    return figures
