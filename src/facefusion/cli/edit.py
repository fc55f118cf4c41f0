"""`facefusion edit`: correct an analysis. Every edit is recorded in the file and can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facefusion.cli.call import Call
from facefusion.cli.edit_show import describe, print_log, show
from facefusion.cli.places import user_name
from facefusion.errors import UsageError
from facefusion.pipeline.edits import (
    MODES,
    Adjust,
    Drop,
    Edit,
    Exclude,
    Merge,
    Reference,
    ReferenceMode,
    Rename,
    Request,
    Strength,
)
from facefusion.pipeline.value_words import parse_values

if TYPE_CHECKING:
    from facefusion.pipeline.edited_clip import EditedClip

edit_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Correct an analysis: facefusion edit a.ffa merge 1 2. Every edit is recorded with time and author, and can "
    "be undone; what was measured stays as it was. `facefusion edit a.ffa merge --help` explains one command.\n\n"
    "A range is --from … --to …, half-open: the frame at --to is the first that is left out. Both take a time (12.5, "
    "1:02.5) or a frame (250f), counted from the clip's start. Without a range an edit holds for the whole clip.\n\n"
    "People are named by id or name. `facefusion edit a.ffa show` tells who is there and in which tracks; a track is "
    "one face followed through one shot.",
)

_START = typer.Option(None, "--from", help="Where the range begins: a time or a frame. Default: the clip's start.")
_STOP = typer.Option(None, "--to", help="Where it ends, excluded: a time or a frame. Default: the clip's end.")
_PERSON = typer.Option(None, "--person", help="Only this person, by id or name. Default: everybody.")
_TRACK = typer.Option(None, "--track", help="Only this track. Default: every track.")


@edit_app.callback()
def opened(
    context: typer.Context,
    file: Path = typer.Argument(..., help="The analysis file that `facefusion analyse` wrote."),
    author: str = typer.Option("", help="Who makes the edit, for the history. Default: the user who is logged in."),
) -> None:
    context.meta["facefusion.file"] = file
    context.meta["facefusion.author"] = author


@edit_app.command()
def merge(
    context: typer.Context, people: list[str] = typer.Argument(..., help="Two or more people; the first id stays.")
) -> None:
    """Make several people one: the tracker took somebody who came back for somebody new."""
    clip = _clip(context)
    _add(context, clip, Merge(tuple(clip.person(person) for person in people)))


@edit_app.command()
def split(
    context: typer.Context,
    person: str = typer.Argument(..., help="Whose faces are divided."),
    tracks: str = typer.Option("", help="These tracks become somebody new, like 3,5. Default: all in the range."),
    start: str | None = _START,
    stop: str | None = _STOP,
) -> None:
    """Make somebody new of some tracks of a person, or of what lies in a range: two people were taken for one."""
    clip = _clip(context)
    numbers = tuple(_number(text, "tracks") for text in tracks.split(",") if text.strip())
    _add(context, clip, clip.split(clip.person(person), numbers, clip.part(start, stop)))


@edit_app.command()
def rename(
    context: typer.Context,
    person: str = typer.Argument(..., help="Who gets a name."),
    name: str = typer.Argument(..., help="The name; an empty one ('') takes it away."),
) -> None:
    """Give a person a name, which then works wherever an id does: --assign anna=photo.jpg."""
    clip = _clip(context)
    _add(context, clip, Rename(clip.person(person), name))


@edit_app.command()
def drop(
    context: typer.Context,
    track: int = typer.Option(..., help="The track whose faces go."),
    start: str | None = _START,
    stop: str | None = _STOP,
) -> None:
    """Take a track's faces away: something that is no face was followed, or it slid off."""
    clip = _clip(context)
    _add(context, clip, Drop(track, clip.part(start, stop)))


@edit_app.command()
def reference(
    context: typer.Context,
    track: int = typer.Option(..., help="The track whose face is placed anew."),
    at: str = typer.Option(..., "--at", help="Where it is right: a frame or a time, or several, like 40f,71f."),
    start: str = typer.Option(..., "--from", help="Where the range begins: a time or a frame."),
    stop: str = typer.Option(..., "--to", help="Where it ends, excluded: a time or a frame."),
    mode: str = typer.Option(
        "hold",
        show_default=False,
        help="hold keeps the face of the nearest --at and carries it along with the head; interpolate leads in "
        f"straight lines from one --at to the next. One of {', '.join(MODES)}. Default: hold.",
    ),
) -> None:
    """Trust the face of some frames through a range: a hand or a blur pulled it away, or it was lost there.

    The range stays within one shot. Frames in which the face was not found get one.
    """
    clip = _clip(context)
    frames = tuple(clip.frame(text, option="at") for text in at.split(","))
    part = clip.part(start, stop)
    if part is not None:
        chosen: ReferenceMode = mode  # type: ignore[assignment]
        _add(context, clip, Reference(track, frames, part, chosen))


