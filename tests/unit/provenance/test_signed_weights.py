"""The weights of the package are those that were signed; anything else is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import call
from facefusion.errors import InvalidInput
from facefusion.models.store import WEIGHTS
from facefusion.provenance import signed_weights
from facefusion.provenance.keys import SigningKey
from facefusion.provenance.signed_weights import MANIFEST, check_weights, listed, signed_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small files in the place of weights, with a manifest that tells the truth about them."""
    made = tmp_path / "weights"
    made.mkdir()
    for row in listed()["weights"]:
        (made / row["file"]).write_bytes(b"x")
    return made


def states(folder: Path, **said: object) -> dict[str, str]:
    return {one.file: one.state for one in check_weights(folder=folder, **said)}  # type: ignore[arg-type]


def test_the_package_is_as_released() -> None:
    found = check_weights()
    assert {one.file for one in found} == {path.name for path in WEIGHTS.glob("*.onnx")}
    assert all(one.is_sound for one in found), found


def test_the_manifest_says_what_the_cards_say() -> None:
    said = json.loads(MANIFEST.read_text())
    assert said["weights"] == listed()["weights"], "weights changed: a maintainer signs them with tools/sign_weights.py"


def test_changed_files_and_strangers_are_told(folder: Path) -> None:
    shutil.copy(WEIGHTS / "face_occlusion.onnx", folder / "face_occlusion.onnx")
    (folder / "more.onnx").write_bytes(b"x")
    (folder / "blazeface_short_range.onnx").unlink()
    found = states(folder)
    assert found["face_occlusion.onnx"] == "as released"
    assert found["dlib_resnet_v1.onnx"] == "changed"
    assert found["blazeface_short_range.onnx"] == "missing"
    assert found["more.onnx"] == "not released"


def test_a_manifest_of_another_key_is_refused(tmp_path: Path) -> None:
    mine = SigningKey.generate()
    (tmp_path / "m.json").write_text(signed_text(mine))
    with pytest.raises(InvalidInput, match="not signed by a trusted key"):
        check_weights(manifest=tmp_path / "m.json")
    assert check_weights([mine.public], manifest=tmp_path / "m.json")


def test_an_altered_manifest_is_refused(tmp_path: Path) -> None:
    text = MANIFEST.read_text()
    digest = json.loads(text)["weights"][0]["sha256"]
    (tmp_path / "m.json").write_text(text.replace(digest, "0" * 64))
    with pytest.raises(InvalidInput, match="not signed by a trusted key"):
        check_weights(manifest=tmp_path / "m.json")


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_nothing_else_is_taken_for_a_manifest(tmp_path_factory: pytest.TempPathFactory, content: bytes | str) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInput):
        check_weights(manifest=path)


def test_the_command_ends_with_6_when_weights_differ(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    assert call("models", "verify").code == 0
    monkeypatch.setattr(signed_weights, "check_weights", lambda trusted: check_weights(trusted, folder=folder))
    outcome = call("models", "verify")
    assert (outcome.code, "not as released" in outcome.err) == (6, True)


def test_the_command_takes_a_key_that_came_another_way(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(SigningKey.generate().public.to_text())
    outcome = call("models", "verify", "--trust", tmp_path / "other.txt")
    assert (outcome.code, "not signed by a trusted key" in outcome.err) == (3, True)
