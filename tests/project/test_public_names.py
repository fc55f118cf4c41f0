"""Every public name leads to something, and says what it is."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "facefusion"
HEAVY = ("torch", "onnxruntime", "av", "cv2", "numba", "PIL")


def packages() -> list[str]:
    found = (path.parent.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("__init__.py"))
    return sorted(".".join(folder.parts) for folder in found)


@pytest.mark.parametrize("package", packages())
def test_exported_names_resolve_and_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__, f"{package} does not say what it holds"
    names = getattr(module, "__all__", [])
    assert len(set(names)) == len(names)
    things = {name: getattr(module, name) for name in names}
    silent = {n for n, t in things.items() if (inspect.isclass(t) or inspect.isfunction(t)) and not inspect.getdoc(t)}
    assert silent == set()


def test_importing_facefusion_loads_nothing_heavy() -> None:
    script = f"import sys, facefusion; print([m for m in {HEAVY!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
