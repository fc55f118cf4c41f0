"""The networks of this room: batches of square pictures in, the model's outputs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from facefusion.core import Float32
from facefusion.models import ModelStore, Session, open_session


class Network(Protocol):
    """Loaded weights with one input: pictures (n, size, size, 3) float32 RGB in [0, 1] to every output, in order."""

    def run(self, pictures: Float32) -> tuple[Float32, ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class SessionNetwork:
    """A session as a Network: the model's card says how pictures become its input."""

    session: Session

    def run(self, pictures: Float32) -> tuple[Float32, ...]:
        return self.session.run(self.session.inputs[0].encode_many(list(pictures)))


@dataclass(frozen=True, slots=True, eq=False)
class FaceNetworks:
    """Loaded weights for detection, landmarks and identity."""

    short_range: Network
    full_range: Network
    landmarks: Network
    identity: Network

    @staticmethod
    def bundled(
        *, providers: Sequence[str] = ("cpu",), threads: int = 1, store: ModelStore | None = None
    ) -> FaceNetworks:
        """The weights that come with the package.

        Raises UsageError for an unknown provider, ModelMissing or ModelInvalid when the weights cannot be used.
        """
        names = ("blazeface_short_range", "blazeface_full_range", "face_mesh_attention", "dlib_resnet_v1")
        sessions = [open_session(name, providers=providers, threads=threads, store=store) for name in names]
        return FaceNetworks(*(SessionNetwork(session) for session in sessions))
