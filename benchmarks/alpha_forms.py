"""Every form of transparency through the command line, read back by other programs: OpenImageIO, ffmpeg, Pillow.

python -m benchmarks.alpha_forms [--only NAME]

A picture with every alpha, hair-thin lines and clear holes, in 8 and 16 bits, goes through a run as a sequence and
comes back in each form, straight and premultiplied. What the renderer handed over is the truth; the error is what is
stored. Needs ffmpeg on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Bar, Result, finish, grid
from facefusion.cli.main import main as facefusion
from facefusion.core import ColorInfo, Frame, Timestamp
from facefusion.media import SequenceWriter, open_media
from facefusion.media.scene_space import linear_709_of
from facefusion.pipeline.analyse import analyse
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.rendering import render

Array = NDArray[np.float64]
WIDTH, HEIGHT, FRAMES = 192, 128, 3
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
SRGB = ColorInfo(1, 13, 0, True)
_EXTRA_SAMPLES = 338
VISIBLE = 1 / 32
"""Colour counts where alpha is at least this."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way of storing. alpha, color: what may be lost, in parts of white; of premultiplied values where they are.

    bits: of the target. flags: of the run. read: gives the stored values of all frames, (H, W, 4) in [0, 1] each.
    linear: whether they are light.
    """

    name: str
    output: str
    bits: int
    flags: tuple[str, ...]
    read: Callable[[Path], list[Array]]
    alpha: float
    color: float
    form: str = "straight"
    linear: bool = False
    scale: int = 1


def _pictures(path: Path) -> list[Array]:
    """As OpenImageIO reads them, without a conversion of its own."""
    import OpenImageIO as oiio

    found = []
    for number in range(1, FRAMES + 1):
        asked = oiio.ImageSpec()
        asked.attribute("oiio:UnassociatedAlpha", 1)
        one = oiio.ImageInput.open(str(path) % number, asked)
        found.append(np.asarray(one.read_image(0, 0, 0, 4, oiio.FLOAT), np.float64))
        one.close()
    return found


def _decoded(path: Path, pixel_format: str, decoder: tuple[str, ...] = ()) -> bytes:
    words = ["ffmpeg", "-v", "error", *decoder, "-i", str(path), "-f", "rawvideo", "-pix_fmt", pixel_format,
             "-sws_flags", "accurate_rnd+full_chroma_int+bitexact", "-fps_mode", "passthrough", "-"]  # fmt: skip
    return subprocess.run(words, capture_output=True, check=True).stdout


def _framed(values: NDArray[Any], planes: int) -> tuple[int, int, int]:
    """Frames, height and width of raw pictures of so many planes; they may be some times as large."""
    side = round((len(values) / (planes * FRAMES * WIDTH * HEIGHT)) ** 0.5)
    return FRAMES, side * HEIGHT, side * WIDTH


def _bytes(path: Path, decoder: tuple[str, ...] = ()) -> list[Array]:
    """RGBA of 8 bits, as ffmpeg decodes it."""
    raw = np.frombuffer(_decoded(path, "rgba", decoder), np.uint8)
    return list(raw.reshape(*_framed(raw, 4), 4) / 255)


def _words16(path: Path) -> list[Array]:
    """RGBA of 16 bits, as ffmpeg decodes it."""
    raw = np.frombuffer(_decoded(path, "rgba64le"), "<u2")
    return list(raw.reshape(*_framed(raw, 4), 4) / 65_535)


def _prores(path: Path) -> list[Array]:
    """Colour as ffmpeg converts it, opacity as it is stored: 10 bits above two empty ones."""
    planes = np.frombuffer(_decoded(path, "yuva444p12le"), "<u2")
    frames, height, width = _framed(planes, 4)
    alpha = planes.reshape(frames, 4, height, width)[:, 3] // 4 / 1023
    return [np.dstack([one[..., :3], under]) for one, under in zip(_words16(path), alpha, strict=True)]


def _vp9(path: Path) -> list[Array]:
    return _bytes(path, ("-c:v", "libvpx-vp9"))


def _animation(path: Path) -> list[Array]:
    from PIL import Image, ImageSequence

    with Image.open(path) as file:
        return [np.asarray(one.convert("RGBA"), np.float64) / 255 for one in ImageSequence.Iterator(file)]


HALF, BYTE, WORD = 2.0**-11, 0.5 / 255, 0.5 / 65_535
LOSSY = 1.0
"""Of codecs that lose colour: what holds for them is a PSNR."""
LEAST_PSNR = {"prores": 48.0, "vp9": 30.0}
PRORES, VP9 = ("--video-codec", "prores_4444"), ("--video-codec", "vp9", "--output-video-quality", "12")
FORMS = (
    Form("png 8", "f.%04d.png", 8, (), _pictures, 0, 0),
    Form("png 16", "f.%04d.png", 16, (), _pictures, 0, 0),
    Form("tiff 8", "f.%04d.tif", 8, (), _pictures, 0, 0),
    Form("tiff 16", "f.%04d.tif", 16, (), _pictures, 0, 0),
    Form("exr half", "f.%04d.exr", 16, (), _pictures, HALF, HALF, linear=True),
    Form("exr float", "f.%04d.exr", 16, ("--exr-depth", "float"), _pictures, 1e-6, 1e-6, linear=True),
    Form("exr half piz", "f.%04d.exr", 16, ("--exr-compression", "piz"), _pictures, HALF, HALF, linear=True),
    Form("mov prores 4444", "f.mov", 16, PRORES, _prores, 1 / 1023, LOSSY),
    Form("mov png 8", "f.mov", 8, ("--video-codec", "png"), _bytes, 0, 0),
    Form("mov png 16", "f.mov", 16, ("--video-codec", "png"), _words16, 0, 0),
    Form("mkv ffv1 8", "f.mkv", 8, ("--video-codec", "ffv1"), _bytes, 0, 0),
    Form("mkv ffv1 16", "f.mkv", 16, ("--video-codec", "ffv1"), _words16, 0, 0),
    Form("avi ffv1 8", "f.avi", 8, ("--video-codec", "ffv1"), _bytes, 0, 0),
    Form("webm vp9", "f.webm", 8, VP9, _vp9, 0.03, LOSSY),
    Form("webp animated", "f.webp", 8, ("--output-image-quality", "100"), _animation, 0, 0),
    Form("exr half, twice as large", "f.%04d.exr", 16, (), _pictures, HALF, HALF, linear=True, scale=2),
    Form("mov prores 4444, twice as large", "f.mov", 16, PRORES, _prores, 1 / 1023, LOSSY, scale=2),
)


def all_forms() -> Iterator[Form]:
    """Every form as it is, and premultiplied where it can be; EXR is premultiplied unless it is told."""
    for form in FORMS:
        if form.linear:
            yield replace(form, form="premultiplied")
            yield replace(form, name=f"{form.name}, straight", flags=(*form.flags, "--alpha", "straight"))
            continue
        yield form
        if not form.output.endswith((".webp", ".avi")):  # which cannot say it
            lost = form.color or (BYTE if form.bits == 8 else WORD)
            flags = (*form.flags, "--alpha", "premultiplied")
            yield replace(form, name=f"{form.name}, premultiplied", form="premultiplied", flags=flags, color=lost)


def glass(number: int, bits: int) -> Frame:
    """Soft colours behind every alpha from clear to solid; thin strands, and holes."""
    rows, columns = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    pixels = np.stack([rows, columns, 0.5 + 0.4 * np.sin(9 * rows + 7 * columns + number)], axis=2)
    alpha = np.clip(1.2 * columns - 0.1, 0, 1)
    alpha[HEIGHT // 2 :, ::7] = np.linspace(0, 1, HEIGHT - HEIGHT // 2)[:, None]
    alpha[20:40, 30 + number : 60 + number] = 0
    full, dtype = (255, np.uint8) if bits == 8 else (65_535, np.uint16)
    stored = np.rint(np.dstack([pixels, alpha]) * full).astype(dtype)
    return Frame(np.ascontiguousarray(stored[..., :3]), number, Timestamp(number, Fraction(1, 25)), 1, SRGB,
                 np.ascontiguousarray(stored[..., 3]))  # fmt: skip


def _words(folder: Path, form: Form) -> dict[str, Any]:
    effects = ["face_enhancer", *(["frame_enhancer"] if form.scale > 1 else [])]
    return {"target": str(folder / f"in{form.bits}.%04d.png"), "processor": effects, "allow-no-face": True}


def truth(folder: Path, form: Form) -> list[Frame]:
    """The frames as the renderer hands them over."""
    plan = Plan.from_mapping({**_words(folder, form), "output": str(folder / "none.%04d.exr")})
    with open_media(plan.target) as reader:
        return list(render(reader, analyse(reader, plan), plan, created=CREATED))


def values(frame: Frame, form: Form) -> Array:
    """(H, W, 4): what the file ought to hold."""
    assert frame.alpha is not None
    full = 1.0 if frame.dtype == np.float32 else float(np.iinfo(frame.dtype).max)
    color = linear_709_of(frame) if form.linear else frame.pixels / full
    alpha = (frame.alpha / full)[..., None]
    weight = alpha if form.form == "premultiplied" else 1.0
    return np.concatenate([color * weight, alpha], axis=2).astype(np.float64)


def lost(stored: list[Array], wanted: list[Array], form: Form) -> dict[str, float]:
    """Largest error of alpha and of visible colour; of light beside its own size where that is more than 1."""
    there, ought = np.stack(stored), np.stack(wanted)
    if there.shape != ought.shape:
        raise SystemExit(f"{form.name}: {there.shape} came back, {ought.shape} was written")
    apart = np.abs(there - ought)
    if form.linear:
        apart /= np.maximum(np.abs(ought), 1)
    shows = ought[..., 3] >= VISIBLE
    worst = float(apart[..., :3][shows].max())
    noise = float((apart[..., :3][shows] ** 2).mean())
    return {
        "alpha": float(apart[..., 3].max()),
        "color": worst,
        "psnr": 99.0 if noise < 1e-12 else -10 * np.log10(noise),
    }


def said(path: Path) -> str:
    """What the file's own metadata say of its transparency."""
    first = Path(str(path) % 1) if "%" in path.name else path
    if path.suffix == ".webp":
        return "straight"  # its standard knows nothing else
    if path.suffix in (".mov", ".mkv", ".webm", ".avi"):
        words = ["ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", str(first)]
        told = subprocess.run(words, capture_output=True, check=True).stdout.decode().lower()
        found = [form for form in ("premultiplied", "straight") if f'"alpha_form": "{form}"' in told]
        return found[0] if found else "nothing"
    return _of_picture(first)


