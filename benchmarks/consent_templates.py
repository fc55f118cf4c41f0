"""Error rates of face templates against embeddings, on portraits ten years apart and on different people.

python -m benchmarks.consent_templates [--media FOLDER] [--output FILE]

Prints how many pairs of one person are missed and how many pairs of two are mistaken: by embedding distance, by
template with its key, and with another key. Exit code 1 when templates do worse than embeddings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.record import ROOT
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.embed import SAME_PERSON, distance
from facefusion.media import read_image
from facefusion.provenance.consent.templates import NUM_BITS, THRESHOLD, nearest, projected

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


@dataclass(frozen=True)
class Pair:
    """Two pictures: of one person or not, and how far apart they are by each measure."""

    is_same: bool
    embedding: float
    template: float
    other_key: float


def measured(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Person and embedding of every portrait; the first seven letters of a pair's name are the person."""
    analyser, found = FaceAnalyser(), []
    for path in [*sorted((folder / "people").glob("*.jpg")), *sorted((folder / "portraits_pairs").glob("*.jpg"))]:
        faces = analyser.find(read_image(path).pixels)
        if faces and faces[0].embedding is not None:
            name = path.name[:7] if path.parent.name == "portraits_pairs" else path.name
            found.append((name, faces[0].embedding))
    return found


def pairs_of(people: Sequence[tuple[str, np.ndarray]]) -> Iterator[Pair]:
    """Every two pictures, compared."""
    mine = [projected(embedding, KEY) for _, embedding in people]
    other = [projected(embedding, OTHER_KEY) for _, embedding in people]
    for a, b in combinations(range(len(people)), 2):
        apart = distance(people[a][1], people[b][1])
        yield Pair(people[a][0] == people[b][0], apart, nearest([mine[a]], mine[b]), nearest([mine[a]], other[b]))


def rates(pairs: Sequence[Pair], what: str, limit: float) -> dict[str, float]:
    """missed: share of pairs of one person that are too far; mistaken: share of pairs of two that are near enough."""
    same = np.array([getattr(pair, what) for pair in pairs if pair.is_same])
    different = np.array([getattr(pair, what) for pair in pairs if not pair.is_same])
    return {"missed": float((same > limit).mean()), "mistaken": float((different <= limit).mean())}


def table(pairs: Sequence[Pair]) -> dict[str, object]:
    """All figures."""
    near = [pair.embedding <= SAME_PERSON for pair in pairs]
    return {
        "pairs_of_one_person": sum(pair.is_same for pair in pairs),
        "pairs_of_two": sum(not pair.is_same for pair in pairs),
        "bits": NUM_BITS,
        "embedding": rates(pairs, "embedding", SAME_PERSON),
        "template": rates(pairs, "template", THRESHOLD),
        "template_with_another_key": rates(pairs, "other_key", THRESHOLD),
        "agreement": float(np.mean([(p.template <= THRESHOLD) == n for p, n in zip(pairs, near, strict=True)])),
        "thresholds": {f"{limit:.2f}": rates(pairs, "template", limit) for limit in np.arange(0.26, 0.42, 0.02)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--media", type=Path, default=ROOT.parent / "shared/media", help="people/ and portraits_pairs/")
    parser.add_argument("--output", type=Path, help="write the figures here as JSON")
    chosen = parser.parse_args()
    people = measured(chosen.media)
    if not people:
        print(f"{chosen.media}: no portraits here, nothing is measured")
        return 0
    pairs = list(pairs_of(people))
    figures = table(pairs)
    print(json.dumps(figures, indent=1))
    if chosen.output:
        chosen.output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    embedding, template = rates(pairs, "embedding", SAME_PERSON), rates(pairs, "template", THRESHOLD)
    return int(template["missed"] > embedding["missed"] or template["mistaken"] > embedding["mistaken"])


if __name__ == "__main__":
    raise SystemExit(main())
