"""Whose face a result shows, on every ordered pair of portraits, beside doing nothing and simply pasting.

python -m benchmarks.identity
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from benchmarks.agreement import check_same, whole_runs
from benchmarks.baselines import paste_only
from benchmarks.groups import age_of, breakdown, rates
from benchmarks.measures import Likeness, cheek_ita_deg, likeness, reach
from benchmarks.media import MediaMissing, Picture, parser, people
from benchmarks.product import Product, Swap
from benchmarks.record import Bar, Result, finish, grid
from facefusion.core import Face, Float32, Pixels
from facefusion.faces.embed import distances
from facefusion.processors.face_swapper import FaceSwapper
from facefusion.quality import (
    IdentityTable,
    PairScore,
    ScoredPair,
    changed_outside,
    check_distinct,
    identity_table,
    seam_ratio,
    skin_tone,
)

BARS = (
    Bar("top1", "at least", 0.97),
    Bar("verified", "at least", 0.95),
    Bar("distance_to_source", "at most", 0.45),
    Bar("pose_error_deg", "at most", 1.5),
    Bar("expression_error", "at most", 0.05),
    Bar("seam_ratio", "at most", 1.15),
    Bar("changed_outside_mask_px", "at most", 0),
    Bar("changed_outside_mask_and_label_px", "at most", 0),
)
AGREEMENTS = 9
"""Pairs on which the pipeline's own pixels are compared with the measured ones."""
LOST_DISTANCE = 1.5
"""What a result without a recognisable face counts as: farther than any two people are."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One result of one method. Everything but the names is None when no face could be found in it any more."""

    source: str
    target: str
    embedding: Float32 | None
    likeness: Likeness | None


@dataclass(frozen=True, slots=True)
class Traces:
    """What a swap of ours did to the picture around the face, and how long it took."""

    seam: float
    outside_px: int
    reach: float
    seconds: float
    note: str


class Cast:
    """The portraits with their faces, and a swapper for each."""

    def __init__(self, product: Product, portraits: Sequence[Picture]) -> None:
        self.product = product
        self.names = [portrait.name for portrait in portraits]
        self.faces = {portrait.name: product.face(portrait.pixels) for portrait in portraits}
        start = time.perf_counter()
        self.swappers: dict[str, FaceSwapper] = {name: product.swapper([face]) for name, face in self.faces.items()}
        self.seconds_per_source = (time.perf_counter() - start) / len(portraits)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(source, target) for source in self.names for target in self.names if source != target]

    @property
    def gallery(self) -> dict[str, Float32]:
        return {name: embedding(face) for name, face in self.faces.items()}

    def swap(self, source: str, target: str) -> Swap:
        return self.product.swap(self.swappers[source], self.faces[target])

    def measured(self, source: str, target: str, result: Pixels) -> Measured:
        """Look at a result as at any picture."""
        face = self.product.largest(result)
        if face is None:
            return Measured(source, target, None, None)
        return Measured(source, target, face.embedding, likeness(face, self.faces[target]))


def embedding(face: Face) -> Float32:
    """The face's embedding; raises ValueError when it has none."""
    if face.embedding is None:
        raise ValueError("got a face without embedding")
    return face.embedding


def run(cast: Cast, workers: int) -> tuple[list[Measured], list[Measured], list[Traces]]:
    """Ours and paste-only on every pair, and the traces of ours."""

    def one(pair: tuple[str, str]) -> tuple[Measured, Measured, Traces]:
        source, target = pair
        swap, before = cast.swap(source, target), picture(cast.faces[target])
        ours = cast.measured(source, target, swap.pixels)
        pasted = cast.measured(source, target, paste_only(cast.faces[source], cast.faces[target]))
        return ours, pasted, traces_of(swap, before, cast.faces[target])

    with ThreadPoolExecutor(workers) as pool:
        ours, pasted, traces = zip(*pool.map(one, cast.pairs), strict=True)
    return list(ours), list(pasted), list(traces)


def traces_of(swap: Swap, before: Pixels, face: Face) -> Traces:
    """Seam, changed pixels outside the mask, and reach of one swap."""
    allowed = swap.touched.astype(np.float32)
    outside = changed_outside(swap.pixels, before, allowed)
    seam = seam_ratio(swap.pixels, before, swap.mask)
    return Traces(seam, outside, reach(swap.pixels, before, face), swap.seconds, swap.note)


def picture(face: Face) -> Pixels:
    """The picture the face was found in."""
    if face.picture is None:
        raise ValueError("got a face without its picture")
    return face.picture


def table_of(measured: Sequence[Measured], gallery: dict[str, Float32]) -> IdentityTable:
    """Scores of one method; a result without a face counts as nobody's. Raises InvalidInput when pairs score alike."""
    found = [ScoredPair(m.source, m.target, m.embedding) for m in measured if m.embedding is not None]
    lost = [PairScore(m.source, m.target, LOST_DISTANCE, LOST_DISTANCE, "") for m in measured if m.embedding is None]
    return IdentityTable((*identity_table(found, gallery).scores, *lost))


def untouched_table(gallery: dict[str, Float32]) -> IdentityTable:
    """What doing nothing scores: every picture shows its own person, so distances are those between the people."""
    names = list(gallery)
    between = distances(*(np.stack([gallery[name] for name in names]),) * 2)
    scores = [
        PairScore(source, target, float(between[i, j]), 0.0, target)
        for i, source in enumerate(names)
        for j, target in enumerate(names)
        if i != j
    ]
    return IdentityTable(tuple(scores))


