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


def encoder_build() -> str:
    """Names the installed libraries: another build may encode the same pictures to other bytes."""
    import av

    return f"av {av.__version__} {sorted(av.library_versions.items())}"
