"""Whose face a result shows, over many pairs, with a check that the numbers are real."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from facefusion.core import Float32
from facefusion.errors import InvalidInput

SAME_PERSON = 0.6
"""L2 distance of the bundled encoder below which two pictures count as one person."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPair:
    """A result: the face of person `source` put on person `target`, and its embedding (D,)."""

    source: str
    target: str
    embedding: Float32


@dataclass(frozen=True, slots=True)
class PairScore:
    """L2 distances of one result to its source and its target, and who of the gallery is nearest."""

    source: str
    target: str
    source_distance: float
    target_distance: float
    nearest: str


@dataclass(frozen=True, slots=True)
class IdentityTable:
    """The scores of many pairs. Rates in [0, 1]; a table without pairs has no rates and raises ValueError."""

    scores: tuple[PairScore, ...]
    threshold: float = SAME_PERSON

    @property
    def top1(self) -> float:
        """Share of results that are nearest to their source among the whole gallery."""
        return self._mean(lambda score: score.nearest == score.source)

    @property
    def verified(self) -> float:
        """Share of results that are nearer to their source than `threshold`."""
        return self._mean(lambda score: score.source_distance < self.threshold)

    @property
    def mean_source_distance(self) -> float:
        return self._mean(lambda score: score.source_distance)

    @property
    def mean_target_distance(self) -> float:
        return self._mean(lambda score: score.target_distance)

    def only(self, keep: Callable[[PairScore], bool]) -> IdentityTable:
        """The table of the pairs that `keep` accepts."""
        return IdentityTable(tuple(score for score in self.scores if keep(score)), self.threshold)

    def by_source(self, group_of: Mapping[str, str]) -> dict[str, IdentityTable]:
        """One table a group (a skin tone, an age band) of the source person, in order of name."""
        members: dict[str, list[PairScore]] = {}
        for score in self.scores:
            members.setdefault(group_of[score.source], []).append(score)
        return {group: IdentityTable(tuple(members[group]), self.threshold) for group in sorted(members)}

    def _mean(self, value: Callable[[PairScore], float]) -> float:
        if not self.scores:
            raise ValueError("identity table: got no pair, supported is at least one")
        return float(np.mean([value(score) for score in self.scores]))


def identity_table(
    pairs: Sequence[ScoredPair], gallery: Mapping[str, Float32], *, threshold: float = SAME_PERSON
) -> IdentityTable:
    """Score every pair against `gallery` (person → embedding (D,)), in the order given.

    Raises InvalidInput when a person is not in the gallery, an embedding is not finite, or two pairs score exactly
    alike: that means that one result was counted twice, or that nothing was measured.
    """
    names = list(gallery)
    known = np.stack([_finite(gallery[name], f"gallery {name}") for name in names])
    table = IdentityTable(tuple(_score(pair, names, known) for pair in pairs), threshold)
    _check_pairs(table)
    return table


def check_distinct(tables: Mapping[str, IdentityTable]) -> None:
    """Raise InvalidInput when two methods have exactly the same mean distance to the source."""
    seen: dict[float, str] = {}
    for method, table in tables.items():
        mean = table.mean_source_distance
        if mean in seen:
            raise InvalidInput(
                f"identity: methods {seen[mean]} and {method} score exactly {mean}; two methods never do, "
                "so one of them was not run"
            )
        seen[mean] = method


def _score(pair: ScoredPair, names: list[str], known: Float32) -> PairScore:
    lacking = [name for name in (pair.source, pair.target) if name not in names]
    if lacking:
        raise InvalidInput(f"identity: {lacking[0]} is not in the gallery of {len(names)} people")
    embedding = _finite(pair.embedding, f"result {pair.source} on {pair.target}")
    distances = np.linalg.norm(known.astype(np.float64) - embedding, axis=1)
    to_source, to_target = (float(distances[names.index(name)]) for name in (pair.source, pair.target))
    return PairScore(pair.source, pair.target, to_source, to_target, names[int(np.argmin(distances))])


def _check_pairs(table: IdentityTable) -> None:
    seen: dict[tuple[float, float], PairScore] = {}
    for score in table.scores:
        key = score.source_distance, score.target_distance
        if key in seen:
            other = seen[key]
            raise InvalidInput(
                f"identity: {other.source} on {other.target} and {score.source} on {score.target} score exactly "
                f"{key[0]}; two pairs never do, so a result was counted twice"
            )
        seen[key] = score


def _finite(embedding: Float32, what: str) -> Float32:
    if not np.isfinite(embedding).all():
        raise InvalidInput(f"identity: the embedding of {what} is not finite")
    return embedding
