"""Whose record it is: faces of a job against the templates of records."""

from __future__ import annotations

from collections.abc import Sequence

from facefusion.provenance.consent.record import ConsentRecord
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.consent.template_keys import template_key
from facefusion.provenance.consent.templates import THRESHOLD, Embedding

ENCODER = "dlib_resnet_v1"
"""The network whose embeddings templates are made of."""


def matching_records(
    embeddings: Sequence[Embedding | None], records: Sequence[SignedConsent], *, threshold: float = THRESHOLD
) -> tuple[str, ...]:
    """Ids of the records of this person, the nearest first.

    embeddings: (128,) float32 of one person's pictures; every one has to be near. A face without one matches nobody.
    """
    known = [one for one in embeddings if one is not None]
    if not known or len(known) < len(embeddings):
        return ()
    near = []
    for consent in records:
        record = consent.record
        if (key := usable_key(record)) is None:
            continue
        far = max(record.templates.distance(one, key) for one in known)
        if far <= threshold:
            near.append((far, record.record_id))
    return tuple(record_id for _, record_id in sorted(near))


def unmatchable_records(records: Sequence[SignedConsent]) -> tuple[str, ...]:
    """Ids of the records whose template key is not here, or that another network made."""
    return tuple(one.record.record_id for one in records if usable_key(one.record) is None)


def usable_key(record: ConsentRecord) -> bytes | None:
    """The template key of `record` where it is on this machine; raises KeyUnusable where it is open to others."""
    if record.templates.encoder != ENCODER:
        return None
    key = template_key(record.record_id)
    return key if record.templates.belongs_to(key) else None
