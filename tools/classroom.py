"""A class to begin with: sample media, fetched as for the demo, and the three ready exercises, on a server that runs.

python tools/classroom.py [--server http://127.0.0.1:5000] [--key ff_…] [--language zh-CN] [--name "Class 9b"]

The second exercise needs a result with mistakes: a short one is rendered with the settings that make them. A class puts
nobody's face on anybody without a consent record, so that one shows a person who does not exist.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
from media import ACTRESS, ASTRONAUT, ROOT, MediaUnavailable, fetch

MESSAGES = ROOT / "web" / "src" / "messages"
EXERCISES = ("young", "artefact", "label")
FAULTY = {
    "processor": ["face_anonymiser"],
    "face-anonymiser-method": "person",
    "start": "225f",
    "end": "297f",
    "mask-occlusion": False,
    "mask-blur": 0.0,
    "blend-mode": "plain",
    "temporal-smoothing": 0.0,
}
"""A hand moves across the face, and nothing keeps it in front; edges are hard, and nothing is held still."""


class ClassFailed(Exception):
    """The server did not take something; the text says what and why."""


def begin_class(api: httpx.Client, source: Path, target: Path, *, name: str, language: str) -> str:
    """Make the class; gives back the id of its project. Raises ClassFailed."""
    words = json.loads((MESSAGES / f"{language}.json").read_text(encoding="utf-8"))
    project = _said(api.post("/v1/projects", json={"name": name, "kind": "teaching"}))["id"]
    media = [_sent(api, project, file) for file in (source, target)]
    for exercise in EXERCISES:
        key = f"exercise.{exercise}"
        checks = words[f"{key}.checks"].split("\n")
        said = {"title": words[key], "text": words[f"{key}.text"], "checks": checks, "asset_ids": media}
        _said(api.post("/v1/exercises", json={"project_id": project, **said}))
    job = {"project_id": project, "name": words["exercise.artefact"], "target": media[1]}
    _said(api.post("/v1/jobs", json={**job, "options": FAULTY}))
    return str(project)


def _sent(api: httpx.Client, project: str, file: Path) -> str:
    query = {"project_id": project, "name": file.name}
    return str(_said(api.post("/v1/assets", params=query, content=file.read_bytes()))["id"])


def _said(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        return dict(answer.json())
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError):
        detail = answer.text[:200]
    raise ClassFailed(f"{answer.request.url.path}: {detail}")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="http://127.0.0.1:5000")
    parser.add_argument("--key", default=os.environ.get("FACEFUSION_KEY", ""), help="of an administrator")
    parser.add_argument("--language", choices=("en", "zh-CN"), default="en")
    parser.add_argument("--name", default="My class")
    asked = parser.parse_args()
    headers = {"authorization": f"Bearer {asked.key}"} if asked.key else {}
    try:
        source, target = fetch(ASTRONAUT), fetch(ACTRESS)
        with httpx.Client(base_url=asked.server, headers=headers, timeout=300) as api:
            begin_class(api, source, target, name=asked.name, language=asked.language)
    except (MediaUnavailable, ClassFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except httpx.TransportError as error:
        print(f"error: {asked.server}: {error}; start it with `facefusion serve`", file=sys.stderr)
        return 1
    print(f"{asked.name}: choose it at {asked.server}, then open Learn")
    print("Whose face is put on needs a consent record (see docs/guide/teaching.md); invented people need none")
    print(f"Media: {ASTRONAUT.credit}; {ACTRESS.credit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
