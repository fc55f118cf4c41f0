"""Finding weights and checking them."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from facefusion.errors import ModelInvalid, ModelMissing, UsageError
from facefusion.models import ModelStore, card_named, store
from facefusion.models.graph_writer import Value, model, node
from facefusion.models.store import WEIGHTS, sha256_of


def test_bundled_weights_are_found_without_a_folder() -> None:
    assert ModelStore().path("dlib_resnet_v1") == WEIGHTS / "dlib_resnet_v1.onnx"
    assert ModelStore().has("dlib_resnet_v1")
    assert not ModelStore().has("inswapper_128")


def test_the_first_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "gfpgan_1.3.onnx").write_bytes(model([node("Neg", ["x"], [folder.name])], [Value("x", (1,))], []))
    assert ModelStore((tmp_path / "none", second, first)).path("gfpgan_1.3") == second / "gfpgan_1.3.onnx"


def test_a_missing_model_says_what_it_is_and_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        ModelStore((tmp_path,)).path("inswapper_128")
    text = str(caught.value)
    for part in ("inswapper_128", "554 MB", "non-commercial", str(tmp_path), "facefusion models show inswapper_128"):
        assert part in text
    assert "\n" not in text
    with pytest.raises(ModelMissing, match="FACEFUSION_MODELS"):
        ModelStore().path("inswapper_128")


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "inswapper_128.onnx"
    place.write_bytes(model([node("Neg", ["x"], ["y"])], [Value("x", (1,))], []))
    with pytest.raises(ModelInvalid, match=r"not the inswapper_128 .* sha256"):
        ModelStore((tmp_path,)).path("inswapper_128")
    place.write_bytes(b"<!DOCTYPE html><html>please log in</html>")
    with pytest.raises(ModelInvalid, match=r"inswapper_128\.onnx: is a web page"):
        ModelStore((tmp_path,)).path("inswapper_128")


def test_damaged_bundled_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray((WEIGHTS / "blazeface_short_range.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "blazeface_short_range.onnx").write_bytes(data)
    monkeypatch.setattr(store, "WEIGHTS", tmp_path)
    with pytest.raises(ModelInvalid, match="damaged"):
        ModelStore().path("blazeface_short_range")
    with pytest.raises(ModelMissing, match="install FaceFusion again"):
        ModelStore().path("dlib_resnet_v1")


def test_a_further_export_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "inswapper_128.onnx"
    file.write_bytes(b"another export")
    card = replace(card_named("inswapper_128"), other_sha256=(hashlib.sha256(b"another export").hexdigest(),))
    monkeypatch.setattr(store, "card_named", lambda name: card)
    assert ModelStore((tmp_path,)).path("inswapper_128") == file


def test_hashes_are_kept_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights.onnx"
    file.write_bytes(b"one")
    reads = []
    real = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: reads.append(1) or real(*given))
    assert sha256_of(file) == sha256_of(file) == hashlib.sha256(b"one").hexdigest()
    assert len(reads) == 1
    file.write_bytes(b"other")
    assert sha256_of(file) == hashlib.sha256(b"other").hexdigest()


def test_a_file_is_recognised_by_name_or_content(tmp_path: Path) -> None:
    renamed = tmp_path / "my_encoder.onnx"
    shutil.copy(WEIGHTS / "dlib_resnet_v1.onnx", renamed)
    assert ModelStore().card_of(renamed) == card_named("dlib_resnet_v1")
    assert ModelStore().card_of(tmp_path / "simswap_256.onnx") == card_named("simswap_256")
    stranger = tmp_path / "stranger.onnx"
    stranger.write_bytes(b"?")
    assert ModelStore().card_of(stranger) is None


def test_unknown_names_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown model 'nothing'"):
        ModelStore().path("nothing")
