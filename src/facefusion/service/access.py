"""Who may do what: the one table of roles, and the question whether somebody may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from facefusion.service.problems import Problem

Role = Literal["requester", "artist", "reviewer", "rights_manager", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
_EVERY: Final = frozenset(ROLES)
_MAKERS: Final = frozenset({"requester", "artist", "admin"})

ACTIONS: Final[Mapping[str, frozenset[str]]] = {
    "project.read": _EVERY,
    "project.manage": frozenset({"admin"}),
    "asset.read": _EVERY,
    "asset.write": _MAKERS,
    "asset.delete": frozenset({"artist", "admin"}),
    "people.find": _MAKERS,
    "consent.read": _EVERY,
    "consent.write": frozenset({"rights_manager"}),
    "permission.read": _EVERY,
    "permission.ask": _MAKERS,
    "permission.decide": frozenset({"rights_manager"}),
    "job.read": _EVERY,
    "job.create": _MAKERS,
    "job.control": _MAKERS,
    "job.delete": frozenset({"artist", "admin"}),
    "artifact.read": _EVERY,
    "review.read": _EVERY,
    "review.write": frozenset({"reviewer", "admin"}),
    "note.write": frozenset({"artist", "reviewer", "requester", "admin"}),
    "audit.read": frozenset({"rights_manager", "admin"}),
    "webhook.manage": frozenset({"admin"}),
    "exercise.read": _EVERY,
    "exercise.manage": frozenset({"admin"}),
    "exercise.hand_in": _MAKERS,
}
"""Which roles of a project may do what in it. An administrator of the server may do all but decide on permissions."""

SERVER_ACTIONS: Final = ("user.manage", "audit.all", "worker.read")
"""What only an administrator of the server may do."""
OWN_ACTIONS: Final = ("self", "open")
"""What anybody who is signed in may do, and what needs nobody."""
_NOT_THE_SERVERS: Final = ("permission.decide", "consent.write")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. user_id is empty for the one person of a server without users, who is its administrator."""

    user_id: str
    name: str
    is_admin: bool
    address: str = ""
    via: str = "local"
    csrf: str = ""
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether this is a server for one person, who holds every role."""
        return self.via == "local"

    def roles_in(self, project_id: str) -> frozenset[str]:
        """The roles in a project."""
        if self.is_local:
            return _EVERY
        return self.roles.get(project_id, frozenset())

    def sees(self, project_id: str) -> bool:
        """Whether the project exists, for this caller."""
        return self.is_admin or bool(self.roles_in(project_id))

    def may(self, action: str, project_id: str) -> bool:
        """Whether an action of ACTIONS is allowed in a project."""
        if self.is_admin and not self.is_local and action not in _NOT_THE_SERVERS:
            return True
        return bool(self.roles_in(project_id) & ACTIONS[action])

    def check(self, action: str, project_id: str, *, what: str = "this") -> None:
        """Raise Problem: not found where the project is not theirs, forbidden where their role does not reach."""
        if not self.sees(project_id):
            raise Problem("not-found", f"{what}: there is none of this name; check the id")
        if not self.may(action, project_id):
            allowed = ", ".join(sorted(ACTIONS[action]))
            raise Problem("forbidden", f"{action} is for {allowed}; ask an administrator of the project")

    def check_server(self, action: str) -> None:
        """Raise Problem where an action of SERVER_ACTIONS is not allowed."""
        assert action in SERVER_ACTIONS
        if not self.is_admin:
            raise Problem("forbidden", f"{action} is for administrators of the server")