def mean_likeness(measured: Sequence[Measured]) -> dict[str, float]:
    """Mean errors over the results in which a face was found."""
    known = [m.likeness for m in measured if m.likeness is not None]
    means = {name: float(np.mean([getattr(one, name) for one in known])) for name in ("pose_deg", "lids", "mouth")}
    return {**means, "lost": float(len(measured) - len(known))}


def summary(
    cast: Cast, ours: list[Measured], pasted: list[Measured], traces: list[Traces], *, outside_of_files: int
) -> Result:
    """Figures, bars and breakdowns; raises InvalidInput when two methods or two pairs score identically."""
    gallery = cast.gallery
    tables = {
        "ours": table_of(ours, gallery),
        "paste_only": table_of(pasted, gallery),
        "no_swap": untouched_table(gallery),
    }
    check_distinct(tables)
    kept = mean_likeness(ours)
    figures = {
        "top1": tables["ours"].top1,
        "verified": tables["ours"].verified,
        "distance_to_source": tables["ours"].mean_source_distance,
        "distance_to_target": tables["ours"].mean_target_distance,
        "pose_error_deg": kept["pose_deg"],
        "expression_error": max(kept["lids"], kept["mouth"]),
        "lid_error": kept["lids"],
        "mouth_error": kept["mouth"],
        "seam_ratio": _mean(traces, lambda t: t.seam),
        "changed_outside_mask_px": float(sum(t.outside_px for t in traces)),
        "changed_outside_mask_and_label_px": float(outside_of_files),
        "reach_outside_face": max(t.reach for t in traces),
        "seconds_per_pair": _mean(traces, lambda t: t.seconds),
        "seconds_per_source": cast.seconds_per_source,
    }
    angles = {name: cheek_ita_deg(face) for name, face in cast.faces.items()}
    methods = {
        "ours": {**rates(tables["ours"]), **kept},
        "paste_only": {**rates(tables["paste_only"]), **mean_likeness(pasted)},
        "no_swap": rates(tables["no_swap"]),
    }
    details = {
        "methods": methods,
        "skin_tone": breakdown(tables["ours"], {name: skin_tone(angle) for name, angle in angles.items()}),
        "apparent_age": breakdown(tables["ours"], {name: age_of(name) for name in cast.names}),
        "ita_deg": angles,
        "people": per_person(cast.names, tables["ours"], ours, traces),
        "worst_pairs": worst(tables["ours"]),
        "notes": {note: sum(t.note == note for t in traces) for note in sorted({t.note for t in traces})},
        "seam_ratio_range": [min(t.seam for t in traces), max(t.seam for t in traces)],
    }
    return Result("identity", figures, BARS, details)


def per_person(
    names: Sequence[str], table: IdentityTable, ours: Sequence[Measured], traces: Sequence[Traces]
) -> dict[str, dict[str, float]]:
    """For each portrait: the mean distance as source and as target, and as target the other means."""
    people: dict[str, dict[str, float]] = {}
    for name in names:
        on_it = [k for k, m in enumerate(ours) if m.target == name]
        likenesses = [one for k in on_it if (one := ours[k].likeness) is not None]
        people[name] = {
            "as_source": table.only(lambda s, n=name: s.source == n).mean_source_distance,  # type: ignore[misc]
            "as_target": table.only(lambda s, n=name: s.target == n).mean_source_distance,  # type: ignore[misc]
            "pose_deg": float(np.mean([one.pose_deg for one in likenesses])),
            "lids": float(np.mean([one.lids for one in likenesses])),
            "mouth": float(np.mean([one.mouth for one in likenesses])),
            "seam": float(np.mean([traces[k].seam for k in on_it])),
        }
    return people


def worst(table: IdentityTable, count: int = 15) -> list[dict[str, Any]]:
    """The pairs farthest from their source."""
    ranked = sorted(table.scores, key=lambda s: -s.source_distance)[:count]
    return [{"pair": f"{s.source} on {s.target}", "to_source": s.source_distance, "nearest": s.nearest} for s in ranked]


def printed(details: dict[str, Any]) -> str:
    """The methods and the groups, for a terminal."""
    columns = ("top1", "verified", "to_source", "to_target")
    rows = [("method", *columns)] + [
        (name, *(f"{row[c]:.3f}" for c in columns)) for name, row in details["methods"].items()
    ]
    for split in ("skin_tone", "apparent_age"):
        for side, groups in details[split].items():
            for group, row in groups.items():
                rows.append((f"{split} {side}: {group} ({row['pairs']})", *(f"{row[c]:.3f}" for c in columns)))
    return grid(rows)


def _mean(traces: Sequence[Traces], value: Callable[[Traces], float]) -> float:
    return float(np.mean([value(one) for one in traces]))


def main() -> int:
    """The command."""
    options = parser(__doc__ or "")
    options.add_argument("--workers", type=int, default=2, help="pairs measured at once (default: 2)")
    chosen = options.parse_args()
    try:
        portraits = people(chosen.media)
    except MediaMissing as missing:
        print(f"identity: skipped, {missing}")
        return 0
    cv2.setNumThreads(1)
    cast = Cast(Product(), portraits)
    for source, target in cast.pairs[:: len(cast.pairs) // AGREEMENTS]:
        check_same(cast.product, cast.swappers[source], cast.faces[target], cast.swap(source, target))
    outside = whole_runs(cast.product, portraits)
    result = summary(cast, *run(cast, chosen.workers), outside_of_files=outside)
    print(printed(dict(result.details)), end="\n\n")
    return finish(result, date=chosen.date, folder=chosen.results)


if __name__ == "__main__":
    sys.exit(main())
