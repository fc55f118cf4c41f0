"""What the pixels of a frame owe to edits: two frames with the same recipe look the same, if all else is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType

from facefusion.core import Analysis, Face, FrameRange
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.edits import Values
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.render_context import RenderContext

Role = Callable[[Face], str]
Painted = Mapping[Values, str]
"""A word for each set of settings that asks for a hand-painted mask."""
NOTHING_PAINTED: Painted = MappingProxyType({})


def recipe_of(
    part: FrameRange, analysis: Analysis, overrides: Overrides, casting: Casting, *, margin: int = 0,
    painted: Painted = NOTHING_PAINTED,
) -> str:  # fmt: skip
    """A digest of everything about edits and roles that decides how the frames of `part` look.

    analysis, overrides: as `editing.edited` gives them. margin: frames on each side that a frame looks at when it is
    rendered. painted: as `painted_words` gives it. Equal digests mean equal pixels, given the same plan, clip and
    measurements; not the other way round.
    """
    wide = FrameRange(max(part.start - margin, 0), min(part.stop + margin, analysis.num_frames))
    digest = sha256()
    for line in recipes(wide, analysis, overrides, casting.role_of, painted):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def painted_words(context: RenderContext) -> Painted:
    """What settings that ask for a hand-painted mask come to: all but the mask's name, and what the mask holds."""
    found = {}
    for values, one in context.variants.items():
        if one.painted is not None:
            others = [pair for pair in values if pair[0] != "mask-image"]
            digest = sha256(repr((others, one.painted.shape)).encode())
            digest.update(one.painted.tobytes())
            found[values] = digest.hexdigest()
    return found


def recipes(
    part: FrameRange, analysis: Analysis, overrides: Overrides, role_of: Role, painted: Painted = NOTHING_PAINTED
) -> Iterator[str]:
    """One line for each frame of `part`: what is done to each face, in order, and how faces were moved."""
    for index in range(part.start, part.stop):
        told = [_told(face, index, overrides, role_of, painted) for face in analysis.faces_in(index, dense=False)]
        moved = [text for reach, text in overrides.moved if index in reach]
        yield "; ".join([*(text for text in told if text), *moved])


def changed_frames(
    before: tuple[Analysis, Overrides],
    after: tuple[Analysis, Overrides],
    role_of: tuple[Role, Role] | None = None,
    *,
    margin: int = 0,
) -> tuple[FrameRange, ...]:
    """The frames that may look different after than before, of two results of `editing.edited` for the same clip.

    role_of: what decides on a face's effects before and after; by default everybody has their own. margin: as in
    `recipe_of`.
    """
    first, second = role_of or (_own, _own)
    whole = FrameRange(0, before[0].num_frames)
    pairs = zip(recipes(whole, *before, first), recipes(whole, *after, second), strict=True)
    found: list[FrameRange] = []
    for index in (index for index, (old, new) in enumerate(pairs) if old != new):
        start, stop = max(index - margin, 0), min(index + margin + 1, whole.stop)
        if found and start <= found[-1].stop:
            start = found.pop().start
        found.append(FrameRange(start, stop))
    return tuple(found)


def _told(face: Face, index: int, overrides: Overrides, role_of: Role, painted: Painted) -> str:
    """What is done to one face; empty where nothing is."""
    role, touch = role_of(face), overrides.touch(face, index)
    if not role or touch.is_excluded or touch.strength <= 0:
        return ""
    return f"{role} {touch.strength!r} {painted.get(touch.values) or repr(touch.values)}"


def _own(face: Face) -> str:
    return f"person {face.person_id}"
