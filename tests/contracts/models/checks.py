"""One check for each contract: it opens the adapter, shows it a picture, and knows what has to come out.

A check raises when anything differs; `test_contracts` runs them on the true cards, and on cards that are wrong in one
point, where each must raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import miniature_zoo as zoo
import miniatures as mini
from facefusion.core import Box, Landmarks
from facefusion.faces.crops import cut
from facefusion.geometry.templates import align_matrix
from facefusion.geometry.transforms import apply
from facefusion.models.adapters.swappers import Identity
from facefusion.models.zoo import Zoo
from facefusion.pipeline.learned_faces import expression_editor
from facefusion.processors.expression_editor.settings import Settings as ExpressionSettings

Array = NDArray[Any]
EMBEDDING = np.random.default_rng(5).normal(size=512).astype(np.float32)
TURN = np.array([[0.9, -0.2, 70.0], [0.2, 0.9, 20.0]], np.float32)
"""Where the face is: from a crop of 256 pixels into the picture."""
POINTS = {
    "arcface_112_v1": [(39.730, 51.138), (72.270, 51.138), (56, 68.493), (42.463, 87.010), (69.537, 87.010)],
    "arcface_112_v2": [(38.295, 51.696), (73.532, 51.501), (56.025, 71.737), (41.549, 92.366), (70.730, 92.204)],
    "arcface_128": [(46.295, 51.696), (81.532, 51.501), (64.025, 71.737), (49.549, 92.366), (78.730, 92.204)],
    "ffhq_512": [(192.981, 239.947), (318.903, 240.194), (256.634, 314.019), (201.261, 371.410), (313.089, 371.151)],
    "mtcnn_512": [(187.202, 239.277), (324.124, 238.520), (256.098, 317.148), (199.849, 397.306), (313.236, 396.679)],
    "dfl_whole_face": [(180.952, 201.143), (321.524, 201.143), (249.143, 276.571), (198.857, 352), (306.286, 352)],
}
POINTS["wav2lip_96"] = [((x - 107) * 96 / 304, (y - 163) * 96 / 304) for x, y in POINTS["ffhq_512"]]
NOSE = POINTS["ffhq_512"][2]
POINTS["live_portrait_512"] = [
    (NOSE[0] + (x - NOSE[0]) / 1.5, NOSE[1] + (y - NOSE[1]) / 1.5) for x, y in POINTS["ffhq_512"]
]
CANVAS = {
    "live_portrait_512": 512,
    "wav2lip_96": 96,
    "ffhq_512": 512,
    "mtcnn_512": 512,
    "dfl_whole_face": 512,
    "arcface_128": 128,
}


@dataclass(frozen=True)
class Show:
    """zoo: with the cards that are tried. noise: (360, 480, 3) uint8 soft colours."""

    zoo: Zoo
    noise: Array

    def adapter(self, name: str, task: str) -> Any:
        return self.zoo.adapter(name, task)  # type: ignore[arg-type]

    def face(self, template: str, turn: Array = TURN) -> tuple[Array, Landmarks]:
        """A picture (float32) with a ramp of colours at the image-left eye of a face that is aligned by `template`."""
        canvas = CANVAS.get(template, 112)
        points = apply(turn, np.array(POINTS[template], np.float32) * np.float32(256 / canvas))
        picture = self.noise.astype(np.float32) / 255
        mini.paint_eye(picture, float(points[0, 0]), float(points[0, 1]))
        return picture, Landmarks(points)

    def aligned(self, adapter: Any, true_template: str) -> Array:
        """The crop that an adapter is shown, aligned as its card says."""
        picture, points = self.face(true_template)
        return cut(picture, align_matrix(points, adapter.template, size=adapter.size), adapter.size)


def near(found: Array, wanted: Array, tolerance: float = 2e-3) -> None:
    assert found.shape == wanted.shape, (found.shape, wanted.shape)
    worst = float(np.abs(found - wanted).max())
    assert worst < tolerance, worst


def seen(template: str, size: int, turn: Array = TURN) -> Array:
    """The colour at the eye's pixel of a crop that is aligned as it should be."""
    return mini.eye_colour(template, size, turn[:, :2])


def unit(vector: Array) -> Array:
    made: Array = vector / np.linalg.norm(vector)
    return made


