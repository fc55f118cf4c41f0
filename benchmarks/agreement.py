"""Proof that what the benchmarks measure is what the command line program does, pixel for pixel."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.media import Picture
from benchmarks.product import Product, Swap
from benchmarks.runs import plan_of
from facefusion.core import Face, Frame, Pixels
from facefusion.media import open_media, read_image
from facefusion.pipeline.analyse import analyse
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.engine import run
from facefusion.pipeline.labels import FrameLabels, labelled
from facefusion.pipeline.marking import marks_of
from facefusion.pipeline.render import render_frame
from facefusion.pipeline.render_context import RenderContext
from facefusion.pipeline.watermarks import watermarked
from facefusion.processors.face_swapper import FaceSwapper
from facefusion.provenance.asset import asset_id_of
from facefusion.quality import changed_outside

_CREATED = datetime(2026, 1, 2, tzinfo=UTC)


class Disagreement(Exception):
    """The benchmark's path and the product's give different pixels, so its figures would be of something else."""


def check_same(product: Product, swapper: FaceSwapper, target: Face, swap: Swap) -> None:
    """Raise Disagreement unless the pipeline's second pass gives the very pixels of `swap`."""
    casting = Casting(chosen=frozenset({1}), shared=(swapper,))
    context = RenderContext(casting, mask=product.mask, blend=product.blend, visible=product.look)
    frame = Frame(_picture(target))
    rendered = render_frame(frame, [replace(target, track_id=1)], context).frame.pixels
    if not np.array_equal(rendered, swap.pixels):
        raise Disagreement(f"{int((rendered != swap.pixels).any(axis=2).sum())} pixels differ from the pipeline's")


def outside_of_whole_run(product: Product, source: Picture, target: Picture) -> int:
    """Pixels that a whole run, from file to file, changes outside the face's mask and the label, but for the watermark.

    The watermark is drawn once more over the same pixels: where the file differs from that, something else has changed.
    """
    with tempfile.TemporaryDirectory(prefix="facefusion_whole_") as folder:
        output = Path(folder) / "out.png"
        plan = plan_of(source.path, target.path, output)
        run(plan, created=_CREATED)
        result, before = read_image(output).pixels, read_image(target.path).pixels
        with open_media(target.path) as reader:
            analysis = analyse(reader, plan)
            labels = FrameLabels(plan.label, analysis, is_clip=False, color=reader.info.color)
            labeller = labels.of(reader.frame_at(0))
    face = replace(analysis.faces_in(0)[0], picture=before)
    swap = product.swap(product.swapper([product.face(read_image(source.path).pixels)]), face)
    mask = swap.touched.astype(np.float32)
    untouched = np.where(mask[..., None] > 0, swap.pixels, before)
    shown = labelled(Frame(untouched), labeller, is_own=False)
    expected = watermarked(shown, asset_id_of(marks_of(plan, _CREATED))).pixels
    return changed_outside(result, expected, mask, labeller.box())


def whole_runs(product: Product, portraits: Sequence[Picture]) -> int:
    """The same, summed over one run on every portrait."""
    pairs = zip(portraits, [*portraits[1:], portraits[0]], strict=True)
    return sum(outside_of_whole_run(product, source, target) for source, target in pairs)


def _picture(face: Face) -> Pixels:
    if face.picture is None:
        raise ValueError("got a face without its picture")
    return face.picture
