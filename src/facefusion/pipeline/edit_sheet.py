"""A contact sheet of the people of an edited clip: a portrait each, with id and name."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facefusion.core import Identity, Pixels, UInt8
from facefusion.errors import InvalidInput, NoFaceFound
from facefusion.pipeline.edited_clip import EditedClip
from facefusion.provenance.fonts import find_font, sized

_PORTRAIT_PX, _CAPTION_PX, _GAP_PX = 192, 52, 4
_MOST_COLUMNS = 6
_GREY = 128


def contact_sheet(clip: EditedClip) -> Pixels:
    """(H, W, 3) uint8 RGB: everybody's portrait with id, name and the frames they are seen in.

    A person whose best view was not kept (an edit cut it off) is shown grey. Raises NoFaceFound when nobody is there.
    """
    people = clip.analysis.people
    if not people:
        raise NoFaceFound("show: nobody is in this clip, so there is nothing to put on a sheet")
    cells = [_cell(_portrait(clip, person), _caption(clip, person)) for person in people]
    columns = min(len(cells), _MOST_COLUMNS)
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    return np.vstack([np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)])


def _portrait(clip: EditedClip, person: Identity) -> UInt8:
    """(192, 192, 3) uint8 RGB: the best of the person's views that were kept."""
    known = [clip.analysis.samples[track] for track in person.track_ids if track in clip.analysis.samples]
    pictured = [samples for samples in known if samples.thumbnail and len(samples.frames)]
    best = max(pictured, key=lambda samples: float(samples.qualities.max()), default=None)
    if best is None:
        return np.full((_PORTRAIT_PX, _PORTRAIT_PX, 3), _GREY, np.uint8)
    stored = cv2.imdecode(np.frombuffer(best.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    if stored is None:
        return np.full((_PORTRAIT_PX, _PORTRAIT_PX, 3), _GREY, np.uint8)
    picture: UInt8 = cv2.cvtColor(cv2.resize(stored, (_PORTRAIT_PX, _PORTRAIT_PX)), cv2.COLOR_BGR2RGB)
    return picture


def _caption(clip: EditedClip, person: Identity) -> tuple[str, str]:
    name = clip.overrides.names.get(person.person_id, "")
    return f"{person.person_id}  {name}".strip(), f"{person.num_frames} frames"


def _cell(portrait: UInt8, lines: tuple[str, str]) -> UInt8:
    size = (_PORTRAIT_PX + 2 * _GAP_PX, _PORTRAIT_PX + _CAPTION_PX + _GAP_PX)
    cell = Image.new("RGB", size, "white")
    cell.paste(Image.fromarray(portrait), (_GAP_PX, _GAP_PX))
    drawing = ImageDraw.Draw(cell)
    for text, top, size_px in zip(lines, (0, 26), (22, 15), strict=True):
        place = (_GAP_PX, _PORTRAIT_PX + 2 * _GAP_PX + top)
        shown, font = _drawable(text)
        drawing.text(place, shown, fill="black", font=sized(font, size_px), anchor="la")
    return np.asarray(cell)


def _drawable(text: str) -> tuple[str, ImageFont.FreeTypeFont]:
    """`text` and a font for it; only its ASCII letters where no font of this machine has the others."""
    try:
        return text, find_font(text)
    except InvalidInput:
        plain = text.encode("ascii", "replace").decode()
        return plain, find_font(plain)
