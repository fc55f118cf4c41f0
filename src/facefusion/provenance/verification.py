"""Reading all marks of any file back, and saying whether they still fit it and one another."""

from __future__ import annotations

import os
from pathlib import Path

from facefusion.errors import FaceFusionError, InvalidInput, MediaUnreadable
from facefusion.provenance.asset import asset_id_of_produce_id, asset_text, parse_asset
from facefusion.provenance.manifest.formats import MANIFEST_SUFFIX
from facefusion.provenance.manifest.reading import ManifestReading, missing_pictures, read_manifest
from facefusion.provenance.metadata_reading import MetadataReading, ReadTags, read_metadata
from facefusion.provenance.places import MEDIA_SUFFIXES
from facefusion.provenance.report import Finding, MarkReport, State

_STATES: dict[str, State] = {
    "intact": "present",
    "missing": "missing",
    "unreadable": "malformed",
    "broken signature": "altered",
    "altered": "altered",
    "expired": "expired",
}


def verify(path: Path, *, read_tags: ReadTags | None = None, anchors: str | None = None) -> MarkReport:
    """The marks of one picture or clip, told by its content, not by its name.

    read_tags: how a clip's container tags are read (None: by `facefusion.media`). anchors: PEM of the authorities whose
    signature is trusted; None: none is asked for. Raises MediaUnreadable when there is no such file, or it is neither
    picture nor clip.
    """
    path = Path(path)
    metadata = read_metadata(path, read_tags)
    manifest = read_manifest(path, anchors=anchors or "")
    watermark, marked = _watermark(path)
    asset = manifest.asset or marked
    findings = (*metadata.findings, _manifest(manifest, metadata), watermark, _record(path, asset))
    return MarkReport(
        path,
        metadata.place,
        _checked(findings, manifest, marked),
        metadata.says_synthetic,
        asset,
        is_trusted=manifest.is_trusted,
        needs_trust=anchors is not None,
    )


def verify_all(path: Path, *, read_tags: ReadTags | None = None, anchors: str | None = None) -> tuple[MarkReport, ...]:
    """One report a file, in order of name: of the file `path`, or of every picture and clip in the folder `path`.

    A picture that the manifest of a sequence lists and that is not there is reported too. Raises MediaUnreadable when
    the folder holds none.
    """
    path = Path(path)
    if not os.path.isdir(path):
        return (verify(path, read_tags=read_tags, anchors=anchors),)
    there = [p for p in path.iterdir() if not p.name.startswith(".")]
    files = sorted(p for p in there if p.suffix.lower() in MEDIA_SUFFIXES)
    lost = [report for p in sorted(there) if p.suffix == MANIFEST_SUFFIX and "#" in p.name for report in _lost(p)]
    if not files and not lost:
        raise MediaUnreadable(f"{path}: the folder holds no picture or clip")
    return (*(_tried(file, read_tags, anchors) for file in files), *lost)


def unread(path: Path, error: FaceFusionError) -> MarkReport:
    """The report of a file that cannot be read."""
    return MarkReport(path, "nowhere", (), says_synthetic=False, fault=str(error))


def _tried(path: Path, read_tags: ReadTags | None, anchors: str | None) -> MarkReport:
    try:
        return verify(path, read_tags=read_tags, anchors=anchors)
    except InvalidInput as error:
        return unread(path, error)


def _lost(manifest: Path) -> list[MarkReport]:
    finding = Finding("manifest", "altered", f"{manifest.name} lists this picture of a sequence, and it is not here")
    return [MarkReport(manifest.with_name(name), "nowhere", (finding,), False) for name in missing_pictures(manifest)]


def _manifest(found: ManifestReading, metadata: MetadataReading) -> Finding:
    state = _STATES[found.state]
    if found.state in ("missing", "unreadable"):
        return Finding("manifest", state, found.why)
    said = metadata.aigc
    is_checked = found.is_ours and said is not None and found.state == "intact"
    if is_checked and said is not None and found.asset != asset_text(asset_id_of_produce_id(said.produce_id)):
        return Finding("manifest", "altered", "manifest and metadata belong to different outputs")
    return Finding("manifest", state, "; ".join(_about(found)))


def _about(found: ManifestReading) -> list[str]:
    where = {"inside": "", "beside": " (in the file beside it)", "sequence": " (in the manifest of its sequence)"}
    signer = found.signer or "nobody who gives a name"
    trust = "trusted" if found.is_trusted else "trusted by none of the given authorities"
    made = f"made by {found.generator}" if found.is_ours else f"of another tool: {found.generator or 'unnamed'}"
    when = f", at {found.signed_at} by a time-stamp" if found.signed_at else ""
    lines = [found.why + where.get(found.kept, ""), f"signed by {signer}, {trust}{when}", made]
    return [*lines, f"made from work of {', '.join(found.history)}"] if found.history else lines


def _watermark(path: Path) -> tuple[Finding, str]:
    """What the watermark says, and the asset id that it carries."""
    from facefusion.provenance.watermark import read_watermark

    try:
        reading = read_watermark(path)
    except FaceFusionError as error:
        return Finding("watermark", "unread", str(error)), ""
    if not reading.is_found or reading.asset_id is None:
        return Finding("watermark", "missing", reading.reason or "none was found"), ""
    asset = asset_text(reading.asset_id)
    return Finding("watermark", "present", f"asset {asset}, certainty {reading.confidence:.3f}"), asset


def _record(path: Path, asset: str) -> Finding:
    """What was kept about an asset when it was made, if that was on this machine."""
    from facefusion.provenance.manifest.claim import Digest
    from facefusion.provenance.manifest.copies import read_copy

    try:
        kept = read_copy(parse_asset(asset)) if asset else None
    except InvalidInput:
        kept = None
    if kept is None:
        return Finding("record", "missing", "nothing was kept about it on this machine")
    outputs = {str(one.get("sha256")): str(one.get("name")) for one in kept.get("outputs", ()) if isinstance(one, dict)}
    about = f"asset {asset}, made {kept.get('created')} with {kept.get('software')}"
    same = outputs.get(Digest.of(path).sha256)
    found = (
        f"this is {same}, byte for byte" if same else f"this file is a changed copy of {', '.join(outputs.values())}"
    )
    return Finding("record", "present", f"{about}; {found}")


def _checked(findings: tuple[Finding, ...], manifest: ManifestReading, marked: str) -> tuple[Finding, ...]:
    """`findings`, with the watermark called altered when it belongs to another output than the manifest."""
    if not (marked and manifest.asset and marked != manifest.asset):
        return findings
    wrong = Finding("watermark", "altered", f"belongs to asset {marked}, the manifest to {manifest.asset}")
    return tuple(wrong if finding.mark == "watermark" else finding for finding in findings)
