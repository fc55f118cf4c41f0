"""How to build the file of every contract, and the card of a file that is made for one person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from checks import TURN

import miniature_zoo as zoo
import miniatures
from facefusion.models.lock import Entry, Lock
from facefusion.models.store import ModelStore, sha256_of

DFM_CARD = """name = "somebody"
task = "face_swapper"
contract = "dfm"
summary = "One trained person"
file = "somebody.dfm"
licence = "as whoever trained it says"
commercial_use = true
vendor = "tests"
origin = "tests"
template = "dfl_whole_face"

[[inputs]]
name = "in_face:0"
shape = [1, 224, 224, 3]
layout = "NHWC"
colour = "bgr"

[[inputs]]
name = "morph_value:0"
shape = [1]

[[outputs]]
name = "out_face_mask:0"
shape = [1, 224, 224, 1]
layout = "NHWC"
colour = "grey"

[[outputs]]
name = "out_celeb_face:0"
shape = [1, 224, 224, 3]
layout = "NHWC"
colour = "bgr"

[[outputs]]
name = "out_celeb_face_mask:0"
shape = [1, 224, 224, 1]
layout = "NHWC"
colour = "grey"
"""
HALF = {"mean": 0.5, "std": 0.5}
OUT = {"out_mean": 0.5, "out_std": 0.5}
IMAGENET = dict(zip(("mean", "std"), miniatures.IMAGENET, strict=True))
swap, show = partial(partial, miniatures.swapper), partial(partial, miniatures.picture_swapper)
matte = partial(partial, zoo.matting)
point = partial(partial, zoo.landmarker)
BUILDERS: dict[str, Callable[[Path], Path]] = {
    "inswapper_128.onnx": swap(size=128, template="arcface_128", emap=True),
    "inswapper_128_fp16.onnx": swap(size=128, template="arcface_128", emap=True, half=True),
    "hyperswap_1a_256.onnx": swap(size=256, template="arcface_128", own_mask=True, batch="n", **HALF, **OUT),
    "simswap_256.onnx": swap(size=256, template="arcface_112_v1", **IMAGENET),
    "simswap_unofficial_512.onnx": swap(size=512, template="arcface_112_v1"),
    "ghost_1_256.onnx": swap(size=256, template="arcface_112_v1", **HALF, **OUT),
    "hififace_unofficial_256.onnx": swap(size=256, template="mtcnn_512", own_mask=True, **HALF, **OUT),
    "blendswap_256.onnx": show(size=256, template="ffhq_512", source_size=112, source_template="arcface_112_v2"),
    "uniface_256.onnx": show(size=256, template="ffhq_512", source_size=256, source_template="ffhq_512", **HALF, **OUT),
    "somebody.dfm": zoo.dfm,
    "arcface_w600k_r50.onnx": miniatures.recogniser,
    "crossface_ghost.onnx": miniatures.converter,
    "crossface_simswap.onnx": miniatures.converter,
    "crossface_hififace.onnx": miniatures.converter,
    "retinaface_10g.onnx": zoo.scrfd,
    "scrfd_2.5g.onnx": partial(zoo.scrfd, batched=True),
    "retinaface_mnet.onnx": zoo.retinaface,
    "yoloface_8n.onnx": zoo.yoloface,
    "face_detection_yunet_2023mar.onnx": zoo.yunet,
    "2dfan4.onnx": point(side=256, points=68, scale=40.0, shift=5.0, columns=3,
                         names=["input", "landmarks", "heatmaps"],
                         shapes=[(1, 68, 3), (1, 68, 64, 64)]),
    "2d106det.onnx": point(side=192, points=106, scale=1.2, shift=-0.8, top=255.0, names=["data", "fc1"],
                           shapes=[(1, 212)]),
    "live_portrait_landmarker.onnx": point(side=224, points=203, scale=0.6, shift=0.1, place=2,
                                           names=["input", "output", "853", "856"],
                                           shapes=[(1, 214), (1, 262), (1, 406)]),
    "bisenet_resnet_34.onnx": partial(zoo.bisenet, turn=TURN[:, :2]),
    "xseg_1.onnx": zoo.xseg,
    "gfpgan_1.4.onnx": zoo.restorer,
    "gpen_bfr_256.onnx": partial(zoo.restorer, size=256),
    "restoreformer_plus_plus.onnx": zoo.restorer,
    "codeformer.onnx": partial(zoo.restorer, weight=True),
    "modnet.onnx": matte(size="free", **HALF),
    "u2net.onnx": matte(size=320, fed="input.1", given="1959", coarser=2, **IMAGENET),
    "isnet-general-use.onnx": matte(size=1024, mean=0.5),
    "ben2.onnx": matte(size=1024),
    "BiRefNet-general-epoch_244.onnx": matte(size=1024, logits=True, **IMAGENET),
    "rmbg_1.4.onnx": matte(size=1024, mean=0.5),
    "rvm_mobilenetv3_fp32.onnx": zoo.rvm,
    "real_esrgan_x2.onnx": partial(zoo.upscaler, scale=2),
    "span_kendata_x4.onnx": partial(zoo.upscaler, scale=4),
    "ddcolor.onnx": zoo.ddcolor,
    "deoldify.onnx": zoo.deoldify,
    "wav2lip_96.onnx": zoo.wav2lip,
    "edtalk_256.onnx": zoo.edtalk,
    "live_portrait_feature_extractor.onnx": zoo.lp_features,
    "live_portrait_motion_extractor.onnx": zoo.lp_motion,
    "live_portrait_generator.onnx": zoo.lp_generator,
    "live_portrait_eye_retargeter.onnx": partial(zoo.lp_retargeter, ratios=3, length=63),
    "live_portrait_lip_retargeter.onnx": partial(zoo.lp_retargeter, ratios=2, length=63),
    "live_portrait_stitcher.onnx": zoo.lp_stitcher,
}  # fmt: skip
"""A builder for the file of every contract."""


def trusted(folder: Path) -> None:
    """Take every file of `folder` as it is, under the name of its card, with its licence."""
    store, lock = ModelStore((folder,)), Lock(folder)
    for path in (*folder.glob("*.onnx"), *folder.glob("*.dfm")):
        card = store.card_of(path)
        assert card is not None, path
        lock.remember(path.name, Entry.of(path, sha256_of(path), "import"))
        store.accept_licence(card.name, who="tests")
