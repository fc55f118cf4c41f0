"""A class that begins with nothing: sample media, the three ready exercises, and a result with mistakes."""

from __future__ import annotations

from pathlib import Path

import classroom
import pytest

from service_world import World, picture


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("class"))


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    files = [tmp_path_factory.mktemp("media") / name for name in ("source.png", "target.png")]
    for seed, file in enumerate(files):
        file.write_bytes(picture(seed))
    return files


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_class_has_exercises_with_media_and_a_result_to_look_at(
    world: World, media: list[Path], language: str
) -> None:
    project = classroom.begin_class(world.client, *media, name=f"9b {language}", language=language)
    assert world.client.get(f"/v1/projects/{project}").json()["kind"] == "teaching"
    exercises = world.client.get("/v1/exercises", params={"project_id": project}).json()
    assert len(exercises) == 3
    assert all(len(one["checks"]) >= 3 and one["text"] and len(one["asset_ids"]) == 2 for one in exercises)
    world.work()
    (job,) = world.client.get("/v1/jobs", params={"project_id": project, "kind": "render"}).json()["items"]
    assert job["state"] == "succeeded"
    assert job["request"]["options"]["mask-occlusion"] is False


def test_what_the_server_does_not_take_is_said_in_a_line(world: World, media: list[Path]) -> None:
    stranger = world.user("stranger")
    with pytest.raises(classroom.ClassFailed, match="/v1/projects: "):
        classroom.begin_class(stranger, *media, name="mine", language="en")
