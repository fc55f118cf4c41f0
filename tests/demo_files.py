"""Small files made from the demo's media, for tests that need a real face."""

from __future__ import annotations

from pathlib import Path

import cv2
import media
import pytest

from facefusion.media import VideoWriter, open_media


def write_demo_files(folder: Path, *, num_frames: int) -> None:
    """`anna.jpg`, `group.jpg` and a `clip.mp4` of `num_frames`; skips the test where the media cannot be had."""
    try:
        portrait, clip = media.fetch(media.ASTRONAUT), media.fetch(media.ACTRESS)
    except media.MediaUnavailable as error:
        pytest.skip(str(error))
    cv2.imwrite(str(folder / "anna.jpg"), cv2.imread(str(portrait)))
    with open_media(clip) as reader:
        cv2.imwrite(str(folder / "group.jpg"), reader.frame_at(300).pixels[..., ::-1])
        stop = reader.timestamps()[num_frames]
        with VideoWriter(folder / "clip.mp4", like=reader.info, copy_streams_from=clip, stop=stop) as writer:
            for frame in reader.frames(stop=num_frames):
                writer.write(frame)
