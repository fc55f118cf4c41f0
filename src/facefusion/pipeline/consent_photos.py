"""Face templates from photos of the subject: measured, and the photos forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facefusion.core import Progress
from facefusion.errors import UsageError
from facefusion.faces.analyser import FaceAnalyser
from facefusion.pipeline.sources import load_person
from facefusion.provenance.consent.matching import ENCODER
from facefusion.provenance.consent.template_keys import template_key
from facefusion.provenance.consent.templates import Templates


def templates_of(photos: Sequence[Path], record_id: str, *, providers: Sequence[str] = ("cpu",)) -> Templates:
    """The templates of one person's photos under the key of `record_id`.

    Raises UsageError without a photo, and NoFaceFound, SeveralFacesFound and InvalidInput, each naming the photo.
    """
    if not photos:
        raise UsageError("photo: nothing given; a consent needs at least one photo of the subject (--photo anna.jpg)")
    faces = load_person(photos, FaceAnalyser(providers=providers), Progress())
    embeddings = [face.embedding for face in faces if face.embedding is not None]
    return Templates.made(embeddings, template_key(record_id), encoder=ENCODER)
