"""Measures of quality: pure functions on pictures, landmarks and embeddings, and sheets to look at."""

from facefusion.quality.color_difference import cie76, ciede2000, delta_e, srgb_to_lab
from facefusion.quality.fidelity import changed_outside, edge_band, psnr, seam_ratio
from facefusion.quality.identity import (
    SAME_PERSON,
    IdentityTable,
    PairScore,
    ScoredPair,
    check_distinct,
    identity_table,
)
from facefusion.quality.openings import Expression, expression, expression_error
from facefusion.quality.sheets import contact_sheet
from facefusion.quality.skin import SkinTone, ita_degrees, skin_lab, skin_tone
from facefusion.quality.texture import noise_sigma, sharpness

__all__ = [
    "Expression",
    "IdentityTable",
    "PairScore",
    "SAME_PERSON",
    "ScoredPair",
    "SkinTone",
    "changed_outside",
    "check_distinct",
    "cie76",
    "ciede2000",
    "contact_sheet",
    "delta_e",
    "edge_band",
    "expression",
    "expression_error",
    "identity_table",
    "ita_degrees",
    "noise_sigma",
    "psnr",
    "seam_ratio",
    "sharpness",
    "skin_lab",
    "skin_tone",
    "srgb_to_lab",
]
