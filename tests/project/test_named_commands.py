"""Commands and flags that the pages name are commands and flags that the program has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from facefusion.core.settings import options_of
from facefusion.pipeline.sections import keys

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    *(f"docs/guide/{name}.md" for name in ("codecs", "editing", "first-swap", "install", "options", "python")),
    "docs/guide/troubleshooting.md",
]
COMMANDS = (
    *("run", "people", "analyse", "edit", "preview", "render", "verify", "doctor", "models"),
    *("turnover", "conform", "serve", "report", "benchmark"),
)
EDITS = (
    *("merge", "split", "rename", "drop", "reference", "strength", "exclude", "settings", "plan", "undo", "show"),
    *("apply", "export"),
)
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@cache
def help_of(*command: str) -> str:
    """What `facefusion … --help` says, on a wide terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "facefusion", *command, "--help"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def known_flags() -> set[str]:
    commands = [(), *((name,) for name in COMMANDS), *(("edit", "clip.ffa", name) for name in EDITS)]
    return {flag for command in commands for flag in _FLAG.findall(help_of(*command))}


def spoken(text: str) -> list[str]:
    """Command lines in code blocks, and code between backticks."""
    blocks = re.findall(r"^ *```.*?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in (*lines, *re.findall(r"`([^`\n]+)`", text)) if line.startswith(("facefusion ", "--"))]


@pytest.mark.parametrize("page", PAGES)
def test_flags_that_are_named_exist(page: str) -> None:
    named = {flag for line in spoken((ROOT / page).read_text(encoding="utf-8")) for flag in _FLAG.findall(line)}
    assert named - known_flags() == set()


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page: str) -> None:
    lines = spoken((ROOT / page).read_text(encoding="utf-8"))
    words = {line.split()[1] for line in lines if line.startswith("facefusion ")}
    assert {word for word in words if word[0] not in "-…"} <= set(COMMANDS)


def test_every_option_of_the_settings_is_a_flag_that_says_why() -> None:
    text = " ".join(help_of("run").split())
    missing = [key.name for key in keys().values() if f"--{key.name}" not in text]
    assert missing == []
    sections = {key.section.name: key.section for key in keys().values()}
    assert all(option.why for section in sections.values() for option in options_of(section.settings))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(command: str) -> None:
    assert f"facefusion {command}" in help_of(command)
