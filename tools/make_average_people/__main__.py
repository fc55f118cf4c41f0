"""Average the people of a folder into a few who do not exist, for `facefusion.processors.face_anonymiser`.

    python -m make_average_people --people FOLDER --origin TEXT [--output FOLDER]        (from the folder tools)

FOLDER: pictures of one face each, from the front, in colour. Every face is laid out in the mesh's texture space, evenly
lit and brought to its group's colour; every person that comes out is the mean of 20 people (the neutral one, of all),
in skin, shape and irises. Only these means are stored, with a card that says how many people they are of.
"""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from make_average_people.average import LEAST, Average, averages, neutral
from make_average_people.measure import SIZE, people_of, pictures_below

OUTPUT = Path(__file__).parents[2] / "src/facefusion/processors/face_anonymiser/data"
_QUALITY = 98


def store(people: list[Average], folder: Path, origin: str) -> None:
    """Write skins, numbers and the card."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for person in people:
        pixels = cv2.cvtColor(np.rint(person.skin * 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()
        (folder / f"{person.name}.webp").write_bytes(data)
        digests[f"{person.name}.webp"] = sha256(data).hexdigest()
    numbers = folder / "people.npz"
    np.savez_compressed(
        numbers,
        names=np.array([person.name for person in people]),
        shapes=np.stack([person.shape for person in people]).astype(np.float16),
        rings=np.stack([person.rings for person in people]).astype(np.float16),
        tones=np.array([person.tone for person in people], np.float32),
        lined=np.array([person.lined for person in people], np.float32),
    )
    digests["people.npz"] = sha256(numbers.read_bytes()).hexdigest()
    (folder / "people.toml").write_text(card_of(people, digests, origin), encoding="utf-8")


def card_of(people: list[Average], digests: dict[str, str], origin: str) -> str:
    """What the files are, in TOML."""
    everybody = sorted({member for person in people for member in person.members})
    lines = [
        "# People who do not exist, for face_anonymiser. Made by tools/make_average_people; do not edit.",
        'name = "average_people"',
        'licence = "Apache-2.0"',
        f'origin = "{origin}"',
        f"people_averaged = {len(everybody)}",
        f"least_people_in_one = {min(len(person.members) for person in people)}",
        f"texels = {SIZE}",
        "",
        "[sha256]",
        *(f'"{name}" = "{digest}"' for name, digest in sorted(digests.items())),
        "",
        "[people_in]",
        *(f"{person.name} = {len(person.members)}" for person in people),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--origin", required=True, help="whose pictures they are, and under what licence; for the card")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    chosen = parser.parse_args()
    people = list(people_of(pictures_below(chosen.people)))
    found = [*averages(people), neutral(people)]
    store(found, chosen.output, chosen.origin)
    print(f"{len(found)} people from {len(people)} usable pictures, at least {LEAST} in each")


if __name__ == "__main__":
    main()
