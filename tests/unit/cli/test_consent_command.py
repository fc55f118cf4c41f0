"""`facefusion consent`, from an empty form to a revoked record."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from command_line import call, refused, succeeded
from facefusion.provenance.consent.form import BLANK, asked_form
from facefusion.provenance.consent.page import html_page
from facefusion.provenance.consent.pdf import pdf_page
from facefusion.provenance.consent.store import ConsentStore, read_consent
from portraits import astronaut, write_png

FORM = """
subject = "王芳 <b>"
relation = "guardian"
rights_holder = "Юрий Müller"
requester = "Film GmbH"
use = "stunts"
description = "Her face on her stunt double"
productions = ["The Film"]
operations = ["swap"]
valid_from = 2020-01-01
valid_until = 2099-12-31
photos = ["anna.png"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_png(tmp_path / "anna.png", astronaut())
    (tmp_path / "form.toml").write_text(FORM, encoding="utf-8")
    return tmp_path


def made(folder: Path) -> str:
    """The id of a record that was made from the form, also written to record.json."""
    outcome = succeeded("consent", "new", folder / "form.toml", "-o", folder / "record.json")
    return re.match(r"[0-9a-f]{32}", outcome.out).group()  # type: ignore[union-attr]


def test_from_form_to_a_record_that_holds(folder: Path) -> None:
    record_id = made(folder)
    consent = read_consent(folder / "record.json")
    assert consent.record.record_id == record_id
    assert (consent.record.subject, consent.record.relation) == ("王芳 <b>", "guardian")
    assert b"PNG" not in (folder / "record.json").read_bytes()
    refused(folder, 5, "rule unsigned", "consent", "verify", folder / "record.json")
    refused(folder, 2, "rights holder signs first", "consent", "sign", record_id, "--as", "requester")
    for role in ("rights-holder", "requester"):
        assert "ed25519:" in succeeded("consent", "sign", folder / "record.json", "--as", role).out
    assert " holds " in succeeded("consent", "verify", folder / "record.json").out
    assert " unsigned " in succeeded("consent", "list").out
    succeeded("consent", "import", folder / "record.json")
    assert " holds " in succeeded("consent", "list").out
    shown = json.loads(call("--json", "consent", "show", record_id[:8]).out)
    assert (shown["state"], shown["has_template_key"]) == ("holds", True)


def test_revoked_it_holds_no_more_and_cannot_be_signed(folder: Path) -> None:
    record_id = made(folder)
    refused(folder, 2, "nobody has signed", "consent", "revoke", record_id)
    succeeded("consent", "sign", record_id, "--as", "rights-holder")
    succeeded("consent", "revoke", record_id, "--reason", "no more")
    refused(folder, 2, "was revoked", "consent", "sign", record_id, "--as", "requester")
    refused(folder, 2, "was revoked already", "consent", "revoke", record_id)
    assert "REVOKED" in succeeded("consent", "show", record_id).out


def test_a_record_that_is_revoked_by_its_file_is_revoked_where_it_is_kept(folder: Path) -> None:
    record_id = made(folder)
    for role in ("rights-holder", "requester"):
        succeeded("consent", "sign", folder / "record.json", "--as", role)
    succeeded("consent", "import", folder / "record.json")
    succeeded("consent", "revoke", folder / "record.json")
    kept = {one.consent.record.record_id: one.consent.revocation for one in ConsentStore().all() if one.consent}
    assert kept[record_id] is not None


def test_a_revocation_that_was_handed_over_is_taken_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies beside the record; the requester, who kept the record before, imports it again."""
    record_id = made(folder)
    for role in ("rights-holder", "requester"):
        succeeded("consent", "sign", folder / "record.json", "--as", role)
    requester = folder / "requester"
    own = os.environ["FACEFUSION_HOME"]
    monkeypatch.setenv("FACEFUSION_HOME", str(requester))
    succeeded("consent", "import", folder / "record.json")
    assert ConsentStore().find(record_id)[1].revocation is None
    monkeypatch.setenv("FACEFUSION_HOME", own)
    succeeded("consent", "revoke", folder / "record.json")
    monkeypatch.setenv("FACEFUSION_HOME", str(requester))
    assert ConsentStore().find(record_id)[1].revocation is None
    succeeded("consent", "import", folder / "record.json")
    refused(folder / "nowhere", 5, "rule revoked", "consent", "verify", record_id)


def test_another_machine_gets_record_and_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_id = made(folder)
    for role in ("rights-holder", "requester"):
        succeeded("consent", "sign", record_id, "--as", role)
    out = folder / "out.json"
    refused(folder, 3, "needs a passphrase", "consent", "export", record_id, out, "--with-template-key")
    refused(folder, 2, "holds no key", "consent", "export", record_id, folder / "a.pdf", "--with-template-key")
    monkeypatch.setenv("FACEFUSION_PASSPHRASE", "long words")
    succeeded("consent", "export", record_id, out, "--with-template-key")
    assert "long words" not in out.read_text()
    refused(folder, 7, "there already", "consent", "export", record_id, out)
    monkeypatch.setenv("FACEFUSION_HOME", str(folder / "elsewhere"))
    monkeypatch.setenv("FACEFUSION_PASSPHRASE", "wrong words")
    refused(folder, 3, "passphrase is wrong", "consent", "import", out)
    monkeypatch.delenv("FACEFUSION_PASSPHRASE")
    refused(folder, 3, "give its passphrase", "consent", "import", out)
    monkeypatch.setenv("FACEFUSION_PASSPHRASE", "long words")
    succeeded("consent", "import", out)
    assert json.loads(call("--json", "consent", "show", record_id).out)["has_template_key"]


def test_a_changed_record_is_not_imported(folder: Path) -> None:
    record_id = made(folder)
    succeeded("consent", "sign", record_id, "--as", "rights-holder")
    text = ConsentStore().find(record_id)[0].read_text("utf-8")
    (folder / "changed.json").write_text(text.replace("stunts", "stunt!"), "utf-8")
    refused(folder, 5, "was changed after", "consent", "import", folder / "changed.json")


def test_pages_for_ink_show_every_script_and_escape_what_is_written(folder: Path) -> None:
    consent = ConsentStore().find(made(folder))[1]
    page = html_page(consent)
    assert "王芳 &lt;b&gt;" in page
    assert "<b>" not in page
    pdf = pdf_page(consent)
    assert pdf.startswith(b"%PDF-")
    assert pdf == pdf_page(consent), "the same record gives the same bytes"
    assert b"STSong-Light" in pdf
    assert len(pdf) < 400_000


def test_a_form_with_mistakes_is_refused_before_photos_are_read(folder: Path) -> None:
    for old, new, says in (
        ('use = "stunts"', 'use = ""', "use is empty"),
        ('["swap"]', '["fly"]', "operations names 'fly'"),
        ("2099-12-31", "1999-12-31", "valid_until is not after"),
        ('"guardian"', '"self"', "as relation self"),
        ("[", "{", "no TOML"),
        ('subject = "王芳 <b>"', "", "subject is missing"),
        ("photos", "fotos", "fotos is unknown"),
    ):
        (folder / "bad.toml").write_text(FORM.replace(old, new, 1), encoding="utf-8")
        refused(folder, 3, says, "consent", "new", folder / "bad.toml")
    (folder / "bad.toml").write_text(FORM.replace('"anna.png"', ""), encoding="utf-8")
    refused(folder, 2, "at least one photo", "consent", "new", folder / "bad.toml")
    refused(folder, 2, "one of a form file and --interactive", "consent", "new")
    (folder / "blank.toml").write_text(succeeded("consent", "new", "--blank").out)
    assert (folder / "blank.toml").read_text() == BLANK
    refused(folder, 3, "is empty", "consent", "new", folder / "blank.toml")


def test_answers_in_the_terminal_are_the_same_form() -> None:
    given = iter(["Anna", "self", "Anna", "Film GmbH", "stunts", "what is done", "A, B", "swap,age", "worldwide",
                  "2026-01-01", "2026-12-31", "yes", "-", "a.jpg, b.jpg"])  # fmt: skip
    form = asked_form(lambda question, default: next(given))
    assert form.photos == (Path("a.jpg"), Path("b.jpg"))
    assert form.values["productions"] == ["A", "B"]
    assert form.values["may_omit_visible_label"] is True
    assert form.values["notes"] == ""
