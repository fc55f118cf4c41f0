"""Assets: what was brought in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from facefusion.jobs.states import ENDED
from facefusion.jobs.tables import Asset, Job
from facefusion.service import ingest
from facefusion.service.access import Caller
from facefusion.service.auditing import looked_at, note
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.paging import Cursor, Limit, Page, page_of, tagged
from facefusion.service.problems import Problem, responses
from facefusion.service.quotas import check_storage
from facefusion.service.ranges import RANGED, served
from facefusion.service.removing import is_last, side_jobs_removed
from facefusion.service.schemas import AssetOut
from facefusion.service.state import Server, State

router = APIRouter(tags=["assets"])


@router.get("/assets", responses=responses())
def list_assets(
    caller: Who, server: Server, project_id: str, limit: Limit = 50, cursor: Cursor = None,
    kind: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[AssetOut]:  # fmt: skip
    """The assets of a project, the newest first."""
    with server.database.reading() as records:
        project_of(records, caller, "asset.read", project_id)
        where: dict[str, Any] = {"kind": kind} if kind else {}
        rows = records.page(Asset, limit=limit + 1, after=cursor, project_id=project_id, **where)
        return page_of(rows, limit, AssetOut.model_validate)


@router.post(
    "/assets",
    status_code=201,
    responses={200: {"description": "The project has this very file already", "model": AssetOut},
               **responses("too-large", "unsupported-type", "disk-full", "quota")},
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {
        "type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def send_asset(
    request: Request, response: Response, caller: Who, server: Server, project_id: str,
    name: Annotated[str, Query(min_length=1, max_length=255)],
) -> AssetOut:  # fmt: skip
    """Send a small file in one request, as its plain bytes; large ones go by /v1/uploads (tus)."""
    from starlette.concurrency import run_in_threadpool

    await run_in_threadpool(
        _check_may_send, server, caller, project_id, int(request.headers.get("content-length") or 0)
    )
    server.uploads.mkdir(parents=True, exist_ok=True)
    number, place = tempfile.mkstemp(dir=server.uploads, prefix="sent-")
    most, size = server.settings.limits.asset_bytes, 0
    try:
        with os.fdopen(number, "wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if most and size > most:
                    raise Problem("too-large", f"{name}: is larger than {most} bytes")
                file.write(piece)
        asset, is_new = await run_in_threadpool(kept, server, caller, project_id, name, Path(place))
    finally:
        Path(place).unlink(missing_ok=True)
    response.status_code = 201 if is_new else 200
    tagged(response, asset)
    return AssetOut.model_validate(asset)


def _check_may_send(server: State, caller: Caller, project_id: str, size: int) -> None:
    with server.database.reading() as records:
        project = project_of(records, caller, "asset.write", project_id)
        check_storage(records, project, server.settings.limits, size)
    server.check_room()


def kept(server: State, caller: Caller, project_id: str, name: str, file: Path) -> tuple[Asset, bool]:
    """A complete file as an asset, and whether it is new to the project. Raises Problem."""
    name = ingest.plain_name(name)
    with server.database.reading() as records:
        project = project_of(records, caller, "asset.write", project_id)
        check_storage(records, project, server.settings.limits, file.stat().st_size)
    what, digest = ingest.sniffed(file, name), ingest.digest_of(file)
    with server.database.reading() as records:
        known = records.first(Asset, project_id=project_id, sha256=digest)
    if known is not None:
        return known, False
    stored = server.storage.put(f"assets/{digest[:2]}/{digest}{what.suffix}", file)
    with server.database.writing() as records:
        project_of(records, caller, "asset.write", project_id, locked=True)
        known = records.first(Asset, project_id=project_id, sha256=digest)
        if known is not None:
            return known, False
        asset = Asset(
            project_id=project_id, created_by=caller.name, name=name, kind=what.kind, media_type=what.media_type,
            suffix=what.suffix, size=stored.size, sha256=stored.sha256, key=stored.key, facts=what.facts,
        )  # fmt: skip
        records.add(asset)
        note(records, caller, "asset.write", project_id=project_id, thing=asset.id, sha256=digest)
    return asset, True


@router.get("/assets/{asset_id}", responses=responses())
def show_asset(caller: Who, server: Server, asset_id: str, response: Response) -> AssetOut:
    """One asset."""
    with server.database.reading() as records:
        asset = found(records, caller, "asset.read", Asset, asset_id)
    tagged(response, asset)
    return AssetOut.model_validate(asset)


@router.get("/assets/{asset_id}/content", response_class=StreamingResponse, responses=RANGED)
def read_asset(caller: Who, server: Server, asset_id: str, request: Request) -> Response:
    """The bytes of an asset; ranges are answered."""
    with server.database.reading() as records:
        asset = found(records, caller, "asset.read", Asset, asset_id)
    looked_at(server, caller, "asset.read", asset, is_part="range" in request.headers)
    if asset.is_locked:
        raise Problem("locked", f"{asset.name}: the permission to use it was taken back")
    return served(server.storage, request, asset)


@router.delete("/assets/{asset_id}", status_code=204, responses=responses("conflict"))
def delete_asset(caller: Who, server: Server, asset_id: str) -> None:
    """Remove an asset that no open job reads."""
    with server.database.writing() as records:
        asset = found(records, caller, "asset.delete", Asset, asset_id, locked=True)
        users = [job for job in records.all(Job, Job.state.not_in(ENDED), project_id=asset.project_id)
                 if asset_id in reads(job.request) and job.about != asset_id and job.kind != "report"]  # fmt: skip
        if users:
            raise Problem("conflict", f"asset {asset_id}: {users[0].id} reads it; cancel that job first")
        records.remove(asset)
        note(records, caller, "asset.delete", project_id=asset.project_id, thing=asset_id, name=asset.name)
        keys = side_jobs_removed(records, asset_id) | ({asset.key} if is_last(records, asset) else set())
    for key in keys:
        server.storage.remove(key)


def reads(request: dict[str, Any]) -> tuple[str, ...]:
    """The assets that a stored request reads."""
    from facefusion.jobs.request import RenderRequest

    return RenderRequest.of(request).asset_ids()
