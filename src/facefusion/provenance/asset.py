"""The number of an output that the watermark carries, and that leads back to its manifest."""

from __future__ import annotations

import hashlib
import re

from facefusion.errors import InvalidInput
from facefusion.provenance.metadata import Marks

ASSET_BITS = 64
_DIGITS = ASSET_BITS // 4
_TEXT = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


def asset_id_of(marks: Marks) -> int:
    """The 64-bit number of the output that carries `marks`; equal for equal ProduceIDs, and never 0."""
    return asset_id_of_produce_id(marks.aigc.produce_id)


def asset_id_of_produce_id(produce_id: str) -> int:
    """The same from the ProduceID of an AIGC mark that was read back."""
    digest = hashlib.sha256(b"facefusion-asset-1\0" + produce_id.encode()).digest()
    return int.from_bytes(digest[: ASSET_BITS // 8], "big") or 1


def asset_text(asset_id: int) -> str:
    """`asset_id` as 16 hexadecimal digits: the name of its manifest's copy."""
    if not 0 <= asset_id < 1 << ASSET_BITS:
        raise ValueError(f"asset id: got {asset_id}, supported is 0 to 2**{ASSET_BITS} - 1")
    return f"{asset_id:0{_DIGITS}x}"


def parse_asset(text: str) -> int:
    """The opposite of `asset_text`. Raises InvalidInput."""
    if not _TEXT.fullmatch(text):
        raise InvalidInput(f"asset id: got {text[:40]!r}, supported are {_DIGITS} digits of 0-9 and a-f")
    return int(text, 16)
