"""Put a person's face on a clip, with progress of your own:  python examples/swap_clip.py anna.jpg clip.mp4 out.mp4"""

from __future__ import annotations

import sys

from facefusion import process_video
from facefusion.core import ProgressEvent
from facefusion.errors import FaceFusionError


def show(event: ProgressEvent) -> None:
    """Called after every frame; raising here would end the run and leave nothing behind."""
    if event.total and event.done in (event.total // 2, event.total):
        print(f"{event.phase}: {event.done} of {event.total} frames, {event.faces} faces")


def main(source_path: str, target_path: str, output_path: str) -> int:
    """Returns what the command line would end with."""
    options = {
        "source_paths": [source_path],
        "target_path": target_path,
        "output_path": output_path,
        "frame_processors": ["face_swapper", "face_enhancer"],
        "mask_blur": 0.4,
        "overwrite": True,
    }
    try:
        report = process_video(options, listener=show)
    except FaceFusionError as error:
        print(f"failed: {error}", file=sys.stderr)
        return error.exit_code
    print(*report.lines(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
