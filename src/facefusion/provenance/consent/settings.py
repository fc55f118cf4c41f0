"""What a job says about permission: which policy holds, and what the job is for."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core.settings import check_settings, option


@dataclass(frozen=True, slots=True)
class PermissionSettings:
    """The part of a request that the policy looks at. Nothing here takes a mark away that a policy asks for."""

    policy: str = option(
        "personal",
        why="which rules hold: personal, teaching, production, broadcast, one of your own by its name, or a TOML file",
    )
    consent: tuple[str, ...] = option(
        (), why="a consent record that has to cover this job, by its file or its id; else all kept records are searched"
    )
    use: str = option("", why="what the result is for, in the words of the consent record")
    production: str = option("", why="the production that the result is for, by the title in the consent record")
    territory: str = option("", why="where the result will be shown, as the consent record names it")
    requester: str = option("", why="who asks, when that has to be the one of the consent record")
    omit_visible_label: bool = option(
        False,
        why="leave the visible label out, where a consent record and the policy allow that; other marks always stay",
    )

    def __post_init__(self) -> None:
        check_settings(self)
