"""What a user can say about the audit log. It can be moved, not switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option

AuditNames = Literal["none", "project", "all"]


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """Where runs are written down, and how much is said of files."""

    audit_file: str = option(
        "",
        why="the log in which every run is written down: a .jsonl file (one entry a line) or a .sqlite file; empty: "
        "audit/audit.jsonl in your own folder (FACEFUSION_HOME moves it)",
    )
    audit_names: AuditNames = option(
        "none",
        why="which files the log calls by their name, beside their digest: none, those below --audit-project, or all",
    )
    audit_project: str = option("", why="the folder of the project, for --audit-names project; empty: the current one")
