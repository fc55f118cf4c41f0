"""What every writer keeps to: the whole result appears at the end, or none of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class WholeOrNothing(ABC):
    """A context: what was written appears when it ends without an error, and never otherwise."""

    @abstractmethod
    def close(self) -> None:
        """Let the result appear. Raises OutputFailed, OutputExists."""

    @abstractmethod
    def abort(self) -> None:
        """Stop and leave nothing behind."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
