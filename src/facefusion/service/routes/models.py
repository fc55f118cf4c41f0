"""Models: the weights that this server knows."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from facefusion.models import cards
from facefusion.service.identity import Who
from facefusion.service.problems import responses

router = APIRouter(tags=["models"])


class ModelOut(BaseModel):
    """A model card. is_bundled: part of the package, always there."""

    name: str
    task: str
    summary: str
    vendor: str
    origin: str
    licence: str
    commercial_use: bool
    is_bundled: bool
    size_bytes: int


@router.get("/models", responses=responses())
def list_models(caller: Who) -> list[ModelOut]:
    """Every model that this version knows."""
    return [
        ModelOut(
            name=card.name, task=card.task, summary=card.summary, vendor=card.vendor, origin=card.origin,
            licence=card.licence, commercial_use=card.commercial_use,
            is_bundled=card.bundled, size_bytes=card.size_bytes,
        )
        for card in cards()
    ]  # fmt: skip