def _of_picture(path: Path) -> str:
    import OpenImageIO as oiio
    from PIL import Image

    if path.suffix == ".png":
        with Image.open(path) as file:
            return str(file.text.get("alpha_form", "straight"))  # PNG without a word is straight
    if path.suffix == ".exr":
        return str(oiio.ImageInput.open(str(path)).spec().get_string_attribute("alphaForm"))
    with Image.open(path) as file:
        return {1: "premultiplied", 2: "straight"}[int(file.tag_v2[_EXTRA_SAMPLES][0])]


def measured(folder: Path, form: Form) -> dict[str, Any]:
    """One form through the command line."""
    place = folder / form.name.replace(" ", "_").replace(",", "")
    place.mkdir()
    asked, output = _words(folder, form), place / form.output
    processors = [word for name in asked["processor"] for word in ("--processor", name)]
    words = [
        "--quiet",
        "--target",
        asked["target"],
        *processors,
        "--allow-no-face",
        *form.flags,
        "--output",
        str(output),
    ]
    if facefusion(words) != 0:
        raise SystemExit(f"{form.name}: the run failed")
    found = lost(form.read(output), [values(frame, form) for frame in truth(folder, form)], form)
    told = said(output)
    least = next((value for codec, value in LEAST_PSNR.items() if codec in form.name), 0.0)
    is_good = found["alpha"] <= form.alpha + 1e-7 and found["color"] <= form.color + 1e-7 and found["psnr"] >= least
    is_told = told == form.form or (told == "nothing" and form.form == "straight")
    return {**found, "may lose alpha": form.alpha, "may lose color": form.color, "said": told,
            "met": is_good and is_told}  # fmt: skip


