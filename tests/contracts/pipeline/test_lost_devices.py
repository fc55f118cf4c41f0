"""A graphics card that stops answering in the middle of a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefusion.errors import DeviceLost
from facefusion.models import close_sessions, open_session, starting
from packets import Packets, packets_of
from resuming import OUTPUT, finished, swap

pytestmark = pytest.mark.usefixtures("own_folder")
SAYS = "CUDA failure 999: unknown error ; GPU=0 ; hostname=somewhere"


class Dying:
    """An ONNX Runtime session that says it runs on a graphics card, which dies after so many answers."""

    def __init__(self, real: Any, left: list[int]) -> None:
        self._real, self._left, self._lock = real, left, threading.Lock()

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, *arguments: Any) -> Any:
        with self._lock:
            self._left[0] -= 1
            if self._left[0] < 0:
                raise RuntimeError(SAYS)
        return self._real.run(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many answers of the deblurring network are left; it alone runs on the card."""
    answers, real = [10**9], starting.start

    def loaded(path: Path, *rest: Any) -> Any:
        session = real(path, *rest)
        return Dying(session, answers) if path.stem == "face_deblur" else session

    close_sessions()
    monkeypatch.setattr(starting, "start", loaded)
    yield answers
    close_sessions()


def test_a_run_whose_card_dies_stops_in_one_line_and_goes_on_bit_for_bit(
    left: list[int], film: Path, whole: Packets
) -> None:
    before = left[0]
    swap(film, OUTPUT, workers=1)
    used = before - left[0]
    assert packets_of(OUTPUT) == whole
    OUTPUT.unlink()
    left[0] = round(used * 0.7)
    with pytest.raises(DeviceLost, match=r"face_deblur: cuda stopped .*CUDA failure 999.*the same command") as caught:
        swap(film, OUTPUT, workers=1)
    assert "\n" not in str(caught.value)
    assert not OUTPUT.exists()
    kept = len(finished(OUTPUT))
    assert kept > 0
    left[0] = 10**9
    report = swap(film, OUTPUT, workers=1)
    assert report.segments_kept == kept
    assert packets_of(OUTPUT) == whole


def test_a_model_that_fails_on_the_processor_has_not_lost_a_device(left: list[int]) -> None:
    left[0] = 0
    session = open_session("face_deblur")
    with pytest.raises(DeviceLost):
        session.run(*(np.zeros([n if isinstance(n, int) else 64 for n in spec.shape]) for spec in session.inputs))
    session.providers = ("cpu",)
    with pytest.raises(Exception, match="face_deblur failed: CUDA failure"):
        session.run(*(np.zeros([n if isinstance(n, int) else 64 for n in spec.shape]) for spec in session.inputs))
