"""Reading a manifest back: whether there is one, whether it still fits its file, and who signed it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from facefusion.errors import MediaUnreadable
from facefusion.provenance.canonical import told_name
from facefusion.provenance.manifest import c2pa_library
from facefusion.provenance.manifest.claim import FRAMES, JOB, Digest
from facefusion.provenance.manifest.formats import PLAIN, manifest_beside, manifests_of_sequence, mime_in
from facefusion.provenance.manifest.sequences import bound_bytes, pictures_in

ManifestState = Literal["intact", "missing", "unreadable", "broken signature", "altered", "expired"]
Kept = Literal["inside", "beside", "sequence", ""]
_LARGEST_MANIFEST = 64 << 20
_SIGNATURE_CODES = ("claimSignature.", "claim.", "signingCredential.", "general.")
_EXPIRED = ("signingCredential.expired", "claimSignature.outsideValidity", "signingCredential.outsideValidity")
_TRUST = ("signingCredential.untrusted", "signingCredential.ocsp", "timeStamp.")


@dataclass(frozen=True, slots=True)
class ManifestReading:
    """What the manifest of one file says, and whether that still holds.

    altered: the file, or a picture of its sequence, is not what was signed. is_trusted: the signer's authority is among
    the anchors that were given. job: our own assertion, empty in a manifest of another tool. history: software that
    made what this was made from, the newest first. kept: where the manifest was found. why: for people. signed_at: ISO
    8601, of the time-stamp; empty without one.
    """

    state: ManifestState
    why: str = ""
    kept: Kept = ""
    is_trusted: bool = False
    signer: str = ""
    serial: str = ""
    signed_at: str = ""
    generator: str = ""
    job: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Made by this software: it carries our assertion."""
        return bool(self.job)

    @property
    def asset(self) -> str:
        """Asset id as text, empty when the manifest has none."""
        return str(self.job.get("asset_id", ""))


MISSING = ManifestReading("missing", "no signed manifest, neither inside nor beside the file")


def read_manifest(path: Path, *, anchors: str = "") -> ManifestReading:
    """The manifest inside `path`, else the one beside it, else that of the sequence it belongs to.

    anchors: PEM of the authorities that are trusted. Nothing is fetched. Raises MediaUnreadable when there is no file.
    """
    try:
        with path.open("rb") as file:
            mime = mime_in(file.read(16))
            file.seek(0)
            inside = _read(mime, file, None, anchors, kept="inside") if mime else MISSING
            if inside.state != "missing":
                return inside
            beside = manifest_beside(path)
            if beside.is_file():
                file.seek(0)
                return _read(PLAIN, file, _bytes_of(beside), anchors, kept="beside")
    except OSError as error:
        raise MediaUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    for listed in manifests_of_sequence(path):
        found = _read_listed(path, listed, anchors)
        if found.state != "missing":
            return found
    return MISSING


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_MANIFEST)


def _read_listed(picture: Path, manifest: Path, anchors: str) -> ManifestReading:
    """The manifest of a sequence, as far as it is about `picture`."""
    data = _bytes_of(manifest)
    store = _parsed(PLAIN, io.BytesIO(b""), data, anchors)
    if isinstance(store, ManifestReading):
        return store
    listed = _assertion(store, FRAMES)
    pictures = pictures_in(listed)
    name = told_name(picture.name)
    if pictures is None or name not in pictures:
        return MISSING
    found = _read(PLAIN, io.BytesIO(bound_bytes(listed)), data, anchors, kept="sequence")
    if found.state == "intact" and Digest.of(picture).sha256 != pictures[name]:
        return _changed(found, "altered", "this picture of the sequence is not the one that was signed")
    return found


def missing_pictures(manifest: Path) -> list[str]:
    """Names of pictures that the manifest of a sequence lists and that are not beside it."""
    store = _parsed(PLAIN, io.BytesIO(b""), _bytes_of(manifest), "")
    pictures = None if isinstance(store, ManifestReading) else pictures_in(_assertion(store, FRAMES))
    there = {told_name(path.name) for path in manifest.parent.iterdir()}
    return [name for name in pictures or () if Path(name).name == name and name not in there]


