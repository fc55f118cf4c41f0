"""Everything about the faces of one picture, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from facefusion.core import Box, Face, Landmarks, Pixels
from facefusion.core.arrays import check_pixels
from facefusion.faces.blazeface import BlazeFace
from facefusion.faces.detect import Proposer
from facefusion.faces.embed import IdentityEncoder
from facefusion.faces.find import Detail, FaceFinder
from facefusion.faces.keypoints import Landmarker, keypoints_by
from facefusion.faces.landmark import LandmarkReader, roi_of_landmarks
from facefusion.faces.learned_finder import LearnedFinder
from facefusion.faces.networks import FaceNetworks
from facefusion.geometry import landmark_maps, pose
from facefusion.models.adapters.detectors import Detector


class FaceAnalyser:
    """Finds faces, reads their landmarks and pose, and embeds their identity. Safe to use from several threads."""

    def __init__(
        self,
        *,
        providers: Sequence[str] = ("cpu",),
        threads: int = 1,
        networks: FaceNetworks | None = None,
        detector: Detector | None = None,
        above: float = 0.5,
        landmarker: Landmarker | None = None,
        weights: Mapping[str, str] | None = None,
    ) -> None:
        """`providers`: execution providers in order of preference. `threads`: of each network.
        `networks`: loaded weights instead of the bundled ones. `detector`: finds faces instead of the bundled two, with
        scores over `above`. `landmarker`: places the five keypoints instead of the mesh. `weights`: what says which
        learned networks these are, by "detector" and "landmarker".

        Raises ModelMissing or ModelInvalid when the weights cannot be used.
        """
        self.providers = tuple(providers)
        nets = networks or FaceNetworks.bundled(providers=providers, threads=threads)
        self.reader = LandmarkReader(nets.landmarks)
        short, full = BlazeFace.short_range(nets.short_range), BlazeFace.full_range(nets.full_range)
        own = FaceFinder(Proposer(short, full), self.reader)
        learned = None if detector is None else LearnedFinder(detector, self.reader, above=above)
        self.finder: FaceFinder | LearnedFinder = learned or own
        self.landmarker = landmarker
        self.weights = dict(weights or {})
        self.encoder = IdentityEncoder(nets.identity)

    def find(self, pixels: Pixels, *, embed: bool = True, detail: Detail = "auto") -> tuple[Face, ...]:
        """The faces of `pixels` (H, W, 3) RGB uint8, uint16 or float32, the largest first.

        Each has box, score, keypoints, landmarks, visibility, pose, its picture and, with `embed`, its embedding.
        `detail`: "fast" looks at the picture once, "auto" looks harder until a face is found, "wide" looks
        everywhere (crowds, wide shots). Except with "fast", landmarks are means over four crops.
        """
        check_pixels("find", pixels)
        found = self.finder.find(pixels, detail=detail)
        readings = [one.reading for one in found]
        if detail != "fast":
            rois = [roi_of_landmarks(reading.landmarks) for reading in readings]
            readings = self.reader.read(pixels, rois, crops=4)
        faces = [
            face_of(reading.landmarks, one.detection.score, one.reading.presence)
            for one, reading in zip(found, readings, strict=True)
        ]
        faces.sort(key=lambda face: -face.box.area)
        if self.landmarker is not None:
            faces = [replace(face, keypoints=keypoints_by(self.landmarker, pixels, face)) for face in faces]
        if embed:
            faces = self.embedded(pixels, faces)
        return tuple(replace(face, picture=pixels) for face in faces)

    def embedded(self, pixels: Pixels, faces: Sequence[Face]) -> list[Face]:
        """The same faces with their embeddings, computed in one batch."""
        landmarks = [face.landmarks for face in faces if face.landmarks is not None]
        if len(landmarks) != len(faces):
            raise ValueError("embedded: got a face without landmarks, supported are faces with 478 landmarks")
        vectors = self.encoder.embed(pixels, landmarks)
        return [replace(face, embedding=vector) for face, vector in zip(faces, vectors, strict=True)]


def face_of(landmarks: Landmarks, score: float, visibility: float) -> Face:
    """A Face from its 478 landmarks: box around them, five keypoints, pose."""
    return Face(
        box=Box.around(landmarks.xy[:468]),
        score=score,
        keypoints=landmark_maps.to_5(landmarks),
        landmarks=landmarks,
        visibility=visibility,
        pose=pose.head_pose(landmarks),
    )
