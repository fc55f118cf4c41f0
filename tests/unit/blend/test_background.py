"""What a background's name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from facefusion.blend.background import Ground, ground_of
from facefusion.errors import UsageError


def test_colours_blurs_and_files_are_told_apart() -> None:
    assert ground_of("") is None
    assert ground_of("#ff0080") == Ground(color=(1.0, 0.0, 128 / 255))
    assert ground_of("#F08") == ground_of("#ff0088")
    assert ground_of("white") == Ground(color=(1.0, 1.0, 1.0))
    assert ground_of("blur:0.1") == Ground(blur=0.1)
    assert ground_of("Sky.jpg") == Ground(path=Path("Sky.jpg"))


@pytest.mark.parametrize("text", ["#12345", "#zzzzzz", "blur:none", "blur:0", "blur:2", "blur:nan"])
def test_what_cannot_be_read_is_refused_with_what_would_work(text: str) -> None:
    with pytest.raises(UsageError, match=r"like #|blur:0\.001 to"):
        ground_of(text)
