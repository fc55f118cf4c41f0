"""Reviews and notes: verdicts about versions, remarks pinned to frames, ranges that are rendered again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, model_validator

from facefusion.jobs.events import tell
from facefusion.jobs.records import Records
from facefusion.jobs.tables import Asset, Job, Note, Review
from facefusion.service.auditing import note as audited
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.note_export import as_csv, as_otio
from facefusion.service.paging import check_unchanged
from facefusion.service.problems import Problem, responses
from facefusion.service.range_edits import range_edits
from facefusion.service.schemas import Given, Id, JobOut, Taken, Text
from facefusion.service.showing import job_out
from facefusion.service.state import Server
from facefusion.service.submitting import asked_again, checked_plan, submitted

router = APIRouter(tags=["reviews"])
FrameNumber = Annotated[int, Field(ge=0, le=1 << 40)]
Unit = Annotated[float, Field(ge=0, le=1)]


class ReviewIn(Taken):
    verdict: Literal["approved", "rejected", "retry"]
    reason: Text = ""


class ReviewOut(Given):
    id: str
    job_id: str
    author: str
    verdict: str
    reason: str
    created: float


class Stroke(Taken):
    """points: [x, y] in parts of the picture's width and height."""

    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#ff4040"
    width: Annotated[float, Field(gt=0, le=0.2)] = 0.004
    points: Annotated[list[tuple[Unit, Unit]], Field(min_length=1, max_length=5000)]


class NoteIn(Taken):
    """Frames [start, stop)."""

    start: FrameNumber
    stop: FrameNumber
    text: Text
    drawing: list[Stroke] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _in_order(self) -> NoteIn:
        if self.stop <= self.start:
            raise ValueError("stop: has to be after start")
        return self


class NoteChange(Taken):
    text: Text | None = None
    is_resolved: bool | None = None


class NoteOut(Given):
    id: str
    job_id: str
    author: str
    start: int
    stop: int
    text: str
    drawing: list[Any]
    is_resolved: bool
    created: float
    version: int


class RangeIn(Taken):
    """Frames [start, stop) to be done again. person_id: whose, by default everybody's. mask_image: a painted mask.

    reference_frame: hold the face as it is seen there: that of track_id or person_id, else of everybody who is seen.
    """

    start: FrameNumber
    stop: FrameNumber
    person_id: Annotated[int, Field(ge=1, le=100_000)] | None = None
    track_id: Annotated[int, Field(ge=0, le=1 << 40)] | None = None
    options: dict[str, Any] = Field(default_factory=dict, max_length=100)
    strength: Unit | None = None
    exclude: bool = False
    reference_frame: FrameNumber | None = None
    mask_image: Id | None = None


class VersionOut(BaseModel):
    job_id: str
    parent_id: str | None
    state: str
    created: float
    created_by: str
    verdict: str | None


@router.get("/jobs/{job_id}/reviews", responses=responses())
def list_reviews(caller: Who, server: Server, job_id: str) -> list[ReviewOut]:
    """The verdicts about a version, the oldest first."""
    with server.database.reading() as records:
        job = found(records, caller, "review.read", Job, job_id)
        return [ReviewOut.model_validate(one) for one in records.all(Review, job_id=job.id)]


@router.post("/jobs/{job_id}/reviews", status_code=201, responses=responses("conflict"))
def review(said: ReviewIn, caller: Who, server: Server, job_id: str) -> ReviewOut:
    """Approve a version, reject it, or send it back."""
    with server.database.writing() as records:
        job = found(records, caller, "review.write", Job, job_id, locked=True)
        if job.state != "succeeded":
            raise Problem("conflict", f"{job_id}: is {job.state}; there is nothing to judge yet")
        if job.created_by == caller.name and not caller.is_local and said.verdict == "approved":
            raise Problem("forbidden", "nobody approves their own work; ask another reviewer")
        row = Review(project_id=job.project_id, job_id=job.id, author=caller.name, **said.model_dump())
        records.add(row)
        tell(records, job, "review", verdict=said.verdict, author=caller.name)
        audited(records, caller, "review.write", project_id=job.project_id, thing=job.id, verdict=said.verdict)
    return ReviewOut.model_validate(row)


@router.get("/jobs/{job_id}/versions", responses=responses())
def list_versions(caller: Who, server: Server, job_id: str) -> list[VersionOut]:
    """All versions that this one belongs to, the oldest first."""
    with server.database.reading() as records:
        job = found(records, caller, "job.read", Job, job_id)
        jobs = {one.id: one for one in records.all(Job, project_id=job.project_id, kind="render")}
        first = job
        while first.parent_id in jobs:
            first = jobs[first.parent_id]
        family = {first.id}
        for one in jobs.values():  # ids sort by time, so parents come first
            if one.parent_id in family:
                family.add(one.id)
        return [_version(records.page(Review, limit=1, job_id=key), jobs[key]) for key in sorted(family) if key in jobs]


def _version(reviews: Any, job: Job) -> VersionOut:
    verdict = reviews[0].verdict if reviews else None
    return VersionOut(job_id=job.id, parent_id=job.parent_id, state=job.state, created=job.created,
                      created_by=job.created_by, verdict=verdict)  # fmt: skip


