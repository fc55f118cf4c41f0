"""Signed files: every format is read back, nothing else in them changes, and every harm is told."""

from __future__ import annotations

import io
import json
import os
import shutil
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest

from certificates import make_studio
from facefusion.errors import DiskFull, OutputFailed
from facefusion.media import open_media, read_image
from facefusion.provenance import read_xmp, verify
from facefusion.provenance.manifest import c2pa_library
from facefusion.provenance.manifest.claim import JOB, Claim, Digest, Ingredient
from facefusion.provenance.manifest.credentials import Credentials, credentials_of
from facefusion.provenance.manifest.formats import manifest_beside, mime_of
from facefusion.provenance.manifest.reading import read_manifest
from facefusion.provenance.manifest.settings import SigningSettings
from facefusion.provenance.manifest.signing import sign_beside, sign_into
from packets import packets_of

Make = Any
HOLDERS = ["a.png", "a.jpg", "a.webp", "a.tif", "a.gif", "a.apng", "a.mp4", "a.mov"]
OTHERS = ["a.mkv", "a.webm", "a.avi"]


def sign(path: Path, claim: Claim, credentials: Credentials) -> Path:
    mime = mime_of(path)
    if mime:
        sign_into(path, mime, claim, credentials, name=path)
    else:
        with path.open("rb") as content:
            manifest_beside(path).write_bytes(sign_beside(content, claim, credentials, name=path))
    return path


def content_of(path: Path) -> Any:
    if path.suffix in (".mp4", ".mov", ".mkv", ".webm", ".avi"):
        return packets_of(path)
    if path.suffix in (".gif", ".apng"):
        with open_media(path) as reader:
            return [frame.pixels.tobytes() for frame in reader]
    return read_image(path).pixels.tobytes(), read_xmp(path)


@pytest.mark.parametrize("name", HOLDERS + OTHERS)
def test_every_format_is_signed_and_nothing_else_changes(
    name: str, make: Make, claim: Claim, credentials: Credentials
) -> None:
    path = make(name)
    before = content_of(path)
    sign(path, claim, credentials)
    assert content_of(path) == before
    found = read_manifest(path)
    assert (found.state, found.kept) == ("intact", "inside" if name in HOLDERS else "beside")
    assert found.is_ours
    assert found.asset == claim.asset
    assert not found.is_trusted
    assert sorted(p.name for p in path.parent.iterdir() if p.name.startswith(".") or "signed" in p.name) == []


def independent(path: Path, anchors: str = "") -> dict[str, Any]:
    """What the C2PA library itself says, without our settings."""
    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    with c2pa.Context.from_dict({"version": 1, **trust}) as context, path.open("rb") as file:
        return json.loads(c2pa.Reader(mime_of(path), file, context=context).json())


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
def test_the_manifest_says_what_was_done_with_what(name: str, make: Make, claim: Claim, tmp_path: Path) -> None:
    studio = make_studio(tmp_path)
    path = sign(make(name), claim, credentials_of(SigningSettings(**studio.options)))
    store = independent(path, studio.root.read_text())
    assert store["validation_state"] == "Trusted"
    active = store["manifests"][store["active_manifest"]]
    assert active["claim_generator_info"][0]["name"] == "FaceFusion"
    assert active["signature_info"]["common_name"] == "Studio signing"
    assertions = {one["label"]: one["data"] for one in active["assertions"]}
    actions = assertions["c2pa.actions.v2"]["actions"]
    assert [one["action"] for one in actions] == ["c2pa.opened", "c2pa.edited", "c2pa.edited", "c2pa.addedText"]
    terms = [one.get("digitalSourceType", "").rpartition("/")[2] for one in actions]
    assert terms == ["", "compositeSynthetic", "algorithmicallyEnhanced", ""]
    job = assertions[JOB]
    assert job["decision"] == {"rule": "covered", "record_ids": ["c-17"]}
    assert job["models"] == [{"name": "face_mesh_attention", "sha256": "ab" * 32}]
    assert {one["role"]: one["sha256"] for one in job["ingredients"]} == {
        one.role: one.digest.sha256 for one in claim.ingredients
    }
    relations = {one["relationship"]: one for one in active["ingredients"]}
    assert relations.keys() == {"parentOf", "inputTo"}
    assert all("thumbnail" not in one for one in active["ingredients"])
    assert "thumbnail" not in active


def test_no_name_of_a_file_and_no_picture_of_a_person_is_told(
    make: Make, claim: Claim, credentials: Credentials
) -> None:
    signed = sign(make("a.png"), claim, credentials).read_bytes()
    for word in (b"anna", b"bob", b"secret", b"thumbnail", os.fsencode(claim.ingredients[0].path.parent)):  # type: ignore[union-attr]
        assert word not in signed
    assert len(signed) - len(make("b.png").read_bytes()) < 20_000


@pytest.mark.parametrize("name", HOLDERS + OTHERS)
def test_a_changed_byte_of_the_content_is_told(name: str, make: Make, claim: Claim, credentials: Credentials) -> None:
    path = make(name)
    near_the_end = path.read_bytes()[-60:-40]
    data = bytearray(sign(path, claim, credentials).read_bytes())
    at = data.rfind(b"mdat") + 40 if name in ("a.mp4", "a.mov") else data.index(near_the_end)
    data[at] ^= 1
    path.write_bytes(data)
    assert read_manifest(path).state == "altered"


def test_a_changed_manifest_is_told(make: Make, claim: Claim, credentials: Credentials) -> None:
    path = sign(make("a.png"), claim, credentials)
    data = path.read_bytes()
    assert data.count(b"covered") == 1
    path.write_bytes(data.replace(b"covered", b"coveree"))
    assert read_manifest(path).state in ("altered", "broken signature")


