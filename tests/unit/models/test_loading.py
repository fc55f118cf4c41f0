"""What is said of files that the runtime refuses."""

from __future__ import annotations

import pytest

from facefusion.models.loading import why_not_run

RUNTIME = (
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running {} node. Name:'a/b' Status Message: {}"
)


@pytest.mark.parametrize(
    ("operator", "status", "told"),
    [
        (
            "DequantizeLinear",
            "/somewhere/quantize_linear.cc:81 void PrepareForQDQ(const Shape&) block == 0 was false. "
            "block_size must be 0 for per-tensor quantization.",
            "yunet failed in its operator DequantizeLinear: block_size must be 0 for per-tensor quantization; an "
            "export in 32-bit floats would do",
        ),
        ("Reshape", "Shape mismatch", "yunet failed in its operator Reshape: Shape mismatch"),
    ],
)
def test_the_operator_and_the_reason_are_told_and_nothing_of_the_runtimes_insides(
    operator: str, status: str, told: str
) -> None:
    assert why_not_run("yunet", RUNTIME.format(operator, status)) == told


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert why_not_run("yunet", "out of luck\nand more") == "yunet failed: out of luck"
    assert why_not_run("yunet", "") == "yunet failed: no reason given"
