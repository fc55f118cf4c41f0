"""A service of a test's own: in this process, on a folder of its own, with the real routes and tables."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from facefusion.core import Progress
from facefusion.jobs.bundle import Bundle
from facefusion.jobs.database import Database
from facefusion.jobs.execution import Show
from facefusion.jobs.ids import new_id
from facefusion.jobs.migrating import migrate
from facefusion.jobs.tables import ApiKey, Member, User
from facefusion.jobs.worker import Worker
from facefusion.jobs.workplace import Workplace
from facefusion.pipeline.comparing import COLUMNS, Comparison
from facefusion.pipeline.comparison_page import html_page
from facefusion.pipeline.comparison_stills import Still
from facefusion.service.app import create_app
from facefusion.service.passwords import new_key
from facefusion.service.settings import ServiceSettings
from facefusion.service.state import State


def picture(seed: int = 0, *, kind: str = "PNG", side: int = 24) -> bytes:
    """A small picture of noise."""
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


class StandIn:
    """Does tasks without an engine: writes a small file, or raises what it is told to."""

    def __init__(self, workplace: Workplace, *, threads: int = 1, secret: bytes = b"") -> None:
        self.workplace = workplace
        self.faults: list[Exception] = []
        self.segments: list[tuple[int, int]] = []
        self.done: list[tuple[str, int]] = []

    def execute(self, bundle: Bundle, progress: Progress, show: Show) -> dict[str, Any]:
        progress.start("render", total=1)
        if self.faults:
            raise self.faults.pop(0)
        self.done.append((bundle.kind, bundle.place))
        if bundle.kind == "analyse":
            return {"frames": max((stop for _, stop in self.segments), default=1), "segments": self.segments}
        with self.workplace.desk(bundle) as desk:
            if bundle.kind == "report":
                return self._measured(bundle, desk)
            if bundle.kind == "segment":
                file = desk / f"{bundle.start:09}-{bundle.stop:09}.seg"
                file.write_bytes(f"{bundle.start} {bundle.stop}".encode())
                return {"segment_key": self.workplace.hand_over(bundle, file, file.name)["key"], "name": file.name}
            file = desk / "out.png"
            said = [self.workplace.fetched(one["segment_key"]).read_bytes() for one in bundle.segments]
            file.write_bytes(b";".join(said) or picture())
            return {"artifacts": [self.workplace.artifact(bundle, file, "output")], "report": {"frames": 1}}

    def _measured(self, bundle: Bundle, desk: Path) -> dict[str, Any]:
        """A report of two frames, of which one is past a limit."""
        columns = {name: [None, None] for name in COLUMNS} | {"flicker": [1.0, 9.0]}
        still = Still(1, "flicker", "AAAA", "BBBB")
        means = {"flicker": 5.0}
        found = Comparison("out.png", "target.png", 2, 25.0, columns, (), {"verdict": "made"}, (), means, (still,))
        table, page = desk / "quality.json", desk / "quality.html"
        table.write_text(json.dumps(found.as_dict(with_stills=True)))
        page.write_text(html_page([found]))
        made = [self.workplace.artifact(bundle, file, kind) for file, kind in ((table, "quality"), (page, "page"))]
        return {"artifacts": made, "report": {"flags": 1}}


@cache
def _empty_database() -> bytes:
    """A SQLite file with all tables, made once."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        migrate(database)
        database.close()
        return (Path(folder) / "empty.db").read_bytes()


class World:
    """One server, its client and a worker that is asked to work when the test wants."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        if "database" not in settings and not (folder / "facefusion.db").exists():
            (folder / "facefusion.db").write_bytes(_empty_database())
        self.settings = ServiceSettings(folder=folder, **{"reports": False, **settings})
        self.app = create_app(self.settings, with_workers=False)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.state: State = self.app.state.facefusion
        workplace = Workplace(folder / "work", self.state.storage)
        self.executor = StandIn(workplace)
        self.worker = Worker(
            self.state.database, self.state.storage, self.executor, workplace.folder, "here", 1, "test"
        )

    @property
    def project(self) -> str:
        """The project that every new server has."""
        return str(self.client.get("/v1/projects").json()["items"][-1]["id"])

    def sent(self, data: bytes | None = None, name: str = "photo.png", **more: Any) -> str:
        """The id of an asset that is sent now."""
        said = {"project_id": self.project, "name": name}
        answer = self.client.post("/v1/assets", params=said, content=picture() if data is None else data, **more)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def asked(self, **more: Any) -> dict[str, Any]:
        """A job of two pictures."""
        target, source = self.sent(picture(1), "target.png"), self.sent(picture(2), "source.png")
        body = {"project_id": self.project, "target": target, "sources": [source], **more}
        answer = self.client.post("/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def work(self) -> None:
        """Do everything that can be done now."""
        self.worker.stopping.clear()
        self.worker.run(until_idle=True)

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as it is now."""
        return dict(self.client.get(f"/v1/jobs/{job_id}").json())

    def user(self, name: str, roles: Sequence[str] = (), *, project: str = "", is_admin: bool = False) -> TestClient:
        """A client of a new user with these roles, by API key."""
        with self.state.database.writing() as records:
            user = records.add(User(name=name, password="", is_admin=is_admin))
            key_id = new_id("key")
            key, digest = new_key(key_id)
            records.add(ApiKey(id=key_id, user_id=user.id, name="k", digest=digest))
            for role in roles:
                records.add(Member(project_id=project, user_id=user.id, role=role))
        return TestClient(self.app, raise_server_exceptions=False, headers={"authorization": f"Bearer {key}"})

    def close(self) -> None:
        """Let everything go."""
        self.client.close()
        self.state.database.close()
