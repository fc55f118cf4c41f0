"""Which encoders the installed libav has."""

from __future__ import annotations


def encoder_present(name: str) -> bool:
    """Whether libav can encode with `name` (`libx264`, `libsvtav1`, …)."""
    import av

    try:
        av.Codec(name, "w")
    except (ValueError, av.error.FFmpegError):
        return False
    return True
