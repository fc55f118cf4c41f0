"""Who is put on whom: the same person of a medium always gets the same, two people get two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facefusion.core.settings import SettingsError
from facefusion.processors.face_anonymiser.people import NEUTRAL, Nobody, bundled, mixed
from facefusion.processors.face_anonymiser.settings import Settings

_TONE, _LINED = 12.0, 0.025
"""Differences of skin tone (L*) and of relief that count alike."""
_CHANCE = 0.9
"""How far chance may go past the nearest, so that another seed gives somebody else of the same kind."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of how somebody looks: L* of the cheeks and relief of the skin, as `Nobody` has them."""

    tone: float
    lined: float


def cast(people: Mapping[int, Look | None], settings: Settings) -> dict[int, Nobody]:
    """Somebody for every person of a medium, by id; nobody is given twice before everybody is used.

    people: their looks by id, None where they are unknown. Raises SettingsError for an unknown name.
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
    for number, person in enumerate(sorted(people)):
        look = people[person] if settings.looks == "near" else None
        given[person] = _pick(ranked, look, person, settings.seed, [one.name for one in given.values()], number)
    return given


def _pick(ranked: list[Nobody], look: Look | None, person: int, seed: int, taken: list[str], number: int) -> Nobody:
    chance = np.random.default_rng([seed, person]).random(len(ranked)) * _CHANCE
    costs = [_apart(one, look) + luck for one, luck in zip(ranked, chance, strict=True)]
    order = [ranked[k] for k in np.argsort(costs, kind="stable")]
    free = [one for one in order if one.name not in taken]
    if free:
        return free[0]
    return next(
        (pair for a in order for b in order if a is not b and (pair := mixed(a, b)).name not in taken),
        order[number % len(order)],
    )


def _apart(one: Nobody, look: Look | None) -> float:
    if look is None:
        return 0.0
    return float(np.hypot((one.tone - look.tone) / _TONE, (one.lined - look.lined) / _LINED))
