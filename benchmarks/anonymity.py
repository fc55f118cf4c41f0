"""Whether anybody is recognised after being hidden: every method on every portrait, and every frame of the clips.

python -m benchmarks.anonymity [--clips]

Portraits: the bundled encoder looks for the original in a gallery of everybody. Pose and expression are compared with
the original's, as in `benchmarks.identity`. With --clips, each clip is hidden by a whole run; every face that the
finder sees in a frame of the original, looked for without tracking, has to be changed in the output.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.identity import embedding, picture
from benchmarks.measures import Likeness, dense, likeness
from benchmarks.media import MediaMissing, Picture, parser, people, read_picture
from benchmarks.product import Product
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Analysis, Face, Float32, Identity, Pixels, Track
from facefusion.core.face import Landmarks
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import SAME_PERSON, distances
from facefusion.faces.evidence import Evidence
from facefusion.media import open_media
from facefusion.pipeline.anonymising import anonymiser
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.engine import run
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.render import change_face
from facefusion.pipeline.render_context import RenderContext
from facefusion.processors.face_anonymiser import Settings

METHODS: Mapping[str, Mapping[str, Any]] = {
    "person": {"method": "person"},
    "person_any": {"method": "person", "looks": "any"},
    "blur": {"method": "blur"},
    "pixelate": {"method": "pixelate"},
    "solid": {"method": "solid"},
    "mask": {"method": "mask"},
    "head_blur": {"method": "blur", "region": "head"},
    "head_pixelate": {"method": "pixelate", "region": "head"},
}
BARS = (
    *(Bar(f"{method}_top1", "at most", 0.05) for method in METHODS),
    *(Bar(f"{method}_verified", "at most", 0.01) for method in METHODS),
    Bar("person_pose_error_deg", "at most", 1.5),
    Bar("person_expression_error", "at most", 0.05),
)
CLIP_BARS = (Bar("faces_missed", "at most", 0), Bar("frames_recognised", "at most", 0.01))
_CHANGED, _CHANGED_SHARE = 6, 0.5
"""A pixel is changed when it differs by more than this (of 255); a face is hidden when this share of it is changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """One portrait after it was hidden: what the encoder sees at the very place, and the performance where there is a
    face."""

    vector: Float32
    kept: Likeness | None


def gallery_of(media: Path) -> list[Picture]:
    """The 38 people: portraits of nobody, and one photo each of the pairs. Raises MediaMissing."""
    pairs = sorted((media / "portraits_pairs").glob("*_2024_colour.*"))
    return [*people(media), *(Picture(path.stem, path, read_picture(path)) for path in pairs)]


def other_photos(media: Path, product: Product, names: Sequence[str]) -> dict[str, Float32]:
    """Embeddings of the other photo, ten years older, of those who have one."""
    found = {}
    for path in sorted((media / "portraits_pairs").glob("*_2014_grey.*")):
        name = path.stem.replace("_2014_grey", "_2024_colour")
        face = product.largest(read_picture(path))
        if name in names and face is not None and face.embedding is not None:
            found[name] = face.embedding
    return found


def medium_of(face: Face, analyser: FaceAnalyser) -> Analysis:
    """The analysis of a still that shows `face` alone: what the anonymiser chooses by."""
    evidence = Evidence()
    evidence.consider(0, face, picture(face), analyser.encoder)
    track = Track.of(1, {0: replace(face, picture=None)}, 1)
    height, width = picture(face).shape[:2]
    samples = {1: evidence.as_samples()}
    return Analysis(1, width, height, tracks=(track,), people=(Identity(1, face.embedding, (1,), 1),), samples=samples)


def hidden(product: Product, faces: Mapping[str, Face], options: Mapping[str, Any]) -> list[Hidden]:
    """Every portrait hidden by one method, each on its own."""
    context = RenderContext(casting=Casting(), visible=product.look)
    found = []
    for face in faces.values():
        effect = anonymiser(Settings(**options), medium_of(face, product.analyser))
        pixels, _ = change_face(picture(face), replace(face, person_id=1), (effect,), 0, context)
        vector = product.analyser.encoder.embed(pixels, [dense(face)])[0]
        seen = product.largest(pixels)
        found.append(Hidden(vector, None if seen is None else likeness(seen, face)))
    return found


def rates(
    names: Sequence[str], found: Sequence[Hidden], gallery: Float32, others: Mapping[str, Float32]
) -> dict[str, float]:
    """How often the original is the nearest of the gallery, how often it is accepted, and how far it is."""
    apart = distances(np.stack([one.vector for one in found]), gallery)
    own = np.diag(apart)
    with_others = gallery.copy()
    for name, vector in others.items():
        with_others[list(names).index(name)] = vector
    late = distances(np.stack([one.vector for one in found]), with_others)
    kept = [one.kept for one in found if one.kept is not None]
    return {
        "top1": float((apart.argmin(axis=1) == np.arange(len(own))).mean()),
        "verified": float((own < SAME_PERSON).mean()),
        "distance_to_self": float(own.mean()),
        "nearest_to_self": float(own.min()),
        "top1_other_photo": float((late.argmin(axis=1) == np.arange(len(own))).mean()),
        "verified_other_photo": float((np.diag(late) < SAME_PERSON).mean()),
        "faces_seen": len(kept) / len(found),
        "pose_error_deg": float(np.mean([one.pose_deg for one in kept])) if kept else float("nan"),
        "expression_error": max(float(np.mean([one.lids for one in kept])), float(np.mean([one.mouth for one in kept])))
        if kept
        else float("nan"),
    }


