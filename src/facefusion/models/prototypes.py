"""Contracts of files that are made for one person each, so that no card of ours can name them."""

from __future__ import annotations

from facefusion.models.card import ModelCard
from facefusion.models.spec import TensorSpec


def _picture(name: str, channels: int, colour: str) -> TensorSpec:
    return TensorSpec(name, (1, "side", "side", channels), "NHWC", colour)  # type: ignore[arg-type]


DFM = ModelCard(
    name="dfm",
    task="face_swapper",
    contract="dfm",
    summary="One person, trained with DeepFaceLab",
    file="person.dfm",
    vendor="whoever trained it",
    origin="a file of yours",
    licence="not stated",
    commercial_use=False,
    template="dfl_whole_face",
    inputs=(_picture("in_face:0", 3, "bgr"), TensorSpec("morph_value:0", (1,))),
    outputs=(
        _picture("out_face_mask:0", 1, "grey"),
        _picture("out_celeb_face:0", 3, "bgr"),
        _picture("out_celeb_face_mask:0", 1, "grey"),
    ),
)
