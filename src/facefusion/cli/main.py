"""The entry point: `facefusion …`. Errors become one line on stderr and an exit code here, and nowhere else."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from facefusion import __version__
from facefusion.cli.call import Call
from facefusion.cli.doctor import doctor
from facefusion.cli.flags import with_plan_flags
from facefusion.cli.models import models_app
from facefusion.cli.people import people
from facefusion.cli.reporting import Reporter, choose_mode
from facefusion.cli.run import run
from facefusion.cli.verify import verify
from facefusion.errors import Cancelled, FaceFusionError, OutputExists, UsageError

COMMANDS = ("run", "people", "doctor", "models", "verify")
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
app.command("people")(people)
app.command("doctor")(doctor)
app.command("verify")(verify)
app.add_typer(models_app, name="models")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verbose, as_json = "--verbose" in given, "--json" in given
    try:
        code = typer.main.get_command(app).main(_in_order(given), prog_name="facefusion", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except OutputExists as error:
        return _fail(f"{error} (--overwrite)", error.exit_code, verbose=verbose, as_json=as_json)
    except FaceFusionError as error:
        return _fail(str(error), error.exit_code, verbose=verbose, as_json=as_json)
    except BrokenPipeError:  # `facefusion … | head`: whoever read the answer has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail("cancelled: nobody reads the answer any more", Cancelled.exit_code, verbose=False, as_json=False)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("cancelled", Cancelled.exit_code, verbose=False, as_json=as_json)
    except Exception as error:
        if hasattr(error, "format_message"):
            text = str(error.format_message()).rstrip(".")
            return _fail(f"{text}; see facefusion --help", UsageError.exit_code, verbose=False, as_json=as_json)
        text = f"unexpected {type(error).__name__}: {error}; run again with --verbose and report it"
        return _fail(text, 1, verbose=verbose, as_json=as_json)


def script() -> None:
    """What the installed command calls. What a terminal cannot show is written as a number, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())


def _in_order(given: list[str]) -> list[str]:
    """The flags of every command first, and `run` where no command was named."""
    ahead = [flag for flag in given if flag in _GLOBAL_FLAGS]
    rest = [flag for flag in given if flag not in _GLOBAL_FLAGS]
    if rest and rest[0] not in COMMANDS and rest[0] not in ("--help", "--version"):
        rest = ["run", *rest]
    return [*ahead, *rest]


def _fail(text: str, code: int, *, verbose: bool, as_json: bool) -> int:
    line = "".join(letter if letter.isprintable() or "\ud800" <= letter <= "\udfff" else " " for letter in text).strip()
    print(f"facefusion: {line}", file=sys.stderr)
    if as_json:
        Reporter("json").event("error", message=line, exit_code=code)
    if verbose:
        traceback.print_exc(file=sys.stderr)
    return code


if __name__ == "__main__":
    script()
