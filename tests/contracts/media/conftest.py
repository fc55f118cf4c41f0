"""Clips for the contracts of readers and writers, made once a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clips import Clip
from named_clips import MAKERS


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """Makes a named clip on first use."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Clip] = {}

    def get(name: str) -> Clip:
        if name not in made:
            made[name] = MAKERS[name](folder / name)
        return made[name]

    return get
