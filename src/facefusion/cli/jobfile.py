"""Job files: TOML with the same keys as the flags."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facefusion.errors import InvalidInput, OutputFailed, UsageError


def read_job(path: Path) -> dict[str, Any]:
    """The keys of a job file. Raises InvalidInput when it is missing or no TOML, UsageError when it has tables."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"job file {path}: cannot be read ({error.strerror}); give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"job file {path}: not valid TOML ({str(error).splitlines()[0]})") from error
    tables = [name for name, value in values.items() if isinstance(value, dict)]
    if tables:
        raise UsageError(f"job file {path}: [{tables[0]}] is a table; supported are plain keys such as mask-blur = 0.3")
    return values


def write_job(path: Path, values: Mapping[str, Any]) -> None:
    """Write the keys of a plan as TOML; appears whole or not at all. Raises OutputFailed."""
    text = "# A FaceFusion job: facefusion run --config THIS_FILE\n"
    text += "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".facefusion-", suffix=".toml")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputFailed(f"job file {path}: cannot be written ({error.strerror}); choose another place") from error


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return repr(value)
