import sys

import pytest
from benchmarks.watch import trend, watch


def flat(megabytes, count=60):
    return [(float(second), int(megabytes * 1e6)) for second in range(count)]


def test_a_flat_run_has_no_slope_and_no_growth():
    found = trend(flat(500))
    assert found.slope_mb_per_minute == pytest.approx(0, abs=1e-9)
    assert found.growth_mb == 0


def test_a_leak_of_one_megabyte_a_second_is_sixty_a_minute():
    found = trend([(float(s), int((100 + s) * 1e6)) for s in range(120)])
    assert found.slope_mb_per_minute == pytest.approx(60)
    assert found.growth_mb > 60


def test_what_is_loaded_at_the_start_does_not_count():
    loading = [(float(s), int((100 + 50 * s) * 1e6)) for s in range(6)]
    later = [(float(s), int(400e6)) for s in range(6, 100)]
    assert trend(loading + later).slope_mb_per_minute == pytest.approx(0, abs=1e-6)


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="5 samples"):
        trend(flat(1, 5))


def test_a_child_is_watched_to_its_end():
    code = "import time; block = bytearray(60_000_000); time.sleep(0.6); raise SystemExit(3)"
    seen = watch([sys.executable, "-c", code], every_seconds=0.05)
    assert seen.returncode == 3
    assert seen.peak_bytes > 60e6
    assert seen.seconds > 0.6
