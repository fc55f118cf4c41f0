"""What is in front of a face, by an occluder or a parser of the zoo: the same answers as `OcclusionParser` gives."""

from __future__ import annotations

import cv2
import numpy as np

from facefusion.core import Float32, Landmarks, Pixels
from facefusion.faces.crops import cut
from facefusion.geometry import landmark_maps, transforms
from facefusion.geometry.templates import align_matrix
from facefusion.models.adapters.parsers import FaceParser


class LearnedOcclusion:
    """Asks a parser about the aligned face. Thread-safe."""

    def __init__(self, parser: FaceParser) -> None:
        self._parser = parser

    def visible(self, pixels: Pixels, landmarks: Landmarks) -> Float32:
        """(H, W) float32 in [0, 1]: 1 where the face itself is seen; 1 as well beyond the parser's crop.

        pixels: (H, W, 3) RGB. landmarks: 478 points in its pixels.
        """
        parser, points = self._parser, landmark_maps.to_5(landmarks)
        matrix = align_matrix(points, parser.template, size=parser.size)
        seen = cv2.GaussianBlur(parser.visible(cut(pixels, matrix, parser.size)), (0, 0), parser.size / 256)
        height, width = pixels.shape[:2]
        back = transforms.inverse(matrix)
        visible: Float32 = cv2.warpAffine(
            seen, back, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
        )
        return np.clip(visible, 0, 1)
