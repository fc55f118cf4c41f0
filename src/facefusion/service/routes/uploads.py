"""Resumable uploads: tus 1.0 with the extensions creation, expiration and termination."""

from __future__ import annotations

import base64
import binascii
import os
import time
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from facefusion.jobs.tables import Upload
from facefusion.service.access import Caller
from facefusion.service.finding import found, project_of
from facefusion.service.identity import Who
from facefusion.service.ingest import plain_name
from facefusion.service.problems import Problem, responses
from facefusion.service.quotas import check_storage, promised_bytes
from facefusion.service.routes.assets import kept
from facefusion.service.state import Server, State

router = APIRouter(tags=["uploads"])
TUS: Final = {"tus-resumable": "1.0.0"}
_LIVES_SECONDS: Final = 86_400.0
_PIECE_TYPE: Final = "application/offset+octet-stream"


@router.options("/uploads", status_code=204)
def offer(server: Server) -> Response:
    """What this server can do of tus."""
    most = {"tus-max-size": str(server.settings.limits.asset_bytes)} if server.settings.limits.asset_bytes else {}
    extensions = {"tus-version": "1.0.0", "tus-extension": "creation,expiration,termination"}
    return Response(status_code=204, headers={**TUS, **extensions, **most})


@router.post(
    "/uploads", status_code=201, response_class=Response, responses=responses("too-large", "quota", "disk-full")
)
def begin_upload(
    caller: Who, server: Server, project_id: str,
    upload_length: Annotated[int, Header(ge=1, le=1 << 50)],
    upload_metadata: Annotated[str, Header(max_length=4000)] = "",
) -> Response:  # fmt: skip
    """Begin an upload. `Upload-Metadata` has `filename` in base64; `Location` is where to send the bytes."""
    with server.database.writing() as records:
        project = project_of(records, caller, "asset.write", project_id, locked=True)
        check_storage(records, project, server.settings.limits, upload_length)
        if waiting := promised_bytes(records, project_id=project.id):
            check_storage(records, project, server.settings.limits, upload_length + waiting, is_one_file=False)
        server.check_room(upload_length + promised_bytes(records))
        most = server.settings.limits.open_uploads
        if most and records.count(Upload, asset_id=None, created_by=caller.name) >= most:
            raise Problem("quota", f"you have {most} uploads on their way; end or delete some")
        upload = Upload(
            project_id=project_id, created_by=caller.name, name=plain_name(_name_in(upload_metadata)),
            size=upload_length, expires=records.now() + _LIVES_SECONDS,
        )  # fmt: skip
        records.add(upload)
    server.uploads.mkdir(parents=True, exist_ok=True)
    (server.uploads / upload.id).touch()
    return Response(status_code=201, headers={**TUS, **_said(upload), "location": f"/v1/uploads/{upload.id}"})


