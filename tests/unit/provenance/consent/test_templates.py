"""Face templates: near for one person with the key, and nothing without it."""

from __future__ import annotations

import os
import stat
import sys
from itertools import pairwise

import numpy as np
import pytest

from consents import face, record, signed
from facefusion.errors import InvalidInput, KeyUnusable
from facefusion.provenance.consent.matching import matching_records, unmatchable_records
from facefusion.provenance.consent.template_keys import WrappedKey, keep_template_key, template_key
from facefusion.provenance.consent.templates import THRESHOLD, Templates, embedding_centre, nearest, projected
from facefusion.provenance.home import home

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


def like(seed: int, noise: float) -> np.ndarray:
    """Somebody in another picture: their embedding, moved by `noise` of its own size."""
    own = face(seed)
    moved = np.random.default_rng(99).normal(size=128)
    return (own + noise * np.linalg.norm(own - embedding_centre()) * moved / np.linalg.norm(moved)).astype(np.float32)


def test_the_same_numbers_and_key_give_the_same_bits_on_every_machine() -> None:
    bits = projected(face(1), KEY)
    assert len(bits) == 128
    assert bits == projected(face(1), KEY)
    assert bits[:8].hex() == projected(np.array(face(1)), KEY)[:8].hex()


def test_distance_grows_with_the_angle() -> None:
    templates = Templates.made([face(1)], KEY, encoder="x")
    far = [templates.distance(like(1, noise), KEY) for noise in (0.0, 0.2, 0.5, 1.0, 2.0)]
    assert far == sorted(far)
    assert far[0] == 0.0
    assert 0.02 < far[1] < 0.15
    assert abs(templates.distance(face(2), KEY) - 0.5) < 0.12


def test_the_nearest_of_several_photos_counts() -> None:
    assert Templates.made([face(2), face(1)], KEY, encoder="x").distance(like(1, 0.1), KEY) < 0.1


def test_without_the_key_the_bits_say_nothing() -> None:
    """Bits of one person under many keys look like bits of anybody: about half differ, and no bit is preferred."""
    keys = [os.urandom(32) for _ in range(60)]
    bits = [projected(face(1), key) for key in keys]
    apart = [nearest([a], b) for a, b in pairwise(bits)]
    assert abs(np.mean(apart) - 0.5) < 0.01
    assert min(apart) > 0.42 > THRESHOLD
    ones = np.unpackbits(np.frombuffer(b"".join(bits), np.uint8)).mean()
    assert abs(ones - 0.5) < 0.02


def test_records_of_one_person_cannot_be_linked() -> None:
    first, second = record(1), record(1)
    assert nearest(first.templates.bits, second.templates.bits[0]) > 0.42


def test_a_key_is_known_by_its_check() -> None:
    templates = Templates.made([face(1)], KEY, encoder="x")
    assert templates.belongs_to(KEY)
    assert not templates.belongs_to(OTHER_KEY)


@pytest.mark.parametrize("wrong", [np.zeros(127, np.float32), np.full(128, np.nan, np.float32)])
def test_what_is_no_embedding_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="128 finite numbers"):
        projected(wrong, KEY)


def test_matching_finds_the_records_of_a_person_nearest_first() -> None:
    mine, also, other = signed(record(1)), signed(record(1)), signed(record(2))
    found = matching_records([face(1), like(1, 0.2)], [other, mine, also])
    assert set(found) == {mine.record.record_id, also.record.record_id}
    assert matching_records([face(1), face(2)], [mine, other]) == (), "every photo has to be of the person"
    assert matching_records([None], [mine]) == ()
    assert matching_records([], [mine]) == ()


def test_another_machine_matches_only_with_the_carried_key(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    consent = signed(record(1))
    record_id = consent.record.record_id
    wrapped = WrappedKey.wrapped(template_key(record_id), record_id, b"long words")
    monkeypatch.setenv("FACEFUSION_HOME", str(tmp_path / "elsewhere"))
    assert matching_records([face(1)], [consent]) == ()
    assert unmatchable_records([consent]) == (record_id,)
    again = WrappedKey.from_plain(wrapped.to_plain())
    with pytest.raises(KeyUnusable, match="passphrase is wrong"):
        again.opened(record_id, b"other words")
    with pytest.raises(KeyUnusable, match="passphrase is wrong"):
        again.opened("f" * 32, b"long words")
    keep_template_key(record_id, again.opened(record_id, b"long words"))
    assert matching_records([face(1)], [consent]) == (record_id,)
    with pytest.raises(KeyUnusable, match="another key"):
        keep_template_key(record_id, OTHER_KEY)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_the_secret_is_private() -> None:
    template_key("0" * 32)
    path = home() / "keys" / "templates.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        template_key("0" * 32)
