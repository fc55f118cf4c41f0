"""What a policy is asked: everything it may look at, measured and read before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from facefusion.provenance.consent.signatures import SignedConsent


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a job. name: for people to recognise, like a file name. matches: ids of records of that face."""

    name: str
    role: Literal["source", "target"]
    matches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """One job as a policy sees it.

    now: the machine's time; latest_seen: the latest it has shown. operations: what is done, such as `swap`. named: ids
    of records that the job names; records: these and all others that are kept. unreadable: records that cannot be
    matched for want of their template key. speaks: people of the target are made to say or show something.
    non_commercial: models of the job whose licence forbids commercial use, each with that licence in brackets.
    """

    now: datetime
    operations: tuple[str, ...]
    people: tuple[Person, ...] = ()
    records: tuple[SignedConsent, ...] = ()
    named: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    latest_seen: datetime | None = None
    use: str = ""
    production: str = ""
    territory: str = ""
    requester: str = ""
    wants_label_omitted: bool = False
    non_commercial: tuple[str, ...] = ()
    speaks: bool = False

    def record(self, record_id: str) -> SignedConsent:
        """The record of an id."""
        return next(one for one in self.records if one.record.record_id == record_id)
