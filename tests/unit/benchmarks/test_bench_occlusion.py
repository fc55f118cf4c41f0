import numpy as np
from benchmarks.occluders import KINDS
from benchmarks.occlusion import Case, Outcome, cases, rows, share, summary, unchanged

NAMES = [f"p{k}" for k in range(18)]


def test_there_are_sixty_cases_twelve_a_kind_with_all_portraits_and_no_one_on_themselves():
    planned = list(cases(NAMES))
    assert len(planned) == 60
    assert all(sum(case.kind == kind for case in planned) == 12 for kind in KINDS)
    assert all(case.source != case.target for case in planned)
    assert {case.target for case in planned} == set(NAMES)
    assert len({case.seed for case in planned}) == 60


def test_a_small_difference_is_unchanged_and_a_visible_one_is_not():
    before = np.full((4, 4, 3), 120, np.uint8)
    after = before.copy()
    after[0] = 122
    after[1] = 140
    where = np.zeros((4, 4), bool)
    where[:3] = True
    assert unchanged(after, before, where).sum(axis=1).tolist() == [4, 0, 4, 0]


def test_shares_are_of_all_pixels_not_means_of_shares():
    assert share([(90, 100), (0, 900)]) == 0.09
    assert share([]) == 0


def outcome(kept, is_top1=True, kind="bar"):
    return Outcome(Case("a", "b", kind, 1), (kept, 100), (kept // 2, 50), is_top1, "done", 0.02)


def test_painting_over_or_losing_the_person_misses_a_bar():
    good = [outcome(100, kind=kind) for kind in KINDS]
    assert not summary(good, good, {"a": 0.0}).misses()
    painted = [outcome(80, kind=kind) for kind in KINDS]
    assert {bar.figure for bar in summary(painted, good, {"a": 0.0}).misses()} == {"unchanged", "unchanged_inside_face"}
    nobody = [outcome(100, is_top1=False, kind=kind) for kind in KINDS]
    assert [bar.figure for bar in summary(nobody, good, {"a": 0.0}).misses()] == ["identity_top1"]


def test_the_worst_case_is_told():
    assert rows([outcome(100), outcome(60)])["worst_inside_face"] == 0.6
