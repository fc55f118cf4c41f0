"""Restores old film: flicker, dust, scratches, grain, unsteadiness and levels, with the neighbouring frames in view."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.frame_restorer.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.frame_restorer.restorer import FrameRestorer
    from facefusion.processors.frame_restorer.survey import FilmSurveyor

__all__ = ["FilmSurveyor", "FrameRestorer", "Settings"]


def __getattr__(name: str) -> Any:
    if name == "FrameRestorer":
        from facefusion.processors.frame_restorer.restorer import FrameRestorer

        return FrameRestorer
    if name == "FilmSurveyor":
        from facefusion.processors.frame_restorer.survey import FilmSurveyor

        return FilmSurveyor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
