"""Groups of people that the results are broken down by, so that nobody is served worse unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from facefusion.quality import IdentityTable, PairScore

AgeBand = Literal["young", "middle", "old"]

APPARENT_AGE: dict[str, AgeBand] = {
    "1x2_00": "middle",
    "1x2_01": "young",
    "2x4_00": "old",
    "2x4_01": "young",
    "2x4_02": "young",
    "2x4_10": "middle",
    "2x4_11": "middle",
    "2x4_12": "middle",
    "2x4_13": "young",
    "3x6_01": "old",
    "3x6_03": "old",
    "3x6_05": "old",
    "3x6_10": "young",
    "3x6_11": "young",
    "3x6_13": "young",
    "3x6_14": "young",
    "3x6_23": "old",
    "3x6_24": "young",
}
"""Apparent age bands of the 18 portraits (people who do not exist), judged by eye on a contact sheet by the author of
this file: young looks up to about 35, middle to about 60, old above. No network that tells ages is bundled."""


def age_of(name: str) -> str:
    """The band of a portrait; "unknown" for portraits that nobody has looked at."""
    return APPARENT_AGE.get(name, "unknown")


def breakdown(table: IdentityTable, group_of: Mapping[str, str]) -> dict[str, Any]:
    """Identity figures by the group of the source and by the group of the target."""
    by_source = {group: rates(part) for group, part in table.by_source(group_of).items()}
    groups = sorted(set(group_of.values()))
    by_target = {group: rates(table.only(_targets(group_of, group))) for group in groups}
    return {"by_source": by_source, "by_target": by_target}


def rates(table: IdentityTable) -> dict[str, float]:
    """The table's figures by name."""
    return {
        "pairs": len(table.scores),
        "top1": table.top1,
        "verified": table.verified,
        "to_source": table.mean_source_distance,
        "to_target": table.mean_target_distance,
    }


def _targets(group_of: Mapping[str, str], group: str) -> Any:
    def is_in(score: PairScore) -> bool:
        return group_of[score.target] == group

    return is_in
