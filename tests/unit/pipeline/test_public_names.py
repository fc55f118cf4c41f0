"""What `import facefusion` gives, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

import facefusion

HEAVY = ("onnxruntime", "av", "cv2", "numba", "torch", "numpy", "PIL", "scipy")


def test_all_equals_what_is_exported() -> None:
    assert sorted(facefusion.__all__) == facefusion.__all__ == dir(facefusion)
    for name in facefusion.__all__:
        assert getattr(facefusion, name) is not None
    assert {*facefusion.__all__} == {*facefusion._HOMES, "__version__"}


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="FaceSwaper"):
        _ = facefusion.FaceSwaper


def test_import_loads_nothing_heavy() -> None:
    code = f"import facefusion, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plan_loads_nothing_that_draws_or_decodes() -> None:
    heavy = tuple(name for name in HEAVY if name != "numpy")
    code = f"from facefusion.pipeline import plan; import sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
