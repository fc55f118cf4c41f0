"""The metadata marks of one output: what they say, as an XMP packet or as container tags."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from facefusion.provenance import xmp
from facefusion.provenance.aigc import AigcMark
from facefusion.provenance.terms import EditKind, heaviest, source_type

SOFTWARE = "FaceFusion"

TAG_SOURCE_TYPE = "digital_source_type"
TAG_AIGC = "AIGC"
TAG_SOFTWARE = "software"
TAG_COMMENT = "comment"
SEAL_PREFIX = "facefusion-1:"
"""Tells our ReservedCode1 from another tool's."""

_SENTENCES: dict[EditKind, str] = {
    "trained": "AI-generated: a person in this work was altered or made by a trained network.",
    "mesh": "AI-generated: a person's face in this work was replaced or altered by software.",
    "matte": "Composited by software: a person in this work was cut out of the background.",
    "enhance": "Enhanced by software: detail or colour of this work was altered.",
}
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even escaped."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the metadata of one output says.

    digital_source_type: URI of the IPTC vocabulary. aigc: the mark of GB 45438-2025. comment: the same for people.
    software, version: what made it. created: when, with a time zone; it is given, so that output can be repeated
    byte for byte. Use `Marks.of`, which chooses the words and seals them.
    """

    digital_source_type: str
    aigc: AigcMark
    comment: str
    software: str
    version: str
    created: datetime

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise ValueError("Marks.created: got a time without zone, supported is an aware datetime")

    @staticmethod
    def of(
        kinds: Collection[EditKind], *, created: datetime, produce_id: str, version: str, producer: str = SOFTWARE
    ) -> Marks:
        """Marks for an output that saw `kinds` of edit.

        produce_id: a stable number of this output, such as the plan's digest. producer: who answers for it; in China
        the provider's code. Raises UsageError when `kinds` is empty.
        """
        uri = source_type(kinds)
        software = f"{SOFTWARE} {_clean(version)}"
        aigc = AigcMark("1", _clean(producer), _clean(produce_id))
        sealed = AigcMark("1", aigc.content_producer, aigc.produce_id, reserved_code1=seal(uri, software, aigc))
        comment = f"{_SENTENCES[heaviest(kinds)]} Made with {software}."
        return Marks(uri, sealed, comment, SOFTWARE, _clean(version), created)

    @property
    def creator_tool(self) -> str:
        """Name and version of the software."""
        return f"{self.software} {self.version}"

    def xmp(self) -> bytes:
        """XMP packet for pictures, and for sidecars of formats without metadata. Same marks, same bytes."""
        return xmp.write_packet(
            {
                xmp.DIGITAL_SOURCE_TYPE: self.digital_source_type,
                xmp.AI_SYSTEM: self.software,
                xmp.AI_SYSTEM_VERSION: self.version,
                xmp.CREATOR_TOOL: self.creator_tool,
                xmp.CREATE_DATE: self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                xmp.DESCRIPTION: self.comment,
                xmp.AIGC: self.aigc.to_json(),
            }
        )

    def container_tags(self) -> dict[str, str]:
        """Tags for MP4 and MOV (their writer needs `movflags=use_metadata_tags`), MKV and WebM."""
        return {
            TAG_AIGC: self.aigc.to_json(),
            TAG_SOURCE_TYPE: self.digital_source_type,
            TAG_SOFTWARE: self.creator_tool,
            TAG_COMMENT: self.comment,
        }


def seal(digital_source_type: str, creator_tool: str, aigc: AigcMark) -> str:
    """Digest over the marks (SHA-256, hex, after `SEAL_PREFIX`), kept in ReservedCode1.

    It shows that a mark was edited by hand or by a program that knows nothing of it. It holds no secret: whoever reads
    this can compute it anew. The signed manifest is what resists intent.
    """
    words = [digital_source_type, creator_tool, aigc.label, aigc.content_producer, aigc.produce_id]
    return SEAL_PREFIX + hashlib.sha256(json.dumps(words, ensure_ascii=True).encode()).hexdigest()


def _clean(text: str) -> str:
    """`text` without characters that XML or a container tag cannot hold, on one line."""
    return " ".join(_NOT_XML.sub("", text).replace("\x00", "").split())
