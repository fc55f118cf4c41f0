"""Another expression on a face, by a learned set of networks; there is none among the bundled weights."""

from typing import TYPE_CHECKING, Any

from facefusion.processors.expression_editor.settings import Settings

if TYPE_CHECKING:
    from facefusion.processors.expression_editor.editor import ExpressionEditor

__all__ = ["ExpressionEditor", "Settings"]


def __getattr__(name: str) -> Any:
    if name != "ExpressionEditor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facefusion.processors.expression_editor.editor import ExpressionEditor

    return ExpressionEditor
