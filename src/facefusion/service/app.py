"""The application: routes, errors, headers, and what runs beside them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import APIRouter, FastAPI

from facefusion import __version__
from facefusion.errors import FaceFusionError
from facefusion.jobs.crew import Crew
from facefusion.jobs.database import Database, Unreachable
from facefusion.jobs.migrating import migrate
from facefusion.jobs.sealing import server_secret
from facefusion.jobs.storage import storage_at
from facefusion.jobs.tables import Project, User
from facefusion.service import problems, schemas, web_application
from facefusion.service.feed import Feed
from facefusion.service.job_reads import JobReads
from facefusion.service.measuring import Measured
from facefusion.service.postman import Postman
from facefusion.service.routes import (
    artifacts,
    assets,
    audit,
    consents,
    events,
    health,
    jobs,
    models,
    people,
    permissions,
    plans,
    projects,
    quality,
    reviews,
    sessions,
    teaching,
    uploads,
    users,
    webhooks,
)
from facefusion.service.routes.permissions import expired
from facefusion.service.routes.uploads import swept
from facefusion.service.settings import ServiceSettings, check_reachable
from facefusion.service.state import State

log = logging.getLogger("facefusion.service")
ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        sessions, users, projects, assets, uploads, people, plans, jobs, events, artifacts, reviews, quality, consents,
        permissions, teaching, audit, webhooks, models,
    )
)  # fmt: skip
_HOUSEKEEPING_SECONDS = 60.0
_THREADS = 100
"""So that requests that wait for their turn to write keep nobody from reading."""


def create_app(settings: ServiceSettings, *, with_workers: bool = True) -> FastAPI:
    """The service of `settings`. Raises UsageError where others could reach it and nobody is asked who they are."""
    state = opened(settings)
    app = FastAPI(
        title="FaceFusion", version=__version__, openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
        lifespan=lambda app: _life(app, state, with_workers=with_workers),
    )  # fmt: skip
    app.state.facefusion = state
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    web_application.install(app)
    app.add_middleware(JobReads, server=state)
    app.add_middleware(Measured)
    _describe_problems(app)
    return app


def opened(settings: ServiceSettings) -> State:
    """Database, storage and secret of a server, brought up to date."""
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    migrate(database)
    with database.reading() as records:
        check_reachable(settings, has_users=records.count(User) > 0)
    with database.writing() as records:
        if records.first(Project) is None:
            records.add(Project(name="My project", kind="production", policy="personal"))
    storage = storage_at(settings.storage, folder=settings.folder)
    storage.prepare()
    return State(settings, database, storage, server_secret(settings.folder), Feed(database))


@asynccontextmanager
async def _life(app: FastAPI, state: State, *, with_workers: bool) -> AsyncIterator[None]:
    state.feed.start(asyncio.get_running_loop())
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    if with_workers and state.settings.workers:
        state.crew = Crew(state.database, _told(state), state.settings.workers, state.settings.drain_seconds)
        state.crew.start()
    Postman(state).start()
    keeper = threading.Thread(target=_keep_house, args=(state,), name="housekeeping", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        state.stopping.set()
        state.feed.stop()
        if state.crew is not None:
            await asyncio.to_thread(state.crew.stop)
        state.database.close()


def _told(state: State) -> dict[str, object]:
    settings = state.settings
    return {
        "database": settings.database_url, "storage": settings.storage, "folder": str(settings.folder.resolve()),
        "threads": settings.threads, "executor": settings.executor, "lease_seconds": settings.lease_seconds,
    }  # fmt: skip


def _keep_house(state: State) -> None:
    while True:
        try:
            swept(state)
            expired(state)
        except (Unreachable, FaceFusionError, OSError) as error:
            log.warning("housekeeping: %s", error)
        if state.stopping.wait(_HOUSEKEEPING_SECONDS):
            return


def _describe_problems(app: FastAPI) -> None:
    made = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            document = made()
            document["components"]["schemas"]["Problem"] = schemas.Problem.model_json_schema()
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
