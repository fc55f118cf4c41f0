"""`facefusion consent`: what somebody allowed to be done with their face, signed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from facefusion.cli.call import Call
from facefusion.cli.consent_show import list_, show, verify
from facefusion.cli.passphrases import VARIABLE, passphrase, signing_key
from facefusion.errors import InvalidInput, KeyUnusable, RefusedByPolicy, UsageError

if TYPE_CHECKING:
    from facefusion.provenance.consent.form import Form
    from facefusion.provenance.consent.signatures import SignedConsent

consent_app = typer.Typer(
    no_args_is_help=True, help="Make, sign, check, revoke and hand over records of what somebody allowed."
)
_RECORD = typer.Argument(..., help="A record's file, its id, or the beginning of the id.")
_PASSPHRASE = typer.Option(
    None, help=f"A file (mode 600) with the passphrase. Default: what {VARIABLE} in the environment says, if anything."
)


@consent_app.command()
def new(
    context: typer.Context,
    form: Path | None = typer.Argument(None, help="A filled-in form, TOML or JSON; --blank prints an empty one."),
    interactive: bool = typer.Option(False, "--interactive", help="Ask for everything in the terminal. Default: off."),
    blank: bool = typer.Option(False, "--blank", help="Print an empty form and leave. Default: off."),
    photo: list[Path] = typer.Option(
        [], help="A photo of the subject, measured and not kept; repeats, beside those of the form. Default: none."
    ),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="Write the record here too, to send it to whoever signs. Default: none."
    ),
) -> None:
    """Make a record, not yet signed, from a form or from answers, with photos of the subject."""
    from facefusion.pipeline.consent_photos import templates_of
    from facefusion.provenance import moments
    from facefusion.provenance.consent.form import BLANK
    from facefusion.provenance.consent.signatures import SignedConsent
    from facefusion.provenance.consent.store import ConsentStore, write_consent

    if blank:
        print(BLANK, end="")
        return
    filled = _form(form, interactive=interactive)
    photos = (*filled.photos, *photo)
    record = filled.record(lambda record_id: templates_of(photos, record_id), created=moments.now())
    consent = SignedConsent(record)
    if output is not None:
        write_consent(output, consent, overwrite=False)
    path = ConsentStore().add(consent)
    _tell(context, consent, path, f"{record.record_id}: made, not signed; next: facefusion consent sign --help")


@consent_app.command()
def sign(
    context: typer.Context,
    record: str = _RECORD,
    role: Literal["rights-holder", "requester"] = typer.Option(
        ..., "--as", help="Who signs: the rights holder first, then the requester countersigns."
    ),
    key: str | None = typer.Option(
        None, help="A PEM file (Ed25519), or a name in your key folder, made on first use. Default: the role's name."
    ),
    passphrase_file: Path | None = _PASSPHRASE,
) -> None:
    """Sign a record, in its file. Read it first: facefusion consent show."""
    from facefusion.provenance import moments
    from facefusion.provenance.consent.store import ConsentStore, write_consent

    path, consent = ConsentStore().find(record)
    if consent.revocation is not None:
        raise UsageError(f"consent {record}: was revoked; make a new one instead")
    mine = signing_key(key or role, passphrase_file)
    signed = consent.signed_by(mine, role, signed=moments.now())
    write_consent(path, replace(signed, revocation=None), overwrite=True)
    shown = mine.public.fingerprint[:16]
    _tell(context, signed, path, f"{path}: signed by the {role} with key {shown} ({mine.public.to_text()})")


@consent_app.command()
def revoke(
    context: typer.Context,
    record: str = _RECORD,
    key: str = typer.Option("rights-holder", help="What the rights holder signed with. Default: rights-holder."),
    reason: str = typer.Option("", help="Why; it is shown to whoever uses the record. Default: none."),
    passphrase_file: Path | None = _PASSPHRASE,
) -> None:
    """Take a consent back: a signed statement beside the record, from now on and for good."""
    from facefusion.provenance import moments
    from facefusion.provenance.consent.revocation import Revocation
    from facefusion.provenance.consent.store import ConsentStore

    store = ConsentStore()
    path, consent = store.find(record)
    holder = consent.by("rights-holder")
    if holder is None:
        raise UsageError(f"consent {record}: nobody has signed it, there is nothing to revoke; delete the file")
    if consent.revocation is not None:
        raise UsageError(f"consent {record}: was revoked already; a revocation stays")
    statement = Revocation.of(consent.record, signing_key(key, passphrase_file), revoked=moments.now(), reason=reason)
    if fault := statement.fault(consent.record, holder.key):
        raise KeyUnusable(f"consent {record}: {fault}; use the key it was signed with ({holder.key.fingerprint[:16]})")
    beside = store.revoke(path, statement)
    _tell(context, replace(consent, revocation=statement), path, f"{beside}: revoked; give this file to everybody")


@consent_app.command()
def export(
    context: typer.Context,
    record: str = _RECORD,
    output: Path = typer.Argument(..., help="Where: .json to hand it over, .pdf or .html to print and sign with ink."),
    with_template_key: bool = typer.Option(
        False,
        "--with-template-key",
        help="Also the key that makes the face templates match, under a passphrase (.json). Default: off.",
    ),
    passphrase_file: Path | None = _PASSPHRASE,
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a file that exists. Default: off."),
) -> None:
    """Write a record to hand over or to print."""
    from facefusion.media.paths import check_output
    from facefusion.provenance.consent.store import ConsentStore

    path, consent = ConsentStore().find(record)
    check_output(output, overwrite=overwrite, inputs=[path])
    suffix = output.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"{output}: supported are {', '.join(_SUFFIXES)}")
    if with_template_key and suffix != ".json":
        raise UsageError("with-template-key: a page on paper holds no key; export a .json file")
    _write_export(consent, output, with_key=with_template_key, secret=passphrase(passphrase_file), overwrite=overwrite)
    _tell(context, consent, output, f"{output}: written")


_SUFFIXES = (".json", ".html", ".pdf")


@consent_app.command("import")
def import_(
    context: typer.Context,
    file: Path = typer.Argument(..., help="A record that somebody handed over, or one of yours that came back signed."),
    passphrase_file: Path | None = _PASSPHRASE,
) -> None:
    """Keep a record in your own folder, with the template key it carries and its revocation."""
    from facefusion.provenance.consent.signatures import signature_fault
    from facefusion.provenance.consent.store import ConsentStore
    from facefusion.provenance.consent.template_keys import keep_template_key

    consent = ConsentStore().read(file)
    if fault := signature_fault(consent):
        raise RefusedByPolicy(f"{file}: {fault}; ask for the original")
    if consent.wrapped_key is not None:
        secret = passphrase(passphrase_file)
        if secret is None:
            raise KeyUnusable(f"{file}: carries a template key; give its passphrase with --passphrase-file")
        template_key = consent.wrapped_key.opened(consent.record.record_id, secret)
        if not consent.record.templates.belongs_to(template_key):
            raise InvalidInput(f"{file}: the template key that it carries is not that of its templates")
        keep_template_key(consent.record.record_id, template_key)
    path = ConsentStore().take_in(consent)
    _tell(context, consent, path, f"{path}: kept")


consent_app.command("list")(list_)
consent_app.command("show")(show)
consent_app.command("verify")(verify)


def _form(path: Path | None, *, interactive: bool) -> Form:
    from facefusion.provenance.consent.form import asked_form, read_form

    if (path is None) != interactive:
        raise UsageError("consent new: give one of a form file and --interactive; --blank prints an empty form")
    return read_form(path) if path is not None else asked_form(_ask)


def _ask(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default or None, err=True))


def _write_export(
    consent: SignedConsent, output: Path, *, with_key: bool, secret: bytes | None, overwrite: bool
) -> None:
    from facefusion.media.paths import write_atomically
    from facefusion.provenance.consent.matching import usable_key
    from facefusion.provenance.consent.page import html_page
    from facefusion.provenance.consent.pdf import pdf_page
    from facefusion.provenance.consent.store import write_consent
    from facefusion.provenance.consent.template_keys import WrappedKey

    if output.suffix.lower() == ".html":
        write_atomically(output, html_page(consent).encode(), overwrite=overwrite)
    elif output.suffix.lower() == ".pdf":
        write_atomically(output, pdf_page(consent), overwrite=overwrite)
    else:
        wrapped = None
        if with_key:
            if secret is None:
                raise KeyUnusable(f"with-template-key: needs a passphrase in --passphrase-file or {VARIABLE}")
            if (key := usable_key(consent.record)) is None:
                raise KeyUnusable("with-template-key: this machine does not have the record's template key")
            wrapped = WrappedKey.wrapped(key, consent.record.record_id, secret)
        write_consent(output, replace(consent, wrapped_key=wrapped), overwrite=overwrite)


def _tell(context: typer.Context, consent: SignedConsent, path: Path, line: str) -> None:
    call = Call.of(context)
    if call.as_json:
        call.answer({"id": consent.record.record_id, "file": str(path), **consent.to_plain()})
    else:
        print(line)
