"""Measure a clip, correct it, render it:  python examples/correct_a_clip.py anna.jpg clip.mp4 clip.ffa out.mp4

The same as `facefusion analyse`, `facefusion edit` and `facefusion render`, with a look at what each edit changes.
"""

from __future__ import annotations

import sys

from facefusion import Plan, analyse, open_media, run
from facefusion.pipeline.analysis_file import read_analysis, write_analysis
from facefusion.pipeline.edited_clip import EditedClip
from facefusion.pipeline.edits import Adjust, Exclude, Rename, Strength, Who


def main(source_path: str, target_path: str, file_path: str, output_path: str) -> None:
    """The person seen longest gets the face of the photo, faded in, with a softer mask, and not in the first frame."""
    plan = Plan.from_mapping({"assign": [f"anna={source_path}"], "target": target_path, "output": output_path})
    with open_media(target_path) as reader:
        measured = analyse(reader, plan)
    write_analysis(file_path, measured, overwrite=True)

    clip = EditedClip.read(file_path)
    anna, start = Who(person=1), clip.part("0f", "1f")
    for edit in (
        Rename(1, "Anna"),
        Exclude(anna, start),
        Strength(anna, 0.5, clip.part("1f", "4f")),
        Adjust(anna, (("mask-blur", 0.5),)),
    ):
        before, clip = clip, clip.adding(edit, author="example")
        changed = sum(len(part) for part in clip.changed_since(before))
        print(f"{edit}: {changed} of {measured.num_frames} frames look different")
    clip = clip.undoing(4, author="example")
    clip.store(file_path)

    report = run(plan, analysis=read_analysis(file_path))
    print(*report.lines(), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:5])