@dataclass(frozen=True, slots=True)
class ClipRow:
    """What became of the faces of one clip. seen: faces in all frames of the original; missed: not changed enough;
    recognised: changed, and the encoder still accepts the result; doubts: frames that the report lists."""

    seen: int
    missed: int
    recognised: int
    doubts: int
    seconds: float


def hide_clip(path: Path, folder: Path, analyser: FaceAnalyser, method: str, *, step: int) -> ClipRow:
    """Hide everybody in a clip, then look for faces in every `step`-th frame of the original, without tracking."""
    output = folder / f"{path.stem}_{method}.mp4"
    values = {
        "target": str(path),
        "output": str(output),
        "processor": ["face_anonymiser"],
        "face-selector-mode": "many",
    }
    start = time.perf_counter()
    run(Plan.from_mapping({**values, "face-anonymiser-method": method}))
    seconds = time.perf_counter() - start
    seen = missed = recognised = 0
    with open_media(path) as before, open_media(output) as after:
        for original, result in zip(before, after, strict=True):
            for face in analyser.find(original.pixels) if original.index % step == 0 else ():
                seen += 1
                is_hidden = _changed_share(original.pixels, result.pixels, dense(face)) >= _CHANGED_SHARE
                missed += not is_hidden
                vector = analyser.encoder.embed(result.pixels, [dense(face)])[0]
                recognised += is_hidden and float(np.linalg.norm(vector - embedding(face))) < SAME_PERSON
    doubts = (folder / f"{output.name}.anonymity.json").read_text(encoding="utf-8").count('"frame":')
    return ClipRow(seen, missed, recognised, doubts, seconds)


def _changed_share(before: Pixels, after: Pixels, landmarks: Landmarks) -> float:
    inside = np.zeros(before.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(landmarks.xy[:468]).astype(np.int32)), 1)
    changed = np.abs(after.astype(np.int16) - before.astype(np.int16)).max(axis=2) > _CHANGED
    return float(changed[inside > 0].mean()) if inside.any() else 1.0


def portraits(media: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Figures of every method, and what they are made of."""
    product = Product()
    faces = {one.name: product.face(one.pixels) for one in gallery_of(media)}
    gallery = np.stack([embedding(face) for face in faces.values()])
    others = other_photos(media, product, list(faces))
    found = {name: hidden(product, faces, options) for name, options in METHODS.items()}
    rows = {name: rates(list(faces), part, gallery, others) for name, part in found.items()}
    figures = {f"{name}_{key}": row[key] for name, row in rows.items() for key in ("top1", "verified")}
    figures |= {f"person_{key}": rows["person"][key] for key in ("pose_error_deg", "expression_error")}
    figures["person_distance_to_self"] = rows["person"]["distance_to_self"]
    return figures, {"methods": rows, "gallery": len(faces), "with_other_photo": len(others)}


def clips(media: Path, methods: Sequence[str], step: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Figures over all clips."""
    analyser, rows = FaceAnalyser(), {}
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((media / "clips").glob("*.mp4")):
            for method in methods:
                rows[f"{path.stem} {method}"] = row = hide_clip(path, Path(folder), analyser, method, step=step)
                print(f"{path.stem} {method}: {row}", flush=True)
    seen = sum(row.seen for row in rows.values())
    figures = {
        "faces_seen": float(seen),
        "faces_missed": float(sum(row.missed for row in rows.values())),
        "frames_recognised": sum(row.recognised for row in rows.values()) / max(seen, 1),
    }
    return figures, {name: {key: getattr(row, key) for key in row.__slots__} for name, row in rows.items()}


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--clips", action="store_true", help="the clips as well, every frame (half an hour)")
    options.add_argument("--step", type=int, default=1, help="look at every so many-th frame of a clip (default: 1)")
    options.add_argument("--methods", nargs="+", default=["person", "blur"], help="methods for the clips")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    try:
        figures, details = portraits(chosen.media)
    except MediaMissing as missing:
        print(f"anonymity: skipped, {missing}")
        return 0
    columns = ("top1", "verified", "distance_to_self", "nearest_to_self", "top1_other_photo", "faces_seen",
               "pose_error_deg", "expression_error")  # fmt: skip
    rows = [("method", *columns), *((n, *(f"{r[c]:.3f}" for c in columns)) for n, r in details["methods"].items())]
    print(grid(rows), end="\n\n", flush=True)
    bars = BARS
    if chosen.clips:
        more, details["clips"] = clips(chosen.media, chosen.methods, chosen.step)
        figures, bars = figures | more, (*BARS, *CLIP_BARS)
    return finish(Result("anonymity", figures, bars, details), date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
