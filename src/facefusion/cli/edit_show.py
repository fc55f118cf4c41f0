"""What `facefusion edit` tells: what an edit did, the history, and who is in the clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.call import Call
from facefusion.core import Frame, FrameRange
from facefusion.pipeline.edit_log import Entry, Record, Turn

if TYPE_CHECKING:
    from facefusion.pipeline.edited_clip import EditedClip

_MOST_RANGES = 6


def describe(call: Call, before: EditedClip, after: EditedClip) -> None:
    """Tell what the records did that `after` has beyond `before`."""
    made, changed = after.log.records[len(before.log.records) :], after.changed_since(before)
    if call.as_json:
        frames = [[part.start, part.stop] for part in changed]
        rows = [{"number": record.number, "edit": str(after.entry(record.number).edit)} for record in made]
        call.answer({"edits": [{**row, "state": _done(record)} for row, record in zip(rows, made, strict=True)],
                     "changed_frames": frames})  # fmt: skip
        return
    number = sum(len(part) for part in changed)
    told = f"{number} frame{'' if number == 1 else 's'} may look different: {_ranges(changed)}"
    for record in made:
        call.reporter.say(f"{after.entry(record.number)} {_done(record)}")
    call.reporter.say(told if number else "no frame looks different")


def _done(record: Record) -> str:
    return "done" if isinstance(record, Entry) else "undone" if record.is_undo else "done again"


def print_log(call: Call, clip: EditedClip) -> None:
    """The history, oldest first."""
    rows = [_record_row(clip, record) for record in clip.log.records]
    if call.as_json:
        call.answer(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("edit", "when (UTC)", "who", "what", "", box=None)
    for row in rows:
        what = row["edit"] if row["action"] == "edit" else f"{row['action']} of edit {row['number']}"
        number = str(row["number"]) if row["action"] == "edit" else ""
        table.add_row(number, row["time"], row["author"], what, "undone" if row["state"] == "undone" else "")
    Console().print(table) if rows else print("no edits yet")


def show(
    context: typer.Context,
    sheet: Path | None = typer.Option(None, help="Write a contact sheet of the people, a PNG. Default: none."),
    overwrite: bool = typer.Option(False, help="Replace a contact sheet that exists. Default: off."),
) -> None:
    """Who is in the clip after the edits, in which tracks, and what is asked of whom."""
    from facefusion.pipeline.edited_clip import EditedClip

    call, clip = Call.of(context), EditedClip.read(context.meta["facefusion.file"])
    if sheet is not None:
        from facefusion.media import check_output, write_image

        check_output(sheet, overwrite=overwrite, inputs=[context.meta["facefusion.file"]])
        write_image(sheet, Frame(clip.sheet()), overwrite=overwrite)
    told = summary(clip)
    if call.as_json:
        call.answer({**told, "sheet": None if sheet is None else str(sheet)})
    else:
        _print_summary(told)
        if sheet is not None:
            print(f"contact sheet: {sheet}")


def summary(clip: EditedClip) -> dict[str, Any]:
    """The clip, its people, its tracks and the edits that hold, JSON-ready. Ranges are half-open."""
    analysis, media = clip.analysis, clip.measured.media
    return {
        "clip": "" if media is None else media.name,
        "frames": analysis.num_frames,
        "people": [
            {
                "id": person.person_id,
                "name": clip.overrides.names.get(person.person_id, ""),
                "frames": person.num_frames,
                "tracks": list(person.track_ids),
            }
            for person in analysis.people
        ],
        "tracks": [
            {
                "id": track.track_id,
                "person": track.person_id,
                "frames": len(track),
                "range": [track.first, track.last + 1],
                "from_seconds": clip.seconds_at(track.first),
            }
            for track in sorted(analysis.tracks, key=lambda track: (track.first, track.track_id))
        ],
        "edits": [{"number": entry.number, "edit": str(entry.edit)} for entry in clip.log.active],
    }


def _print_summary(told: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"{told['clip'] or 'clip'}: {told['frames']} frames", markup=False, highlight=False)
    people = Table("person", "name", "seen in frames", "tracks", box=None)
    for row in told["people"]:
        people.add_row(str(row["id"]), row["name"], str(row["frames"]), ", ".join(map(str, row["tracks"])) or "none")
    tracks = Table("track", "person", "from frame", "to frame", "from", "faces", box=None)
    for row in told["tracks"]:
        seconds = row["from_seconds"]
        shown = "" if seconds is None else _place(seconds)
        numbers = (row["id"], row["person"], row["range"][0], row["range"][1], shown, row["frames"])
        tracks.add_row(*("" if number is None else str(number) for number in numbers))
    for table in (people, tracks):
        console.print()
        console.print(table)
    for row in told["edits"]:
        console.print(f"\nedit {row['number']}: {row['edit']}", markup=False, highlight=False, soft_wrap=True, end="")
    console.print()


def _record_row(clip: EditedClip, record: Entry | Turn) -> dict[str, Any]:
    action = "edit" if isinstance(record, Entry) else "undo" if record.is_undo else "redo"
    return {
        "action": action,
        "number": record.number,
        "time": record.time.strftime("%Y-%m-%d %H:%M:%S"),
        "author": record.author,
        "edit": str(clip.entry(record.number).edit),
        "state": clip.log.state_of(record.number),
    }


def _place(seconds: float) -> str:
    """`1:02.5`, never later than what it stands for, so that it can be given back as `--from`."""
    minutes, tenths = divmod(int(seconds * 10 + 1e-6), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


def _ranges(parts: tuple[FrameRange, ...]) -> str:
    told = [f"{part.start}" if len(part) == 1 else f"{part.start} to {part.stop - 1}" for part in parts[:_MOST_RANGES]]
    more = f" and {len(parts) - _MOST_RANGES} ranges more" if len(parts) > _MOST_RANGES else ""
    return ", ".join(told) + more
