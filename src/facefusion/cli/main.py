"""The entry point: `facefusion …`. Errors become one line on stderr and an exit code here, and nowhere else.

It imports the rest when it is called, so that Ctrl-C is answered in one line from the first moment.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

from facefusion.errors import Cancelled, FaceFusionError, OutputExists


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from facefusion.cli.app import invoke

        return invoke(given)
    except OutputExists as error:
        return _fail(f"{error} (--overwrite)", error.exit_code, given)
    except FaceFusionError as error:
        return _fail(str(error), error.exit_code, given, decision=getattr(error, "decision", None))
    except KeyboardInterrupt:
        return _fail("cancelled", Cancelled.exit_code, given)
    except Exception as error:
        text = f"unexpected {type(error).__name__}: {error}; run again with --verbose and report it"
        return _fail(text, 1, given)


def script() -> None:
    """What the installed command calls. What a terminal cannot show is written as a number, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = main()
    _let_go(sys.__stdout__)
    if code == Cancelled.exit_code:  # a thread may still be busy with a frame that nobody waits for
        os._exit(code)
    sys.exit(code)


def _let_go(stream: TextIO | None) -> None:
    """Where the reader of `stream` has gone, lead it nowhere, or the interpreter complains at its end."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fail(text: str, code: int, given: list[str], *, decision: Mapping[str, Any] | None = None) -> int:
    line = "".join(letter if _is_shown(letter) else " " for letter in text).strip()
    with suppress(OSError):  # whoever read it may have gone
        print(f"facefusion: {line}", file=sys.stderr)
        if "--json" in given:
            from facefusion.cli.reporting import Reporter

            more = {"decision": dict(decision)} if decision else {}
            Reporter("json").event("error", message=line, exit_code=code, **more)
    if "--verbose" in given:
        import traceback

        traceback.print_exc(file=sys.stderr)
    return code


def _is_shown(letter: str) -> bool:
    """Line ends and control codes are not; half a surrogate pair stands for a byte of a file name."""
    return letter.isprintable() or "\ud800" <= letter <= "\udfff"


if __name__ == "__main__":
    script()
