"""The commands of `facefusion`, and how a command line reaches one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from facefusion import __version__
from facefusion.cli import models_fetch, models_optimise
from facefusion.cli.analyse import analyse
from facefusion.cli.audit import audit_app
from facefusion.cli.benchmark import benchmark
from facefusion.cli.call import Call
from facefusion.cli.conform import conform
from facefusion.cli.consent import consent_app
from facefusion.cli.doctor import doctor
from facefusion.cli.edit import edit_app
from facefusion.cli.flags import with_plan_flags
from facefusion.cli.models import models_app
from facefusion.cli.people import people
from facefusion.cli.policy import policy_app
from facefusion.cli.preview import preview
from facefusion.cli.remote import remote_app
from facefusion.cli.render import render
from facefusion.cli.report import report
from facefusion.cli.reporting import Reporter, choose_mode
from facefusion.cli.run import run
from facefusion.cli.serve import serve_app
from facefusion.cli.turnover import turnover
from facefusion.cli.verify import verify
from facefusion.errors import Cancelled, UsageError
from facefusion.pipeline.measuring_keys import FINDING_KEYS, MEASURING_KEYS

COMMANDS = (
    "run",
    "people",
    "analyse",
    "edit",
    "preview",
    "render",
    "turnover",
    "conform",
    "doctor",
    "benchmark",
    "models",
    "verify",
    "audit",
    "consent",
    "policy",
    "remote",
    "report",
    "serve",
    "server",
)
_GLOBAL_FLAGS = ("--quiet", "--verbose", "--json")

app = typer.Typer(
    name="facefusion",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Put one person's face on another person's performance, offline, with permission, and marked as AI-made.\n\n"
    "facefusion --source photo.jpg --target clip.mp4 --output out.mp4    (short for: facefusion run …)\n\n"
    "Exit codes: 0 done, 1 unexpected, 2 usage, 3 bad input, 4 no face, 5 refused by policy, 6 model missing, "
    "7 output failed, 130 cancelled.",
)


@app.callback()
def options(
    context: typer.Context,
    quiet: bool = typer.Option(False, "--quiet", help="Say nothing but warnings and errors. Default: off."),
    verbose: bool = typer.Option(False, "--verbose", help="Show where in the code an error arose. Default: off."),
    as_json: bool = typer.Option(False, "--json", help="One JSON event a line, or a JSON answer. Default: off."),
    version: bool = typer.Option(False, "--version", help="Show the version and leave."),
) -> None:
    if version:
        print(f"facefusion {__version__}")
        raise typer.Exit
    mode = choose_mode(quiet=quiet, as_json=as_json, stream=sys.stderr)
    context.obj = Call(Reporter(mode), as_json)


app.command("run")(with_plan_flags(run))
app.command("people")(with_plan_flags(people, only=FINDING_KEYS[:4]))
app.command("analyse")(with_plan_flags(analyse, only=MEASURING_KEYS))
app.add_typer(edit_app, name="edit")
app.command("preview")(with_plan_flags(preview))
app.command("render")(with_plan_flags(render))
app.command("turnover")(with_plan_flags(turnover))
app.command("conform")(with_plan_flags(conform))
app.command("doctor")(doctor)
app.command("benchmark")(benchmark)
app.command("verify")(verify)
app.command("report")(report)
app.add_typer(consent_app, name="consent")
app.add_typer(policy_app, name="policy")
models_fetch.add_to(models_app)
models_optimise.add_to(models_app)
app.add_typer(models_app, name="models")
app.add_typer(audit_app, name="audit")
app.add_typer(remote_app, name="remote")
app.add_typer(serve_app, name="server", hidden=True)
app.add_typer(serve_app, name="serve")


def invoke(given: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Raises the errors of `facefusion.errors`, KeyboardInterrupt."""
    try:
        code = typer.main.get_command(app).main(_in_order(list(given)), prog_name="facefusion", standalone_mode=False)
    except SystemExit:  # `facefusion … | head`: whoever read the answer has gone
        raise Cancelled("cancelled: nobody reads the answer any more") from None
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise UsageError(f"{str(error.format_message()).rstrip('.')}; see facefusion --help") from error
    if code == Cancelled.exit_code:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _in_order(given: list[str]) -> list[str]:
    """The flags of every command first, and `run` where no command was named."""
    ahead = [flag for flag in given if flag in _GLOBAL_FLAGS]
    rest = [flag for flag in given if flag not in _GLOBAL_FLAGS]
    if rest and rest[0] not in COMMANDS and rest[0] not in ("--help", "--version"):
        rest = ["run", *rest]
    return [*ahead, *rest]
