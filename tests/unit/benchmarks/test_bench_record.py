import json
import sys

import pytest
from benchmarks.record import Bar, Result, as_text, command, finish, grid, machine, table, write

RESULT = Result(
    "sample",
    {"good": 0.98, "slow": 2.5, "free": 1 / 3},
    (Bar("good", "at least", 0.97), Bar("slow", "at most", 2.0)),
    {"rows": [[1, 2], [3, 4]], "kinds": {"bar": {"share": 0.123456789}}},
)


def test_a_bar_is_met_on_its_own_side_and_at_its_limit():
    assert Bar("x", "at least", 1.0).is_met({"x": 1.0})
    assert not Bar("x", "at least", 1.0).is_met({"x": 0.999})
    assert Bar("x", "at most", 1.0).is_met({"x": 1.0})
    assert not Bar("x", "at most", 1.0).is_met({"x": 1.001})


def test_a_bar_on_a_figure_that_was_not_measured_is_an_error():
    with pytest.raises(KeyError):
        Bar("absent", "at most", 1.0).is_met({"x": 1.0})


def test_a_figure_that_is_not_a_number_meets_no_bar():
    nan = float("nan")
    assert not Bar("x", "at least", 0.0).is_met({"x": nan})
    assert not Bar("x", "at most", 9.0).is_met({"x": nan})


def test_the_table_names_what_is_missed():
    lines = table(RESULT).splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["met", "MISSED", "0.3333"]


def test_the_file_holds_figures_bars_date_machine_commit_and_command(tmp_path):
    path = write(RESULT, date="2001-02-03", folder=tmp_path)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "sample.json"
    assert record["date"] == "2001-02-03"
    assert record["figures"] == {"good": 0.98, "slow": 2.5, "free": 0.33333}
    assert record["bars"]["slow"] == {"bar": "at most 2", "met": False}
    assert record["machine"]["cores"] >= 1
    assert record["commit"]
    assert record["command"].startswith("python")
    assert record["details"]["kinds"]["bar"]["share"] == 0.12346


def test_a_missed_bar_gives_exit_code_1(tmp_path, capsys):
    assert finish(RESULT, date="2001", folder=tmp_path) == 1
    met = Result("other", RESULT.figures, RESULT.bars[:1], {})
    assert finish(met, date="2001", folder=tmp_path) == 0
    assert "MISSED" in capsys.readouterr().out


def test_innermost_lists_and_mappings_take_one_line_each():
    text = as_text({"a": [[1, 2], [3, 4]], "b": {"c": {"d": 1, "e": "x [y] {z}"}}})
    assert json.loads(text) == {"a": [[1, 2], [3, 4]], "b": {"c": {"d": 1, "e": "x [y] {z}"}}}
    assert "[1, 2]" in text


def test_columns_line_up():
    assert grid([("a", "1"), ("bcd", "22")]).splitlines() == ["a     1", "bcd  22"]


def test_the_machine_has_no_host_or_user_name():
    assert set(machine()) == {"system", "processor", "cores", "python"}


def test_the_command_names_no_place_of_one_machine(monkeypatch):
    monkeypatch.setattr(
        sys, "argv", ["seam.py", "--media", "/a/b", "--results=/c", "--frames", "20", "--sheet", "/d.png"]
    )
    assert command().endswith(" --frames 20")
    assert not any(place in command() for place in ("/a/b", "/c", "/d.png", "--media", "--results", "--sheet"))