@router.head("/uploads/{upload_id}", response_class=Response, responses=responses("gone"))
def ask_upload(caller: Who, server: Server, upload_id: str) -> Response:
    """How many bytes are safe."""
    return Response(headers={**TUS, **_said(_upload(server, caller, upload_id)), "cache-control": "no-store"})


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    responses=responses("gone", "conflict", "too-large", "unsupported-type", "disk-full", "quota"),
    openapi_extra={"requestBody": {"required": True, "content": {_PIECE_TYPE: {"schema": {
        "type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def send_piece(
    request: Request, caller: Who, server: Server, upload_id: str, upload_offset: Annotated[int, Header(ge=0)]
) -> Response:
    """Send bytes from `Upload-Offset` on. After the last ones `X-Asset-Id` names the asset."""
    upload = await run_in_threadpool(_upload, server, caller, upload_id)
    if request.headers.get("content-type", "").partition(";")[0] != _PIECE_TYPE:
        raise Problem("unsupported-type", f"content-type: supported is {_PIECE_TYPE}")
    if upload_offset != upload.offset:
        raise Problem("conflict", f"upload-offset: got {upload_offset}, {upload.offset} bytes are here")
    written = await _written(request, server, upload)
    upload = await run_in_threadpool(_advance, server, caller, upload_id, upload_offset, written)
    headers = {**TUS, **_said(upload)}
    return Response(status_code=204, headers=headers)


async def _written(request: Request, server: State, upload: Upload) -> int:
    """Append what is sent; gives back how many bytes came before the end, or before the line broke."""
    place, count = server.uploads / upload.id, 0
    number = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.lseek(number, upload.offset, os.SEEK_SET)
        async for piece in request.stream():
            if upload.offset + count + len(piece) > upload.size:
                raise Problem("too-large", f"{upload.name}: {upload.size} bytes were declared, more were sent")
            await run_in_threadpool(os.write, number, piece)
            count += len(piece)
        os.fsync(number)
    except ClientDisconnect:
        os.fsync(number)
    finally:
        os.close(number)
    return count


def _advance(server: State, caller: Caller, upload_id: str, offset: int, count: int) -> Upload:
    with server.database.writing() as records:
        upload = records.locked(Upload, upload_id)
        if upload is None or upload.offset != offset:
            raise Problem("conflict", "upload: somebody else sends the same one; ask for its offset")
        upload.offset += count
        upload.expires = records.now() + _LIVES_SECONDS
    if upload.offset < upload.size or upload.asset_id is not None:
        return upload
    return _completed(server, caller, upload)


def _completed(server: State, caller: Caller, upload: Upload) -> Upload:
    place, fault, asset_id = server.uploads / upload.id, "", None
    try:
        asset, _ = kept(server, caller, upload.project_id, upload.name, place)
        asset_id = asset.id
    except Problem as problem:
        if problem.status >= 500:
            raise
        fault = problem.detail
        place.unlink(missing_ok=True)
        with server.database.writing() as records:
            row = records.locked(Upload, upload.id)
            if row is not None:
                row.fault, row.expires = fault, records.now()
        raise
    with server.database.writing() as records:
        row = records.locked(Upload, upload.id)
        assert row is not None
        row.asset_id = asset_id
    place.unlink(missing_ok=True)
    return row


@router.delete("/uploads/{upload_id}", status_code=204, responses=responses("gone"))
def end_upload(caller: Who, server: Server, upload_id: str) -> Response:
    """Give an upload up."""
    upload = _upload(server, caller, upload_id)
    with server.database.writing() as records:
        row = records.locked(Upload, upload.id)
        if row is not None:
            records.remove(row)
    (server.uploads / upload.id).unlink(missing_ok=True)
    return Response(status_code=204, headers=TUS)


def _upload(server: State, caller: Caller, upload_id: str) -> Upload:
    with server.database.reading() as records:
        upload = found(records, caller, "asset.write", Upload, upload_id)
    if upload.created_by != caller.name:
        raise Problem("not-found", f"upload {upload_id[:50]}: there is none of this name; check the id")
    if upload.expires < time.time() and upload.asset_id is None:
        raise Problem("gone", f"upload: has ended{f' ({upload.fault})' if upload.fault else ''}; begin another")
    return upload


def _said(upload: Upload) -> dict[str, str]:
    said: dict[str, Any] = {"upload-offset": upload.offset, "upload-length": upload.size}
    if upload.asset_id:
        said["x-asset-id"] = upload.asset_id
    else:
        said["upload-expires"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(upload.expires))
    return {name: str(value) for name, value in said.items()}


def _name_in(metadata: str) -> str:
    for pair in metadata.split(","):
        name, _, value = pair.strip().partition(" ")
        if name in ("filename", "name"):
            try:
                return base64.b64decode(value, validate=True).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                raise Problem("bad-request", "upload-metadata: filename is no base64 of UTF-8") from None
    return "unnamed"


def swept(server: State) -> int:
    """Remove what was abandoned; gives back how many."""
    count = 0
    with server.database.writing() as records:
        for upload in records.all(Upload, Upload.expires < records.now() - 60):
            (server.uploads / upload.id).unlink(missing_ok=True)
            records.remove(upload)
            count += 1
    for path in _strays(server):
        path.unlink(missing_ok=True)
    return count


def _strays(server: State) -> list[Path]:
    if not server.uploads.is_dir():
        return []
    old = time.time() - 2 * _LIVES_SECONDS
    return [path for path in server.uploads.iterdir() if path.stat().st_mtime < old]