@router.post(
    "/jobs/{job_id}/ranges", status_code=202, responses=responses("conflict", "locked", "quota", "refused-by-policy")
)
def retry_ranges(said: list[RangeIn], caller: Who, server: Server, job_id: str) -> JobOut:
    """A new version in which these ranges are rendered in another way; everything else is kept as it is."""
    server.check_room()
    if not said or len(said) > 100:
        raise Problem("bad-request", "ranges: supported are 1 to 100")
    with server.database.writing() as records:
        job = found(records, caller, "job.create", Job, job_id, locked=True)
        project = project_of(records, caller, "job.create", job.project_id)
        if job.kind != "render" or job.state != "succeeded":
            raise Problem("conflict", f"{job_id}: is a {job.kind} that is {job.state}; only finished renders go on")
        for one in said:
            if one.mask_image is not None:
                found(records, caller, "asset.read", Asset, one.mask_image)
        edits = [*job.request["edits"], *range_edits([one.model_dump() for one in said])]
        asked = asked_again(job, parent_id=job.id, edits=edits)
        checked_plan(records, project, asked)
        more = {"report": server.settings.reports}
        return job_out(submitted(records, caller, project, asked, server.settings.limits, more=more))


@router.get("/jobs/{job_id}/notes", responses=responses())
def list_notes(caller: Who, server: Server, job_id: str) -> list[NoteOut]:
    """The notes of a version, in order of frames."""
    with server.database.reading() as records:
        job = found(records, caller, "review.read", Job, job_id)
        rows = sorted(records.all(Note, job_id=job.id), key=lambda row: (row.start, row.id))
        return [NoteOut.model_validate(row) for row in rows]


@router.post("/jobs/{job_id}/notes", status_code=201, responses=responses())
def add_note(said: NoteIn, caller: Who, server: Server, job_id: str) -> NoteOut:
    """Pin a note to frames."""
    with server.database.writing() as records:
        job = found(records, caller, "note.write", Job, job_id, locked=True)
        row = Note(project_id=job.project_id, job_id=job.id, author=caller.name, **said.model_dump(mode="json"))
        records.add(row)
        _tell(records, row, caller.name)
    return NoteOut.model_validate(row)


@router.patch("/notes/{note_id}", responses=responses("changed"))
def change_note(said: NoteChange, caller: Who, server: Server, note_id: str, request: Request) -> NoteOut:
    """Mark a note as resolved, or change one's own text."""
    with server.database.writing() as records:
        row = found(records, caller, "note.write", Note, note_id, locked=True)
        check_unchanged(request, row)
        if said.text is not None and row.author != caller.name:
            raise Problem("forbidden", "a note's text is its author's; add another note")
        row.text = row.text if said.text is None else said.text
        row.is_resolved = row.is_resolved if said.is_resolved is None else said.is_resolved
        row.version += 1
        _tell(records, row, caller.name)
    return NoteOut.model_validate(row)


@router.delete("/notes/{note_id}", status_code=204, responses=responses("changed"))
def delete_note(caller: Who, server: Server, note_id: str, request: Request) -> None:
    """Remove one's own note."""
    with server.database.writing() as records:
        row = found(records, caller, "note.write", Note, note_id, locked=True)
        check_unchanged(request, row)
        if row.author != caller.name and not caller.may("project.manage", row.project_id):
            raise Problem("forbidden", "a note is its author's; mark it as resolved instead")
        _tell(records, row, caller.name, is_gone=True)
        records.remove(row)


def _tell(records: Records, row: Note, author: str, *, is_gone: bool = False) -> None:
    """Let everybody who looks at the version see what became of a note."""
    job = records.get(Job, row.job_id)
    if job is not None:
        tell(records, job, "note", note=row.id, start=row.start, stop=row.stop, author=author, is_gone=is_gone)


@router.get("/jobs/{job_id}/notes.csv", response_class=Response,
            responses={200: {"content": {"text/csv": {}}}, **responses()})  # fmt: skip
def export_csv(caller: Who, server: Server, job_id: str) -> Response:
    """The notes as a table."""
    data = as_csv(*_exported(caller, server, job_id))
    return Response(data, media_type="text/csv; charset=utf-8", headers=_attached(f"{job_id}.csv"))


@router.get("/jobs/{job_id}/notes.otio", response_class=Response,
            responses={200: {"content": {"application/json": {}}}, **responses()})  # fmt: skip
def export_otio(caller: Who, server: Server, job_id: str) -> Response:
    """The notes as markers of an OpenTimelineIO timeline."""
    data = as_otio(*_exported(caller, server, job_id))
    return Response(data, media_type="application/json", headers=_attached(f"{job_id}.otio"))


def _exported(caller: Who, server: Server, job_id: str) -> tuple[Job, str, list[Note]]:
    with server.database.reading() as records:
        job = found(records, caller, "review.read", Job, job_id)
        target = records.get(Asset, job.request["target"])
        fps = str(target.facts.get("fps", "25/1")) if target is not None else "25/1"
        return job, fps, sorted(records.all(Note, job_id=job.id), key=lambda row: (row.start, row.id))


def _attached(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