SOURCES: dict[str, Callable[[], Array]] = {
    "inswapper_128": lambda: unit(unit(EMBEDDING) @ mini.EMAP),
    "inswapper_128_fp16": lambda: unit(unit(EMBEDDING) @ mini.EMAP.astype(np.float16)),
    "hyperswap_1a_256": lambda: unit(EMBEDDING),
    "simswap_256": lambda: unit(EMBEDDING @ mini.CONVERTER),
    "simswap_unofficial_512": lambda: unit(EMBEDDING @ mini.CONVERTER),
    "ghost_1_256": lambda: EMBEDDING @ mini.CONVERTER,
    "hififace_256": lambda: unit(EMBEDDING @ mini.CONVERTER),
}


def swapper(name: str, template: str) -> Callable[[Show], None]:
    """Told by an embedding."""

    def check(show: Show) -> None:
        adapter = show.adapter(name, "face_swapper")
        crop = show.aligned(adapter, template)
        found = adapter.swap([crop, crop[::-1].copy()], adapter.prepared(Identity(EMBEDDING)))
        number = mini.source_number(SOURCES[name]())
        assert abs(number) > 0.004
        near(found.pixels[0], np.clip(mini.expected(crop, seen(template, adapter.size), number), 0, 1))
        assert (found.pixels[1] != found.pixels[0]).any()
        if found.mask is not None:
            near(found.mask[0], np.tile(np.linspace(0, 1, adapter.size), (adapter.size, 1)))

    return check


def picture_swapper(name: str, source_template: str) -> Callable[[Show], None]:
    """Shown a picture of the source."""

    def check(show: Show) -> None:
        adapter = show.adapter(name, "face_swapper")
        crop = show.aligned(adapter, "ffhq_512")
        turn = TURN * np.float32(0.8)
        picture, points = show.face(source_template, turn)
        side = adapter.source_size
        source = cut(picture, align_matrix(points, adapter.source_template, size=side), side)
        found = adapter.swap([crop], adapter.prepared(Identity(picture=source)))
        shown = seen(source_template, side, turn) * np.array([0.1, 0.05, 0.02])
        near(found.pixels[0], mini.expected(crop, seen("ffhq_512", 256)) + shown)

    return check


def dfm(show: Show) -> None:
    adapter = show.adapter("somebody", "face_swapper")
    crop = show.aligned(adapter, "dfl_whole_face")
    found = adapter.swap([crop], adapter.prepared(Identity()))
    sharp = cv2.addWeighted(crop, 1.75, cv2.GaussianBlur(crop, (0, 0), 2), -0.75, 0)
    x, y = mini.eye("dfl_whole_face", 224)
    assert np.abs(crop[y, x] - seen("dfl_whole_face", 224)).max() < 0.01
    near(found.pixels[0], np.clip(mini.expected(sharp, sharp[y, x], 0.05), 0, 1))
    near(found.mask[0], np.tile(np.linspace(0, 1, 224), (224, 1)))
    less = adapter.swap([crop], adapter.prepared(Identity(share=0.25)))
    near(less.pixels[0], np.clip(mini.expected(sharp, sharp[y, x], 0.0125), 0, 1))


def recogniser(show: Show) -> None:
    adapter = show.adapter("arcface_w600k_r50", "face_encoder")
    picture, points = show.face("arcface_112_v2")
    crop = cut(picture, align_matrix(points, adapter.template, size=112), 112)
    found = adapter.embed([crop, crop])
    near(found[0], mini.recognised(seen("arcface_112_v2", 112), crop.mean(axis=(0, 1))), 0.02)
    assert (found[0] == found[1]).all()


def converter(name: str) -> Callable[[Show], None]:
    def check(show: Show) -> None:
        found = show.adapter(name, "embedding_converter").convert(EMBEDDING[None])
        near(found, EMBEDDING[None] @ mini.CONVERTER, 1e-3)

    return check


FLASH = np.array([0.9, 0.6, 0.3], np.float32)
CELL = (13, 7)
"""Column and row of the cell of stride 32 that is lit, in an input of 640."""


def lit_picture() -> Array:
    """(320, 640, 3) uint8: black, with one lit cell, so that it fits the input as it is."""
    picture = np.zeros((320, 640, 3), np.float32)
    x, y = CELL
    picture[y * 32 : y * 32 + 32, x * 32 : x * 32 + 32] = FLASH
    return np.round(picture * 255).astype(np.uint8)


