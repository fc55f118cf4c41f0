"""Consent records for tests: a person of random numbers, keys of their own, and times around one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from facefusion.provenance.consent.matching import ENCODER
from facefusion.provenance.consent.record import ConsentRecord, new_id
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.consent.template_keys import template_key
from facefusion.provenance.consent.templates import Embedding, Templates, embedding_centre
from facefusion.provenance.keys import SigningKey

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDER, REQUESTER = SigningKey.generate(), SigningKey.generate()


def face(seed: int) -> Embedding:
    """(128,) float32: somebody's embedding; another seed is another person."""
    return (embedding_centre() + np.random.default_rng(seed).normal(size=128) * 0.05).astype(np.float32)


def record(seed: int = 1, **changes: Any) -> ConsentRecord:
    """A record of person `seed` that allows a swap for use "stunts" in "The Film" anywhere for a year."""
    record_id = changes.pop("record_id", new_id())
    made = ConsentRecord(
        record_id=record_id,
        created=NOW - DAY,
        subject="Anna Beispiel",
        rights_holder="Anna Beispiel",
        relation="self",
        requester="Film GmbH",
        use="stunts",
        description="Anna's face on her stunt double in two scenes",
        productions=("The Film",),
        operations=("swap",),
        territory=("worldwide",),
        valid_from=NOW - DAY,
        valid_until=NOW + 365 * DAY,
        may_omit_visible_label=False,
        notes="",
        templates=Templates.made([face(seed)], template_key(record_id), encoder=ENCODER),
    )
    return replace(made, **changes)


def signed(made: ConsentRecord | None = None, *, at: datetime = NOW - DAY) -> SignedConsent:
    """A record with both signatures."""
    consent = SignedConsent(made or record()).signed_by(HOLDER, "rights-holder", signed=at)
    return consent.signed_by(REQUESTER, "requester", signed=at)
