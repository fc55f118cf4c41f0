"""Build the web application into the package, and note what it was built from: `make web`. Needs Node and npm."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
STATIC = ROOT / "src" / "facefusion" / "service" / "static"
NOTE = STATIC / "build.json"
_LEFT_OUT = ("node_modules",)


def sources() -> list[Path]:
    """Everything that the build reads."""
    return [
        path for path in sorted(WEB.rglob("*")) if path.is_file() and path.relative_to(WEB).parts[0] not in _LEFT_OUT
    ]


def built() -> list[Path]:
    """Everything that the build wrote."""
    return [path for path in sorted(STATIC.rglob("*")) if path.is_file() and path != NOTE]


def digest(paths: Iterable[Path], folder: Path) -> str:
    """SHA-256 over names and texts, the same whatever ends their lines."""
    found = hashlib.sha256()
    for path in paths:
        text = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{path.relative_to(folder).as_posix()}\0{len(text)}\0".encode() + text)
    return found.hexdigest()


def state() -> dict[str, str]:
    """The digests of what is there now, as build.json keeps them."""
    return {"sources": digest(sources(), WEB), "built": digest(built(), STATIC)}


def main() -> None:
    for command in (["ci"], ["run", "check"], ["run", "build"]):
        subprocess.run(["npm", *command], cwd=WEB, check=True)
    NOTE.write_text(json.dumps(state(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
