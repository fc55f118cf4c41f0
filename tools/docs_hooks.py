"""Hooks of the documentation site: what can be listed by code is not listed by hand.

The decisions of docs/adr go into the navigation by their numbers, and every room of src/facefusion gets a page of API
reference made from its docstrings, module by module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "facefusion"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the two open sections of the navigation."""
    sections: list[dict[str, Any]] = config.nav or []
    for section in sections:
        if "Decisions" in section:
            section["Decisions"] = [f"adr/{page}" for page in decisions()]
        elif "API reference" in section:
            section["API reference"] = [{title: uri} for title, uri, _ in reference_pages()]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for _, uri, text in reference_pages():
        files.append(File.generated(config, uri, content=text))
    return files


def decisions() -> list[str]:
    """File names of docs/adr, the index first, then by number."""
    numbered = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    return ["index.md", *numbered]


def reference_pages() -> list[tuple[str, str, str]]:
    """(title, path below docs, text) of every page of the API reference."""
    rooms = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
    top = [PACKAGE / "__init__.py", *sorted(PACKAGE.glob("[a-z]*.py"))]
    pages = [("facefusion", "reference/index.md", _page("facefusion", top))]
    return pages + [
        (room.name, f"reference/{room.name}.md", _page(room.name, sorted(room.rglob("*.py")))) for room in rooms
    ]


def _page(title: str, modules: list[Path]) -> str:
    blocks = (_block(module) for module in modules if _is_public(module))
    return "\n\n".join([f"# {title}", *blocks]) + "\n"


def _block(module: Path) -> str:
    """A room's own `__init__` only passes names on: its text is shown, the names stand where they are defined."""
    only_text = module.name == "__init__.py" and module.parent != PACKAGE
    return f"::: {_dotted(module)}" + ("\n    options:\n      members: false" if only_text else "")


def _dotted(module: Path) -> str:
    parts = module.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _is_public(module: Path) -> bool:
    return module.name == "__init__.py" or not module.name.startswith("_")
