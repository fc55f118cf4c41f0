"""One model on several graphics cards: each run goes to the one that has the least to do, and none to a dead one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from facefusion.models.bound import Array, BoundRuns


class LoadedCard:
    """The model as it was loaded on card `number`. busy: runs that are under way there.

    bound: its buffers there; None where tensors go by main memory.
    """

    def __init__(self, number: int, session: Any, bound: BoundRuns | None = None) -> None:
        self.number, self.session, self.busy, self._bound = number, session, 0, bound

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        """The `outputs` for `feeds`. Raises what the runtime raises."""
        if self._bound is not None:
            return self._bound.run(feeds)
        found: list[Array] = self.session.run(list(outputs), dict(feeds))
        return found

    def forget(self) -> None:
        """Give back the buffers that no run uses."""
        if self._bound is not None:
            self._bound.forget()


class Spread:
    """The cards that share the runs of a model. Safe to use from several threads."""

    def __init__(self, cards: Sequence[LoadedCard]) -> None:
        self._cards, self._next = list(cards), 0
        self.dead: tuple[int, ...] = ()
        self._lock = threading.Lock()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The cards that answer."""
        return tuple(card.number for card in self._cards)

    @contextmanager
    def freest(self) -> Iterator[LoadedCard]:
        """The card with the fewest runs under way, in turns where several have; it counts as busy within."""
        with self._lock:
            order = [*self._cards[self._next :], *self._cards[: self._next]]
            card = min(order, key=lambda one: one.busy)
            self._next = (self._cards.index(card) + 1) % len(self._cards)
            card.busy += 1
        try:
            yield card
        finally:
            with self._lock:
                card.busy -= 1

    def drop(self, card: LoadedCard) -> bool:
        """Ask a card no more; False, and nothing changes, when no other is left."""
        with self._lock:
            others = [one for one in self._cards if one is not card]
            if others and card in self._cards:
                self._cards, self._next = others, 0
                self.dead = (*self.dead, card.number)
            return bool(others)
