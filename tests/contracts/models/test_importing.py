"""Files that people bring: recognised, tried and written down, or refused in one clear line."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from builders import BUILDERS

import miniature_zoo as zoo
import miniatures
from command_line import call, refused, succeeded
from facefusion.errors import FaceFusionError, ModelError, ModelInvalid, UsageError
from facefusion.models import ModelStore
from facefusion.models.bundles import export_bundle, import_bundle
from facefusion.models.card import read_card
from facefusion.models.card_text import card_text
from facefusion.models.graph_writer import Value, model, node, write
from facefusion.models.guessing import guess
from facefusion.models.importing import Told, import_model
from facefusion.models.sniffing import check_file
from facefusion.models.zoo import Zoo
from wrong_models import WRONG


@pytest.fixture
def own(tmp_path: Path) -> ModelStore:
    return ModelStore((tmp_path / "models",))


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_such_model_is_refused_in_one_line(kind: str, tmp_path: Path, own: ModelStore) -> None:
    make, says = WRONG[kind]
    path = tmp_path / f"{kind}.onnx"
    make(path)
    with pytest.raises(ModelError, match=says) as caught:
        import_model(path, own, Told(known_as="inswapper_128"))
    assert "\n" not in str(caught.value)
    assert kind in str(caught.value) or "inswapper_128" in str(caught.value)
    assert not own.folders[0].exists() or not any(own.folders[0].iterdir())


BECAUSE = {
    "unknown_operator": "uses the operator Conjure",
    "new_opset": "its opset 99 is newer",
    **dict.fromkeys(("damaged", "other_shapes", "nan", "deaf"), "no tensor fits"),
}
"""What is said of those that only loading or running shows, where they are dropped in as a restorer."""


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_dropped_in_is_refused_in_one_line_too(kind: str, tmp_path: Path) -> None:
    make, says = WRONG[kind]
    make(tmp_path / "gfpgan_1.3.onnx")
    with pytest.raises(ModelError, match=BECAUSE.get(kind, says)) as caught:
        Zoo(ModelStore((tmp_path,))).adapter("gfpgan_1.3", "face_enhancer")
    assert "\n" not in str(caught.value)


def test_every_miniature_is_recognised_by_its_tensors_and_name(folder: Path) -> None:
    store = ModelStore((folder,))
    for name in BUILDERS:
        path = folder / name
        card = store.card_of(path)
        assert card is not None
        found = guess(path, check_file(path))
        assert found.card.contract == card.contract, (name, found.why)


def test_an_unnamed_file_is_recognised_by_its_tensors_alone(folder: Path, tmp_path: Path) -> None:
    for name, contract in (
        ("inswapper_128.onnx", "inswapper"), ("arcface_w600k_r50.onnx", "arcface"), ("yoloface_8n.onnx", "yoloface"),
        ("codeformer.onnx", "codeformer"), ("xseg_1.onnx", "xseg"), ("wav2lip_96.onnx", "wav2lip"),
        ("somebody.dfm", "dfm"), ("rvm_mobilenetv3_fp32.onnx", "rvm"), ("2d106det.onnx", "landmarks_106"),
    ):  # fmt: skip
        path = tmp_path / f"model{Path(name).suffix}"
        shutil.copy(folder / name, path)
        assert guess(path, check_file(path)).card.contract == contract, name


@pytest.mark.parametrize("batched", [False, True])
def test_exports_of_one_detector_with_and_without_a_batch_find_the_same(
    batched: bool, tmp_path: Path, own: ModelStore
) -> None:
    path = zoo.scrfd(tmp_path / "finder.onnx", batched=batched)
    found = import_model(path, own, Told(licence="MIT", commercial_use=True))
    assert found.card.contract == "scrfd"
    assert found.card.outputs[0].shape == ((1, 12800, 1) if batched else (12800, 1))
    pixels = np.zeros((640, 640, 3), np.uint8)
    pixels[160:192, 320:352] = 255
    faces = Zoo(own).adapter("finder", "face_detector").detect(pixels, above=0.9)
    assert len(faces) > 0
    sides = 8 * np.array([-zoo.SIDES[0], -zoo.SIDES[1], zoo.SIDES[2], zoo.SIDES[3]])
    assert np.allclose(faces.boxes[0], np.tile((320, 160), 2) + sides, atol=1e-3)


def test_outputs_of_no_declared_length_are_told_apart_by_running_them(tmp_path: Path, own: ModelStore) -> None:
    pixels = np.zeros((640, 640, 3), np.uint8)
    pixels[160:192, 320:352] = 255
    found = []
    for name, names in (("one", ("a", "b", "c")), ("other", ("c", "a", "b"))):
        path = zoo.retinaface(tmp_path / f"{name}.onnx", names)
        assert import_model(path, own, Told(licence="MIT", commercial_use=True)).card.contract == "retinaface"
        found.append(Zoo(own).adapter(name, "face_detector").detect(pixels, above=0.9))
    assert len(found[0]) > 0
    assert np.array_equal(found[0].boxes, found[1].boxes)


def test_a_file_is_known_by_its_projects_own_spelling_and_not_by_common_words(folder: Path, tmp_path: Path) -> None:
    reasons = {}
    for name in ("RealESRGAN_x2plus", "realistic"):
        path = tmp_path / f"{name}.onnx"
        shutil.copy(folder / "real_esrgan_x2.onnx", path)
        reasons[name] = guess(path, check_file(path)).why
    assert any("is called real_esrgan" in why for why in reasons["RealESRGAN_x2plus"])
    assert not any("is called" in why for why in reasons["realistic"])


def test_of_a_stranger_with_many_tensors_the_first_are_told(tmp_path: Path, own: ModelStore) -> None:
    path = zoo.matting(tmp_path / "many.onnx", size=100, coarser=30)
    with pytest.raises(ModelInvalid, match="19 more, which fits matting, upscaler alike") as caught:
        import_model(path, own)
    assert "output_10 " in str(caught.value)
    assert "output_11 " not in str(caught.value)


def test_a_graph_that_leaves_shapes_out_is_refused_and_one_that_leaves_lengths_free_is_taken(
    tmp_path: Path, own: ModelStore
) -> None:
    def copying(name: str, shape: tuple[int | str, ...]) -> Path:
        graph = model([node("Identity", ["input"], ["output"])], [Value("input", shape)], [Value("output", shape)], [])
        return write(tmp_path / f"{name}.onnx", graph)

    with pytest.raises(ModelInvalid, match=r"takes input \(no shape\) float32.*face_restorer takes input \(1, 3, 512"):
        import_model(copying("bare", ()), own, Told(known_as="gfpgan_1.3"))
    import_model(copying("free", ("n", "c", "h", "w")), own, Told(known_as="gfpgan_1.3"))
    crop = np.full((512, 512, 3), 0.25, np.float32)
    assert np.allclose(Zoo(own).adapter("gfpgan_1.3", "face_enhancer").restore([crop, crop]), 0.25, atol=1e-6)


def test_what_several_contracts_fit_has_to_be_said(folder: Path, tmp_path: Path, own: ModelStore) -> None:
    path = tmp_path / "mystery.onnx"
    shutil.copy(folder / "ghost_1_256.onnx", path)
    with pytest.raises(ModelInvalid, match=r"fits .*ghost.* alike; say which with --contract"):
        import_model(path, own)
    found = import_model(path, own, Told(contract="ghost", licence="Apache-2.0", commercial_use=True))
    assert (found.card.name, found.card.contract, found.card.template) == ("mystery", "ghost", "arcface_112_v1")
    assert own.card("mystery") == found.card
    assert own.path("mystery").name == "mystery.onnx"
    with pytest.raises(ModelInvalid, match=r"codeformer takes input \(1, 3, 512, 512\), weight"):
        import_model(path, own, Told(name="other", contract="codeformer"))
    with pytest.raises(UsageError, match="contract 'nonsense': unknown"):
        import_model(path, own, Told(contract="nonsense"))


def test_a_card_survives_being_written() -> None:
    for card in ModelStore().cards():
        text = card_text(card)
        path = Path(pytest.importorskip("tempfile").mkdtemp()) / f"{card.name}.toml"
        path.write_text(text, encoding="utf-8")
        assert read_card(path) == card


def test_import_by_the_command_line_then_use_then_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(tmp_path / "models"))
    mine = miniatures.swapper(tmp_path / "My Swapper.onnx", size=128, template="arcface_128", emap=True)
    told = succeeded("models", "import", mine)
    assert "my_swapper: a face_swapper by the contract inswapper" in told.out
    assert "it holds a 512x512 matrix" in told.out
    succeeded("models", "import", folder / "arcface_w600k_r50.onnx", "--as", "arcface_w600k_r50")
    assert str(tmp_path / "models" / "my_swapper.onnx") in succeeded("models", "path", "my_swapper").out
    assert "my_swapper" in succeeded("models", "list").out
    assert "as known (import" in succeeded("models", "verify").out
    place = tmp_path / "models" / "my_swapper.onnx"
    place.write_bytes(place.read_bytes() + b"\x12\x01x")
    work = tmp_path / "work"
    work.mkdir()
    outcome = call("models", "verify")
    assert outcome.code == 6
    assert "my_swapper.onnx: changed (import" in outcome.out
    assert "my_swapper.onnx: not what they were" in outcome.err
    succeeded("models", "remove", "my_swapper")
    refused(work, 2, "unknown model 'my_swapper'", "models", "path", "my_swapper")
    refused(work, 2, "comes with the package", "models", "remove", "open_nsfw")


def test_a_licence_that_nobody_stated_is_not_said_to_forbid_anything(tmp_path: Path, own: ModelStore) -> None:
    import_model(zoo.yunet(tmp_path / "finder.onnx"), own)
    with pytest.raises(ModelError, match=r"not stated\) counts as one .* where you got the file \(.*finder\.onnx\)"):
        Zoo(own).check("finder", "face_detector")


def test_a_bundle_carries_everything_to_another_machine(folder: Path, tmp_path: Path, own: ModelStore) -> None:
    here = ModelStore((folder,))
    bundle = tmp_path / "zoo.zip"
    held = export_bundle(here, ["inswapper_128", "somebody"], bundle)
    assert held == ("inswapper_128", "arcface_w600k_r50", "somebody")
    assert import_bundle(own, bundle) == held
    for name in held:
        assert own.sha256(name) == here.sha256(name)
    Zoo(own).check("inswapper_128", "face_swapper")
    with pytest.raises(FaceFusionError, match="is there already"):
        export_bundle(here, ["somebody"], bundle)


def test_a_bundle_that_was_changed_is_refused(folder: Path, tmp_path: Path, own: ModelStore) -> None:
    bundle, changed = tmp_path / "zoo.zip", tmp_path / "changed.zip"
    export_bundle(ModelStore((folder,)), ["crossface_ghost"], bundle)
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data[:-1] + b"?" if name.endswith(".onnx") else data)
    with pytest.raises(ModelInvalid, match="is not what the bundle says"):
        import_bundle(own, changed)
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(tmp_path / "evil.zip", "w") as target:
        for name in source.namelist():
            said = source.read(name).replace(b"crossface_ghost.onnx", b"../../../evil/x.onnx")
            target.writestr(name.replace("crossface_ghost.onnx", "../../../evil/x.onnx"), said)
    with pytest.raises(ModelInvalid, match="is in a file called"):
        import_bundle(own, tmp_path / "evil.zip")
    assert not any(path.suffix == ".onnx" for path in own.folders[0].glob("*"))


def test_a_file_that_changed_since_it_was_first_seen_is_refused(tmp_path: Path) -> None:
    store, path = ModelStore((tmp_path,)), zoo.scrfd(tmp_path / "retinaface_10g.onnx")
    store.path("retinaface_10g")
    path.write_bytes(path.read_bytes() + b"\x12\x01x")
    with pytest.raises(ModelInvalid, match=r"another than when it was first seen.*import .* --as retinaface_10g"):
        store.path("retinaface_10g")


def test_a_file_that_only_lies_elsewhere_now_is_not_hashed_again(tmp_path: Path) -> None:
    store = ModelStore((tmp_path,))
    zoo.scrfd(tmp_path / "retinaface_10g.onnx")
    first = store.sha256("retinaface_10g")
    data = np.frombuffer((tmp_path / "retinaface_10g.onnx").read_bytes(), np.uint8)
    (tmp_path / "retinaface_10g.onnx").touch()
    assert store.sha256("retinaface_10g") == first
    assert len(data) > 1000


def test_networks_that_differ_only_in_what_they_are_shown_have_to_be_told_apart(
    folder: Path, tmp_path: Path, own: ModelStore
) -> None:
    path = tmp_path / "mystery.onnx"
    shutil.copy(folder / "BiRefNet-general-epoch_244.onnx", path)
    with pytest.raises(ModelInvalid, match=r"numbers of ben2, birefnet_general, isnet_general_use alike.*--like"):
        import_model(path, own)
    found = import_model(path, own, Told(like="birefnet_general"))
    assert found.card.inputs[0].mean == (0.485, 0.456, 0.406)
    free = zoo.matting(tmp_path / "free.onnx", size="free")
    with pytest.raises(ModelInvalid, match=r"modnet.* alike.*--like"):
        import_model(free, own)
    with pytest.raises(UsageError, match="modnet keeps the contract matting, not xseg"):
        import_model(free, own, Told(like="modnet", contract="xseg"))


def test_a_file_said_to_be_a_model_is_compared_with_that_model(folder: Path, tmp_path: Path, own: ModelStore) -> None:
    with pytest.raises(ModelInvalid, match=r"gives output \(1, 3, 256, 256\).*takes input \(1, 3, 512, 512\)"):
        import_model(folder / "gpen_bfr_256.onnx", own, Told(known_as="gpen_bfr_512"))
    found = import_model(folder / "restoreformer_plus_plus.onnx", own, Told(known_as="restoreformer_plus_plus"))
    assert "shapes of restoreformer_plus_plus" in found.why[0]
    with pytest.raises(UsageError, match="open_nsfw: comes with the package"):
        import_model(folder / "gpen_bfr_256.onnx", own, Told(known_as="open_nsfw"))


def test_a_picture_in_another_range_gives_a_wrong_guess_away(folder: Path, own: ModelStore) -> None:
    with pytest.raises(ModelInvalid, match=r"output goes from -\S+ to \S+, expected is about 0 to 1"):
        import_model(folder / "ghost_1_256.onnx", own, Told(known_as="simswap_256"))
