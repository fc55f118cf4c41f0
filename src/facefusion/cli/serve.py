"""`facefusion serve`: the service on this machine, with nothing to set up."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facefusion.cli.call import Call
from facefusion.errors import UsageError

if TYPE_CHECKING:
    from facefusion.service.settings import ServiceSettings

serve_app = typer.Typer(
    invoke_without_command=True, help="Run the service: HTTP API, web application, queue and workers."
)
VARIABLE = "FACEFUSION_SERVICE"
_FOLDER = typer.Option(
    None, "--folder", help=f"Where database, files and work lie. Default: what {VARIABLE} says, else beside your keys."
)
_DATABASE = typer.Option("", help="postgresql://user@host/name or sqlite:///file. Default: SQLite in the folder.")


@serve_app.callback()
def serve(
    context: typer.Context,
    folder: Path | None = _FOLDER,
    host: str = typer.Option("127.0.0.1", help="Address to answer on; others than this machine's need users first."),
    port: int = typer.Option(5000, min=0, max=65535, help="Port to answer on. Range 0 to 65535. Default: 5000."),
    workers: int = typer.Option(
        0, min=0, max=256, help="Worker processes; 0 takes one for every two cores. Range 0 to 256. Default: 0."
    ),
    no_workers: bool = typer.Option(False, "--no-workers", help="Only answer; workers run elsewhere. Default: off."),
    database: str = _DATABASE,
    storage: str = typer.Option(
        "", help="Where files lie: a folder or s3://bucket/prefix?endpoint=…. Default: in the folder."
    ),
    oidc_issuer: str = typer.Option("", help="Single sign-on: the address of the provider. Default: none."),
    oidc_client_id: str = typer.Option("", help="Single sign-on: the name of this service there. Default: none."),
    oidc_admin_group: str = typer.Option("", help="Members of this group are administrators. Default: none."),
    public_url: str = typer.Option(
        "", help="How others reach this server, for single sign-on. Default: host and port."
    ),
    no_reports: bool = typer.Option(
        False, "--no-reports", help="Measure a result only when somebody asks, not each behind all work. Default: off."
    ),
    drain_seconds: float = typer.Option(30.0, min=0, max=86400, help="How long tasks may go on after SIGTERM."),
) -> None:
    """Run the service until Ctrl-C or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    _check_installed()
    from facefusion.service.server import serve as run_server
    from facefusion.service.settings import OidcSettings, ServiceSettings

    oidc = None
    if oidc_issuer:
        secret = os.environ.get("FACEFUSION_OIDC_SECRET", "")
        oidc = OidcSettings(oidc_issuer, oidc_client_id, secret, oidc_admin_group)
    cores = os.cpu_count() or 1
    count = 0 if no_workers else workers or max(1, cores // 2)
    settings = ServiceSettings(
        folder=_folder(folder), database=database, storage=storage, host=host, port=port, workers=count,
        threads=max(1, cores // max(count, 1)), public_url=public_url, oidc=oidc, drain_seconds=drain_seconds,
        reports=not no_reports,
    )  # fmt: skip
    print(f"facefusion: http://{host}:{port} (Ctrl-C ends it)", flush=True)
    run_server(settings)


@serve_app.command("add-user")
def add_user(
    context: typer.Context,
    name: str = typer.Argument(..., help="What the user is called."),
    admin: bool = typer.Option(False, "--admin", help="An administrator of the server. Default: off."),
    folder: Path | None = _FOLDER,
    database: str = _DATABASE,
) -> None:
    """Add a user and print an API key, which is shown this once; a password can be set in the application."""
    from facefusion.service.first_user import added

    said = added(settings_for(folder, database), name, is_admin=admin)
    call = Call.of(context)
    if call.as_json:
        call.answer(said)
    else:
        print(f"{said['name']}: password {said['password']}\nAPI key (shown once): {said['key']}")


def _folder(given: Path | None) -> Path:
    from facefusion.provenance.home import home

    said = os.environ.get(VARIABLE)
    return given or (Path(said) if said else home() / "service")


def _check_installed() -> None:
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "sqlalchemy", "alembic")):
        raise UsageError("serve: needs more packages; install them with: pip install 'facefusion[service]'")


def settings_for(folder: Path | None, database: str) -> ServiceSettings:
    """What commands beside the server need to know."""
    _check_installed()
    from facefusion.service.settings import ServiceSettings

    return ServiceSettings(folder=_folder(folder), database=database)
