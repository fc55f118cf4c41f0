"""Writes a software bill of materials (CycloneDX 1.6 JSON): python tools/sbom.py OUTPUT

Everything that is installed beside this Python, and every network that comes with FaceFusion, each with its licence and
SHA-256.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from facefusion.models import cards


def main(output: Path) -> None:
    """Write the list to `output`."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "environment.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "-o", str(listed)]
        subprocess.run([*command, sys.executable], check=True)
        bill = json.loads(listed.read_text(encoding="utf-8"))
    bill = with_networks(bill)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{output}: {len(bill['components'])} parts")


def with_networks(bill: dict[str, Any]) -> dict[str, Any]:
    """`bill` with the bundled networks among its components."""
    return {**bill, "components": [*bill["components"], *(_network(card) for card in cards() if card.bundled)]}


def _network(card: Any) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{card.name}",
        "name": card.name,
        "description": card.origin,
        "licenses": [{"license": {"name": card.licence}}],
        "hashes": [{"alg": "SHA-256", "content": card.sha256}],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
