"""What is in front of the face stays in front: drawn occluders of known alpha over the portraits.

python -m benchmarks.occlusion [--sheets FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.identity import Cast, embedding, picture
from benchmarks.measures import outline
from benchmarks.media import MediaMissing, parser, people, write_picture
from benchmarks.occluders import KINDS, Kind, Occluded, occlude
from benchmarks.product import Product, Swap
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Pixels
from facefusion.faces.embed import distances
from facefusion.quality import contact_sheet, delta_e

CASES_A_KIND = 12
UNCHANGED_BELOW = 3.0
"""CIEDE2000 difference that cannot be told apart side by side in motion."""
BARS = (
    Bar("unchanged", "at least", 0.97),
    Bar("unchanged_inside_face", "at least", 0.97),
    Bar("identity_top1", "at least", 0.90),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One occluder over one portrait, to be swapped with another."""

    source: str
    target: str
    kind: Kind
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a case.

    kept, kept_inside: unchanged and all occluder pixels (alpha ≥ 0.5), over the picture and inside the face's outline.
    is_top1: whether the result looks most like the source. note: what the swapper decided, or "not found".
    hidden_skin: share of the free face inside the outline that was taken for something in front of it.
    """

    case: Case
    kept: tuple[int, int]
    kept_inside: tuple[int, int]
    is_top1: bool
    note: str
    hidden_skin: float


def cases(names: Sequence[str], each: int = CASES_A_KIND) -> Iterator[Case]:
    """`each` cases a kind; targets and sources take turns so that all portraits are used."""
    for k, kind in enumerate(KINDS):
        for i in range(each):
            target = (k * 7 + i * 5) % len(names)
            source = (target + 1 + (k + i * 3) % (len(names) - 1)) % len(names)
            yield Case(names[source], names[target], kind, seed=1000 * k + i)


def examine(cast: Cast, case: Case, *, is_told: bool = False) -> tuple[Outcome, Occluded, Swap | None]:
    """Draw the occluder, find the face anew in that picture, swap it, and look.

    is_told: give the swapper the true mask instead of letting it look, which shows what the best mask could do.
    """
    clean = cast.faces[case.target]
    occluded = occlude(clean, case.kind, case.seed)
    product = cast.product
    face = product.largest(occluded.pixels, embed=False)
    truth = np.clip(1 - 2 * occluded.alpha, 0, 1) if is_told else None
    swap = None if face is None else product.swap(cast.swappers[case.source], face, known=truth)
    result = occluded.pixels if swap is None else swap.pixels
    inside = occluded.outline
    solid = occluded.alpha >= 0.5
    same = unchanged(result, occluded.pixels, solid)
    free = inside & (occluded.alpha < 0.02)
    hidden = 0.0 if swap is None else float((swap.visible[free] < 0.5).mean())
    outcome = Outcome(
        case,
        (int(same.sum()), int(solid.sum())),
        (int((same & inside).sum()), int((solid & inside).sum())),
        is_nearest(cast, case.source, result),
        "not found" if swap is None else swap.note,
        hidden,
    )
    return outcome, occluded, swap


def unchanged(result: Pixels, before: Pixels, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) True where `where` holds and the two pictures look alike."""
    alike = np.zeros(where.shape, bool)
    alike[where] = delta_e(result[where], before[where]) < UNCHANGED_BELOW
    return alike


def is_nearest(cast: Cast, name: str, result: Pixels) -> bool:
    """Whether the face in `result` is nearest to `name` among all portraits."""
    face = cast.product.largest(result)
    if face is None:
        return False
    gallery = np.stack([embedding(cast.faces[other]) for other in cast.names])
    return cast.names[int(distances(embedding(face)[None], gallery)[0].argmin())] == name


def false_alarms(cast: Cast) -> dict[str, float]:
    """For every clean portrait, the share of its face that is taken for something in front of it."""
    found = {}
    for name, face in cast.faces.items():
        before = picture(face)
        visible = cast.product.visible(face)
        inside = outline(face, (before.shape[0], before.shape[1])) > 0
        found[name] = 0.0 if visible is None else float((visible[inside] < 0.5).mean())
    return found


def share(parts: Sequence[tuple[int, int]]) -> float:
    """Pixels kept divided by all, over all cases together."""
    return sum(kept for kept, _ in parts) / max(sum(count for _, count in parts), 1)


