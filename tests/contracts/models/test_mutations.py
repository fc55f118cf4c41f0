"""What no card can say is said by the adapters' own lines: each, changed in one point, must be noticed by its check."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from builders import DFM_CARD
from checks import CHECKS, Show
from test_contracts import Change, WrongStore, mutations

from facefusion.core.arrays import Float32
from facefusion.errors import FaceFusionError
from facefusion.models import ModelCard, ModelStore, TensorSpec, cards
from facefusion.models.card import read_card
from facefusion.models.contracts import ADAPTERS
from facefusion.models.zoo import Zoo

ROOM = "facefusion.models.adapters"
LINES: dict[str, tuple[str, str, str]] = {
    "inswapper_128: emap left out": ("swappers", "unit(unit(embedding) @ self._emap)", "unit(embedding)"),
    "inswapper_128: emap turned": ("swappers", "@ self._emap)", "@ self._emap.T)"),
    "inswapper_128: not of unit length": ("swappers", "unit(unit(embedding) @", "(unit(embedding) @"),
    "inswapper_128: first square, not the last": (
        "swappers", "self._emap = last_square(session.path, 512)", "self._emap = last_square(session.path, 512)[::-1]"),
    "hyperswap_1a_256: not of unit length": ("swappers", "return unit(embedding)", "return embedding"),
    "hyperswap_1a_256: mask of the wrong output": ("swappers", "channels_or_none == 1", "channels_or_none == 3"),
    "simswap_256: not converted": ("swappers", "return unit(self._converted(embedding))", "return unit(embedding)"),
    "simswap_256: not of unit length": ("swappers", "unit(self._converted(embedding))", "self._converted(embedding)"),
    "hififace_256: not of unit length": ("swappers", "unit(self._converted(embedding))", "self._converted(embedding)"),
    "ghost_1_256: of unit length": ("swappers", "return self._converted(embedding)", "return unit(embedding)"),
    "blendswap_256: source template": ("swappers", 'template = "arcface_112_v2"', 'template = "ffhq_512"'),
    "uniface_256: source template": ("swappers", 'template = "ffhq_512"', 'template = "arcface_112_v2"'),
    "blendswap_256: source input": ("swappers", "inputs[1].encode(identity", "inputs[0].encode(identity"),
    "somebody: not sharpened": ("swappers", "1.75, cv2", "1.0, cv2"),
    "somebody: outputs exchanged": ("swappers", "_, picture, mask = session", "mask, picture, _ = session"),
    "scrfd_2.5g: strides": ("detectors", "sides[at, :2] * stride, centres", "sides[at, :2] * 8, centres"),
    "retinaface_10g: centres": ("detectors", "[at] * stride\n            low", "[at] * stride + 4\n            low"),
    "scrfd_2.5g: one anchor": ("detectors", "max(number // len(grid), 1)", "1"),
    "scrfd_2.5g: outputs by level": ("detectors", "outputs[level + 3 * kind] for kind in range(3)",
                                     "outputs[3 * level + kind] for kind in range(3)"),
    "scrfd_2.5g: scale back": ("detectors", "rows[kept] / scale", "rows[kept] * scale"),
    "retinaface_mnet: variance": ("detectors", "points[at] * 0.1", "points[at] * 0.2"),
    "retinaface_mnet: sizes": ("detectors", "32: (256, 512)", "32: (128, 512)"),
    "retinaface_mnet: half a cell": ("detectors", "across * across) + 0.5) * stride", "across * across)) * stride"),
    "retinaface_mnet: background score": ("detectors", "outputs[1][0, :, 1]", "outputs[1][0, :, 0]"),
    "yoloface_8n: corner for centre": ("detectors", "table[:, :2] - half,", "table[:, :2],"),
    "yoloface_8n: points and scores": ("detectors", "reshape(-1, 5, 3)[..., :2]", "reshape(-1, 5, 3)[..., 1:]"),
    "yunet_2023_mar: class alone": ("detectors", "classes[:, 0] * objects[:, 0]", "classes[:, 0]"),
    "yunet_2023_mar: size as it is": ("detectors", "np.exp(sides[at, 2:]) * stride / 2", "sides[at, 2:] * stride"),
    "2dfan4: grid": ("landmarkers", "self.size / 64", "self.size / 60"),
    "2dfan4: crop": ("landmarkers", "around = 256 / 195", "around = 1.5"),
    "2d106det: range": ("landmarkers", "(outputs[0].reshape(106, 2) + 1)", "(outputs[0].reshape(106, 2))"),
    "live_portrait_landmarker: output": ("landmarkers", "outputs[2].reshape(203, 2)", "outputs[0].reshape(-1, 2)"),
    "bisenet_resnet_34: classes": ("parsers", "10, 11, 12, 13)", "11, 12, 13, 17)"),
    "codeformer: weight": ("enhancers", "np.array([fidelity])", "np.array([1 - fidelity])"),
    "somebody: morph": ("swappers", "np.array([identity.share]", "np.array([1.0]"),
    "crossface_ghost: of unit length": ("converters", "self._session.run(embedding)[0]",
                                        "self._session.run(embedding / 7)[0]"),
    "arcface_w600k_r50: length": ("recognisers", "(faces))[0].astype(np.float32)",
                                  "(faces))[0].astype(np.float32) * 2"),
    "xseg_1: the other way round": ("parsers", "mask: Float32 = np.clip(", "mask: Float32 = 1 - np.clip("),
    "2d106det: crop": ("landmarkers", "around = 1.5", "around = 256 / 195"),
    "live_portrait_landmarker: crop": ("landmarkers", "around = 1.5", "around = 256 / 195"),
    "live_portrait_landmarker: range": ("landmarkers", "reshape(203, 2) * np.float32(self.size)",
                                        "reshape(203, 2) * np.float32(self.size - 20)"),
    "modnet: any size": ("matting", "_MULTIPLE = 32", "_MULTIPLE = 1"),
    "birefnet_general: no sigmoid": ("matting", "(1 / (1 + np.exp(-found)))", "found"),
    "rvm_mobilenetv3: ratio": ("matting", "_SHORTER_SIDE / max(pixels.shape[:2])", "1.0"),
    "rvm_mobilenetv3: outputs exchanged": ("matting", "zip(session.outputs, found[:2], strict=False)",
                                           "zip(session.outputs, found[1::-1], strict=False)"),
    "wav2lip_96: range": ("speech", "np.ascontiguousarray(planes, np.float32)",
                          "np.ascontiguousarray(planes * 255, np.float32)"),
    "wav2lip_96: layout": ("speech", "axis=3).transpose(0, 3, 1, 2)", "axis=3).transpose(0, 3, 2, 1)"),
    "live_portrait_feature_extractor: sides": (
        "live_portrait", "found: Float32 = self._session.run_each(self._session.inputs[0].encode(face))[0]",
        "found: Float32 = self._session.run_each(self._session.inputs[0].encode(face))[0][..., ::-1]"),
    "live_portrait_motion_extractor: degrees exchanged": ("live_portrait", "pitch, yaw, roll, scale, shift",
                                                          "yaw, pitch, roll, scale, shift"),
    "live_portrait_lip_retargeter: openness first": (
        "live_portrait", "[points.reshape(1, 63), openness.reshape(1, self.ratios)]",
        "[openness.reshape(1, self.ratios), points.reshape(1, 63)]"),
    "rvm_mobilenetv3: memory": ("matting", "self._memory = list(found[2:])", "_ = found"),
    "ddcolor: planes exchanged": ("frames", "found[0].transpose(1, 2, 0)", "found[0, ::-1].transpose(1, 2, 0)"),
    "deoldify: lightness of the network": ("frames", "lab[..., 1:] = cv2.resize(self._chroma(found)",
                                           "lab[..., :2] = cv2.resize(self._chroma(found)"),
    "real_esrgan_x2: no margin": ("frames", "_TILE, _MARGIN = 256, 16", "_TILE, _MARGIN = 64, 0"),
    "wav2lip_96: order": ("speech", "shown = np.stack(faces)[..., ::-1]", "shown = np.stack(faces)"),
    "wav2lip_96: half": ("speech", "hidden[:, self.size // 2 :] = 0", "hidden[:, : self.size // 2] = 0"),
    "wav2lip_96: shown first": ("speech", "[hidden, shown], axis=3", "[shown, hidden], axis=3"),
    "edtalk_256: weight": ("speech", "np.full(1, weight, np.float32)", "np.full(1, 1.0, np.float32)"),
    "live_portrait_motion_extractor: order of turns": ("live_portrait", "about_z @ about_y @ about_x",
                                                       "about_x @ about_y @ about_z"),
    "live_portrait_motion_extractor: depth shifted": ("live_portrait", "placed[..., :2] += self.shift[:, None, :2]",
                                                      "placed += self.shift[:, None]"),
    "live_portrait_generator: points exchanged": ("live_portrait", "run_each(features, source, target)",
                                                  "run_each(features, target, source)"),
    "live_portrait_eye_retargeter: openness first": (
        "live_portrait", "[points.reshape(1, 63), openness.reshape(1, self.ratios)]",
        "[openness.reshape(1, self.ratios), points.reshape(1, 63)]"),
    "live_portrait_stitcher: exchanged": ("live_portrait", "self._session.run(source, target)",
                                          "self._session.run(target, source)"),
}  # fmt: skip
"""By model and mistake: the module, its line, and what stands there instead."""


@pytest.mark.parametrize("what", LINES)
def test_a_line_that_is_wrong_is_noticed(
    what: str, folder: Path, noise: Float32, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, old, new = LINES[what]
    path = Path(str(importlib.import_module(f"{ROOM}.{module}").__file__))
    source = path.read_text(encoding="utf-8")
    assert old in source, "the line has gone; change this test with it"
    wrong = ModuleType(f"{ROOM}.{module}")
    wrong.__file__ = str(path)
    monkeypatch.setitem(sys.modules, wrong.__name__, wrong)
    exec(compile(source.replace(old, new), str(path), "exec"), wrong.__dict__)
    with pytest.raises((AssertionError, FaceFusionError, ValueError, IndexError)):
        CHECKS[what.partition(":")[0]](Show(Zoo(ModelStore((folder,))), noise))


def somebody(tmp_path: Path) -> ModelCard:
    (tmp_path / "somebody.toml").write_text(DFM_CARD)
    return read_card(tmp_path / "somebody.toml")


def test_a_persons_file_with_a_card_that_is_wrong_is_noticed(tmp_path: Path, folder: Path, noise: Float32) -> None:
    tried = 0
    for what, change in mutations(somebody(tmp_path)):
        if "out_face_mask" in what:  # the mask of the face as it was is not used
            continue
        tried += 1
        with pytest.raises((AssertionError, FaceFusionError, ValueError)):
            CHECKS["somebody"](Show(Zoo(WrongStore((folder,), "somebody", change)), noise))
    assert tried >= 12


ALIKE = {
    "hyperswap_1b_256": "hyperswap_1a_256", "hyperswap_1c_256": "hyperswap_1a_256",
    "ghost_2_256": "ghost_1_256", "ghost_3_256": "ghost_1_256", "bisenet_resnet_18": "bisenet_resnet_34",
    "xseg_2": "xseg_1", "xseg_3": "xseg_1",
    "gpen_bfr_1024": "gfpgan_1.4", "gpen_bfr_2048": "gfpgan_1.4",
    "gfpgan_1.2": "gfpgan_1.4", "gfpgan_1.3": "gfpgan_1.4", "gpen_bfr_512": "gfpgan_1.4",
    "wav2lip_gan_96": "wav2lip_96", "real_esrgan_x4": "real_esrgan_x2", "real_esrgan_x8": "real_esrgan_x2",
    "u2net_human_seg": "u2net", "birefnet_portrait": "birefnet_general", "rmbg_2.0": "birefnet_general",
}  # fmt: skip
"""Models whose card says the very same of every tensor as that of another, which has a miniature."""
LARGER = {"gpen_bfr_1024": 1024, "gpen_bfr_2048": 2048}
"""Of those, the ones with larger pictures."""


def meant(spec: TensorSpec, side: int = 0) -> TensorSpec:
    """Without names of tensors and of free lengths; pictures of `side` pixels count as 512."""
    shape = tuple(length if isinstance(length, int) else "free" for length in spec.shape)
    return replace(spec, name="", shape=tuple(512 if length == side else length for length in shape))


@pytest.mark.parametrize("name", ALIKE)
def test_a_model_without_a_miniature_of_its_own_is_spoken_to_like_its_sibling(name: str) -> None:
    known = {card.name: card for card in cards()}
    card, other = known[name], known[ALIKE[name]]
    assert (card.contract, card.template, card.needs) == (other.contract, other.template, other.needs)
    for mine, theirs in ((card.inputs, other.inputs), (card.outputs, other.outputs)):
        assert [meant(spec, LARGER.get(name, 0)) for spec in mine] == list(map(meant, theirs))


def test_every_model_is_checked_by_itself_or_by_its_sibling() -> None:
    named = {card.name for card in cards() if card.contract in ADAPTERS}
    assert named == {name for name in CHECKS if name != "somebody"} | set(ALIKE)


def test_changes_are_tried_on_every_family(tmp_path: Path) -> None:
    own = {card.contract for card in cards() if card.name in CHECKS} | {"dfm"}
    tried: dict[str, list[Change]] = {}
    for card in (*(card for card in cards() if card.name in CHECKS), somebody(tmp_path)):
        tried.setdefault(card.contract, []).extend(change for _, change in mutations(card))
    by_line = {next(card.contract for card in cards() if card.name == what.partition(":")[0])
               for what in LINES if not what.startswith("somebody")}  # fmt: skip
    assert {contract for contract, changes in tried.items() if changes} | by_line == own
    assert {"embedding_converter", *(one for one in own if one.startswith("live_portrait_"))} <= by_line


def test_order_range_and_layout_of_every_picture_and_every_template_are_tried() -> None:
    """Where a card says what a picture is, each point of it; what no card can say is in `LINES`."""
    for card in (one for one in cards() if one.name in CHECKS):
        tried = {what for what, _ in mutations(card)} | {what.partition(": ")[2] for what in LINES if card.name in what}
        shown = [one for one in (*card.inputs, *card.outputs) if one.layout != "flat" and one.colour != "none"]
        for spec in shown:
            points = {"range", "layout"} | ({"order"} if spec.colour in ("rgb", "bgr") else set())
            assert points <= {what.rpartition(" ")[2] for what in tried if f" {spec.name} " in what}, (card.name, spec)
        if card.template:
            assert sum(what.startswith("template") for what in tried) >= 3, card.name
        if card.contract == "wav2lip":
            assert {"order", "range", "layout", "half"} <= tried
