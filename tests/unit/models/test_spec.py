"""TensorSpec: the only conversion between pictures and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facefusion.models import TensorSpec

FINITE = st.floats(-2, 2, width=32).map(lambda x: round(x, 3))


@st.composite
def specs(draw: st.DrawFn) -> TensorSpec:
    layout = draw(st.sampled_from(["NHWC", "NCHW"]))
    count = draw(st.sampled_from([1, 3]))
    low = draw(FINITE)
    return TensorSpec(
        name="image",
        shape=("n", 3, 5, 4) if layout == "NCHW" else ("n", 5, 4, 3),
        layout=layout,
        colour=draw(st.sampled_from(["rgb", "bgr"])),
        range=(low, low + draw(st.sampled_from([0.5, 1.0, 2.0, 255.0]))),
        mean=tuple(draw(FINITE) for _ in range(count)),
        std=tuple(draw(st.sampled_from([0.225, 0.5, 1.0, 128.0])) for _ in range(count)),
    )


def pictures(dtype: Any) -> st.SearchStrategy[np.ndarray]:
    elements = st.floats(0, 1, width=32) if dtype is np.float32 else None
    return hnp.arrays(dtype, (5, 4, 3), elements=elements)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_encode_then_decode_is_the_identity(dtype: Any) -> None:
    top = 1.0 if dtype is np.float32 else float(np.iinfo(dtype).max)

    @given(spec=specs(), picture=pictures(dtype))
    def check(spec: TensorSpec, picture: np.ndarray) -> None:
        tensor = spec.encode(picture)
        assert tensor.dtype == np.float32
        assert spec.accepts(tensor.shape)
        back = spec.decode(tensor)
        assert back.shape == (1, 5, 4, 3)
        # float32 keeps 24 bits of the largest number that occurs on the way
        largest = max(1.0, *map(abs, (*spec.range, *spec.mean))) / (spec.range[1] - spec.range[0])
        np.testing.assert_allclose(back[0], picture / np.float32(top), atol=4e-7 * largest)

    check()


def test_values_by_hand() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0, 1] = (255, 51, 0)
    plain = TensorSpec("x", ("n", 2, 2, 3), "NHWC", "rgb", (-1.0, 1.0))
    np.testing.assert_allclose(plain.encode(picture)[0, 0, 1], (1, -0.6, -1), atol=1e-6)
    swapped = TensorSpec("x", (1, 3, 2, 2), "NCHW", "bgr", (0.0, 255.0), mean=(104.0, 117.0, 123.0))
    np.testing.assert_allclose(swapped.encode(picture)[0, :, 0, 1], (-104, -66, 132), atol=1e-4)
    network = TensorSpec("x", (1, 3, 2, 2), "NCHW", "rgb", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    expected = (np.array([1, 0.2, 0]) - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    np.testing.assert_allclose(network.encode(picture)[0, :, 0, 1], expected, atol=1e-6)


def test_depths_agree() -> None:
    spec = TensorSpec("x", ("n", "h", "w", 3), "NHWC", "rgb", (-1.0, 1.0))
    eight = np.random.default_rng(0).integers(0, 256, (7, 6, 3), dtype=np.uint8)
    sixteen = eight.astype(np.uint16) * 257
    unit = eight.astype(np.float32) / np.float32(255)
    for other in (sixteen, unit):
        np.testing.assert_allclose(spec.encode(eight), spec.encode(other), atol=3e-7)


def test_a_batch_is_its_pictures_and_the_input_stays_as_it_is() -> None:
    spec = TensorSpec("x", ("n", 3, 6, 5), "NCHW", "bgr")
    both = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 3), dtype=np.uint8)
    both.flags.writeable = False
    batch = spec.encode_many(list(both))
    assert batch.flags.c_contiguous
    np.testing.assert_array_equal(batch[1], spec.encode(both[1])[0])


def test_grey_and_half_precision() -> None:
    matte = TensorSpec("matte", (1, 1, 4, 4), "NCHW", "grey", dtype="float16")
    tensor = matte.encode(np.full((4, 4, 1), 0.5, np.float32))
    assert tensor.dtype == np.float16
    assert matte.decode(tensor).shape == (1, 4, 4, 1)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 5, 3), np.uint8),
        np.zeros((5, 4, 4), np.uint8),
        np.zeros((5, 4), np.uint8),
        np.zeros((5, 4, 3), np.float64),
    ],
)
def test_what_does_not_fit_is_named(picture: np.ndarray) -> None:
    spec = TensorSpec("target", ("n", 5, 4, 3), "NHWC", "rgb")
    with pytest.raises(ValueError, match=r"target: got .* supported"):
        spec.encode(picture)


def test_nonsense_is_refused_at_birth() -> None:
    with pytest.raises(ValueError, match="4 dimensions"):
        TensorSpec("x", (1, 3), "NCHW")
    with pytest.raises(ValueError, match="range"):
        TensorSpec("x", (1,), range=(1.0, 0.0))
    with pytest.raises(ValueError, match="no picture"):
        TensorSpec("x", (1, 512)).decode(np.zeros((1, 512), np.float32))


def test_a_first_length_that_may_be_missing_is_missing_in_tensors_of_one_rank_less_only() -> None:
    rows = TensorSpec("rows", ("batch?", "anchors", 4))
    assert rows.accepts((1, 12800, 4))
    assert rows.accepts((12800, 4))
    assert not rows.accepts((12800, 5))
    assert not rows.accepts((4,))
    assert not TensorSpec("rows", ("batch", "anchors", 4)).accepts((12800, 4))
    assert rows.shape_of_rank(2) == ("anchors", 4)
    assert rows.shape_of_rank(3) == rows.shape