def detector(name: str, boxed: Callable[[Array], Array]) -> Callable[[Show], None]:
    """boxed: from the cell's column and row to the box and its keypoints, at stride 32."""

    def check(show: Show) -> None:
        found = show.adapter(name, "face_detector").detect(lit_picture(), above=0.5)
        score = float(np.round(FLASH * 255) / 255 @ zoo.MIX)
        assert abs(found.scores - score).max() < 2e-3, (found.scores, score)
        wanted = boxed(np.array(CELL, np.float32))
        rows = np.hstack([found.boxes, found.keypoints.reshape(-1, 10)])
        assert np.abs(rows - wanted).max(axis=1).min() < 0.01, (rows, wanted)
        # twice as large: everything twice as far
        doubled = show.adapter(name, "face_detector").detect(np.kron(lit_picture(), np.ones((2, 2, 1), np.uint8)))
        near(doubled.boxes, found.boxes * 2, 0.05)

    return check


def scrfd_box(cell: Array) -> Array:
    low, high = np.array(zoo.SIDES).reshape(2, 2) * 32
    at = cell * 32
    return np.concatenate([at - low, at + high, (at + zoo.SPOTS * 32).ravel()])


HALF_BOX = np.array([48, 64])


def retina_box(cell: Array) -> Array:
    at = (cell + 0.5) * 32
    return np.concatenate([at - 128, at + 128, (at + zoo.SPOTS * 0.1 * 256).ravel()])


def yolo_box(cell: Array) -> Array:
    at = cell * 32
    return np.concatenate([at - HALF_BOX, at + HALF_BOX, (at + zoo.SPOTS * 32).ravel()])


def yunet_box(cell: Array) -> Array:
    at = (cell + np.array([0.5, 0.25])) * 32
    return np.concatenate([at - HALF_BOX, at + HALF_BOX, ((cell + zoo.SPOTS) * 32).ravel()])


def landmarker(name: str, points: int, around: float, spread: Callable[[Array], Array]) -> Callable[[Show], None]:
    """around: side of the crop in sides of the box. spread: from what the colours say to parts of the crop."""

    def check(show: Show) -> None:
        adapter = show.adapter(name, "face_landmarker")
        picture = np.full((300, 400, 3), 128, np.uint8)
        box = Box(120, 60, 240, 180)
        side = 120 * around
        left, top = 180 - side / 2, 120 - side / 2
        picture[:120, :180] = (200, 100, 50)
        found, sure = adapter.read(picture, box)
        colour = np.array([200, 100, 50]) / 255
        wanted = np.array([left, top]) - 0.5 + side * spread(zoo.told(colour)) + 0.5 * side / adapter.size
        assert len(found) == points
        assert np.abs(found.xy - wanted).max() < 1.0, (found.xy[0], wanted)
        assert 0 <= sure <= 1

    return check


def bisenet(show: Show) -> None:
    adapter = show.adapter("bisenet_resnet_34", "face_parser")
    crop = show.aligned(adapter, "ffhq_512")
    found, visible = adapter.classes(crop), adapter.visible(crop)
    ranked = np.sort(crop, axis=2)
    for channel, label in enumerate((1, 10, 17)):
        clear = (crop.argmax(axis=2) == channel) & (ranked[..., 2] > ranked[..., 1] + 0.03)
        assert clear.any()
        assert (found[clear] == label).all()
    assert (visible == np.isin(found, (1, 10))).all()
    assert 0.1 < visible.mean() < 0.9


def xseg(show: Show) -> None:
    adapter = show.adapter("xseg_1", "face_occluder")
    crop = show.aligned(adapter, "arcface_128")
    near(
        adapter.visible(crop), np.clip((crop - seen("arcface_128", 256) * np.array([0.05, 0.6, 0.05])) @ zoo.MIX, 0, 1)
    )


def restorer(name: str, *, weight: float = 0.0) -> Callable[[Show], None]:
    def check(show: Show) -> None:
        adapter = show.adapter(name, "face_enhancer")
        crop, eye = show.aligned(adapter, "ffhq_512"), seen("ffhq_512", adapter.size)
        near(adapter.restore([crop], fidelity=0.7)[0], np.clip(mini.expected(crop, eye, 0.05 * 0.7 * weight), 0, 1))

    return check


def matting(name: str) -> Callable[[Show], None]:
    def check(show: Show) -> None:
        found = show.adapter(name, "background_remover").matte(show.noise)
        near(found, (show.noise / 255 @ zoo.MIX).astype(np.float32), 0.02)

    return check


