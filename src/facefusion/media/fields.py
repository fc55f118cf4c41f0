"""Interlaced pictures: two fields, taken one after the other, in one frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import av.error
import av.filter

from facefusion.media.description import FieldOrder
from facefusion.media.gaps import Shown

_TOP_FIRST, _BOTTOM_FIRST = (2, 5), (3, 4)
"""libav's AVFieldOrder: which field is shown first, whichever is coded first."""
CODEC_FIELD_ORDER: dict[FieldOrder, int] = {"progressive": 1, "top": 2, "bottom": 3}
INTERLACED_CODING = (1 << 18) | (1 << 29)
"""AV_CODEC_FLAG_INTERLACED_DCT and _ME."""


def field_order_of(picture: av.VideoFrame, context: Any) -> FieldOrder:
    """Which field of a decoded picture is shown first; interlaced pictures that do not say: the top one."""
    if context.field_order in _BOTTOM_FIRST:
        return "bottom"
    return "top" if picture.interlaced_frame or context.field_order in _TOP_FIRST else "progressive"


def flagged(picture: av.VideoFrame, order: FieldOrder) -> av.VideoFrame:
    """The picture, marked for the encoder as holding two fields."""
    _graph_alive, source, sink = _graph(picture, "setfield", {"top": "tff", "bottom": "bff"}[order])
    source.push(picture)
    marked = sink.pull()
    marked.pts, marked.time_base = picture.pts, picture.time_base
    return marked


def deinterlaced(frames: Iterator[tuple[int, Shown]], order: FieldOrder) -> Iterator[tuple[int, Shown]]:
    """As many frames, each a whole picture made around the field that is shown first.

    A frame depends on the ones before and after it: the first one given is complete only where it is the clip's first.
    """
    waiting: deque[tuple[int, Shown]] = deque()
    chain: tuple[Any, Any, Any] | None = None
    options = f"mode=send_frame:parity={'bff' if order == 'bottom' else 'tff'}:deint=all"
    for number, (index, shown) in enumerate(frames):
        chain = chain or _graph(shown.picture, "bwdif", options)
        waiting.append((index, shown))
        shown.picture.pts, shown.picture.time_base = number, _ANY_BASE
        chain[1].push(shown.picture)
        yield from _ready(chain[2], waiting)
    if chain is not None:
        chain[1].push(None)
        yield from _ready(chain[2], waiting)


_ANY_BASE = Fraction(1, 25)


def _ready(sink: Any, waiting: deque[tuple[int, Shown]]) -> Iterator[tuple[int, Shown]]:
    while waiting:
        try:
            picture = sink.pull()
        except (BlockingIOError, av.error.EOFError):
            return
        index, shown = waiting.popleft()
        yield index, replace(shown, picture=picture)


def _graph(picture: av.VideoFrame, name: str, options: str) -> tuple[Any, Any, Any]:
    """(graph, where frames go in, where they come out)."""
    graph: Any = av.filter.Graph()
    base = picture.time_base or _ANY_BASE
    source = graph.add_buffer(width=picture.width, height=picture.height, format=picture.format, time_base=base)
    work, sink = graph.add(name, options), graph.add("buffersink")
    graph.link_nodes(source, work, sink).configure()
    return graph, source, sink
