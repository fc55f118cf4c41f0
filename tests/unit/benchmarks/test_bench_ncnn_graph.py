"""Networks that were published in other forms give the same numbers as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from benchmarks.ncnn_graph import to_onnx
from benchmarks.real_networks import floats

PARAM = """7767517
9 10
Input            in     0 1 data
Split            split  1 2 data a b
Convolution      conv   1 1 a c 0=12 1=3 4=1 5=1 6=324 9=2 -23310=1,2.000000e-01
PReLU            prelu  1 1 c d 0=12
PixelShuffle     fold   1 1 d e 0=2
Interp           near   1 1 b f 0=1 1=2.000000e+00 2=2.000000e+00
Eltwise          sum    2 1 e f g 0=1 -23301=2,5.000000e-01,1.000000e+00
Concat           two    2 1 g f h 0=0
Convolution      last   1 1 h output 0=3 1=1 6=18
"""
HALF = np.array([0x01306B47], "<u4").tobytes()


def test_layers_weights_and_their_order_are_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    kernel, bias, slopes, last = (
        random.normal(size=shape).astype(dtype)
        for shape, dtype in (((12, 3, 3, 3), "<f2"), ((12,), "<f4"), ((12,), "<f4"), ((3, 6), "<f4"))
    )
    (tmp_path / "net.param").write_text(PARAM, encoding="utf-8")
    parts = [HALF, kernel.tobytes(), bias.tobytes(), slopes.tobytes(), bytes(4), last.tobytes()]
    (tmp_path / "net.bin").write_bytes(b"".join(parts))
    path = to_onnx(tmp_path / "net.param", tmp_path / "net.bin", tmp_path / "net.onnx")
    picture = random.random((1, 3, 4, 5), dtype=np.float32)
    found = onnxruntime.InferenceSession(str(path)).run(None, {"data": picture})[0]

    padded = np.pad(picture[0], ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    seen = np.einsum("cyxij,kcij->kyx", windows, kernel.astype(np.float32)) + bias[:, None, None]
    seen = np.where(seen > 0, seen, 0.2 * seen)
    seen = np.where(seen > 0, seen, slopes[:, None, None] * seen)
    folded = seen.reshape(3, 2, 2, 4, 5).transpose(0, 3, 1, 4, 2).reshape(3, 8, 10)
    large = picture[0].repeat(2, axis=1).repeat(2, axis=2)
    both = np.concatenate([0.5 * folded + large, large])
    np.testing.assert_allclose(found[0], np.einsum("cyx,kc->kyx", both, last), atol=1e-4)


def test_weights_that_are_left_over_and_layers_that_are_not_known_are_told(tmp_path: Path) -> None:
    param, weights = tmp_path / "net.param", tmp_path / "net.bin"
    param.write_text("7767517\n2 2\nInput in 0 1 data\nPReLU p 1 1 data out 0=3\n", encoding="utf-8")
    weights.write_bytes(bytes(16))
    with pytest.raises(ValueError, match=r"net\.bin: 4 bytes are left over"):
        to_onnx(param, weights, tmp_path / "net.onnx")
    param.write_text("7767517\n2 2\nInput in 0 1 data\nSwish s 1 1 data out\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"net\.param: layer Swish is not known"):
        to_onnx(param, weights, tmp_path / "net.onnx")


def test_weights_of_8_bits_with_a_scale_for_each_block_become_floats() -> None:
    stored = np.array([[1, 2, 3, 4], [-1, -2, -3, -4]], np.int8)
    scale, zero = np.array([[0.5, 2.0], [1.0, 4.0]], np.float32), np.array([[1, 0], [0, 1]], np.int8)
    assert floats([stored, scale, zero], 1, 2).tolist() == [[0, 0.5, 6, 8], [-1, -2, -16, -20]]
    assert floats([stored[0], np.float32(0.5), np.int8(1)], 1, 1).tolist() == [0, 0.5, 1, 1.5]
