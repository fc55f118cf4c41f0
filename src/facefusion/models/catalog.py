"""All known models, by name, on one visible list. To add one: write its card, add its line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from facefusion.errors import UsageError
from facefusion.models.card import ModelCard, read_card

CARDS = Path(__file__).parent / "cards"

MODELS: tuple[str, ...] = (
    # face_detector
    "blazeface_short_range",
    "blazeface_full_range",
    # face_landmarker
    "face_mesh_attention",
    # person_segmenter
    "selfie_segmentation",
    # face_encoder
    "dlib_resnet_v1",
    # face_detector
    "retinaface_10g",
    "scrfd_2.5g",
    "retinaface_mnet",
    "yoloface_8n",
    "yunet_2023_mar",
    # face_landmarker
    "2dfan4",
    "2d106det",
    "live_portrait_landmarker",
    # face_encoder
    "arcface_w600k_r50",
    # embedding_converter
    "crossface_ghost",
    "crossface_hififace",
    "crossface_simswap",
    # face_parser
    "bisenet_resnet_18",
    "bisenet_resnet_34",
    # face_occluder
    "face_occlusion",
    "xseg_1",
    "xseg_2",
    "xseg_3",
    # face_enhancer of our own
    "face_deblur",
    "face_restore",
    # content_checker
    "open_nsfw",
    # face_swapper
    "inswapper_128",
    "inswapper_128_fp16",
    "hyperswap_1a_256",
    "hyperswap_1b_256",
    "hyperswap_1c_256",
    "simswap_256",
    "simswap_unofficial_512",
    "ghost_1_256",
    "ghost_2_256",
    "ghost_3_256",
    "hififace_256",
    "blendswap_256",
    "uniface_256",
    # face_enhancer
    "gfpgan_1.2",
    "gfpgan_1.3",
    "gfpgan_1.4",
    "gpen_bfr_256",
    "gpen_bfr_512",
    "gpen_bfr_1024",
    "gpen_bfr_2048",
    "restoreformer_plus_plus",
    "codeformer",
    # lip_syncer
    "wav2lip_96",
    "wav2lip_gan_96",
    "edtalk_256",
    # expression_editor
    "live_portrait_feature_extractor",
    "live_portrait_motion_extractor",
    "live_portrait_generator",
    "live_portrait_eye_retargeter",
    "live_portrait_lip_retargeter",
    "live_portrait_stitcher",
    # background_remover
    "modnet",
    "rvm_mobilenetv3",
    "u2net",
    "u2net_human_seg",
    "isnet_general_use",
    "birefnet_general",
    "birefnet_portrait",
    "ben2",
    "rmbg_1.4",
    "rmbg_2.0",
    # frame_enhancer
    "real_esrgan_x2",
    "real_esrgan_x4",
    "real_esrgan_x8",
    "span_kendata_x4",
    # frame_colorizer
    "ddcolor",
    "deoldify",
)


def card_named(name: str) -> ModelCard:
    """The card of the model `name`. Raises UsageError with the nearest names for an unknown one."""
    if name not in MODELS:
        raise no_such_model(name, MODELS)
    return _card(name)


def no_such_model(name: str, known: Sequence[str]) -> UsageError:
    """The error for a name that is not `known`, with the nearest that are."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`facefusion models list` shows all"
    return UsageError(f"unknown model {name!r}; {hint}")


def cards() -> tuple[ModelCard, ...]:
    """All cards, in the order of the list."""
    return tuple(map(_card, MODELS))


@cache
def _card(name: str) -> ModelCard:
    return read_card(CARDS / f"{name}.toml")
