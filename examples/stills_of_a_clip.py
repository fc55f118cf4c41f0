"""Measure a clip once, then draw only some frames:  python examples/stills_of_a_clip.py anna.jpg clip.mp4 folder

Rendering is a function of frame, analysis and plan, so any frame can be drawn alone and comes out the same. Frames of
`render` carry label and watermark already; `Marking` gives the metadata and the signature that go with them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from facefusion import Plan, analyse, open_media, render
from facefusion.media import write_image
from facefusion.pipeline.marking import Facts, Marking, marks_of


def main(source_path: str, target_path: str, folder: str, every: int = 4) -> None:
    """Write every so-many-th frame of the swapped clip as a picture, and say who was seen."""
    wanted = {"source": [source_path], "target": target_path, "output": str(Path(folder) / "unused.mp4")}
    created = datetime.now(UTC)
    with open_media(target_path) as reader:
        analysis = analyse(reader, Plan.from_mapping(wanted))
        for person in analysis.people:
            print(f"person {person.person_id}: seen in {person.num_frames} of {analysis.num_frames} frames")
        for start in range(0, analysis.num_frames, every):
            plan = Plan.from_mapping({**wanted, "start": f"{start}f", "end": f"{start + 1}f"})
            for frame in render(reader, analysis, plan, created=created):
                path = Path(folder) / f"still_{frame.index:04d}.png"
                marking = Marking.of(marks_of(plan, created), Facts.of(plan), plan.manifest, overwrite=True)
                write_image(path, frame, xmp=marking.marks.xmp(), seal=marking.seal(path), overwrite=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
