"""The folder of models through the command line: listed, kept, removed, carried away, and what stands in the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import miniature_zoo as zoo
from command_line import call, refused, succeeded
from facefusion.cli.models_fetch import USED_BY
from facefusion.errors import UsageError
from facefusion.models import ModelStore, writing
from facefusion.models.importing import import_model, plain_name


@pytest.fixture
def own(tmp_path: Path) -> ModelStore:
    return ModelStore((tmp_path / "models",))


@pytest.mark.parametrize(
    ("stem", "name"),
    [("Ünser Modell (1)", "unser_modell_1"), ("a  b", "a_b"), ("Straße", "strasse"), (".x.", "x"), ("模型", "")],
)
def test_a_name_is_made_of_any_file_name(stem: str, name: str) -> None:
    assert plain_name(stem) == name


def test_two_files_of_one_name_do_not_replace_each_other(folder: Path, tmp_path: Path, own: ModelStore) -> None:
    for place, file in (("a", "yoloface_8n.onnx"), ("b", "xseg_1.onnx")):
        (tmp_path / place).mkdir()
        shutil.copy(folder / file, tmp_path / place / "model.onnx")
    first = import_model(tmp_path / "a" / "model.onnx", own).card
    with pytest.raises(UsageError, match="model: is a model of yours already, from another file"):
        import_model(tmp_path / "b" / "model.onnx", own)
    assert import_model(tmp_path / "a" / "model.onnx", own).card == first
    shutil.copy(folder / "xseg_1.onnx", tmp_path / "模型.onnx")
    with pytest.raises(UsageError, match="no name can be made of this; say --name"):
        import_model(tmp_path / "模型.onnx", own)


def test_what_others_need_stays_and_what_unfinished_pulls_left_goes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, work = tmp_path / "models", tmp_path / "work"
    monkeypatch.setenv("FACEFUSION_MODELS", str(here))
    here.mkdir()
    work.mkdir()
    for name in ("inswapper_128", "arcface_w600k_r50"):
        shutil.copy(folder / f"{name}.onnx", here)
    (here / ".modnet.onnx.part").write_bytes(b"half")
    (here / ".modnet.onnx.mark").write_text("tag")
    (here / ".modnet.onnx.k1ll3d").write_bytes(b"half a copy")
    refused(work, 2, r"arcface_w600k_r50: inswapper_128 cannot do without it", "models", "remove", "arcface_w600k_r50")
    refused(work, 2, "unknown model 'nonsense'", "models", "remove", "modnet", "nonsense")
    assert (here / ".modnet.onnx.part").exists(), "all or none"
    succeeded("models", "remove", "modnet")
    succeeded("models", "remove", "arcface_w600k_r50", "--force")
    succeeded("models", "remove", "inswapper_128")
    assert {path.name for path in here.iterdir()} <= {"facefusion-models.lock", "facefusion-models.lock.busy"}


def test_what_is_listed_and_shown_can_be_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "60")
    shutil.copy(folder / "xseg_1.onnx", tmp_path / "strange thing.onnx")
    told = call("models", "list")
    (row,) = (line for line in told.out.splitlines() if "live_portrait_feature_extractor" in line)
    assert row.split() == ["live_portrait_feature_extractor", "expression_editor", "missing", "yes", "MIT"]
    assert "strange thing.onnx: nothing is known of this file" in told.err
    assert "target (1, 3, 128, 128) float32, NCHW, rgb, 0 to 1" in succeeded("models", "show", "inswapper_128").out
    shown = succeeded("models", "show", "simswap_256").out
    assert "rgb, 0 to 1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225" in shown


def test_an_import_says_how_it_is_used_and_under_what_licence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "models"))
    told = succeeded("models", "import", folder / "edtalk_256.onnx", "--name", "lips")
    assert "lips: a lip_syncer by the contract edtalk" in told.out
    assert "use it with --lip-syncer-model lips" in told.out
    assert "`facefusion models accept lips`" in told.out
    assert "accept" not in succeeded("models", "import", folder / "xseg_1.onnx", "--name", "x", "--commercial-use").out


def test_the_options_that_an_import_names_are_there() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/guide/options.md").read_text(encoding="utf-8")
    assert not [option for option in USED_BY.values() if f"`--{option}`" not in page]


def test_a_bundle_that_cannot_be_written_or_read_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    bundle, work = tmp_path / "zoo.zip", tmp_path / "work"
    work.mkdir()
    refused(work, 7, r"zoo.zip: cannot be written to \(No such file or directory\)", "models", "export",
            "xseg_1", "--output", tmp_path / "none" / "zoo.zip")  # fmt: skip
    answer = json.loads(succeeded("--json", "models", "export", "xseg_1", "--output", bundle).out)
    assert answer == {"path": str(bundle), "models": ["xseg_1"]}
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "models"))
    (tmp_path / "cut.zip").write_bytes(bundle.read_bytes()[:-30])
    refused(work, 6, "is no bundle of .* or one that was cut off", "models", "import", tmp_path / "cut.zip")
    took = json.loads(succeeded("--json", "models", "import", bundle).out)
    assert took == {"name": "xseg_1", "path": str(tmp_path / "models" / "xseg_1.onnx")}
    zoo.xseg(tmp_path / "models" / "xseg_1.onnx").write_bytes(b"another")
    refused(work, 2, "is another file than the bundle's xseg_1", "models", "import", bundle)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "others"))
    refused(work, 7, "1 MB are free; zoo.zip takes", "models", "import", bundle)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_folder_that_takes_nothing_is_told_in_one_line(
    number: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "models"
    monkeypatch.setenv("FACEFUSION_MODELS", str(here))
    here.mkdir()
    shutil.copy(folder / "xseg_1.onnx", here)

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", fails)
    monkeypatch.setattr(Path, "unlink", fails)
    for words in (
        ("accept", "simswap_256"),
        ("import", folder / "xseg_1.onnx", "--name", "mine"),
        ("remove", "xseg_1"),
    ):
        outcome = call("--quiet", "models", *words)
        assert outcome.code == 7, (words, outcome)
        assert outcome.err.count("\n") == 1
        says = "is full; make room" if number == errno.ENOSPC else "name another folder with FACEFUSION_MODELS"
        assert says in outcome.err


def test_a_damaged_lock_file_is_told_before_anything_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "models"
    monkeypatch.setenv("FACEFUSION_MODELS", str(here))
    succeeded("models", "import", folder / "xseg_1.onnx", "--name", "mine")
    (here / "facefusion-models.lock").write_text("garbage")
    says = "facefusion-models.lock: cannot be read .* move it away to trust the files anew"
    for words in (("remove", "mine"), ("import", folder / "xseg_1.onnx", "--name", "other"), ("verify",)):
        refused(here, 6, says, "models", *words)