def asset_in(manifest: Path) -> str:
    """The asset id, as text, in a manifest that is kept outside its file; empty when it has none."""
    store = _parsed(PLAIN, io.BytesIO(b""), _bytes_of(manifest), "")
    job = None if isinstance(store, ManifestReading) else _assertion(store, JOB)
    return str(job.get("asset_id", "")) if isinstance(job, dict) else ""


def _changed(reading: ManifestReading, state: ManifestState, why: str) -> ManifestReading:
    values = {name: getattr(reading, name) for name in ManifestReading.__dataclass_fields__}
    return ManifestReading(**{**values, "state": state, "why": why})


def _parsed(mime: str, stream: BinaryIO, manifest: bytes | None, anchors: str) -> dict[str, Any] | ManifestReading:
    c2pa = c2pa_library.library()
    try:
        with c2pa_library.context(anchors) as settings:
            if manifest is None:
                reader = c2pa.Reader.try_create(mime, stream, context=settings)
            else:
                reader = c2pa.Reader(mime, stream, manifest_data=manifest, context=settings)
            if reader is None:
                return MISSING
            with reader:
                store: dict[str, Any] = json.loads(reader.json())
                return store
    except c2pa.C2paError as error:
        why = " ".join(str(error).split())[:200]
        return ManifestReading(
            "unreadable", f"the manifest cannot be read ({why})", "inside" if manifest is None else "beside"
        )


def _read(mime: str, stream: BinaryIO, manifest: bytes | None, anchors: str, *, kept: Kept) -> ManifestReading:
    store = _parsed(mime, stream, manifest, anchors)
    if isinstance(store, ManifestReading):
        return store
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    codes = [str(one.get("code", "")) for one in _failures(store)]
    state, why = _state(codes)
    signed = active.get("signature_info") or {}
    job = _assertion(store, JOB)
    return ManifestReading(
        state,
        why,
        kept,
        is_trusted=store.get("validation_state") == "Trusted",
        signer=str(signed.get("common_name") or signed.get("issuer") or ""),
        serial=str(signed.get("cert_serial_number") or ""),
        signed_at=str(signed.get("time") or ""),
        generator=_generator(active),
        job=job if isinstance(job, dict) else {},
        history=_history(store, active),
    )


def _failures(store: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = store.get("validation_results") or {}
    return list((results.get("activeManifest") or {}).get("failure") or ())


def _state(codes: list[str]) -> tuple[ManifestState, str]:
    bad = [code for code in codes if not code.startswith(_TRUST)]
    expired = [code for code in bad if code in _EXPIRED]
    broken = [code for code in bad if code not in _EXPIRED and code.startswith(_SIGNATURE_CODES)]
    changed = [code for code in bad if code not in expired and code not in broken]
    if broken:
        return "broken signature", f"the manifest was changed after it was signed ({', '.join(sorted(set(broken)))})"
    if changed:
        return "altered", f"the file is not the one that was signed ({', '.join(sorted(set(changed)))})"
    if expired:
        return "expired", "the certificate had expired, and no time-stamp proves that it was signed before"
    return "intact", "the file is the one that was signed"


def _assertion(store: Mapping[str, Any], label: str) -> Any:
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    return next((one.get("data") for one in active.get("assertions", ()) if one.get("label") == label), None)


def _generator(manifest: Mapping[str, Any]) -> str:
    infos = manifest.get("claim_generator_info") or [{}]
    return " ".join(str(infos[0].get(name, "")) for name in ("name", "version")).strip() or str(
        manifest.get("claim_generator", "")
    )


def _history(store: Mapping[str, Any], active: Mapping[str, Any]) -> tuple[str, ...]:
    """Generators of the manifests that the parent, and its parent, brought along."""
    found: list[str] = []
    seen, manifest = set(), active
    while True:
        parents = [i for i in manifest.get("ingredients", ()) if i.get("relationship") == "parentOf"]
        label = parents[0].get("active_manifest") if parents else None
        if not label or label in seen or label not in store.get("manifests", {}):
            return tuple(found)
        seen.add(label)
        manifest = store["manifests"][label]
        found.append(_generator(manifest))
