"""One network's embeddings in the words of another."""

from __future__ import annotations

from typing import ClassVar

from facefusion.core import Float32
from facefusion.models.sessions import Session


class EmbeddingConverter:
    """512 numbers in, 512 out."""

    contract: ClassVar[str] = "embedding_converter"

    def __init__(self, session: Session) -> None:
        self._session = session

    def convert(self, embedding: Float32) -> Float32:
        """(1, 512) float32 of `embedding` (1, 512)."""
        found: Float32 = self._session.run(embedding)[0]
        return found
