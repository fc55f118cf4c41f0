"""How one call of the command line reports: what its options before the sub-command said."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import typer

from facefusion.cli.reporting import Reporter


@dataclass(frozen=True, slots=True)
class Call:
    """reporter: where progress goes. as_json: answers are JSON instead of tables."""

    reporter: Reporter
    as_json: bool = False

    @staticmethod
    def of(context: typer.Context) -> Call:
        """The call that a command belongs to."""
        call = context.find_object(Call)
        return call if call is not None else Call(Reporter("plain"))

    def answer(self, data: Any) -> None:
        """Print an answer as JSON, in ASCII: it arrives whole through any terminal, pipe and code page."""
        json.dump(data, sys.stdout, indent=2, default=str)
        print()
