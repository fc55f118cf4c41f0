"""Who is in a clip, what a browser can play, single frames: jobs beside rendering."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from facefusion.jobs.tables import Artifact, Asset
from facefusion.service.access import Caller
from facefusion.service.auditing import looked_at
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.problems import Problem, responses
from facefusion.service.schemas import JobIn, JobOut
from facefusion.service.showing import job_out
from facefusion.service.side_jobs import asked_about, newest_about, of_output
from facefusion.service.state import Server, State
from facefusion.service.submitting import checked_plan, submitted

router = APIRouter(tags=["people"])
_ASKED = responses("locked", "quota", "disk-full", "conflict")


class PersonOut(BaseModel):
    """One person. person_id: what `assign` takes. seconds: how long they are seen."""

    person_id: int
    num_frames: int
    seconds: float
    first_seconds: float
    portrait_url: str | None


class PeopleOut(BaseModel):
    """state: of the job that looks, `none` before anybody asked."""

    state: str
    job_id: str | None
    people: list[PersonOut]


class PreviewIn(JobIn):
    frames: Annotated[list[Annotated[int, Field(ge=0, le=1 << 40)]], Field(min_length=1, max_length=16)]


@router.post("/assets/{asset_id}/people", status_code=202, responses=_ASKED)
def find_people(caller: Who, server: Server, asset_id: str) -> JobOut:
    """Look who is in a medium; the same job when somebody asked before."""
    return _of_asset(server, caller, asset_id, "people", "people.find")


@router.get("/assets/{asset_id}/people", responses=responses("locked"))
def list_people(caller: Who, server: Server, asset_id: str) -> PeopleOut:
    """The people that were found, the longest seen first."""
    with server.database.reading() as records:
        asset = found(records, caller, "asset.read", Asset, asset_id)
        if asset.is_locked:
            raise Problem("locked", f"{asset.name}: the permission to use it was taken back")
        job = newest_about(records, "people", asset_id)
        if job is None:
            return PeopleOut(state="none", job_id=None, people=[])
        portraits = records.all(Artifact, job_id=job.id, kind="portrait")
    looked_at(server, caller, "people.read", asset, is_part=True)
    people = [_person(one) for one in portraits]
    return PeopleOut(state=job.state, job_id=job.id, people=sorted(people, key=lambda one: one.person_id))


def _person(portrait: Artifact) -> PersonOut:
    said = dict(portrait.more)
    url = f"/v1/artifacts/{portrait.id}/content" if said.pop("has_portrait") else None
    return PersonOut(**said, portrait_url=url)


@router.post("/assets/{asset_id}/proxy", status_code=202, responses=_ASKED)
def make_proxy(caller: Who, server: Server, asset_id: str) -> JobOut:
    """A small H.264 copy that browsers play, with a picture for every frame; the same job when asked before."""
    return _of_asset(server, caller, asset_id, "proxy", "asset.read")


@router.post("/jobs/{job_id}/proxy", status_code=202, responses=_ASKED)
def make_output_proxy(caller: Who, server: Server, job_id: str) -> JobOut:
    """The same of a job's output."""
    return of_output(server, caller, job_id, "proxy")


@router.post("/jobs/{job_id}/masks", status_code=202, responses=_ASKED)
def make_masks(caller: Who, server: Server, job_id: str) -> JobOut:
    """Where a job changed faces, what it left alone in front of them, and its matte, as grey pictures for a player.

    The same job when asked before. Its artifacts are of the kinds mask, occlusion and, where something was cut out,
    matte, with a picture for every frame of the output.
    """
    return of_output(server, caller, job_id, "masks", whole=True)


@router.post("/previews", status_code=202, responses={**_ASKED, **responses("refused-by-policy")})
def make_preview(said: PreviewIn, caller: Who, server: Server, response: Response) -> JobOut:
    """Single frames as the job would render them, beside those of the target; goes before other work."""
    server.check_room()
    frames, asked = said.frames, JobIn(**said.model_dump(exclude={"frames", "dry_run"}))
    with server.database.writing() as records:
        project = project_of(records, caller, "job.create", said.project_id)
        checked_plan(records, project, asked)
        asked.priority = 100
        job = submitted(
            records, caller, project, asked, server.settings.limits, kind="preview", more={"frames": frames}
        )
    response.headers["location"] = f"/v1/jobs/{job.id}"
    return job_out(job)


def _of_asset(server: State, caller: Caller, asset_id: str, kind: str, action: str) -> JobOut:
    server.check_room()
    with server.database.writing() as records:
        asset = found(records, caller, action, Asset, asset_id, locked=True)
        if asset.is_locked:
            raise Problem("locked", f"{asset.name}: the permission to use it was taken back")
        return job_out(asked_about(server, records, caller, asset.project_id, kind, asset_id, {"target": asset_id}))
