"""Permission through the real command line: what may run, what is refused and why, and where the label may go."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from command_line import call, contents, refused, succeeded
from consents import HOLDER, REQUESTER, face, record, signed
from facefusion.core import Progress
from facefusion.errors import RefusedByPolicy
from facefusion.faces.analyser import FaceAnalyser
from facefusion.media import open_media
from facefusion.pipeline.analyse import range_of, survey
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.preview import preview
from facefusion.pipeline.rendering import render
from facefusion.provenance import clock, moments
from facefusion.provenance.canonical import canonical
from facefusion.provenance.consent.matching import ENCODER
from facefusion.provenance.consent.record import ConsentRecord, new_id
from facefusion.provenance.consent.revocation import Revocation
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.consent.store import ConsentStore, write_consent
from facefusion.provenance.consent.template_keys import template_key
from facefusion.provenance.consent.templates import Templates
from facefusion.provenance.content import nudity
from facefusion.provenance.keys import SigningKey
from portraits import astronaut, make_film, scene, write_png

DAY = timedelta(days=1)
JOB = ("--use", "stunts", "--production", "The Film", "--territory", "DE")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """source.png (the astronaut) and target.png (somebody else)."""
    write_png(tmp_path / "source.png", astronaut())
    write_png(tmp_path / "target.png", scene())
    return tmp_path


@cache
def _measured(kind: str) -> np.ndarray[Any, Any]:
    if kind == "stranger":
        return face(7)
    pixels = astronaut() if kind == "source" else scene()
    (found,) = FaceAnalyser().find(pixels)
    assert found.embedding is not None
    return found.embedding


def of(kind: str = "source", **changes: Any) -> ConsentRecord:
    """A record of the astronaut or of whoever is in the target, valid around now."""
    now, record_id = moments.now(), new_id()
    made = {"created": now - DAY, "valid_from": now - DAY, "valid_until": now + DAY, **changes}
    templates = Templates.made([_measured(kind)], template_key(record_id), encoder=ENCODER)
    return record(record_id=record_id, templates=templates, **made)


def both(made: ConsentRecord, at: timedelta = -DAY) -> SignedConsent:
    return signed(made, at=moments.now() + at)


def stored(consent: SignedConsent) -> SignedConsent:
    ConsentStore().add(consent)
    return consent


def job(folder: Path, *more: str | Path, output: str = "out.png", target: str = "target.png") -> list[str | Path]:
    files = ("--source", folder / "source.png", "--target", folder / target, "--output", folder / output)
    return ["run", *files, *more]


def pixels_of(path: Path) -> np.ndarray[Any, Any]:
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)


def events(out: str) -> dict[str, Any]:
    return {line["event"]: line for line in map(json.loads, out.splitlines())}


def test_personal_needs_no_record_and_the_event_says_so(folder: Path) -> None:
    outcome = call("--json", *job(folder))
    assert outcome.code == 0, outcome
    decision = events(outcome.out)["done"]["decision"]
    assert (decision["is_allowed"], decision["rule"], decision["label"]) == (True, "no-record-needed", "visible")


def test_production_refuses_without_a_record_and_runs_with_one(folder: Path) -> None:
    line = refused(folder, 5, "rule no-consent.*source.png", *job(folder, "--policy", "production", *JOB))
    assert "facefusion consent new" in line
    consent = stored(both(of()))
    outcome = call("--json", *job(folder, "--policy", "production", *JOB))
    assert outcome.code == 0, outcome
    decision = events(outcome.out)["done"]["decision"]
    assert (decision["rule"], decision["record_ids"]) == ("consent", [consent.record.record_id])


def test_a_refusal_is_an_event_with_its_rule(folder: Path) -> None:
    outcome = call("--json", *job(folder, "--policy", "broadcast"))
    assert outcome.code == 5
    error = events(outcome.out)["error"]
    assert error["exit_code"] == 5
    assert (error["decision"]["rule"], error["decision"]["policy"]) == ("no-consent", "broadcast")


def test_broadcast_asks_for_the_person_in_the_target(folder: Path) -> None:
    stored(both(of()))
    asked = job(folder, "--policy", "broadcast", *JOB)
    refused(folder, 5, "no-consent.*person 1.*target", *asked)
    theirs = stored(both(of("target", subject="Berta", rights_holder="Berta")))
    outcome = call("--json", *asked)
    assert outcome.code == 0, outcome
    assert theirs.record.record_id in events(outcome.out)["done"]["decision"]["record_ids"]


@pytest.mark.usefixtures("one_number")
def test_the_label_goes_with_a_record_and_a_request_and_the_other_marks_stay(folder: Path) -> None:
    refused(folder, 5, "no-consent.*leaving the label out", *job(folder, "--omit-visible-label"))
    consent = stored(both(of()))
    line = refused(folder, 5, "rule label.*does not allow", *job(folder, "--omit-visible-label", *JOB))
    assert consent.record.record_id[:8] in line
    stored(both(of(may_omit_visible_label=True)))
    refused(folder, 5, "rule label.*teaching", *job(folder, "--omit-visible-label", "--policy", "teaching", *JOB))
    succeeded(*job(folder, *JOB, output="labelled.png"))
    succeeded(*job(folder, *JOB, "--omit-visible-label", output="bare.png"))
    labelled, bare = pixels_of(folder / "labelled.png"), pixels_of(folder / "bare.png")
    changed = np.argwhere((labelled != bare).any(axis=2))
    assert len(changed) > 100, "the label is there by default and gone on request"
    assert changed[:, 0].min() > 190, "and nothing else differs: the watermark keeps away from the label by a block"
    assert call("verify", folder / "bare.png").code == 0, "the metadata stays"


def test_neither_preview_nor_render_gets_around_it(folder: Path) -> None:
    values = {
        "source": [str(folder / "source.png")],
        "target": str(folder / "target.png"),
        "output": str(folder / "o.png"),
    }
    for more in ({"policy": "production"}, {"omit-visible-label": True}):
        plan = Plan.from_mapping({**values, **more})
        with pytest.raises(RefusedByPolicy, match="no-consent"):
            preview(plan)
        with open_media(plan.target) as reader:
            analysis = survey(reader, range_of(reader, None, None), FaceAnalyser(), Progress())
            with pytest.raises(RefusedByPolicy, match="no-consent"):
                next(render(reader, analysis, plan))


def _doubly(consent: SignedConsent) -> SignedConsent:
    again = SignedConsent(consent.record).signed_by(SigningKey.generate(), "rights-holder", signed=moments.now())
    return replace(consent, signatures=(*consent.signatures, *again.signatures))


BAD = {
    "unsigned": (lambda: SignedConsent(of()), "rule unsigned.*consent sign"),
    "half-signed": (lambda: replace(both(of()), signatures=both(of()).signatures[:1]), "rule altered"),
    "not countersigned": (
        lambda: SignedConsent(of()).signed_by(HOLDER, "rights-holder", signed=moments.now()),
        "rule not-countersigned",
    ),
    "doubly signed": (lambda: _doubly(both(of())), "rule doubly-signed.*twice"),
    "altered": (lambda: replace(both(made := of()), record=replace(made, use="stunts ")), "rule altered.*changed"),
    "expired": (lambda: both(of(valid_from=moments.now() - 9 * DAY, valid_until=moments.now() - DAY)), "rule expired"),
    "not yet valid": (lambda: both(of(valid_from=moments.now() + DAY / 2)), "rule not-yet-valid"),
    "wrong person": (lambda: both(of("stranger")), "rule wrong-person.*source.png"),
    "wrong use": (lambda: both(of(use="advertising")), "rule wrong-use.*advertising"),
    "wrong production": (lambda: both(of(productions=("Other",))), "rule wrong-production"),
    "wrong place": (lambda: both(of(territory=("FR",))), "rule wrong-territory"),
    "wrong operation": (lambda: both(of(operations=("train",))), "rule wrong-operation.*not swap"),
    "signed in the future": (lambda: both(of(), at=DAY), "rule clock.*set the clock right"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "kept"])
def test_a_bad_record_refuses_with_its_reason(folder: Path, name: str, is_named: bool) -> None:
    make, says = BAD[name]
    consent = make()
    if is_named:
        write_consent(folder / "c.json", consent, overwrite=False)
        refused(folder, 5, says, *job(folder, *JOB, "--consent", folder / "c.json"))
    else:
        stored(consent)
        says = "rule no-consent" if name == "wrong person" else says
        refused(folder, 5, says, *job(folder, *JOB, "--policy", "production"))


def test_a_revoked_record_refuses_wherever_it_lies(folder: Path) -> None:
    consent = stored(both(of()))
    write_consent(folder / "copy.json", consent, overwrite=False)
    named = job(folder, *JOB, "--consent", folder / "copy.json")
    statement = Revocation.of(consent.record, HOLDER, revoked=moments.now(), reason="no more")
    ConsentStore().revoke(ConsentStore().find(consent.record.record_id)[0], statement)
    refused(folder, 5, "rule revoked.*no more", *named)
    refused(folder, 5, "rule revoked", *job(folder, *JOB, "--policy", "production"))


def test_truncated_damaged_and_missing_records(folder: Path) -> None:
    whole = canonical(both(of()).to_plain())
    cases = {b"": "empty", whole[:-300]: "cannot be read", b"[]": "supported is an object",
             b"\xff\xfe": "cannot be read", whole.replace(b'"use"', b'"Use"'): "missing",
             b"[" * 5000: "cannot be read"}  # fmt: skip
    for data, says in cases.items():
        (folder / "c.json").write_bytes(data)
        refused(folder, 3, f"c.json.*{says}", *job(folder, "--consent", folder / "c.json"))
    refused(folder, 3, "no such file", *job(folder, "--consent", folder / "none.json"))
    refused(folder, 2, "no record of this id", *job(folder, "--consent", "0123456789"))


def test_a_damaged_record_in_the_folder_is_told_and_left_aside(folder: Path) -> None:
    consent = stored(both(of()))
    path = ConsentStore().find(consent.record.record_id)[0]
    path.write_bytes(path.read_bytes()[:100])
    outcome = succeeded(*job(folder))
    assert any("left aside" in line for line in outcome.complaints)


def test_a_clock_that_was_set_back_is_told_and_no_record_is_believed(folder: Path) -> None:
    stored(both(of()))
    clock.remember(moments.now() + DAY)
    refused(folder, 5, "rule clock.*set it right", *job(folder, *JOB, "--policy", "production"))
    outcome = succeeded(*job(folder))
    assert any("set back" in line for line in outcome.complaints)


def test_a_policy_that_is_unknown_damaged_or_a_look_alike(folder: Path) -> None:
    refused(folder, 2, "policy 'none'.*personal, teaching", *job(folder, "--policy", "none"))
    (folder / "p.toml").write_text("[consent")
    refused(folder, 3, "p.toml: is no TOML", *job(folder, "--policy", folder / "p.toml"))


@pytest.mark.usefixtures("one_number")
def test_the_text_of_a_policy_is_the_label_of_its_jobs(folder: Path) -> None:
    from facefusion.provenance.policy import policy as policies

    text = Path(policies.__file__).parent.joinpath("profiles/personal.toml").read_text("utf-8")
    own = text.replace('name = "personal"', 'name = "ours"').replace('text = ""', 'text = "MADE BY A MACHINE"')
    (folder / "ours.toml").write_text(own)
    succeeded(*job(folder, "--policy", folder / "ours.toml", output="a.png"))
    succeeded(*job(folder, "--label-text", "MADE BY A MACHINE", output="b.png"))
    assert np.array_equal(pixels_of(folder / "a.png"), pixels_of(folder / "b.png"))


def nude_from(number: float) -> Any:
    """A classifier that takes everything brighter than `number` for nudity."""
    return lambda pictures: [float(one.mean() / 255 > number) * 0.97 for one in pictures]


def test_the_content_check_explains_a_photo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudity, "scores_of", nude_from(0.0))
    line = refused(
        folder, 5, r"rule content: source.png.*source.png: 0\.97; policy personal refuses from 0\.85", *job(folder)
    )
    assert "threshold" in line


def test_the_content_check_explains_frames_of_a_clip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(number: int, width: int, height: int) -> Any:
        return np.full((height, width, 3), 255, np.uint8) if number >= 8 else scene(number, width, height)

    make_film(
        folder / "film.mp4", frames=12, draw=drawn, ticks=[1000 * n for n in range(12)], time_base=Fraction(1, 1000)
    )
    monkeypatch.setattr(nudity, "scores_of", nude_from(0.9))
    says = r"rule content: film.mp4 seems to show nudity in \d of \d.*frame \d+ at 0:\d\d\.\d+: 0\.97"
    refused(folder, 5, says, *job(folder, "--allow-no-face", target="film.mp4", output="out.mp4"))
    assert not (folder / "out.mp4").exists()
    succeeded(*job(folder, "--end", "6f", target="film.mp4", output="part.mp4"))


def test_the_real_classifier_runs_and_finds_nothing_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    real = nudity.scores_of

    def heard(pictures: Sequence[Any]) -> list[float]:
        found = real(pictures)
        seen.extend(found)
        return found

    monkeypatch.setattr(nudity, "scores_of", heard)
    succeeded(*job(folder))
    assert len(seen) == 2, "the photo and the picture, once each"
    assert max(seen) < 0.3


@pytest.mark.shared_media
def test_no_false_alarm_on_shared_media() -> None:
    shared = Path(__file__).parents[2].parent / "shared/media"
    if not shared.is_dir():
        pytest.skip("no shared media here")
    scores = {}
    for path in [*shared.glob("people/*.jpg"), *shared.glob("portraits_pairs/*.jpg"), *shared.glob("historic/*.jpg")]:
        scores[path.name] = nudity.scores_of([cv2.imread(str(path))[..., ::-1]])[0]
    for path in shared.glob("clips/*.mp4"):
        with open_media(path) as reader:
            for index in range(0, reader.num_frames, 48):
                scores[f"{path.name} {index}"] = nudity.scores_of([reader.frame_at(index).pixels])[0]
    worst = max(scores, key=lambda name: scores[name])
    assert scores[worst] < 0.6, f"{worst}: {scores[worst]:.2f}; the strictest policy refuses from 0.6"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_keys_that_are_missing_open_or_locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_consent(folder / "c.json", SignedConsent(of()), overwrite=False)
    sign = ("consent", "sign", folder / "c.json", "--as", "rights-holder", "--key", folder / "k.pem")
    refused(folder, 3, "k.pem: no such key", *sign)
    HOLDER.save(folder / "k.pem", b"right words")
    refused(folder, 3, "has a passphrase", *sign)
    (folder / "pass").write_text("wrong words\n")
    (folder / "pass").chmod(0o644)
    refused(folder, 3, "pass: others may use.*chmod 600", *sign, "--passphrase-file", folder / "pass")
    (folder / "pass").chmod(0o600)
    line = refused(folder, 3, "passphrase is wrong", *sign, "--passphrase-file", folder / "pass")
    assert "wrong words" not in line
    (folder / "k.pem").chmod(0o640)
    refused(folder, 3, "mode 0640.*chmod 600", *sign)
    (folder / "k.pem").chmod(0o600)
    monkeypatch.setenv("FACEFUSION_PASSPHRASE", "right words")
    succeeded(*sign)
    refused(folder, 2, "signed already", *sign)
    REQUESTER.save(folder / "other.pem")
    before = contents(folder)
    monkeypatch.delenv("FACEFUSION_PASSPHRASE")
    outcome = call("consent", "revoke", folder / "c.json", "--key", folder / "other.pem")
    assert outcome.code == 3
    assert "not by the rights holder's key" in outcome.err
    assert contents(folder) == before
