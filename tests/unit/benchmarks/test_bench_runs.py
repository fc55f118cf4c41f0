from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from benchmarks.clips import enlarged, looped, transcode
from benchmarks.cost import Spent, alternated, row
from benchmarks.cost import summary as cost_summary
from benchmarks.first_screen import summary as screen_summary
from benchmarks.measures import Likeness
from benchmarks.media import ACTRESS_CLIP, MediaMissing, actress_clip, people, read_picture, write_picture
from benchmarks.memory import summary as memory_summary
from benchmarks.startup import summary as startup_summary
from benchmarks.steadiness import Moment, flicker, tremble
from benchmarks.steadiness import summary as steadiness_summary
from benchmarks.watch import Watched

from facefusion.core import Frame, Timestamp
from facefusion.media import VideoFormat, VideoWriter, open_media

RATE = Fraction(1, 25)


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory):
    """Ten frames of 64 × 48 that get brighter."""
    path = tmp_path_factory.mktemp("clips") / "ramp.mp4"
    like = VideoFormat(width=64, height=48, time_base=RATE, average_fps=Fraction(25))
    with VideoWriter(path, like=like) as writer:
        for index in range(10):
            pixels = np.full((48, 64, 3), 20 * index + 20, np.uint8)
            writer.write(Frame(pixels, index, Timestamp(index, RATE), 1))
    return path


def brightness(path):
    with open_media(path) as reader:
        return [round(float(frame.pixels.mean())) for frame in reader]


def test_a_looped_clip_repeats_the_pictures_evenly_in_time(short_clip, tmp_path):
    long = looped(short_clip, 1.2, tmp_path / "long.mp4")
    levels = brightness(long)
    assert levels == brightness(short_clip) * 3
    with open_media(long) as reader:
        times = [time.seconds for time in reader.timestamps()]
    assert {after - before for before, after in pairwise(times)} == {RATE}
    assert [path.name for path in tmp_path.iterdir()] == ["long.mp4"]


def test_an_enlarged_clip_keeps_its_pictures(short_clip, tmp_path):
    large = enlarged(short_clip, 96, tmp_path / "large.mp4")
    with open_media(large) as reader:
        assert (reader.info.width, reader.info.height, reader.num_frames) == (128, 96, 10)
    assert brightness(large) == pytest.approx(brightness(short_clip), abs=2)


def test_transcoding_changes_nothing_but_coding(short_clip, tmp_path):
    assert transcode(short_clip, tmp_path / "plain.mp4") == 10
    assert brightness(tmp_path / "plain.mp4") == pytest.approx(brightness(short_clip), abs=2)


def test_runs_alternate_and_the_first_turn_does_not_count():
    calls = []
    first, second = alternated(lambda: calls.append("a"), lambda: calls.append("b"), 3)
    assert calls == ["a", "b"] * 4
    assert len(first) == len(second) == 3


def test_the_ratio_is_one_of_medians():
    swaps = [Spent(4.0, 3.0), Spent(100.0, 3.0), Spent(6.0, 3.0)]
    plain = [Spent(1.0, 1.0), Spent(2.0, 1.0), Spent(3.0, 1.0)]
    found = row(swaps, plain, 30)
    assert found["ratio"] == 3
    assert found["processor_ratio"] == 3
    assert found["swap_frames_per_second"] == 5
    result = cost_summary({"360p": found})
    assert [bar.figure for bar in result.bars] == ["ratio_360p"]
    assert not result.misses()
    dear = cost_summary({"1080p": row([Spent(4.0, 4.0)], [Spent(1.0, 1.0)], 1)})
    assert [bar.figure for bar in dear.misses()] == ["ratio_1080p"]


def memory_of(megabytes):
    return Watched(0, 100.0, tuple((float(k), int(held * 1e6)) for k, held in enumerate(megabytes)))


def test_memory_that_grows_misses_its_bar_and_so_does_too_much_of_it():
    growing = memory_summary(memory_of([700 + 3.0 * k for k in range(90)]), 10)
    large = memory_summary(memory_of([1600.0] * 90), 10)
    assert not memory_summary(memory_of([900.0] * 90), 10).misses()
    assert [bar.figure for bar in growing.misses()] == ["growth_mb"]
    assert [bar.figure for bar in large.misses()] == ["peak_mb"]


def test_only_ten_minutes_prove_the_claim():
    assert memory_summary(memory_of([900.0] * 90), 10).name == "memory"
    assert memory_summary(memory_of([900.0] * 90), 1).name == "memory_short"


def test_a_slow_first_screen_misses_its_bar():
    assert not screen_summary(70, [0.9, 0.5], [0.4]).misses()
    assert [bar.figure for bar in screen_summary(70, [1.2, 1.3], [0.4]).misses()] == ["usable_cold_seconds"]


def test_a_slow_start_misses_its_bar():
    slow = startup_summary({"bare": [0.02], "import": [0.4, 0.1, 0.4], "help": [0.5]}, {})
    assert [bar.figure for bar in slow.misses()] == ["import_seconds"]
    assert slow.figures["import_over_bare"] == pytest.approx(20)


def test_steady_movement_is_no_tremble_and_steady_light_no_flicker():
    points = np.random.default_rng(0).random((30, 2)).astype(np.float32)
    moving = [points + np.float32(k * 0.3) for k in range(20)]
    assert tremble(moving) == pytest.approx(0, abs=1e-5)
    shaken = [one + np.float32(0.01 * (-1) ** k) for k, one in enumerate(moving)]
    assert tremble(shaken) == pytest.approx(0.04 * 2**0.5, rel=1e-3)
    assert flicker([1, 2, 3, 4]) == 0
    assert flicker([1, 2, 1, 2]) == 2


def test_dropped_and_lost_frames_are_counted():
    points = np.zeros((4, 2), np.float32)

    def moment(index, to_source, to_target):
        bent = points + np.float32(index**2)
        return Moment(index, to_source, to_target, Likeness(1, 0, 0), bent, 2 * bent, (index**2, 3 * index**2))

    seen = [moment(0, 0.4, 0.8), moment(1, 0.5, 0.8), None, moment(2, 0.9, 0.3)]
    result = steadiness_summary(seen)
    assert result.figures["lost_faces"] == 1
    assert result.figures["dropped_swaps"] == 1
    assert result.figures["to_source_largest_jump"] == pytest.approx(0.4)
    assert result.figures["tremble_ratio"] == pytest.approx(2)
    assert result.figures["flicker_ratio"] == pytest.approx(3)
    assert result.details["dropped_frames"] == [2]


def test_missing_media_is_said_without_a_path_of_this_machine(tmp_path):
    with pytest.raises(MediaMissing) as caught:
        people(tmp_path / "some" / "where" / "media")
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(MediaMissing, match="make demo"):
        actress_clip(tmp_path / "nowhere.mp4", (tmp_path,))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ACTRESS_CLIP).touch()
    assert actress_clip(None, (tmp_path,)).parent.name == "sub"


def test_pictures_come_back_as_they_were_written(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    path = write_picture(tmp_path / "new folder" / "é.png", pixels)
    assert np.array_equal(read_picture(path), pixels)
