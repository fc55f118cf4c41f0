"""Plans: every option there is, from the Settings dataclasses, and whether a request is valid."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from facefusion.jobs.request import FILE_KEYS, FORMATS, PERMISSION_KEYS, SERVER_KEYS
from facefusion.pipeline import catalog
from facefusion.pipeline.sections import keys
from facefusion.service.estimates import estimated
from facefusion.service.finding import project_of
from facefusion.service.identity import Who
from facefusion.service.problems import responses
from facefusion.service.schemas import EstimateOut, JobIn
from facefusion.service.state import Server
from facefusion.service.submitting import checked_plan

router = APIRouter(tags=["plans"])


class OptionOut(BaseModel):
    """One option. kind: float, int, bool, text, texts, choice, choices. why: what it does and for what."""

    name: str
    kind: str
    default: Any
    why: str
    low: float | None
    high: float | None
    choices: list[str]


class SectionOut(BaseModel):
    """Options that belong together. processor: whose they are, null for those of every job."""

    name: str
    title: str
    processor: str | None
    options: list[OptionOut]


class ProcessorOut(BaseModel):
    """shape: face, frame or matte."""

    name: str
    shape: str
    needs_source: bool
    kind: str


class PlanSchema(BaseModel):
    processors: list[ProcessorOut]
    formats: list[str]
    sections: list[SectionOut]


@router.get("/plans/schema", responses=responses())
def plan_schema(caller: Who) -> PlanSchema:
    """Every option that a job may say, for forms."""
    return _schema()


@router.post("/plans/check", responses=responses("refused-by-policy", "locked"))
def check_plan(said: JobIn, caller: Who, server: Server) -> EstimateOut:
    """Whether a job would be taken, and what it would come to. Nothing is stored."""
    with server.database.reading() as records:
        project = project_of(records, caller, "job.create", said.project_id)
        return estimated(records, project, said, checked_plan(records, project, said))


@cache
def _schema() -> PlanSchema:
    hidden = {*FILE_KEYS, *SERVER_KEYS, *PERMISSION_KEYS}
    sections: dict[str, SectionOut] = {}
    processors = set(catalog.names())
    for key in keys().values():
        if key.name in hidden:
            continue
        name = key.section.name
        owner = name if name in processors else None
        section = sections.setdefault(name, SectionOut(name=name, title=key.section.title, processor=owner, options=[]))
        section.options.append(_option(key))
    entries = [
        ProcessorOut(name=one.name, shape=one.shape, needs_source=one.needs_source, kind=one.kind)
        for one in catalog.CATALOG
    ]
    return PlanSchema(processors=entries, formats=list(FORMATS), sections=list(sections.values()))


def _option(key: Any) -> OptionOut:
    option = key.option
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    return OptionOut(
        name=key.name, kind=option.kind, default=default, why=option.why, low=option.low, high=option.high,
        choices=list(option.choices),
    )  # fmt: skip