def rvm(show: Show) -> None:
    adapter = show.adapter("rvm_mobilenetv3", "background_remover")
    wanted = (show.noise / 255 @ zoo.MIX).astype(np.float32)
    first, second = adapter.matte(show.noise), adapter.matte(show.noise)
    near(first, wanted)
    near(second, wanted - 0.1)
    adapter.forget()
    foreground, matte = adapter.cut_out(show.noise)
    near(matte, wanted)
    near(foreground, show.noise / 255)
    wide = cv2.resize(show.noise, (768, 192))  # shown at two thirds: no side is beyond 512
    adapter.forget()
    near(adapter.matte(wide) - adapter.matte(wide), np.full((192, 768), 0.1 * 512 / 768))


def upscaler(name: str, scale: int) -> Callable[[Show], None]:
    def check(show: Show) -> None:
        adapter = show.adapter(name, "frame_enhancer")
        assert adapter.scale == scale
        picture = show.noise[:240, :230]
        blurred = cv2.blur(picture.astype(np.float32) / 255, (5, 5), borderType=cv2.BORDER_REFLECT)
        wanted = np.kron(blurred * mini.GAIN + mini.LIFT, np.ones((scale, scale, 1)))
        near(adapter.enlarge(picture), wanted)

    return check


def ddcolor(show: Show) -> None:
    found = show.adapter("ddcolor", "frame_colorizer").colour(show.noise)
    grey = (show.noise / 255 @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
    lab = cv2.cvtColor(np.dstack([grey] * 3), cv2.COLOR_RGB2LAB)
    lab[..., 1], lab[..., 2] = 40 * grey, -40 * grey
    near(found, np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1), 0.02)


