"""What must hold for the repository as a whole: one version, known dependencies, no private names, working commands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "facefusion"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

IMPORT_NAMES = {
    "argon2-cffi": "argon2",
    "c2pa-python": "c2pa",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "scenedetect-headless": "scenedetect",
}
"""Distributions that are imported under another name."""


def committed_texts() -> Iterator[tuple[str, str]]:
    """(path, text) of every text file that git knows and that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8")


def requirement_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", line)[0] for line in requirements}


def test_the_version_is_written_down_once() -> None:
    assert "version" not in PROJECT["project"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "src/facefusion/__init__.py"
    definitions = [name for name, text in committed_texts() if re.search(r"^__version__ *=", text, re.MULTILINE)]
    assert definitions == ["src/facefusion/__init__.py"]


def test_no_file_names_a_machine_or_a_registry() -> None:
    words = ["/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/op" + "t/", "C:\\\\" + "Users"]
    words += ["pypi" + ".org", "python" + "hosted.org", "registry.np" + "mjs", "deb.deb" + "ian.org"]
    pattern = re.compile("|".join(map(re.escape, words)))
    found = {(name, match[0]) for name, text in committed_texts() for match in pattern.finditer(text)}
    assert not found


def test_every_import_of_the_package_is_a_declared_dependency() -> None:
    imported = {module for path in PACKAGE.rglob("*.py") if not is_service(path) for module in imports_of(path)}
    assert imported - set(sys.stdlib_module_names) - {"facefusion"} <= declared(PROJECT["project"]["dependencies"])


def test_every_import_of_the_service_is_declared_there() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["service"]
    imported = {module for path in PACKAGE.rglob("*.py") if is_service(path) for module in imports_of(path)}
    known = declared(PROJECT["project"]["dependencies"]) | declared(extra)
    assert imported - set(sys.stdlib_module_names) - {"facefusion"} <= known


def is_service(path: Path) -> bool:
    """Whether a file is only used with the extra `service`."""
    return path.relative_to(PACKAGE).parts[0] in ("jobs", "service")


def declared(requirements: list[str]) -> set[str]:
    """Import names of what is required."""
    return {IMPORT_NAMES.get(name, name) for name in requirement_names(requirements)}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "adr" / "0017-dependencies.md").read_text(encoding="utf-8")
    kept, _, _ = page.partition("## Not taken")
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    named = set().union(*map(requirement_names, groups)) - {PROJECT["project"]["name"]}
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", kept, re.MULTILINE)) == named


def test_every_folder_of_code_is_a_package_that_the_import_contracts_see() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_the_index_of_decisions_lists_each_once() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    listed = re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8"))
    assert sorted(listed) == pages
    numbers = [page[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)


def test_every_page_of_the_documentation_stands_in_the_navigation_once() -> None:
    _, _, navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")
    listed = re.findall(r"- (?:[\w ]+: )?(\S+\.md)$", navigation, re.MULTILINE)
    docs = ROOT / "docs"
    assert sorted(listed) == sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))


def test_every_room_has_its_page_of_the_api_reference() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} | {
        path.stem for path in PACKAGE.glob("[a-z]*.py")
    }
    pages = {path.stem for path in (ROOT / "docs" / "reference").glob("*.md")} - {"index"}
    assert pages == rooms
    shown = (ROOT / "docs" / "reference" / "processors.md").read_text(encoding="utf-8")
    processors = sorted(path.parent.name for path in (PACKAGE / "processors").glob("*/__init__.py"))
    assert re.findall(r"^::: facefusion\.processors\.(\w+)$", shown, re.MULTILINE) == processors


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/guide/install.md", "docs/guide/first-swap.md"])
def test_make_targets_and_scripts_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", "\n".join(code_of(text))))
    assert targets
    assert {name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()
    scripts = set(re.findall(r"\bpython (\S+\.py)", "\n".join(code_of(text))))
    assert {script for script in scripts if not (ROOT / script).is_file()} == set()


def code_of(text: str) -> list[str]:
    """What stands in code blocks and between backticks."""
    blocks = re.findall(r"^ *```.*?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", text)


def test_continuous_integration_runs_what_contributors_run() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = re.search(r"^check: (.*?) +##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert steps is not None
    assert steps[1].split() == ["format-check", "lint", "types", "contracts", "docs", "sbom", "test"]
