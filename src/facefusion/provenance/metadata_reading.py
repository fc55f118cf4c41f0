"""Reading the metadata marks back: the XMP packet, the container's tags, or the sidecar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from facefusion.errors import InvalidInput, MediaUnreadable
from facefusion.provenance import xmp
from facefusion.provenance.aigc import LABELS, AigcMark
from facefusion.provenance.metadata import (
    SEAL_PREFIX,
    SOFTWARE,
    TAG_AIGC,
    TAG_COMMENT,
    TAG_SOFTWARE,
    TAG_SOURCE_TYPE,
    seal,
)
from facefusion.provenance.packets import holds_xmp, read_xmp
from facefusion.provenance.places import SIDECAR_STILLS, sidecar_path
from facefusion.provenance.report import Finding, Place
from facefusion.provenance.terms import SYNTHETIC_TERMS, term_of

ReadTags = Callable[[Path], Mapping[str, str]]
"""Container tags of a clip; raises MediaUnreadable."""


@dataclass(frozen=True, slots=True)
class MetadataReading:
    """What the metadata of one file says. aigc: the mark of GB 45438-2025, None where it is missing or broken."""

    place: Place
    findings: tuple[Finding, ...]
    says_synthetic: bool
    aigc: AigcMark | None = None


def read_metadata(path: Path, read_tags: ReadTags | None = None) -> MetadataReading:
    """The metadata of the file `path`. What stands inside counts; only when there is none is the sidecar read.

    read_tags: how a clip's container tags are read (None: by `facefusion.media`). Raises MediaUnreadable.
    """
    texts = _inside(path, read_tags or _tags_by_media)
    if not texts.says_anything and sidecar_path(path).is_file():
        texts = _from_packet(sidecar_path(path).read_bytes(), "sidecar")
    return _reading(texts)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The marks as they stand in the file; None where there is none.

    fault: why nothing could be read. comment: our sentence for people, which some tools keep when they drop the rest.
    """

    place: Place = "nowhere"
    source_type: str | None = None
    aigc: str | None = None
    software: str | None = None
    fault: str | None = None
    comment: str | None = None

    @property
    def says_anything(self) -> bool:
        return bool(self.source_type or self.aigc or self.fault)


def _inside(path: Path, read_tags: ReadTags) -> _Texts:
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise MediaUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    if holds_xmp(head):
        return _from_picture(path)
    if path.suffix.lower() in SIDECAR_STILLS:
        return _Texts()
    tags = {key.lower(): value for key, value in read_tags(path).items()}
    source_type, aigc, software = (tags.get(key.lower()) for key in (TAG_SOURCE_TYPE, TAG_AIGC, TAG_SOFTWARE))
    texts = _Texts("tags", source_type, aigc, software, comment=_ours(tags.get(TAG_COMMENT)))
    return texts if texts.says_anything or texts.comment else _Texts()


def _from_picture(path: Path) -> _Texts:
    try:
        packet = read_xmp(path)
    except InvalidInput as error:
        return _Texts("xmp", fault=str(error))
    return _Texts() if packet is None else _from_packet(packet, "xmp")


def _from_packet(packet: bytes, place: Place) -> _Texts:
    try:
        found = xmp.parse_packet(packet)
    except InvalidInput as error:
        return _Texts(place, fault=str(error))
    source_type, aigc, software = (found.get(n) for n in (xmp.DIGITAL_SOURCE_TYPE, xmp.AIGC, xmp.CREATOR_TOOL))
    texts = _Texts(place, source_type, aigc, software, comment=_ours(found.get(xmp.DESCRIPTION)))
    return texts if texts.says_anything or texts.comment or place == "sidecar" else _Texts()


def _ours(comment: str | None) -> str | None:
    return comment if comment and f"Made with {SOFTWARE} " in comment else None


def _tags_by_media(path: Path) -> Mapping[str, str]:
    from facefusion.media import probe

    return probe(path).metadata


def _reading(texts: _Texts) -> MetadataReading:
    if texts.fault is not None:
        broken = Finding("digital source type", "malformed", texts.fault)
        others = tuple(Finding(name, "malformed", "see above") for name in ("AIGC", "software", "seal"))
        return MetadataReading(texts.place, (broken, *others), says_synthetic=False)
    source, term = _source_finding(texts.source_type, texts.comment)
    aigc, mark = _aigc_finding(texts.aigc)
    software = _software_finding(texts.software)
    findings = source, aigc, software, _seal_finding(texts, mark)
    synthetic = term in SYNTHETIC_TERMS or (mark is not None and mark.label == "1")
    return MetadataReading(texts.place, findings, synthetic, mark)


def _source_finding(uri: str | None, comment: str | None) -> tuple[Finding, str | None]:
    if uri is None:
        left = f"it was stripped; the comment still says: {comment}" if comment else "nothing says how this was made"
        return Finding("digital source type", "missing", left), None
    term = term_of(uri)
    if term is None:
        return Finding("digital source type", "malformed", f"{uri!r} is not a term of the IPTC vocabulary"), None
    return Finding("digital source type", "present", term), term


def _aigc_finding(text: str | None) -> tuple[Finding, AigcMark | None]:
    if text is None:
        return Finding("AIGC", "missing", "no mark as GB 45438-2025 asks for"), None
    try:
        mark = AigcMark.parse(text)
    except InvalidInput as error:
        return Finding("AIGC", "malformed", str(error)), None
    if not mark.content_producer:
        return Finding("AIGC", "malformed", "names no ContentProducer"), mark
    return Finding("AIGC", "present", f"{LABELS[mark.label]}, by {mark.content_producer}, id {mark.produce_id}"), mark


def _software_finding(text: str | None) -> Finding:
    if not text:
        return Finding("software", "missing", "nothing names what made it")
    return Finding("software", "present", text)


def _seal_finding(texts: _Texts, mark: AigcMark | None) -> Finding:
    if mark is None or not mark.reserved_code1:
        return Finding("seal", "missing", "nothing ties the marks together")
    if not mark.reserved_code1.startswith(SEAL_PREFIX):
        return Finding("seal", "missing", "ReservedCode1 is that of another tool")
    if mark.reserved_code1 == seal(texts.source_type or "", texts.software or "", mark):
        return Finding("seal", "present", "the marks are as they were written")
    return Finding("seal", "altered", "a mark was changed or removed after it was written")