@edit_app.command()
def strength(
    context: typer.Context,
    value: float = typer.Argument(..., help="How much of the change shows: 0 none, 0.5 half, 1 all of it."),
    person: str | None = _PERSON,
    track: int | None = _TRACK,
    start: str | None = _START,
    stop: str | None = _STOP,
    ramp: str = typer.Option(
        "0.25",
        show_default=False,
        help="How long it takes to get there and back, inside the range: seconds, or frames like 6f. At a cut there is "
        "no ramp. Default: 0.25.",
    ),
) -> None:
    """Show more or less of the change in a range, with smooth ramps at its ends."""
    clip = _clip(context)
    part = clip.part(start, stop)
    frames = 0 if part is None else clip.num_frames_in(ramp, option="ramp")
    _add(context, clip, Strength(clip.who(person, track), value, part, frames))


@edit_app.command()
def exclude(
    context: typer.Context,
    person: str | None = _PERSON,
    track: int | None = _TRACK,
    start: str | None = _START,
    stop: str | None = _STOP,
) -> None:
    """Leave a face as it is: its pixels stay those of the clip, bit for bit."""
    clip = _clip(context)
    _add(context, clip, Exclude(clip.who(person, track), clip.part(start, stop)))


@edit_app.command()
def settings(
    context: typer.Context,
    values: list[str] = typer.Argument(..., help="Settings of masks, blending or processors, like mask-blur=0.4."),
    person: str | None = _PERSON,
    track: int | None = _TRACK,
    start: str | None = _START,
    stop: str | None = _STOP,
) -> None:
    """Use other settings for a person, a range, or both.

    A range wins over the whole clip; within that, a track wins over a person, a person over everybody.
    """
    clip = _clip(context)
    _add(context, clip, Adjust(clip.who(person, track), parse_values(values), clip.part(start, stop)))


@edit_app.command()
def plan(
    context: typer.Context,
    values: list[str] = typer.Argument(..., help="Options of a run, like source=anna.jpg or assign=bo=bo.jpg."),
) -> None:
    """Keep options of a run in the file: `facefusion render a.ffa` starts from them, and its own flags win."""
    _add(context, _clip(context), Request(parse_values(values)))


@edit_app.command()
def undo(
    context: typer.Context,
    number: int | None = typer.Argument(None, help="Which edit. Default: the latest that holds."),
) -> None:
    """Take an edit back; the history keeps it, and `redo` brings it back."""
    before = _clip(context)
    after = before.undoing(number, author=_author(context))
    _store(context, before, after)


@edit_app.command()
def redo(
    context: typer.Context,
    number: int | None = typer.Argument(None, help="Which edit. Default: the one that was undone last."),
) -> None:
    """Make an edit again that was undone."""
    before = _clip(context)
    after = before.redoing(number, author=_author(context))
    _store(context, before, after)


@edit_app.command()
def apply(
    context: typer.Context,
    edits: Path = typer.Argument(..., help="A JSON file that `export` wrote, or an .ffa file whose edits are taken."),
) -> None:
    """Make all edits of another file, or none of them when one does not fit this clip."""
    from facefusion.pipeline.edit_list import read_edits

    before = _clip(context)
    after = before.adding_all(read_edits(edits), author=_author(context))
    _store(context, before, after)


@edit_app.command()
def export(
    context: typer.Context,
    output: Path | None = typer.Option(None, help="Where they go. Default: the terminal."),
    overwrite: bool = typer.Option(False, help="Replace a file that exists. Default: off."),
) -> None:
    """Write the edits that hold as JSON: to keep them with a project, change them by hand, or apply them again."""
    from facefusion.media.paths import check_output, write_atomically
    from facefusion.pipeline.edit_list import edits_text

    text = edits_text(entry.edit for entry in _clip(context).log.active)
    if output is None:
        print(text, end="")
        return
    check_output(output, overwrite=overwrite, inputs=[context.meta["facefusion.file"]])
    write_atomically(output, text.encode("ascii"), overwrite=overwrite)


@edit_app.command("log")
def log_(context: typer.Context) -> None:
    """Everything that was ever said about the clip: when, by whom, and whether it holds."""
    print_log(Call.of(context), _clip(context))


edit_app.command("show")(show)


def _clip(context: typer.Context) -> EditedClip:
    from facefusion.pipeline.edited_clip import EditedClip

    return EditedClip.read(context.meta["facefusion.file"])


def _author(context: typer.Context) -> str:
    given = str(context.meta["facefusion.author"]).strip()
    return given or user_name()


def _add(context: typer.Context, clip: EditedClip, edit: Edit) -> None:
    _store(context, clip, clip.adding(edit, author=_author(context)))


def _store(context: typer.Context, before: EditedClip, after: EditedClip) -> None:
    after.store(context.meta["facefusion.file"])
    describe(Call.of(context), before, after)


def _number(text: str, option: str) -> int:
    if not text.strip().isdecimal():
        raise UsageError(f"{option}: got {text!r}, supported are whole numbers like 3,5")
    return int(text)
