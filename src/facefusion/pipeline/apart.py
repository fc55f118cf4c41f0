"""Faces of one frame that do not touch are changed at once, so that their pictures can share a run of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from facefusion.core import Pixels
from facefusion.pipeline.spans import Span

_MARGIN = 8
"""How much further than its span, as a part of it, a face may be looked at."""
Change = Callable[[Pixels], tuple[Pixels, str]]
"""Pixels in, and out with one face changed inside of its span; and one word about it."""


def in_turn_or_at_once(
    pixels: Pixels, changes: Sequence[Change], spans: Sequence[Span], at_once: int
) -> tuple[Pixels, list[str]]:
    """`pixels` with all `changes`, as one after another would make them, up to `at_once` of those apart together."""
    notes: list[str] = []
    for group in groups_apart(spans, at_once):
        if len(group) == 1:
            pixels, note = changes[group[0]](pixels)
            notes.append(note)
            continue
        with ThreadPoolExecutor(len(group), thread_name_prefix="facefusion-face") as pool:
            asked = [pool.submit(changes[number], pixels) for number in group]
            found = [one.result() for one in asked]
        pixels = pixels.copy()
        for number, (changed, note) in zip(group, found, strict=True):
            pixels[spans[number].part] = changed[spans[number].part]
            notes.append(note)
    return pixels, notes


def groups_apart(spans: Sequence[Span], at_once: int) -> list[list[int]]:
    """The numbers of `spans` in order, in groups of at most `at_once` of which none comes near another."""
    groups: list[list[int]] = []
    for number, span in enumerate(spans):
        last = groups[-1] if groups else []
        if last and len(last) < at_once and not any(_meet(_wider(span), _wider(spans[other])) for other in last):
            last.append(number)
        else:
            groups.append([number])
    return groups


def _wider(span: Span) -> Span:
    x, y = (span.x1 - span.x0) // _MARGIN + 1, (span.y1 - span.y0) // _MARGIN + 1
    return Span(span.x0 - x, span.y0 - y, span.x1 + x, span.y1 + y)


def _meet(one: Span, other: Span) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
