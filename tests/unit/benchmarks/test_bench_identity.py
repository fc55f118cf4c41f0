import numpy as np
import pytest
from benchmarks.groups import APPARENT_AGE, age_of, breakdown, rates
from benchmarks.identity import LOST_DISTANCE, Measured, mean_likeness, table_of, untouched_table, worst
from benchmarks.measures import Likeness, pose_error_deg

from facefusion.core import HeadPose
from facefusion.errors import FaceFusionError
from facefusion.quality import check_distinct

RNG = np.random.default_rng(0)
GALLERY = {name: RNG.normal(0, 0.1, 128).astype(np.float32) for name in "abcd"}
PAIRS = [(s, t) for s in GALLERY for t in GALLERY if s != t]


def measured(noise, seed=1):
    rng = np.random.default_rng(seed)
    return [
        Measured(s, t, GALLERY[s] + rng.normal(0, noise, 128).astype(np.float32), Likeness(1.0, 0.1, 0.2))
        for s, t in PAIRS
    ]


def test_results_near_their_source_score_full_marks():
    table = table_of(measured(0.01), GALLERY)
    assert table.top1 == 1
    assert table.verified == 1
    assert table.mean_source_distance == pytest.approx(0.01 * 128**0.5, rel=0.1)
    assert table.mean_target_distance > 1


def test_a_result_without_a_face_counts_as_nobody():
    some = measured(0.01)
    some[0] = Measured(*PAIRS[0], None, None)
    table = table_of(some, GALLERY)
    assert table.top1 == pytest.approx(1 - 1 / len(PAIRS))
    assert max(score.source_distance for score in table.scores) == LOST_DISTANCE
    assert mean_likeness(some)["lost"] == 1


def test_two_pairs_that_score_alike_fail_the_benchmark():
    some = measured(0.01)
    some[1] = Measured(some[0].source, some[0].target, some[0].embedding, some[0].likeness)
    with pytest.raises(FaceFusionError, match="exactly"):
        table_of(some, GALLERY)


def test_two_methods_that_score_alike_fail_the_benchmark():
    table = table_of(measured(0.01), GALLERY)
    with pytest.raises(FaceFusionError, match="methods"):
        check_distinct({"ours": table, "paste_only": table_of(measured(0.01), GALLERY)})
    check_distinct({"ours": table, "paste_only": table_of(measured(0.01, seed=2), GALLERY)})


def test_doing_nothing_shows_the_target_and_never_the_source():
    table = untouched_table(GALLERY)
    assert len(table.scores) == 12
    assert table.top1 == 0
    assert table.mean_target_distance == 0
    assert table.mean_source_distance > 1


def test_groups_are_counted_by_source_and_by_target():
    groups = {"a": "x", "b": "x", "c": "y", "d": "y"}
    split = breakdown(table_of(measured(0.01), GALLERY), groups)
    assert {side: {g: row["pairs"] for g, row in rows.items()} for side, rows in split.items()} == {
        "by_source": {"x": 6, "y": 6},
        "by_target": {"x": 6, "y": 6},
    }
    assert rates(untouched_table(GALLERY))["pairs"] == 12


def test_every_age_band_has_several_people_and_a_stranger_has_none():
    bands = list(APPARENT_AGE.values())
    assert len(bands) == 18
    assert min(bands.count(band) for band in ("young", "middle", "old")) >= 4
    assert age_of("somebody") == "unknown"


def test_the_worst_pairs_come_first():
    listed = worst(table_of(measured(0.05), GALLERY), count=5)
    distances = [row["to_source"] for row in listed]
    assert distances == sorted(distances, reverse=True)
    assert len(listed) == 5


def test_angles_are_compared_the_short_way_round():
    assert pose_error_deg(HeadPose(0, 0, 179), HeadPose(3, -3, -178)) == pytest.approx(3)
