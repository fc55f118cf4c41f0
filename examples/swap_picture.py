"""Put a person's face on everybody in a picture:  python examples/swap_picture.py anna.jpg group.jpg result.png"""

from __future__ import annotations

import sys

import cv2

from facefusion import FaceDetector, FaceEnhancer, FaceSwapper, save_image


def main(source_path: str, target_path: str, output_path: str) -> None:
    """Swap, enhance, save: the file carries the label and the metadata."""
    detector, swapper, enhancer = FaceDetector(), FaceSwapper(), FaceEnhancer()
    source = detector.detect(cv2.imread(source_path))[0]
    result = cv2.imread(target_path)
    faces = detector.detect(result)
    for face in faces:
        result = swapper.swap(result, face, source)
    result = enhancer.enhance(result, faces)
    save_image(output_path, result, faces=faces, overwrite=True)
    print(f"{output_path}: {len(faces)} faces changed")


if __name__ == "__main__":
    main(*sys.argv[1:4])