def main() -> int:
    """The table."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise SystemExit("alpha_forms: no ffmpeg on the path; it reads the clips that are written here")
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    with TemporaryDirectory() as name, patch("facefusion.pipeline.marking._number_of", lambda plan, at: 32 * "7"):
        folder = Path(name)
        os.environ["FACEFUSION_HOME"], os.environ["FACEFUSION_CACHE"] = str(folder / "home"), str(folder / "cache")
        for bits in (8, 16):
            with SequenceWriter(folder / f"in{bits}.%04d.png", first_number=1) as writer:
                for number in range(FRAMES):
                    writer.write(glass(number, bits))
        rows = {form.name: measured(folder, form) for form in all_forms() if only in form.name}
    cells = [(name, f"{one['alpha']:.2g}", f"{one['color']:.2g}", f"{one['psnr']:.1f}", one["said"],
              "yes" if one["met"] else "NO") for name, one in rows.items()]  # fmt: skip
    print(grid([("form", "alpha", "colour", "PSNR", "says", "within"), *cells]))
    failed = sum(not one["met"] for one in rows.values())
    figures = {"forms": float(len(rows)), "outside": float(failed)}
    return finish(Result("alpha_forms", figures, (Bar("outside", "at most", 0),), {"forms": rows}))


if __name__ == "__main__":
    sys.exit(main())
