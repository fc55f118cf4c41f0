"""What the source must not contain, whatever it does: SECURITY.md rests on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
STARTS_ITSELF = ["facefusion/jobs/crew.py"]
NO_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "subprocess", "pty", "torch"}
"""Loaders that run what they read, and ways to start other programs."""
NO_CALLS = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "np.load", "numpy.load"}


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def calls_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            refuses_pickles = any(
                word.arg == "allow_pickle" and ast.unparse(word.value) == "False" for word in node.keywords
            )
            if not (name.endswith(".load") and refuses_pickles):
                yield name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_nothing_runs_what_it_reads_or_starts_a_program(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    starts_itself = path.relative_to(ROOT / "src").as_posix() in STARTS_ITSELF
    assert not set(imports_of(tree)) & NO_IMPORTS - ({"subprocess"} if starts_itself else set())
    assert not set(calls_of(tree)) & NO_CALLS


@pytest.mark.parametrize("name", STARTS_ITSELF)
def test_what_starts_a_program_starts_this_one_without_a_shell(name: str) -> None:
    tree = ast.parse((ROOT / "src" / name).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    started = [call for call in calls if ast.unparse(call.func).startswith("subprocess.")]
    assert [ast.unparse(call.func) for call in started] == ["subprocess.Popen"]
    assert ast.unparse(started[0].args[0]) == "[sys.executable, '-m', 'facefusion.jobs.worker_process']"
    assert "shell" not in {word.arg for word in started[0].keywords}


def test_the_rule_would_find_an_offender() -> None:
    tree = ast.parse("import subprocess\nnp.load(path)\nnp.load(path, allow_pickle=False)\neval('1')")
    assert set(imports_of(tree)) & NO_IMPORTS == {"subprocess"}
    assert [name for name in calls_of(tree) if name in NO_CALLS] == ["np.load", "eval"]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = {word.strip("`") for word in text.split() if word.startswith("`tests/")}
    assert len(named) >= 10
    for name in named:
        path, _, function = name.rstrip("`,.;)").partition("::")
        assert (ROOT / path).is_file(), name
        assert not function or f"def {function.rstrip('`,.;)')}(" in (ROOT / path).read_text(encoding="utf-8"), name


def test_the_bill_of_materials_lists_the_networks() -> None:
    from sbom import with_networks

    from facefusion.models import cards

    bill = with_networks({"components": [{"name": "numpy"}]})
    digests = {part["name"]: part["hashes"][0]["content"] for part in bill["components"][1:]}
    assert digests == {card.name: card.sha256 for card in cards() if card.bundled}
