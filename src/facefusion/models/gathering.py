"""Runs of one model that several threads ask for, joined to batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Row = tuple[Array, ...]
"""The inputs or the outputs for one picture, each with a first length of 1."""


class Gather:
    """Joins pictures from different faces, frames and threads to batches of `size`.

    A batch begins as soon as fewer than `lanes` are under way, with the pictures that wait then, and is filled up to
    `size` with the first of them: the model always sees the same shape, so that an answer depends on its own picture
    alone, and not on what else happened to wait. The threads that wait do the work; there is none of its own.
    """

    def __init__(self, size: int, lanes: int, run: Callable[[Row], Row]) -> None:
        self._size, self._lanes, self._run = size, lanes, run
        self._waiting: deque[_Picture] = deque()
        self._busy = 0
        self._turn = threading.Condition()

    def run(self, rows: Sequence[Row]) -> list[Row]:
        """The outputs for each of `rows`. Raises what the run raises that one of them was in."""
        pictures = [_Picture(row) for row in rows]
        with self._turn:
            self._waiting.extend(pictures)
        while batch := self._next(pictures):
            try:
                self._answer(batch)
            finally:
                with self._turn:
                    self._busy -= 1
                    self._turn.notify_all()
        return [picture.answered() for picture in pictures]

    def _next(self, own: Sequence[_Picture]) -> list[_Picture]:
        """The next batch, once there is room for one; none when all of `own` are answered."""
        with self._turn:
            while not all(picture.is_done for picture in own):
                if self._waiting and self._busy < self._lanes:
                    self._busy += 1
                    return self._taken()
                self._turn.wait()
            return []

    def _taken(self) -> list[_Picture]:
        shape = self._waiting[0].shape
        batch = [picture for picture in self._waiting if picture.shape == shape][: self._size]
        self._waiting = deque(picture for picture in self._waiting if picture not in batch)
        return batch

    def _answer(self, batch: Sequence[_Picture]) -> None:
        rows = [picture.row for picture in batch]
        rows += [rows[0]] * (self._size - len(rows))
        try:
            found = self._run(tuple(np.concatenate(parts) for parts in zip(*rows, strict=True)))
            for at, picture in enumerate(batch):
                picture.answer = tuple(one[at : at + 1] for one in found)
        except BaseException as error:
            for picture in batch:
                picture.error = error


class _Picture:
    """One that waits for its answer."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.shape = tuple(one.shape for one in row)
        self.answer: Row | None = None
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.answer is not None or self.error is not None

    def answered(self) -> Row:
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer
