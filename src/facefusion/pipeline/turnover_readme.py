"""The page in plain words that goes with a turnover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facefusion.media.picture_form import PictureForm
from facefusion.pipeline.nuke_script import NukeComp
from facefusion.pipeline.plan import Plan

_PAGE = """\
{name}: what is in this folder
{line}

{told}

To rebuild the shot
-------------------
{rebuild}
Frames {first} to {last}, {width} x {height}, {fps:g} frames a second.

Layers of {layers}
  RGBA        what is laid over the plate: premultiplied, 32-bit float. Outside of the face alpha is 0 and the colour is
              the watermark alone, a grain of about one level of 255: leave it in, it is what marks the picture.
  render      the new face as it was drawn, before any mask; premultiplied.
  facemask    where the face is replaced, 0 to 1, after occlusion.
  occlusion   1 where something is in front of the face.
  matte       the person, where a background was removed.
  stmap       red and green: the place of each pixel on the unwrapped face, from 0 to 1, from the lower left corner of
              the texture (a painted texture through an STMap node sticks to the face); blue: 1 on the face.
  The attribute "strength" of each frame says how much of the change shows, 0 to 1.

Other files
  tracking/   for each person: points as CSV and JSON, meshes as OBJ (one a frame) and as one animated USD file. Pixels
              from the lower left corner of the picture; there is no camera.
  {name}.otio shots and notes as an OpenTimelineIO timeline.
  {name}.nk   the comp, with the tracked points as animated knobs.
  plan.json   everything that was asked for.
  contents.json and contents.json.c2pa
              the digest of every file here, signed. {layers_manifest} is the manifest of the pictures.

Permission
----------
{permission}

Marks
-----
This work shows a person who was changed by software. The label and the watermark are part of RGBA; the header of each
EXR says it in words. Whoever delivers a new comp of these layers delivers a changed picture of a person: keep the
marks, and check with

    facefusion verify exr
"""


_OVER = """\
Open {name}.nk in Nuke, or in any compositor put

    {layers}   (its RGBA)   OVER   {plate}

without any colour conversion: both hold the same linear light ({space}). The result is the delivered picture,
with its label and its invisible watermark, within 1/4096 of linear light."""
_ALONE = """\
Open {name}.nk in Nuke, or in any compositor take the RGBA of

    {layers}

without any colour conversion: it holds linear light ({space}), premultiplied. It is the delivered picture, a person who
was cut out, with label and invisible watermark; put it OVER any background. {plate} is where the person came from."""


def readme_of(
    plan: Plan, comp: NukeComp, names: Sequence[str], told: str, decision: Mapping[str, Any], form: PictureForm
) -> str:
    """The text. names: the layers and the plate, as patterns. decision: what the policy decided."""
    layers, plate = names
    said = {"name": comp.name, "layers": layers, "plate": plate, "space": _space(form)}
    return _PAGE.format(
        rebuild=(_ALONE if comp.is_alone else _OVER).format(**said),
        name=comp.name,
        line="=" * (len(comp.name) + 24),
        told=told,
        layers=layers,
        first=comp.first,
        last=comp.last,
        width=comp.width,
        height=comp.height,
        fps=comp.fps,
        layers_manifest=layers.replace("%04d", "####") + ".c2pa",
        permission=_permission(plan, decision),
    )


def _space(form: PictureForm) -> str:
    if form.space is None:
        return "Rec.709 primaries"
    return form.space.name or form.space.interop_id or "the plate's own primaries"


def _permission(plan: Plan, decision: Mapping[str, Any]) -> str:
    records = decision.get("records") or decision.get("record_ids") or ()
    said = f"Policy: {decision.get('policy', 'none')}. "
    if not records:
        return said + "No consent record was given to this run."
    return said + "Consent records: " + ", ".join(map(str, records)) + "."
