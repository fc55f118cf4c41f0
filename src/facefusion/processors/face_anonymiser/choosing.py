"""Who is put on whom: the same person of a medium always gets the same, two people get two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from facefusion.core.settings import SettingsError
from facefusion.processors.face_anonymiser.people import NEUTRAL, Nobody, bundled, mixed, plain_name, stronger
from facefusion.processors.face_anonymiser.settings import Settings

_TONE, _LINED = 12.0, 0.025
"""Differences of skin tone (L*) and of relief that count alike."""
_CHANCE = 0.6
"""How far chance may go past the nearest, so that another seed gives somebody else of the same kind."""


FAR, TOO_NEAR = 0.8, 0.68
"""How far a result should be from the person behind it, and what it must not fall below: two people are 0.84 apart,
photos of one below 0.6."""
_NEARNESS = 10.0
"""What a distance of 1 below `FAR` costs, where a difference of skin tone by `_TONE` costs 1."""
_FORBIDDEN = 1000.0
_MOST_TRIED = 24

Apart = Callable[[int, Nobody], float]
"""How far a result would be from a person of the medium, in embeddings: id and who is put on → distance."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of how somebody looks: L* of the cheeks and relief of the skin, as `Nobody` has them."""

    tone: float
    lined: float


def cast(people: Mapping[int, Look | None], settings: Settings, apart: Apart | None = None) -> dict[int, Nobody]:
    """Somebody for every person of a medium, by id; nobody is given twice before everybody is used.

    people: their looks by id, None where they are unknown. apart: the result is kept away
    from the person. Raises SettingsError for an unknown name.
    """
    there = {one.name: one for one in bundled()}
    if settings.chosen and settings.chosen not in there:
        raise SettingsError(
            f"face-anonymiser-chosen: got {settings.chosen!r}, supported are {', '.join(there)} and nothing"
        )
    fixed = settings.chosen or (NEUTRAL if settings.looks == "neutral" else "")
    if fixed:
        return dict.fromkeys(people, there[fixed])
    ranked = [one for one in there.values() if one.name != NEUTRAL]
    given: dict[int, Nobody] = {}
    for person in sorted(people):
        look = people[person] if settings.looks == "near" else None
        order = _ranked(ranked, look, np.random.default_rng([settings.seed, person]))
        taken = {plain_name(one.name) for one in given.values()}
        free = [(cost, one) for cost, one in order if one.name not in taken] or [
            (cost, one) for cost, one in _mixtures(order) if one.name not in taken
        ]
        given[person] = _best(person, free or order, apart)
    return given


def _best(person: int, order: list[tuple[float, Nobody]], apart: Apart | None) -> Nobody:
    """Who looks most like what is asked for while the result is far from the person.

    order: costs, rising, and people. Nobody is tried who could not be better any more. Where all are too near, so are
    the same with stronger proportions.
    """
    if apart is None:
        return order[0][1]
    best, least = _cheapest(person, order, apart)
    if apart(person, best) >= TOO_NEAR:
        return best
    other, cost = _cheapest(person, [(cost, stronger(one)) for cost, one in order], apart)
    return other if cost < least else best


def _cheapest(person: int, order: list[tuple[float, Nobody]], apart: Apart) -> tuple[Nobody, float]:
    best, least = order[0][1], float("inf")
    for cost, one in order[:_MOST_TRIED]:
        if cost >= least:
            break
        distance = apart(person, one)
        total = cost + _NEARNESS * max(FAR - distance, 0.0) + _FORBIDDEN * max(TOO_NEAR - distance, 0.0)
        if total < least:
            best, least = one, total
    return best, least


def _ranked(people: list[Nobody], look: Look | None, luck: np.random.Generator) -> list[tuple[float, Nobody]]:
    """Costs and people, by likeness of tone and age, with some chance."""
    chance = luck.random(len(people)) * _CHANCE
    costs = [_unlike(one, look) + float(extra) for one, extra in zip(people, chance, strict=True)]
    return [(costs[k], people[k]) for k in np.argsort(costs, kind="stable")]


def _mixtures(order: list[tuple[float, Nobody]]) -> list[tuple[float, Nobody]]:
    """Everybody between two of `order`."""
    pairs = [(a + b, mixed(one, two)) for k, (a, one) in enumerate(order) for b, two in order[k + 1 :]]
    return sorted(pairs, key=lambda pair: (pair[0], pair[1].name))


def _unlike(one: Nobody, look: Look | None) -> float:
    if look is None:
        return 0.0
    return float(np.hypot((one.tone - look.tone) / _TONE, (one.lined - look.lined) / _LINED))
