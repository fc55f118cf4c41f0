"""What the content check found, in one sentence: which frames, which score, which rule, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture that was looked at. frame, seconds: where it stands in a clip; None for a single picture."""

    file: str
    score: float
    frame: int | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        if self.frame is None:
            return f"{self.file}: {self.score:.2f}"
        where = f"frame {self.frame}" if self.seconds is None else f"frame {self.frame} at {_clock(self.seconds)}"
        return f"{where}: {self.score:.2f}"


def complaint(sights: Sequence[Sight], *, threshold: float, policy: str) -> str:
    """Why the pictures are refused; empty when all lie below `threshold`."""
    high = [one for one in sights if one.score >= threshold]
    if not high:
        return ""
    worst = sorted(sorted(high, key=lambda one: -one.score)[:_MOST_NAMED], key=lambda one: one.frame or 0)
    named = ", ".join(map(str, worst))
    return (
        f"{high[0].file} seems to show nudity in {len(high)} of {len(sights)} pictures that were looked at ({named}; "
        f"policy {policy} refuses from {threshold:g}); look at them: if the picture is right to use, another --policy "
        "or one of your own says so with [content] threshold, else leave that part out with --start and --end"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes}:{rest / 1000:06.3f}"