def deoldify(show: Show) -> None:
    found = show.adapter("deoldify", "frame_colorizer").colour(show.noise)
    grey = (show.noise / 255 @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
    orange = cv2.cvtColor(grey[..., None] * np.array([1.0, 0.6, 0.2], np.float32), cv2.COLOR_RGB2LAB)
    orange[..., 0] = cv2.cvtColor(np.dstack([grey] * 3), cv2.COLOR_RGB2LAB)[..., 0]
    near(found, np.clip(cv2.cvtColor(orange, cv2.COLOR_LAB2RGB), 0, 1), 0.03)


MEL = np.random.default_rng(6).normal(1.5, size=(1, 1, 80, 16)).astype(np.float32)


def wav2lip(show: Show) -> None:
    adapter = show.adapter("wav2lip_96", "lip_syncer")
    crop = show.aligned(adapter, "wav2lip_96")
    hidden = crop.copy()
    hidden[48:] = 0
    wanted = (
        crop * mini.GAIN + hidden.mean(axis=(0, 1)) * 0.1 + seen("wav2lip_96", 96) * 0.3 + MEL[..., 0].mean() * 0.02
    )
    near(adapter.speak([crop], MEL)[0], wanted)


def edtalk(show: Show) -> None:
    adapter = show.adapter("edtalk_256", "lip_syncer")
    crop = show.aligned(adapter, "ffhq_512")
    near(adapter.speak([crop], MEL, weight=0.5)[0], mini.expected(crop, seen("ffhq_512", 256), MEL.mean() * 0.01))


def live_portrait_features(show: Show) -> None:
    adapter = show.adapter("live_portrait_feature_extractor", "expression_editor")
    face = cv2.resize(show.noise, (256, 256)).astype(np.float32) / 255
    found = adapter.features(face)
    assert found.shape == (1, 32, 16, 64, 64)
    near(found[0, 5, :3].transpose(1, 2, 0), cv2.resize(face, (64, 64), interpolation=cv2.INTER_AREA))


def live_portrait_motion(show: Show) -> None:
    adapter = show.adapter("live_portrait_motion_extractor", "expression_editor")
    face = np.broadcast_to(np.array([0.9, 0.5, 0.1], np.float32), (256, 256, 3)).copy()
    found = adapter.motion(face)
    assert np.allclose([found.pitch_deg, found.yaw_deg, found.roll_deg], [9.0, 10.0, 3.0], atol=1e-3)
    assert found.scale == 1.5
    x, y, z = np.radians([9.0, 10.0, 3.0])
    turn_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    turn_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    turn_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    wanted = 1.5 * (zoo.CANONICAL @ (turn_z @ turn_y @ turn_x).T + 0.1 * zoo.CANONICAL) + np.array([0.1, 0.2, 0.0])
    near(found.points(), wanted.astype(np.float32))


def live_portrait_generator(show: Show) -> None:
    adapter = show.adapter("live_portrait_generator", "expression_editor")
    volume = np.random.default_rng(1).random((1, 32, 16, 64, 64)).astype(np.float32) * 0.8
    found = adapter.draw(volume, zoo.CANONICAL, zoo.CANONICAL + 0.1)
    near(found, np.kron(volume[0, 0, :3].transpose(1, 2, 0), np.ones((8, 8, 1))) + 0.1)
    editor = expression_editor(ExpressionSettings(eyes=0.5), show.zoo)
    picture, points = show.face("live_portrait_512")
    crop = cut(picture, align_matrix(points, editor.template, size=editor.crop_size), editor.crop_size)  # type: ignore[attr-defined]
    x, y = mini.eye("live_portrait_512", 512)
    near(crop[y, x], seen("live_portrait_512", 512), 0.01)


def retargeter(name: str, ratios: int) -> Callable[[Show], None]:
    def check(show: Show) -> None:
        adapter = show.adapter(name, "expression_editor")
        found = adapter.change(zoo.CANONICAL, np.linspace(0.2, 0.6, ratios).astype(np.float32))
        near(found, 0.4 * np.arange(63).reshape(1, 21, 3))

    return check


def stitcher(show: Show) -> None:
    adapter = show.adapter("live_portrait_stitcher", "expression_editor")
    near(adapter.stitched(zoo.CANONICAL, zoo.CANONICAL * 2), zoo.CANONICAL * 1.75)


CHECKS: dict[str, Callable[[Show], None]] = {
    "inswapper_128": swapper("inswapper_128", "arcface_128"),
    "inswapper_128_fp16": swapper("inswapper_128_fp16", "arcface_128"),
    "hyperswap_1a_256": swapper("hyperswap_1a_256", "arcface_128"),
    "simswap_256": swapper("simswap_256", "arcface_112_v1"),
    "simswap_unofficial_512": swapper("simswap_unofficial_512", "arcface_112_v1"),
    "ghost_1_256": swapper("ghost_1_256", "arcface_112_v1"),
    "hififace_256": swapper("hififace_256", "mtcnn_512"),
    "blendswap_256": picture_swapper("blendswap_256", "arcface_112_v2"),
    "uniface_256": picture_swapper("uniface_256", "ffhq_512"),
    "somebody": dfm,
    "arcface_w600k_r50": recogniser,
    "crossface_ghost": converter("crossface_ghost"),
    "crossface_simswap": converter("crossface_simswap"),
    "crossface_hififace": converter("crossface_hififace"),
    "retinaface_10g": detector("retinaface_10g", scrfd_box),
    "scrfd_2.5g": detector("scrfd_2.5g", scrfd_box),
    "retinaface_mnet": detector("retinaface_mnet", retina_box),
    "yoloface_8n": detector("yoloface_8n", yolo_box),
    "yunet_2023_mar": detector("yunet_2023_mar", yunet_box),
    "2dfan4": landmarker("2dfan4", 68, 256 / 195, lambda said: (said * 40 + 5) / 64),
    "2d106det": landmarker("2d106det", 106, 1.5, lambda said: (said * 1.2 - 0.8 + 1) / 2),
    "live_portrait_landmarker": landmarker("live_portrait_landmarker", 203, 1.5, lambda said: said * 0.6 + 0.1),
    "bisenet_resnet_34": bisenet,
    "xseg_1": xseg,
    "gfpgan_1.4": restorer("gfpgan_1.4"),
    "gpen_bfr_256": restorer("gpen_bfr_256"),
    "restoreformer_plus_plus": restorer("restoreformer_plus_plus"),
    "codeformer": restorer("codeformer", weight=1.0),
    "modnet": matting("modnet"),
    "u2net": matting("u2net"),
    "isnet_general_use": matting("isnet_general_use"),
    "ben2": matting("ben2"),
    "birefnet_general": matting("birefnet_general"),
    "rmbg_1.4": matting("rmbg_1.4"),
    "rvm_mobilenetv3": rvm,
    "real_esrgan_x2": upscaler("real_esrgan_x2", 2),
    "span_kendata_x4": upscaler("span_kendata_x4", 4),
    "ddcolor": ddcolor,
    "deoldify": deoldify,
    "wav2lip_96": wav2lip,
    "edtalk_256": edtalk,
    "live_portrait_feature_extractor": live_portrait_features,
    "live_portrait_motion_extractor": live_portrait_motion,
    "live_portrait_generator": live_portrait_generator,
    "live_portrait_eye_retargeter": retargeter("live_portrait_eye_retargeter", 3),
    "live_portrait_lip_retargeter": retargeter("live_portrait_lip_retargeter", 2),
    "live_portrait_stitcher": stitcher,
}
