"""Write docs/guide/options.md from the Settings dataclasses:  python tools/options_page.py [--check]"""

from __future__ import annotations

import sys
from pathlib import Path

from facefusion.core.settings import Option
from facefusion.pipeline.sections import Key, Section, keys, sections

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guide" / "options.md"
HEAD = """\
# Options

<!-- Written by tools/options_page.py from the Settings dataclasses. Change those, then run `make generated`. -->

Every option of `facefusion run`, with its default, its range and its reason. The same names, without the dashes, are
the keys of a job file (`--config job.toml`). An option that takes several values is repeated:
`--source anna1.jpg --source anna2.jpg`; in a job file it is a list.
"""
_SHOWN = {"float": "number", "int": "whole number", "text": "text", "texts": "text, repeats"}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *(_section(section) for section in sections())])


def _section(section: Section) -> str:
    rows = [_row(key) for key in keys().values() if key.section.name == section.name]
    doc = (section.settings.__doc__ or "").split("\n\n")[0].strip().rstrip(".")
    head = ["| option | takes | default | why |", "|---|---|---|---|"]
    return "\n".join([f"## {section.title}", "", f"{doc}.", "", *head, *rows, ""])


def _row(key: Key) -> str:
    option = key.option
    cells = (f"`{_flag(key)}`", _takes(option), _default(option), option.why)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _flag(key: Key) -> str:
    return f"--{key.name} / --no-{key.name}" if key.option.kind == "bool" else f"--{key.name}"


def _takes(option: Option) -> str:
    if option.kind == "bool":
        return "yes or no"
    if option.kind in ("choice", "choices"):
        names = ", ".join(f"`{name}`" for name in option.choices)
        return names if option.kind == "choice" else f"{names}; repeats"
    limits = f", {_number(option.low)} to {_number(option.high)}" if option.low is not None else ""
    return _SHOWN[option.kind] + limits


def _default(option: Option) -> str:
    value = option.default
    if option.kind == "bool":
        return "yes" if value else "no"
    if option.kind in ("texts", "choices"):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{_number(value)}`" if value != "" else "none"


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def main() -> int:
    """Write the page, or with --check say whether it is current."""
    if "--check" in sys.argv[1:]:
        is_current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
        print(f"{PAGE.name}: {'current' if is_current else 'not current; run make generated'}")
        return 0 if is_current else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
