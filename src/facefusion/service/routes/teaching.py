"""Classes: exercises with a check list, and what students hand in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from facefusion.jobs.records import Records
from facefusion.jobs.tables import Asset, Exercise, HandIn, Job
from facefusion.service.auditing import note
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.paging import check_unchanged, tagged
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import Given, Id, Name, Taken, Text
from facefusion.service.state import Server

router = APIRouter(tags=["teaching"])
Line = Annotated[str, Field(min_length=1, max_length=500)]


class ExerciseIn(Taken):
    """checks: lines that a student ticks off before handing in."""

    project_id: Id
    title: Name
    text: Text = ""
    asset_ids: list[Id] = Field(default_factory=list, max_length=100)
    checks: list[Line] = Field(default_factory=list, max_length=50)


class ExerciseOut(Given):
    id: str
    project_id: str
    title: str
    text: str
    asset_ids: list[str]
    checks: list[str]
    created: float
    version: int


class HandInIn(Taken):
    """ticked: places in the exercise's checks. is_final: hand it in; every check has to be ticked."""

    job_id: Id | None = None
    answer: Text = ""
    ticked: list[Annotated[int, Field(ge=0, le=49)]] = Field(default_factory=list, max_length=50)
    is_final: bool = False


class Remark(Taken):
    state: Literal["accepted", "returned"]
    remark: Text = ""


class HandInOut(Given):
    """state: open, handed_in, accepted or returned."""

    id: str
    exercise_id: str
    student: str
    job_id: str | None
    answer: str
    ticked: list[int]
    state: str
    remark: str
    version: int


@router.get("/exercises", responses=responses())
def list_exercises(caller: Who, server: Server, project_id: str) -> list[ExerciseOut]:
    """The exercises of a class, in the order in which they were set."""
    with server.database.reading() as records:
        project_of(records, caller, "exercise.read", project_id)
        return [ExerciseOut.model_validate(one) for one in records.all(Exercise, project_id=project_id)]


@router.post("/exercises", status_code=201, responses=responses("conflict"))
def create_exercise(said: ExerciseIn, caller: Who, server: Server, response: Response) -> ExerciseOut:
    """Set an exercise; for the administrator of a class, its teacher."""
    with server.database.writing() as records:
        project = project_of(records, caller, "exercise.manage", said.project_id)
        if project.kind != "teaching":
            raise Problem("conflict", f"project {project.name}: is no class; make one with kind teaching")
        for asset_id in said.asset_ids:
            asset = records.get(Asset, asset_id)
            if asset is None or asset.project_id != project.id:
                raise Problem("bad-request", f"asset {asset_id}: is not in this class")
        exercise = Exercise(**said.model_dump())
        records.add(exercise)
        note(records, caller, "exercise.create", project_id=project.id, thing=exercise.id)
    tagged(response, exercise)
    return ExerciseOut.model_validate(exercise)


@router.delete("/exercises/{exercise_id}", status_code=204, responses=responses())
def delete_exercise(caller: Who, server: Server, exercise_id: str) -> None:
    """Remove an exercise and what was handed in for it."""
    with server.database.writing() as records:
        exercise = found(records, caller, "exercise.manage", Exercise, exercise_id, locked=True)
        records.remove(exercise)
        note(records, caller, "exercise.delete", project_id=exercise.project_id, thing=exercise_id)


@router.put("/exercises/{exercise_id}/hand-in", responses=responses("conflict"))
def hand_in(said: HandInIn, caller: Who, server: Server, exercise_id: str) -> HandInOut:
    """Keep what the caller has so far, or hand it in."""
    with server.database.writing() as records:
        exercise = found(records, caller, "exercise.hand_in", Exercise, exercise_id, locked=True)
        row = records.first(HandIn, exercise_id=exercise.id, student=caller.name)
        if row is None:
            row = HandIn(project_id=exercise.project_id, exercise_id=exercise.id, student=caller.name)
            records.add(row)
        if row.state in ("handed_in", "accepted"):
            raise Problem("conflict", f"this is {row.state.replace('_', ' ')}; wait until it is returned")
        _check(records, exercise, said, caller.name)
        row.job_id, row.answer, row.ticked = said.job_id, said.answer, sorted(set(said.ticked))
        row.state = "handed_in" if said.is_final else "open"
        row.version += 1
    return HandInOut.model_validate(row)


def _check(records: Records, exercise: Exercise, said: HandInIn, student: str) -> None:
    if any(place >= len(exercise.checks) for place in said.ticked):
        raise Problem("bad-request", f"ticked: the list has {len(exercise.checks)} lines")
    missing = [line for place, line in enumerate(exercise.checks) if place not in said.ticked]
    if said.is_final and missing:
        raise Problem("conflict", f"not ticked yet: {missing[0]}")
    job = records.get(Job, said.job_id) if said.job_id else None
    if said.job_id and (job is None or job.project_id != exercise.project_id or job.created_by != student):
        raise Problem("bad-request", f"job {said.job_id}: is none of yours in this class")


@router.get("/exercises/{exercise_id}/hand-ins", responses=responses())
def list_hand_ins(caller: Who, server: Server, exercise_id: str) -> list[HandInOut]:
    """What was handed in: everybody's for the teacher, one's own for a student."""
    with server.database.reading() as records:
        exercise = found(records, caller, "exercise.read", Exercise, exercise_id)
        rows = records.all(HandIn, exercise_id=exercise.id)
    is_teacher = caller.may("exercise.manage", exercise.project_id)
    return [HandInOut.model_validate(one) for one in rows if is_teacher or one.student == caller.name]


@router.post("/hand-ins/{hand_in_id}/remark", responses=responses("conflict", "changed"))
def remark(said: Remark, caller: Who, server: Server, hand_in_id: str, request: Request) -> HandInOut:
    """Accept what a student handed in, or give it back with a remark."""
    with server.database.writing() as records:
        row = found(records, caller, "exercise.manage", HandIn, hand_in_id, locked=True)
        check_unchanged(request, row)
        if row.state != "handed_in":
            raise Problem("conflict", f"this is {row.state}; it has to be handed in first")
        row.state, row.remark = said.state, said.remark
        row.version += 1
    return HandInOut.model_validate(row)
