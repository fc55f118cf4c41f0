"""The codeword: read through noise, and never taken from noise."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.provenance.watermark import code

IDS = (0, 1, 0x0123456789ABCDEF, (1 << 64) - 1)


def _heard(asset_id: int, noise: float, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0, noise, code.CODE_LENGTH)
    return (code.encode(asset_id) + drawn).astype(np.float32)


@pytest.mark.parametrize("asset_id", IDS)
def test_a_word_is_read_when_a_sixth_of_its_signs_are_wrong(asset_id: int) -> None:
    for seed in range(5):
        heard = _heard(asset_id, 1.0, seed)
        wrong = np.mean(np.sign(heard) != code.encode(asset_id))
        assert wrong > 0.1
        found = code.decode(heard)
        assert found is not None
        assert found.asset_id == asset_id
        assert found.errors == pytest.approx(wrong)


def test_different_numbers_differ_in_many_signs() -> None:
    words = [code.encode(1 << place) for place in range(64)]
    least = min(int(np.sum(a != b)) for i, a in enumerate(words) for b in words[:i])
    assert least >= 33  # the code's free distance


def test_noise_silence_and_a_steady_tone_are_no_word() -> None:
    rng = np.random.default_rng(1)
    assert all(code.decode(rng.normal(size=code.CODE_LENGTH).astype(np.float32)) is None for _ in range(50))
    for value in (0.0, 1.0, -1.0):
        assert code.decode(np.full(code.CODE_LENGTH, value, np.float32)) is None


@pytest.mark.parametrize("asset_id", [-1, 1 << 64])
def test_numbers_of_more_than_64_bits_are_refused(asset_id: int) -> None:
    with pytest.raises(ValueError, match="supported is 0 to"):
        code.encode(asset_id)
