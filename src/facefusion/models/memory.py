"""How much memory networks may take, and how to tell that it did not suffice."""

from __future__ import annotations

import threading

from facefusion.models.providers import Provider

GIGABYTE = 10**9
LIMITED: tuple[Provider, ...] = ("cpu", "cuda", "tensorrt", "rocm", "migraphx")
"""The providers that can be held to a limit."""

_SPENT = (
    "out of memory", "failed to allocate", "bad allocation", "bad_alloc", "cudaerrormemoryallocation",
    "smaller than requested bytes", "cudnn_status_alloc_failed", "cublas_status_alloc_failed",
)  # fmt: skip
"""What ONNX Runtime and its providers say; the sixth is its arena's, when it has reached its limit."""


def is_spent(said: str) -> bool:
    """Whether what a runtime said means that there is no memory left."""
    words = said.lower()
    return any(sign in words for sign in _SPENT)


def limit_processor(most_bytes: int) -> None:
    """Have sessions that are started from now on, and that share, take `most_bytes` of main memory together."""
    with _lock:
        if _now[0] == most_bytes:
            return
        import onnxruntime

        place = onnxruntime.OrtMemoryInfo(
            "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
        )
        arena = onnxruntime.OrtArenaCfg({"max_mem": most_bytes, "arena_extend_strategy": _AS_REQUESTED})
        onnxruntime.create_and_register_allocator(place, arena)
        _now[0] = most_bytes


_AS_REQUESTED = 1
"""The arena grows by what is asked for; otherwise by powers of two, which reach a limit early."""
_now = [0]
_lock = threading.Lock()
