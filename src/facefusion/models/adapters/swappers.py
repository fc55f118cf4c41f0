"""Learned swappers: an aligned target and somebody's identity in, the aligned result out.

Contracts after the projects' own inference code (InsightFace `inswapper.py`, SimSwap `test_one_image.py`, GHOST
`inference.py`, HifiFace, BlendFace and UniFace); what each card says of range, size and template is applied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import cv2
import numpy as np

from facefusion.core import Float32
from facefusion.errors import InvalidInput
from facefusion.geometry.templates import TemplateName
from facefusion.models.graph_file import last_square
from facefusion.models.sessions import Session


@dataclass(frozen=True, slots=True, eq=False)
class Swapped:
    """pixels: (n, size, size, 3) float32 RGB in [0, 1]. mask: (n, size, size) float32, the model's own, or None."""

    pixels: Float32
    mask: Float32 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Whose face is put on. embedding: (512,) float32 of ArcFace, not normalised, mean over photos; or None.

    picture: (s, s, 3) float32 RGB in [0, 1], aligned as the swapper's `source_template` says; or None. share: how much
    of a person who lies in the swapper itself shows, in [0, 1].
    """

    embedding: Float32 | None = None
    picture: Float32 | None = None
    share: float = 1.0


class Swapper(Protocol):
    """What every swapper can do. size: side of its pictures; template: how they are aligned.

    takes_embedding: told by 512 numbers who somebody is. source_template: shown an aligned picture of them instead.
    """

    size: int
    template: TemplateName
    takes_embedding: bool
    source_template: TemplateName | None
    source_size: int

    def prepared(self, identity: Identity) -> Float32:
        """The tensor that stands for somebody; made once for a person."""

    def swap(self, targets: Sequence[Float32], source: Float32) -> Swapped:
        """The person of `source` on each of `targets` (size, size, 3)."""


class EmbeddingSwapper:
    """A swapper that is told who somebody is by 512 numbers; subclasses say how those are made."""

    takes_embedding = True
    source_template: TemplateName | None = None
    source_size = 0

    def __init__(self, session: Session, template: TemplateName, converter: Session | None = None) -> None:
        self._session, self._converter = session, converter
        self.size, self.template = picture_side(session), template
        self._own_mask = next((at for at, spec in enumerate(session.outputs) if spec.channels_or_none == 1), None)

    def prepared(self, identity: Identity) -> Float32:
        """(1, 512) float32."""
        if identity.embedding is None:
            raise InvalidInput(f"{self._session.name}: needs an embedding of the source")
        return self._source_of(identity.embedding.reshape(1, 512).astype(np.float32))

    def swap(self, targets: Sequence[Float32], source: Float32) -> Swapped:
        """As `Swapper.swap`."""
        session = self._session
        found = session.run_each(session.inputs[0].encode_many(targets), source)
        pixels = np.clip(session.outputs[0].decode(found[0]), 0, 1)
        if self._own_mask is None:
            return Swapped(pixels)
        return Swapped(pixels, np.clip(session.outputs[self._own_mask].decode(found[self._own_mask])[..., 0], 0, 1))

    def _source_of(self, embedding: Float32) -> Float32:
        return unit(embedding)

    def _converted(self, embedding: Float32) -> Float32:
        if self._converter is None:
            raise InvalidInput(f"{self._session.name}: needs its embedding converter")
        converted: Float32 = self._converter.run(embedding)[0]
        return converted


class InSwapper(EmbeddingSwapper):
    """InsightFace's: the embedding goes through a matrix that lies in the file ("emap"), then to unit length."""

    contract: ClassVar[str] = "inswapper"

    def __init__(self, session: Session, template: TemplateName, converter: Session | None = None) -> None:
        super().__init__(session, template, converter)
        self._emap = last_square(session.path, 512)

    def _source_of(self, embedding: Float32) -> Float32:
        return unit(unit(embedding) @ self._emap)


