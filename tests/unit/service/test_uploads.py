"""Uploads: in pieces, broken off, lying about themselves; and what may not come in."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from facefusion.jobs.tables import AuditEntry, Upload
from facefusion.service.ingest import plain_name
from facefusion.service.routes.uploads import swept
from facefusion.service.settings import Limits
from service_world import World, picture

PIECE = {"content-type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("uploads"), limits=Limits(asset_bytes=100_000))
    yield made
    made.close()


def begun(world: World, size: int, name: str = "a.png") -> str:
    said = {"upload-length": str(size), "upload-metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
    answer = world.client.post("/v1/uploads", params={"project_id": world.project}, headers=said)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def test_a_file_in_pieces_is_the_whole_file(world: World) -> None:
    data = picture(10)
    place = begun(world, len(data), "../../étc/anna photo.png")
    for start in range(0, len(data), 700):
        headers = {**PIECE, "upload-offset": str(start)}
        answer = world.client.patch(place, content=data[start : start + 700], headers=headers)
        assert answer.status_code == 204, answer.text
    asset = world.client.get(f"/v1/assets/{answer.headers['x-asset-id']}").json()
    assert (asset["name"], asset["kind"], asset["size"]) == ("anna photo.png", "image", len(data))
    assert world.client.get(f"/v1/assets/{asset['id']}/content").content == data


def test_a_piece_at_the_wrong_place_is_refused(world: World) -> None:
    place = begun(world, 100)
    assert world.client.patch(place, content=b"x" * 10, headers={**PIECE, "upload-offset": "0"}).status_code == 204
    again = world.client.patch(place, content=b"x" * 10, headers={**PIECE, "upload-offset": "0"})
    assert again.status_code == 409
    assert world.client.head(place).headers["upload-offset"] == "10"


def test_more_than_was_declared_is_refused(world: World) -> None:
    place = begun(world, 10)
    answer = world.client.patch(place, content=b"x" * 11, headers={**PIECE, "upload-offset": "0"})
    assert answer.json()["type"] == "urn:facefusion:too-large"


def test_ten_gigabytes_declared_are_refused_at_once(world: World) -> None:
    said = {"upload-length": str(10 * 2**30)}
    answer = world.client.post("/v1/uploads", params={"project_id": world.project}, headers=said)
    assert answer.json()["type"] == "urn:facefusion:too-large"


def test_uploads_on_their_way_count_as_stored(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.client.patch(f"/v1/projects/{world.project}", json={"quotas": {"storage_bytes": 1000}})
    where = {"project_id": world.project}
    first = world.client.post("/v1/uploads", params=where, headers={"upload-length": "700"})
    second = world.client.post("/v1/uploads", params=where, headers={"upload-length": "700"})
    assert (first.status_code, second.status_code, second.json()["type"]) == (201, 429, "urn:facefusion:quota")
    assert world.client.delete(first.headers["location"]).status_code == 204
    assert world.client.post("/v1/uploads", params=where, headers={"upload-length": "700"}).status_code == 201
    world.close()


def test_more_than_the_disk_can_take_is_not_begun(tmp_path: Path) -> None:
    world = World(tmp_path, limits=Limits(asset_bytes=1 << 50, storage_bytes=0))
    where = {"project_id": world.project}
    answer = world.client.post("/v1/uploads", params=where, headers={"upload-length": str(1 << 50)})
    assert answer.json()["type"] == "urn:facefusion:disk-full"
    world.close()


def test_every_look_is_written_down_once(world: World) -> None:
    """However many parts a player asks for; a download that asks for parts is written down as well."""
    photo = world.sent(picture(3))
    for part in ("bytes=1-5", "bytes=6-9", "bytes=0-"):
        assert world.client.get(f"/v1/assets/{photo}/content", headers={"range": part}).status_code == 206
    with world.state.database.reading() as records:
        assert records.count(AuditEntry, action="asset.read", thing=photo) == 1
    world.client.get(f"/v1/assets/{photo}/content")
    with world.state.database.reading() as records:
        assert records.count(AuditEntry, action="asset.read", thing=photo) == 2


def test_an_abandoned_upload_is_swept_away(world: World) -> None:
    place = begun(world, 1000)
    name = place.rpartition("/")[2]
    world.client.patch(place, content=b"x", headers={**PIECE, "upload-offset": "0"})
    with world.state.database.writing() as records:
        records.locked(Upload, name).expires = time.time() - 3600  # type: ignore[union-attr]
    assert world.client.head(place).status_code == 410
    assert swept(world.state) == 1
    assert not (world.state.uploads / name).exists()


def test_the_same_file_is_kept_once(world: World) -> None:
    data = picture(11)
    first, second = world.sent(data, "a.png"), world.sent(data, "b.png")
    assert first == second


def polyglot() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x", "y")
    return picture(12) + archive.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.png"),
        (b"hello", "text.png"),
        (b"MZ" + bytes(500), "program.mp4"),
        (b"<html><script>alert(1)</script></html>", "page.jpg"),
        (picture(13)[:40], "cut.png"),
        (polyglot(), "archive.png"),
        (picture(14) + b"<script>alert(1)</script>", "script.png"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00" + bytes(60),
            "bomb.png",
        ),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(100), "cut.mp4"),
    ],
)
def test_what_is_no_plain_picture_or_clip_stays_out(world: World, data: bytes, name: str) -> None:
    answer = world.client.post("/v1/assets", params={"project_id": world.project, "name": name}, content=data)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:facefusion:unsupported-type")
    assert name in answer.json()["detail"]
    assert str(world.settings.folder) not in answer.json()["detail"]


def test_a_mislabelled_file_is_what_it_is(world: World) -> None:
    asset = world.client.get(f"/v1/assets/{world.sent(picture(15, kind='JPEG'), 'clip.mp4')}").json()
    assert (asset["kind"], asset["media_type"]) == ("image", "image/jpeg")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.png", "a.png"),
        ("shot.%04d.png", "shot._04d.png"),
        ("a,b=c.png", "a_b_c.png"),
        ("<img src=x onerror=alert(1)>.png", "_img src_x onerror_alert(1)_.png"),
        ("..", "unnamed"),
        ("a\x00\nb.png", "a__b.png"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
    ],
)
def test_names_lose_what_is_a_trick(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("wanted", "status", "length"),
    [
        ("bytes=0-9", 206, 10), ("bytes=-5", 206, 5), ("bytes=5-", 206, None), ("bytes=0-999999", 206, None),
        ("bytes=999999-", 416, None), ("bytes=9-2", 416, None), ("bytes=-0", 416, None), ("bytes=a-b", 416, None),
        ("bytes=0-1,5-6", 416, None), ("lines=0-1", 416, None),
    ],
)  # fmt: skip
def test_ranges(world: World, wanted: str, status: int, length: int | None) -> None:
    asset = world.sent(picture(16))
    answer = world.client.get(f"/v1/assets/{asset}/content", headers={"range": wanted})
    assert answer.status_code == status
    if length is not None:
        assert len(answer.content) == length


def test_content_comes_without_a_way_to_run(world: World) -> None:
    asset = world.sent(picture(17), "<script>.png")
    headers = world.client.get(f"/v1/assets/{asset}/content").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
