"""Heights of frames, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import refused


@pytest.mark.parametrize("text", ["10p", "1080i", "p", "-240", "9000"])
def test_what_is_no_height_is_refused(text: str, tmp_path: Path) -> None:
    refused(tmp_path, 2, "supported are heights from 64p to 8640p", "benchmark", f"--resolution={text}")