class HyperSwap(EmbeddingSwapper):
    """The embedding to unit length; gives a mask of its own."""

    contract: ClassVar[str] = "hyperswap"


class SimSwap(EmbeddingSwapper):
    """The converted embedding to unit length."""

    contract: ClassVar[str] = "simswap"

    def _source_of(self, embedding: Float32) -> Float32:
        return unit(self._converted(embedding))


class HifiFace(SimSwap):
    """As SimSwap, with a mask of its own where the file has one."""

    contract: ClassVar[str] = "hififace"


class Ghost(EmbeddingSwapper):
    """The converted embedding as it comes."""

    contract: ClassVar[str] = "ghost"

    def _source_of(self, embedding: Float32) -> Float32:
        return self._converted(embedding)


class PictureSwapper:
    """A swapper that is shown an aligned picture of somebody."""

    takes_embedding = False
    source_template: TemplateName | None = None

    def __init__(self, session: Session, template: TemplateName, converter: Session | None = None) -> None:
        self._session = session
        self.size, self.template = picture_side(session), template
        self.source_size = picture_side(session, 1)

    def prepared(self, identity: Identity) -> Float32:
        """(1, 3, source_size, source_size)."""
        if identity.picture is None:
            raise InvalidInput(f"{self._session.name}: needs an aligned picture of the source")
        return self._session.inputs[1].encode(identity.picture)

    def swap(self, targets: Sequence[Float32], source: Float32) -> Swapped:
        """As `Swapper.swap`."""
        session = self._session
        found = session.run_each(session.inputs[0].encode_many(targets), source)[0]
        return Swapped(np.clip(session.outputs[0].decode(found), 0, 1))


class BlendSwap(PictureSwapper):
    """Shown the source as ArcFace sees it."""

    contract: ClassVar[str] = "blendswap"
    source_template = "arcface_112_v2"


class UniFace(PictureSwapper):
    """Shown the source as FFHQ aligns it."""

    contract: ClassVar[str] = "uniface"
    source_template = "ffhq_512"


class DeepFaceModel:
    """A DFM file: one trained person, so that no source is given; drives any face with that person's.

    NHWC BGR in [0, 1]; the picture is sharpened a little first, as DeepFaceLive does. Its morph value says how much of
    the person shows.
    """

    contract: ClassVar[str] = "dfm"
    takes_embedding = False
    source_template: TemplateName | None = None
    source_size = 0

    def __init__(self, session: Session, template: TemplateName, converter: Session | None = None) -> None:
        self._session = session
        self.size, self.template = picture_side(session), template

    def prepared(self, identity: Identity) -> Float32:
        """(1,) float32: the morph value; the person lies in the file."""
        return np.array([identity.share], np.float32)

    def swap(self, targets: Sequence[Float32], source: Float32) -> Swapped:
        """As `Swapper.swap`, one target after another."""
        session = self._session
        pixels, masks = [], []
        for target in targets:
            sharp = cv2.addWeighted(target, 1.75, cv2.GaussianBlur(target, (0, 0), 2), -0.75, 0)
            fed = (session.inputs[0].encode(sharp), source)[: len(session.inputs)]
            _, picture, mask = session.run(*fed)
            pixels.append(session.outputs[1].decode(picture)[0])
            masks.append(session.outputs[2].decode(mask)[0, ..., 0])
        return Swapped(np.clip(np.stack(pixels), 0, 1), np.clip(np.stack(masks), 0, 1))


def picture_side(session: Session, place: int = 0) -> int:
    """Side in pixels of a square picture input. Raises InvalidInput when it is free or not square."""
    height, width = session.inputs[place].size
    if not isinstance(height, int) or height != width:
        raise InvalidInput(f"{session.name}: its input is {height}x{width}, supported is a fixed square")
    return height


def unit(vectors: Float32) -> Float32:
    """Rows of length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(length, 1e-12)).astype(np.float32)
