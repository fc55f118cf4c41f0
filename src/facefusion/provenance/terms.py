"""Digital source types: IPTC's words for how a picture came to be.

Source: IPTC NewsCodes, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype/ (read as of 2025).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from facefusion.errors import UsageError

EditKind = Literal["trained", "mesh", "matte", "enhance"]
"""What was done to the picture: a person drawn by a trained network; drawn by geometry alone (the face mesh);
cut out and put on another ground; only made clearer."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

TERM_OF: dict[EditKind, str] = {
    "trained": "compositeWithTrainedAlgorithmicMedia",
    "mesh": "compositeSynthetic",
    "matte": "composite",
    "enhance": "algorithmicallyEnhanced",
}
"""In order of weight: an output that saw several kinds carries the first term that applies."""

SYNTHETIC_TERMS = frozenset(
    {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia"}
)
"""Terms that say that something in the picture was made by a machine."""

KNOWN_TERMS = SYNTHETIC_TERMS | {
    "algorithmicallyEnhanced", "composite", "compositeCapture", "computationalCapture", "dataDrivenMedia",
    "digitalArt", "digitalCapture", "digitalCreation", "humanEdits", "minorHumanEdits", "negativeFilm",
    "positiveFilm", "print", "screenCapture", "softwareImage", "virtualRecording",
}  # fmt: skip
"""Every term of the vocabulary, retired ones included."""


def heaviest(kinds: Collection[EditKind]) -> EditKind:
    """The kind that names the output; raises UsageError when `kinds` is empty or holds another word."""
    unknown = set(kinds) - set(TERM_OF)
    if unknown or not kinds:
        raise UsageError(f"edit kinds: got {sorted(kinds)}, supported is at least one of {', '.join(TERM_OF)}")
    return next(kind for kind in TERM_OF if kind in kinds)


def source_type(kinds: Collection[EditKind]) -> str:
    """URI of the digital source type for an output that saw `kinds`."""
    return VOCABULARY + TERM_OF[heaviest(kinds)]


def term_of(uri: str) -> str | None:
    """The term at the end of `uri` when it belongs to the vocabulary, else None."""
    for start in (VOCABULARY, VOCABULARY.replace("http:", "https:")):
        if uri.startswith(start) and uri[len(start) :] in KNOWN_TERMS:
            return uri[len(start) :]
    return None
