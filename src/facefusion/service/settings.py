"""What a server is told when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from facefusion.errors import UsageError


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Single sign-on. issuer: its address; people are those of its `sub`. admin_group: members are server admins."""

    issuer: str
    client_id: str
    client_secret: str = ""
    admin_group: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one project or one caller may use; 0 is no limit. A project's own quotas win."""

    asset_bytes: int = 20_000_000_000
    storage_bytes: int = 500_000_000_000
    open_jobs: int = 2_000
    render_minutes: int = 0
    open_uploads: int = 64
    requests_per_minute: int = 6_000
    free_bytes: int = 500_000_000
    """New work is refused while the disk has less room than this."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """folder: database, files and work of this server. database, storage: elsewhere, if given. workers: processes.

    needs_login: None asks for one as soon as there is a user or single sign-on, or when others can reach the server.
    reports: whether every finished render is measured, behind all other work.
    """

    folder: Path
    database: str = ""
    storage: str = ""
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    threads: int = 1
    public_url: str = ""
    oidc: OidcSettings | None = None
    limits: Limits = field(default_factory=Limits)
    executor: str = "facefusion.jobs.execution:EngineExecutor"
    lease_seconds: float = 15.0
    drain_seconds: float = 30.0
    reports: bool = True
    allows_private_webhooks: bool = False

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{self.folder / 'facefusion.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def check_reachable(settings: ServiceSettings, *, has_users: bool) -> None:
    """Raise UsageError for a server that others can reach and that asks nobody who they are."""
    if settings.is_loopback or has_users or settings.oidc is not None:
        return
    raise UsageError(
        f"host: {settings.host} can be reached by others, and nobody is asked who they are; add a user first "
        "(facefusion serve add-user NAME --admin), give --oidc-issuer, or keep --host 127.0.0.1"
    )