def test_a_sidecar_of_another_file_is_told(make: Make, claim: Claim, credentials: Credentials) -> None:
    sign(make("a.mkv"), claim, credentials)
    other = make("b.mkv")
    other.write_bytes(other.read_bytes() + b"\0")
    shutil.copy(manifest_beside(other.with_name("a.mkv")), manifest_beside(other))
    assert read_manifest(other).state == "altered"
    manifest_beside(other).write_bytes(b"no manifest")
    assert read_manifest(other).state == "unreadable"
    manifest_beside(other).unlink()
    assert read_manifest(other).state == "missing"


def test_who_is_trusted_depends_on_the_anchors(make: Make, claim: Claim, tmp_path: Path) -> None:
    studio = make_studio(tmp_path)
    path = sign(make("a.jpg"), claim, credentials_of(SigningSettings(**studio.options)))
    assert read_manifest(path, anchors=studio.root.read_text()).is_trusted
    (tmp_path / "other").mkdir()
    found = read_manifest(path, anchors=make_studio(tmp_path / "other").root.read_text())
    assert (found.state, found.is_trusted) == ("intact", False)


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
def test_the_history_of_a_target_that_is_marked_already_is_kept(
    name: str, make: Make, claim: Claim, credentials: Credentials
) -> None:
    first = sign(make(f"first_{name}"), claim, credentials)
    again = replace(claim, ingredients=(Ingredient("target", Digest.of(first), first),))
    second = sign(make(name), again, credentials)
    found = read_manifest(second)
    assert (found.state, found.history) == ("intact", ("FaceFusion 1.2.3",))
    store = independent(second)
    assert len(store["manifests"]) == 2
    deltas = store["validation_results"].get("ingredientDeltas", ())
    failures = {failure["code"] for delta in deltas for failure in delta["validationDeltas"]["failure"]}
    assert failures <= {"signingCredential.untrusted"}


def other_tool(path: Path, credentials: Credentials) -> Path:
    """`path`, signed by a program that is not this one."""
    definition = {
        "claim_generator_info": [{"name": "Camera", "version": "9"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"}]}}],
    }  # fmt: skip
    signed = path.with_name(f"camera_{path.name}")
    signer = c2pa.Signer.from_callback(credentials.sign, c2pa.C2paSigningAlg.ED25519, credentials.chain.pem, None)
    with c2pa_library.context() as context, c2pa.Builder(json.dumps(definition), context) as builder:
        builder.sign_file(path, signed, signer)
    return signed


def test_the_manifest_of_another_tool_is_kept_and_told(make: Make, claim: Claim, credentials: Credentials) -> None:
    shot = other_tool(make("shot.jpg"), credentials)
    found = read_manifest(shot)
    assert (found.state, found.is_ours, found.generator) == ("intact", False, "Camera 9")
    made = replace(claim, ingredients=(Ingredient("target", Digest.of(shot), shot),))
    assert read_manifest(sign(make("a.jpg"), made, credentials)).history == ("Camera 9",)
    report = verify(shot)
    assert "another tool: Camera 9" in report.detail_of("manifest")


def test_a_target_with_a_ruined_manifest_is_still_named(make: Make, claim: Claim, credentials: Credentials) -> None:
    shot = other_tool(make("shot.png"), credentials)
    data = bytearray(shot.read_bytes())
    at = data.index(b"jumb")
    data[at + 4 : at + 60] = bytes(56)
    shot.write_bytes(data)
    assert read_manifest(shot).state == "unreadable"
    made = replace(claim, ingredients=(Ingredient("target", Digest.of(shot), shot),))
    found = read_manifest(sign(make("a.png"), made, credentials))
    assert found.state == "intact"
    assert found.job["ingredients"][0]["sha256"] == Digest.of(shot).sha256


class Full(io.BytesIO):
    """A disk without room."""

    def write(self, data: Any) -> int:
        raise OSError(ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
def test_a_full_disk_while_signing_leaves_the_file_as_it_was(
    name: str, make: Make, claim: Claim, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(name)
    before, around = path.read_bytes(), sorted(path.parent.iterdir())
    real = Path.open

    def opened(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if mode == "w+b":
            real(self, mode).close()
            return Full()
        return real(self, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(DiskFull, match="disk is full while signing") as caught:
        sign(path, claim, credentials)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == around


def test_a_signer_that_fails_is_named_and_leaves_the_file_as_it_was(
    make: Make, claim: Claim, credentials: Credentials
) -> None:
    def broken(data: bytes) -> bytes:
        raise OutputFailed("signing-url: https://sign.example did not sign (it answered 503); try again when it does")

    path = make("a.png")
    before = path.read_bytes()
    with pytest.raises(OutputFailed, match="answered 503"):
        sign(path, claim, replace(credentials, make=broken))
    assert path.read_bytes() == before
    with pytest.raises(OutputFailed, match="cannot be signed"):
        sign(path, claim, replace(credentials, timestamp_url="http://127.0.0.1:9/"))
    assert path.read_bytes() == before


def test_the_same_picture_twice_differs_by_its_signature_alone(
    make: Make, claim: Claim, credentials: Credentials
) -> None:
    first, second = (sign(make(name), claim, credentials) for name in ("a.png", "b.png"))
    assert np.array_equal(read_image(first).pixels, read_image(second).pixels)
    assert first.read_bytes() != second.read_bytes()
    assert read_manifest(first).job == read_manifest(second).job
