"""What the contracts share: outputs without what the watermark does to every pixel, or with a number that stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

NUMBER = 32 * "7"


@pytest.fixture
def before_the_watermark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames as they are before the watermark is drawn: what is promised of single pixels holds there.

    `pipeline/test_watermarks.py` says what the watermark does to every output.
    """
    _without(monkeypatch)


@pytest.fixture(scope="module")
def all_before_the_watermark() -> Iterator[None]:
    """The same for a whole file of tests."""
    with pytest.MonkeyPatch.context() as patch:
        _without(patch)
        yield


@pytest.fixture(scope="module")
def one_number() -> Iterator[None]:
    """Every output carries one number, so that outputs of different requests can be compared pixel by pixel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facefusion.pipeline.marking._number_of", lambda plan, created: NUMBER)
        yield


def _without(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("facefusion.pipeline.ranges.watermarked", lambda frame, asset_id: frame)
    patch.setattr("facefusion.pipeline.options.watermarked", lambda frame, asset_id: frame)
