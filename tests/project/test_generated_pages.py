"""Pages that code writes are as code would write them now."""

from __future__ import annotations

import json
import re
from pathlib import Path

import options_page
import pytest
import readme_figures

from facefusion import errors
from facefusion.media import CONTAINERS


def test_the_option_reference_is_current() -> None:
    assert options_page.PAGE.read_text(encoding="utf-8") == options_page.page(), "run `make generated`"


def test_the_pages_show_the_committed_figures() -> None:
    for page, table in (
        (readme_figures.README, readme_figures.summary()),
        (readme_figures.PAGE, readme_figures.figures()),
    ):
        text = page.read_text(encoding="utf-8")
        assert text == readme_figures.current(text, table), "run `make generated`"


def test_figures_with_a_bar_are_shown_met_or_not(tmp_path: Path) -> None:
    record = {
        "benchmark": "seam",
        "date": "2026-01-02T03:04:05+00:00",
        "machine": {"system": "Linux x86_64", "processor": "Some CPU (2 GHz)", "cores": 2, "python": "3.11.7"},
        "commit": "abc",
        "figures": {"seam_ratio": 1.25, "worst": 0.5, "without_a_bar": 7.0},
        "bars": {"seam_ratio": {"bar": "at most 1.15", "met": False}, "worst": {"bar": "at least 0.5", "met": True}},
    }
    (tmp_path / "seam.json").write_text(json.dumps(record), encoding="utf-8")
    shown = readme_figures.figures(tmp_path)
    assert "| seam | seam ratio | 1.25 | ≤ 1.15 | **missed** |" in shown
    assert "| seam | worst | 0.5 | ≥ 0.5 | met |" in shown
    assert "without a bar" not in shown
    assert "Measured on Some CPU, 2 cores, Python 3.11.7: seam 2026-01-02 at commit `abc`." in shown
    short = readme_figures.summary(tmp_path)
    assert "| seam | 1 of 2 | **seam ratio 1.25 (≤ 1.15) missed**; worst 0.5 (≥ 0.5) |" in short


def test_a_readme_without_its_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="once each"):
        readme_figures.current("no markers here", "a table")


def test_the_table_of_containers_is_that_of_the_code() -> None:
    page = (options_page.PAGE.parent / "codecs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\.\w+)` \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    written = {
        suffix: (usual, set(others.replace("nothing else", "").split(", ")) - {""}) for suffix, usual, others in rows
    }
    names = {"h264": "H.264", "h265": "H.265", "vp9": "VP9", "av1": "AV1", "prores": "ProRes", "ffv1": "FFV1",
             "prores_4444": "ProRes 4444", "png": "PNG"}  # fmt: skip
    known = {
        suffix: (names[c.default_codec], {names[codec] for codec in c.codecs if codec != c.default_codec})
        for suffix, c in CONTAINERS.items()
    }
    assert written == known


def test_the_exit_codes_that_are_explained_are_those_of_the_errors() -> None:
    page = (options_page.PAGE.parent / "troubleshooting.md").read_text(encoding="utf-8")
    explained = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    raised = {thing.exit_code for thing in vars(errors).values() if isinstance(thing, type)}
    assert explained == {0, *raised}
