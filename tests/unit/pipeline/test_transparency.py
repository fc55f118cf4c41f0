"""Premultiplied colour is written only where the file can say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from facefusion.errors import UsageError
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.transparency import check_form


def plan(output: str, alpha: str) -> Plan:
    return Plan.from_mapping(
        {"target": "in.%04d.png", "output": output, "processor": ["face_enhancer"], "alpha": alpha}
    )


@pytest.mark.parametrize("suffix", [".avi", ".webp", ".gif"])
def test_a_file_that_cannot_say_it_is_refused(suffix: str) -> None:
    with pytest.raises(UsageError, match=r"cannot say that they are premultiplied; .*\.exr.*\.mov"):
        check_form(Path(f"a{suffix}"), plan(f"a{suffix}", "premultiplied"))
    check_form(Path(f"a{suffix}"), plan(f"a{suffix}", "straight"))


@pytest.mark.parametrize("suffix", [".mov", ".mkv", ".webm", ".exr", ".png", ".tif"])
def test_others_are_taken(suffix: str) -> None:
    check_form(Path(f"a{suffix}"), plan(f"a{suffix}", "premultiplied"))
