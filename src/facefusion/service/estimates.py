"""What a job would come to, from what is known without decoding anything."""

from __future__ import annotations

from typing import Any

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Asset, Job, Project
from facefusion.pipeline.plan import Plan
from facefusion.service.schemas import EstimateOut, RenderIn

_LOOKED_AT = 20
_HIDDEN = (
    "source",
    "assign",
    "target",
    "output",
    "reference-image",
    "except-image",
    "mask-image",
    "policy",
    "face-enhancer-reference",
)


def estimated(records: Records, project: Project, said: RenderIn, plan: Plan) -> EstimateOut:
    """Frames, and seconds by the speed of the project's last jobs, scaled by the number of pixels."""
    target = records.get(Asset, said.target)
    assert target is not None
    frames = _frames(plan, target.facts)
    speeds = [_pixels_per_second(records, job) for job in _finished(records, project)]
    known = [speed for speed in speeds if speed]
    seconds = None
    if known and frames is not None:
        seconds = round(frames * _area(target.facts) / (sum(known) / len(known)), 1)
    values = {name: value for name, value in plan.to_mapping().items() if name not in _HIDDEN}
    return EstimateOut(frames=frames, seconds=seconds, plan=values, warnings=[])


def _frames(plan: Plan, facts: dict[str, Any]) -> int | None:
    total = facts.get("frames") if facts.get("is_clip") else 1
    if total is None:
        return None
    begin, end = (0 if plan.start is None else plan.start.frame), (total if plan.end is None else plan.end.frame)
    return max(0, min(end, total) - begin) if begin is not None and end is not None else int(total)


def _finished(records: Records, project: Project) -> list[Job]:
    return list(records.page(Job, limit=_LOOKED_AT, project_id=project.id, state="succeeded", kind="render"))


def _pixels_per_second(records: Records, job: Job) -> float:
    target = records.get(Asset, job.request.get("target", ""))
    if target is None or not job.ended or not job.started or job.ended <= job.started:
        return 0.0
    return job.frames_total * _area(target.facts) / (job.ended - job.started)


def _area(facts: dict[str, Any]) -> int:
    return int(facts.get("width", 1)) * int(facts.get("height", 1))
