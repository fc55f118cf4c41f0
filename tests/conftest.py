"""What all tests share."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import settings

settings.register_profile("facefusion", deadline=None)  # a busy machine is no failure
settings.load_profile("facefusion")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds what another measured, or what the user did."""
    monkeypatch.setenv("FACEFUSION_CACHE", str(tmp_path_factory.getbasetemp() / f"cache_{uuid.uuid4().hex}"))


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test has its own keys, records and logs, and touches nobody's."""
    monkeypatch.setenv("FACEFUSION_HOME", str(tmp_path_factory.getbasetemp() / f"home_{uuid.uuid4().hex}"))
