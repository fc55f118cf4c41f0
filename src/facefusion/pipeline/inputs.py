"""Before any work: what is read is there, nothing of it is replaced, and nobody is put on themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from facefusion.blend.background import ground_of
from facefusion.errors import OutputFailed, UsageError
from facefusion.media import NumberedPattern, file_identity
from facefusion.media.paths import check_input, check_name
from facefusion.pipeline.plan import Plan


def check_paths(plan: Plan) -> None:
    """Raise UsageError when a photo is the target itself, OutputFailed when the run would replace what it reads.

    Raises InvalidInput for a photo that is not there; whoever opens the target says what is wrong with it.
    """
    for path in (*pictures_read(plan), *sounds(plan)):
        check_input(path)
    check_name(plan.output)
    target = file_identity(plan.target)
    for photo in photos(plan):
        if target is not None and file_identity(photo) == target:
            raise UsageError(f"{photo}: source and target are the same file; give another source")
    read = {identity for path in files_read(plan) if (identity := file_identity(path))}
    for place in _places(plan):
        if file_identity(place) in read:
            raise OutputFailed(f"{place}: output and input are the same file; choose another output")


def files_read(plan: Plan) -> Iterator[Path]:
    """Every file and folder that the request names to be read; pictures of a folder or sequence each by its name."""
    yield from pictures_read(plan)
    yield from grounds(plan)
    yield from sounds(plan)
    yield plan.target
    yield from members(plan.target)


def pictures_read(plan: Plan) -> Iterator[Path]:
    """Every photo and mask that the request names beside the target."""
    yield from photos(plan)
    selector = plan.selector
    yield from (
        Path(text) for text in (*selector.reference_image, *selector.except_image, plan.mask.mask_image) if text
    )


def _places(plan: Plan) -> Iterator[Path]:
    """What could be replaced."""
    yield plan.output
    if NumberedPattern.is_pattern(plan.output):
        yield from members(plan.output)
    for picture in members(plan.target):
        yield plan.output / picture.name
        yield plan.output / f"{picture.name}.png"


def members(path: Path) -> Iterator[Path]:
    """The files of a folder or a numbered sequence; none where there is neither."""
    try:
        if path.is_dir():
            yield from path.iterdir()
        elif NumberedPattern.is_pattern(path) and path.parent.is_dir():
            pattern = NumberedPattern.parse(path)
            yield from (pattern.numbered(number) for number in pattern.numbers_on_disk())
    except (OSError, UsageError):  # whoever opens it says why
        return


def grounds(plan: Plan) -> tuple[Path, ...]:
    """Every file of the new background."""
    ground = ground_of(plan.background.background)
    if ground is None or ground.path is None:
        return ()
    return tuple(sorted(members(ground.path))) or (ground.path,)


def sounds(plan: Plan) -> tuple[Path, ...]:
    """The file with what is said, where one is named."""
    settings = plan.effects.get("lip_syncer")
    return (Path(settings.audio),) if plan.speaks and settings is not None and settings.audio else ()


def photos(plan: Plan) -> tuple[Path, ...]:
    """Every photo of a person that is put on somebody, or detail is taken from."""
    return (*plan.sources, *(path for paths in plan.assignments.values() for path in paths), *plan.face_photos)
