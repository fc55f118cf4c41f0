"""Face templates that match only with their key.

An embedding (128 numbers) is centred, projected on 1024 random directions, and only the signs are kept. The directions
come from a key: whoever has the bits but not the key can neither compare them with a face nor turn them back. Distance
of two templates grows with the angle between the embeddings (Charikar 2002, "Similarity estimation techniques from
rounding algorithms"); keyed projections as in Teoh, Goh, Ngo 2006 ("Random multispace quantization").
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from facefusion.errors import InvalidInput
from facefusion.provenance.canonical import parse_strictly
from facefusion.provenance.plain_fields import MOST_ITEMS, PlainFields, base64_text, bytes_of

SCHEME = "sign-projection-1024/1"
NUM_BITS = 1024
KEY_SIZE = 32
LENGTH = 128
"""Numbers of an embedding."""
THRESHOLD = 0.32
"""Share of bits that may differ within one person: see `benchmarks/consent_templates.py` and ADR 0064."""
_BYTES = NUM_BITS // 8
_CHECK_SIZE = 16

Embedding = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of one person, one a photo, each 128 bytes.

    encoder: which network measured the embeddings. key_check: tells whether a key is theirs, and nothing else.
    """

    encoder: str
    key_check: bytes
    bits: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.bits or len(self.bits) > MOST_ITEMS:
            raise InvalidInput(f"consent: got {len(self.bits)} face templates, supported are 1 to {MOST_ITEMS}")

    @staticmethod
    def made(embeddings: Sequence[Embedding], key: bytes, *, encoder: str) -> Templates:
        """Templates of one person's embeddings, each (128,) float32."""
        return Templates(encoder, key_check(key), tuple(projected(one, key) for one in embeddings))

    def distance(self, embedding: Embedding, key: bytes) -> float:
        """Share of bits, 0 to 1, in which the nearest template differs; about 0.5 with another key."""
        return nearest(self.bits, projected(embedding, key))

    def belongs_to(self, key: bytes) -> bool:
        """Whether `key` is the one that these were made with."""
        return hmac.compare_digest(self.key_check, key_check(key))

    def to_plain(self) -> dict[str, Any]:
        """Values for JSON."""
        return {
            "scheme": SCHEME,
            "encoder": self.encoder,
            "key_check": base64_text(self.key_check),
            "bits": [base64_text(one) for one in self.bits],
        }

    @staticmethod
    def from_plain(value: Any) -> Templates:
        """The opposite of `to_plain`. Raises InvalidInput."""
        fields = PlainFields(value, name="consent: templates")
        if (found := fields.take("scheme")) != SCHEME:
            raise InvalidInput(f"consent: templates are {found!r}, supported is {SCHEME}")
        encoder, check = fields.text("encoder"), fields.data("key_check", size=_CHECK_SIZE)
        bits = tuple(bytes_of(one, size=_BYTES, name="consent: a template") for one in fields.texts("bits"))
        fields.done()
        return Templates(encoder, check, bits)


def projected(embedding: Embedding, key: bytes) -> bytes:
    """128 bytes: the signs of 1024 projections of the centred embedding (128,) float32."""
    vector = np.asarray(embedding, np.float64).reshape(-1)
    if vector.shape != (LENGTH,) or not np.isfinite(vector).all():
        raise InvalidInput(f"face template: got an embedding of shape {vector.shape}, supported are 128 finite numbers")
    return np.packbits(_directions(key) @ (vector - embedding_centre()) > 0).tobytes()


def nearest(bits: Sequence[bytes], other: bytes) -> float:
    """The smallest share of differing bits between `other` and one of `bits`."""
    stored = np.frombuffer(b"".join(bits), np.uint8).reshape(len(bits), _BYTES)
    differing = np.bitwise_count(stored ^ np.frombuffer(other, np.uint8)).sum(axis=1)
    return float(differing.min()) / NUM_BITS


def key_check(key: bytes) -> bytes:
    """16 bytes that tell one key from another without giving it away."""
    return hmac.digest(key, b"facefusion template key check", "sha256")[:_CHECK_SIZE]


@lru_cache(maxsize=16)
def _directions(key: bytes) -> NDArray[np.float64]:
    """(1024, 128) of -1 and 1 from the AES-256-CTR stream of the key: the same on every machine."""
    if len(key) != KEY_SIZE:
        raise InvalidInput(f"face template: got a key of {len(key)} bytes, supported are {KEY_SIZE}")
    stream = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
    noise = np.frombuffer(stream.update(bytes(NUM_BITS * LENGTH // 8)), np.uint8)
    signs = np.unpackbits(noise).reshape(NUM_BITS, LENGTH).astype(np.float64)
    return np.asarray(2 * signs - 1, np.float64)


@cache
def embedding_centre() -> NDArray[np.float64]:
    """The middle of many people's embeddings, made by `tools/make_embedding_centre.py`."""
    data = files("facefusion.provenance.consent").joinpath("embedding_centre.json").read_bytes()
    return np.array(parse_strictly(data)["centre"], np.float64)
