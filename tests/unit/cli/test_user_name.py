"""Who a record is by."""

from __future__ import annotations

import getpass

import pytest

from facefusion.cli.places import user_name


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert user_name().startswith(("user ", "unknown"))
