"""Every word that somebody reads in the application stands in the message files, in all languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import web

from facefusion.service.routes import plans

PLAIN = {"FaceFusion", "OTIO", "CSV"}
"""Names that are the same in every language."""
SPOKEN = ("aria-label", "aria-valuetext", "aria-description", "title", "placeholder", "alt", "label", "about")
PAGES = sorted((web.WEB / "src").rglob("*.svelte"))


def markup(text: str) -> str:
    """What is left of a component without scripts, styles, commands, keys, remarks and everything in braces."""
    text = re.sub(r"<(script|style|code|kbd)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
    depth, left = 0, []
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            left.append("" if letter == "}" else letter)
    return "".join(left).replace("=>", "")


def words_in(text: str) -> list[str]:
    """Text nodes and spoken attributes of a component that hold letters."""
    plain = markup(text)
    nodes = re.findall(r">([^<]*)<", f">{plain}<")
    spoken = re.findall(rf"\s(?:{'|'.join(SPOKEN)})=\"([^\"]*)\"", plain)
    found = [re.sub(r"&\w+;", " ", one).strip() for one in [*nodes, *spoken]]
    return [one for one in found if re.search(r"[^\W\d_]{2,}", one) and one not in PLAIN]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_words_stand_in_the_code(page: Path) -> None:
    assert words_in(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ('<button aria-label="Close it"><Icon name="close" /></button>', ["Close it"]),
        ('<p class="dim">{t("loading")} · {a < b ? "x" : `${c}`}</p>', []),
        ("<script>const a = '<p>no</p>';</script><!-- no --><kbd>K</kbd>", []),
        ("{#if a}<b>保存</b>{/if}", ["保存"]),
    ],
)
def test_words_in_code_are_found(text: str, found: list[str]) -> None:
    assert words_in(text) == found


def test_options_have_chinese_words() -> None:
    """A new option is shown in English until it has them; most of them do."""
    known = json.loads((web.WEB / "src" / "messages" / "options.zh-CN.json").read_text(encoding="utf-8"))
    options = {option.name for section in plan_schema_sections() for option in section.options}
    worded = {name for name in options if {f"option.{name}", f"option.{name}.why"} <= known.keys()}
    assert len(worded) >= 0.7 * len(options), sorted(options - worded)
    assert all(text.strip() for text in known.values())


def plan_schema_sections() -> list[Any]:
    """What the forms are made of."""
    return list(plans._schema().sections)
