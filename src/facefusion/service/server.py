"""Runs the service until it is told to stop."""

from __future__ import annotations

import logging
import sys

import uvicorn

from facefusion.service.app import create_app
from facefusion.service.settings import ServiceSettings

_GRACE_SECONDS, _KEPT_SECONDS = 5, 60


def serve(settings: ServiceSettings) -> None:
    """Answer on the host and port of `settings` until SIGTERM or Ctrl-C; running tasks may end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    app = create_app(settings)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS, timeout_keep_alive=_KEPT_SECONDS, limit_concurrency=2000,
    )  # fmt: skip
    uvicorn.Server(config).run()
