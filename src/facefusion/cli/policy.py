"""`facefusion policy`: what the rules are, and keeping to the time that results may be kept."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from facefusion.cli.call import Call

policy_app = typer.Typer(no_args_is_help=True, help="Show the policies, and delete results whose time is over.")


@policy_app.command("list")
def list_policies(context: typer.Context) -> None:
    """Every policy that `--policy` takes by name: the package's and your own."""
    from facefusion.errors import FaceFusionError
    from facefusion.provenance.home import home
    from facefusion.provenance.policy import load_policy
    from facefusion.provenance.policy.policy import PROFILES

    call, own = Call.of(context), home() / "policy"
    rows = []
    for name in (*PROFILES, *sorted(path.stem for path in own.glob("*.toml"))):
        try:
            rows.append({"name": name, "summary": load_policy(name).summary})
        except FaceFusionError as error:
            rows.append({"name": name, "summary": f"cannot be used: {error}"})
    if call.as_json:
        call.answer(rows)
        return
    for row in rows:
        print(f"{row['name']}: {row['summary']}")


@policy_app.command("show")
def show(
    context: typer.Context,
    name: str = typer.Argument(..., help="A policy's name, or a TOML file."),
) -> None:
    """Everything that one policy says."""
    from facefusion.provenance.policy import load_policy

    call, policy = Call.of(context), load_policy(name)
    said = {**asdict(policy), "digest": policy.digest}
    if call.as_json:
        call.answer(said)
        return
    for key, value in said.items():
        words = ", ".join(value) or "none" if isinstance(value, tuple) else value
        print(f"{key.replace('_', ' ')}: {words}")


@policy_app.command("sweep")
def sweep(
    context: typer.Context,
    places: list[Path] = typer.Argument(..., help="Results, or folders of them, with all folders below."),
    delete: bool = typer.Option(False, "--delete", help="Delete what is over. Default: off, it is only listed."),
    audit_file: Path | None = typer.Option(
        None,
        "--audit-file",
        help="The log that deletions go into. Default: audit/audit.jsonl in your own folder.",
    ),
) -> None:
    """List results with the day until which their policy lets them be kept; --delete deletes those whose time is over.

    Only results that were made on this machine and are as they were made are judged; everything else is left alone.
    Each deletion is written into the audit log before it happens.
    """
    from facefusion.provenance import moments
    from facefusion.provenance.audit.log import AuditLog
    from facefusion.provenance.manifest.claim import Digest
    from facefusion.provenance.policy.retention import delete as delete_result
    from facefusion.provenance.policy.retention import results_in, term_of

    call, now = Call.of(context), moments.now()
    terms = [term_of(path, now) for path in results_in(places)]
    log = AuditLog.at(audit_file) if delete else None
    for term in terms:
        if not call.as_json:
            print(term.line)
        if log is not None and term.state == "over":
            digest = Digest.of(term.path).sha256
            log.append({"what": "deleted", "asset": term.asset, "outputs": [{"sha256": digest}], "policy": term.policy})
            gone = delete_result(term)
            if not call.as_json:
                print(f"  deleted: {', '.join(path.name for path in gone)}")
    if call.as_json:
        call.answer([{**term.as_dict(), "is_deleted": delete and term.state == "over"} for term in terms])