def rows(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The figures of some cases."""
    return {
        "cases": len(outcomes),
        "unchanged": share([o.kept for o in outcomes]),
        "unchanged_inside_face": share([o.kept_inside for o in outcomes]),
        "worst_inside_face": min(share([o.kept_inside]) for o in outcomes),
        "identity_top1": float(np.mean([o.is_top1 for o in outcomes])),
        "found": float(np.mean([o.note != "not found" for o in outcomes])),
        "hidden_skin": float(np.mean([o.hidden_skin for o in outcomes])),
    }


def summary(outcomes: Sequence[Outcome], told: Sequence[Outcome], alarms: dict[str, float]) -> Result:
    """Figures and bars over all cases, and per kind. told: the same cases with the true masks."""
    total, best = rows(outcomes), rows(told)
    ranked = sorted(outcomes, key=lambda o: share([o.kept_inside]))[:15]
    details: dict[str, Any] = {
        "kinds": {kind: rows([o for o in outcomes if o.case.kind == kind]) for kind in KINDS},
        "kinds_with_true_masks": {kind: rows([o for o in told if o.case.kind == kind]) for kind in KINDS},
        "false_alarms_on_clean_portraits": alarms,
        "worst_cases": [described(one) for one in ranked],
        "not_recognised": [described(one) for one in outcomes if not one.is_top1],
        "not_recognised_with_true_masks": [described(one) for one in told if not one.is_top1],
    }
    figures = {
        **total,
        "false_alarm_mean": float(np.mean(list(alarms.values()))),
        "with_true_masks_unchanged_inside_face": best["unchanged_inside_face"],
        "with_true_masks_identity_top1": best["identity_top1"],
    }
    return Result("occlusion", figures, BARS, details)


def described(outcome: Outcome) -> dict[str, Any]:
    """One case in a line of the result."""
    case = outcome.case
    return {
        "case": f"{case.kind} {case.seed}: {case.source} on {case.target}",
        "inside_face": share([outcome.kept_inside]),
        "hidden_skin": outcome.hidden_skin,
        "top1": outcome.is_top1,
        "note": outcome.note,
    }


def sheet_row(cast: Cast, case: Case, occluded: Occluded, swap: Swap | None) -> list[Pixels]:
    """Source, occluded target, result, the truth, and what was found to be in front."""
    result = occluded.pixels if swap is None else swap.pixels
    visible = np.ones_like(occluded.alpha) if swap is None else swap.visible
    grey = (np.stack([occluded.alpha, 1 - visible]) * 255).astype(np.uint8)
    return [picture(cast.faces[case.source]), occluded.pixels, result, *(np.dstack([g] * 3) for g in grey)]


def printed(details: dict[str, Any]) -> str:
    """The kinds, for a terminal."""
    columns = ("unchanged", "unchanged_inside_face", "worst_inside_face", "identity_top1", "hidden_skin")
    lines = [(kind, *(f"{row[c]:.3f}" for c in columns)) for kind, row in details["kinds"].items()]
    return grid([("kind", *columns), *lines])


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--workers", type=int, default=2, help="cases measured at once (default: 2)")
    options.add_argument("--sheets", type=Path, default=None, help="folder for contact sheets of all cases")
    chosen = options.parse_args()
    try:
        portraits = people(chosen.media)
    except MediaMissing as missing:
        print(f"occlusion: skipped, {missing}")
        return 0
    cv2.setNumThreads(1)
    cast = Cast(Product(), portraits)
    planned = list(cases(cast.names))
    with ThreadPoolExecutor(chosen.workers) as pool:
        done = list(pool.map(lambda case: kept_small(cast, case, chosen.sheets is not None), planned))
    told = [examine(cast, case, is_told=True)[0] for case in planned]
    result = summary([outcome for outcome, _ in done], told, false_alarms(cast))
    if chosen.sheets is not None:
        _write_sheets(chosen.sheets, done)
    print(printed(dict(result.details)), end="\n\n")
    return finish(result, date=chosen.date, folder=chosen.results)


def kept_small(cast: Cast, case: Case, with_row: bool) -> tuple[Outcome, list[Pixels]]:
    """A case's outcome, and its pictures shrunk for a sheet (none unless wanted)."""
    outcome, occluded, swap = examine(cast, case)
    if not with_row:
        return outcome, []
    shown = sheet_row(cast, case, occluded, swap)
    return outcome, [cv2.resize(one, (320, 320), interpolation=cv2.INTER_AREA) for one in shown]


def _write_sheets(folder: Path, done: Sequence[tuple[Outcome, list[Pixels]]]) -> None:
    for kind in KINDS:
        chosen = [(outcome, row) for outcome, row in done if outcome.case.kind == kind]
        for part in range(0, len(chosen), 6):
            some = chosen[part : part + 6]
            captions = [_captions(outcome) for outcome, _ in some]
            sheet = contact_sheet([row for _, row in some], captions, cell_px=320)
            write_picture(folder / f"occlusion_{kind}_{part // 6}.png", sheet)


def _captions(outcome: Outcome) -> list[str]:
    case = outcome.case
    return [case.source, f"{case.target} {case.seed}", f"kept {share([outcome.kept_inside]):.3f}", "truth", "found"]


if __name__ == "__main__":
    sys.exit(main())
