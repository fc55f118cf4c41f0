"""Takes the foreground out of its background: off a green or blue screen, or a person out of any picture."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.background_remover.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.background_remover.remover import BackgroundRemover

__all__ = ["BackgroundRemover", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "BackgroundRemover":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.background_remover.remover import BackgroundRemover

    return BackgroundRemover
