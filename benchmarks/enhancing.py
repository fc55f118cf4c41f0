"""How much nearer to the truth small, blurred and compressed faces come: portraits made worse by code.

python -m benchmarks.enhancing [--every 1] [--sheet FILE.png]

Every portrait is made four times smaller, blurred (sigma 0.8), saved as JPEG 40 and enlarged again by cubic resampling.
The ways are given that: left as it is, unsharp mask, the enhancer without its network, the enhancer. PSNR and SSIM are
measured inside the outline of the face, the identity distance between result and truth; `self` is the distance between
result and what was given.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.media import MediaMissing, Picture, parser, people, read_picture
from benchmarks.record import Bar, Result, finish
from facefusion.blend import BlendSettings, paste
from facefusion.core import AlignedFace, Face, Float32, UInt8, from_unit, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import distance
from facefusion.geometry.color import luma
from facefusion.geometry.mesh import FACE_OVAL
from facefusion.pipeline.parallel import single_threaded_opencv
from facefusion.processors.face_enhancer import FaceEnhancer, Settings

FACTOR, SIGMA, QUALITY = 4, 0.8, 40
BARS = (
    Bar("psnr_over_cubic_db", "at least", 0.0),
    Bar("psnr_over_unsharp_db", "at least", 0.0),
    Bar("ssim_over_cubic", "at least", 0.0),
    Bar("ssim_over_unsharp", "at least", 0.0),
    Bar("identity_under_cubic", "at least", 0.0),
    Bar("identity_under_unsharp", "at least", 0.0),
    Bar("largest_self_distance", "at most", 0.15),
)
Row = tuple[float, float, float, float]
"""PSNR, SSIM, distance to the truth, distance to what was given."""


def portraits(media: Path) -> list[Picture]:
    """Everybody of `people/` and `portraits_pairs/`. Raises MediaMissing."""
    pairs = sorted((media / "portraits_pairs").glob("*.jpg"))
    return [*people(media), *(Picture(path.stem, path, read_picture(path)) for path in pairs)]


def worsened(pixels: UInt8) -> tuple[UInt8, UInt8]:
    """(truth, given): the picture cut to whole blocks, and as a bad copy of the same size."""
    height, width = (side // FACTOR * FACTOR for side in pixels.shape[:2])
    truth = np.ascontiguousarray(pixels[:height, :width])
    low = cv2.resize(truth, (width // FACTOR, height // FACTOR), interpolation=cv2.INTER_AREA)
    low = cv2.GaussianBlur(low, (0, 0), SIGMA)
    _, data = cv2.imencode(".jpg", low[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    low = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
    return truth, np.asarray(cv2.resize(low, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def enhanced(pixels: UInt8, face: Face, settings: Settings) -> UInt8:
    """The picture with its face enhanced, as a run does it."""
    enhancer = FaceEnhancer(settings)
    box = enhancer.crop_box(face, pixels.shape[1], pixels.shape[0])
    part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    matrix = np.array([[1, 0, -box.x0], [0, 1, -box.y0]], np.float32)
    patch = enhancer.process_face(AlignedFace(to_unit(pixels[part]), matrix, face))
    return pixels if patch is None else np.asarray(paste(pixels, patch, BlendSettings(blend_mode="plain")), np.uint8)


def unsharp(pixels: UInt8) -> UInt8:
    """The classical mask: what a blur of two pixels takes away is added once more."""
    sharp = to_unit(pixels)
    return np.asarray(from_unit(2 * sharp - cv2.GaussianBlur(sharp, (0, 0), 2.0), pixels.dtype), np.uint8)


def ssim(a: Float32, b: Float32, inside: NDArray[np.bool_]) -> float:
    """Structural similarity of two planes in [0, 1] (Wang et al. 2004), in the mean over `inside`."""

    def mean(plane: Float32) -> Float32:
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    middle_a, middle_b = mean(a), mean(b)
    spread = mean(a * a) - middle_a**2 + mean(b * b) - middle_b**2
    shared = mean(a * b) - middle_a * middle_b
    alike = (2 * middle_a * middle_b + 1e-4) * (2 * shared + 9e-4)
    return float((alike / ((middle_a**2 + middle_b**2 + 1e-4) * (spread + 9e-4)))[inside].mean())


def measure(picture: Picture, analyser: FaceAnalyser) -> tuple[dict[str, Row], list[UInt8]] | None:
    """The rows of one portrait by way, and the pictures; None where no face is found in the bad copy."""
    truth, given = worsened(picture.pixels)
    real, found = analyser.find(truth), analyser.find(given)
    if not real or not found or real[0].landmarks is None:
        return None
    inside = np.zeros(truth.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(real[0].landmarks.xy[list(FACE_OVAL)]).astype(np.int32)], 1)
    default = Settings()
    shown = {
        "cubic": given,
        "unsharp": unsharp(given),
        "without_network": enhanced(given, found[0], replace(default, restore=0.0)),
        "enhancer": enhanced(given, found[0], default),
    }
    rows = {}
    for way, pixels in shown.items():
        error = np.square(to_unit(pixels) - to_unit(truth))[inside > 0].mean()
        alike = ssim(luma(to_unit(pixels)), luma(to_unit(truth)), inside > 0)
        faces = analyser.find(pixels)
        apart = [
            distance(faces[0].embedding, other.embedding) if faces else 1.0  # type: ignore[arg-type]
            for other in (real[0], found[0])
        ]
        rows[way] = (float(-10 * np.log10(error)), alike, float(apart[0]), float(apart[1]))
    box = real[0].box
    part = np.s_[max(int(box.y0), 0) : int(box.y1), max(int(box.x0), 0) : int(box.x1)]
    return rows, [np.asarray(cv2.resize(pixels[part], (320, 400)), np.uint8) for pixels in (*shown.values(), truth)]


def main() -> int:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--every", type=int, default=1, help="take every n-th portrait")
    options.add_argument("--sheet", type=Path, default=None, help="a PNG with all ways and the truth, a row a person")
    chosen = options.parse_args()
    try:
        pictures = portraits(chosen.media)[:: chosen.every]
    except MediaMissing as error:
        print(error)
        return 0
    analyser, details, sheet = FaceAnalyser(), {}, []
    with single_threaded_opencv(True):
        for picture in pictures:
            found = measure(picture, analyser)
            if found is not None:
                details[picture.name], strip = found
                sheet.append(np.hstack(strip))
    if chosen.sheet:
        cv2.imwrite(str(chosen.sheet), np.vstack(sheet[:6])[..., ::-1])
    means = {way: np.mean([one[way] for one in details.values()], axis=0) for way in next(iter(details.values()))}
    print(f"{len(details)} faces    PSNR dB   SSIM    to truth  to given")
    for way, row in means.items():
        print(f"{way:16} {row[0]:8.3f} {row[1]:8.4f} {row[2]:8.4f} {row[3]:8.4f}")
    ours = means["enhancer"]
    figures = {
        "psnr_over_cubic_db": ours[0] - means["cubic"][0],
        "psnr_over_unsharp_db": ours[0] - means["unsharp"][0],
        "psnr_over_no_network_db": ours[0] - means["without_network"][0],
        "ssim_over_cubic": ours[1] - means["cubic"][1],
        "ssim_over_unsharp": ours[1] - means["unsharp"][1],
        "identity_under_cubic": means["cubic"][2] - ours[2],
        "identity_under_unsharp": means["unsharp"][2] - ours[2],
        "largest_self_distance": max(one["enhancer"][3] for one in details.values()),
    }
    result = Result(
        "enhancing", {name: float(value) for name, value in figures.items()}, BARS,
        {"faces": len(details), "means": {way: [float(value) for value in row] for way, row in means.items()}},
    )  # fmt: skip
    return finish(result, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
