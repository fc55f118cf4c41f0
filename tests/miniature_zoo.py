"""Miniatures of everything that is no swapper, in the manner of `miniatures`."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.models.graph_writer import Value, model, write
from miniatures import GAIN, IMAGENET, LIFT, Graph, column, eye, eye_colour, picture_graph

Array = NDArray[Any]
MIX = np.array([0.7, 0.2, 0.1], np.float32)
"""How much red, green and blue count for a score."""
SIDES = (1.0, 1.5, 2.0, 2.5)
"""Distances to a box's sides, in strides."""
SPOTS = np.array([[-0.5, -0.25], [0.5, -0.25], [0.0, 0.0], [-0.25, 0.5], [0.25, 0.5]], np.float32)
"""Keypoints around a cell, in strides."""
CELLS = {8: 6400, 16: 1600, 32: 400}


def save(path: Path, graph: Graph, inputs: list[Value], outputs: list[Value]) -> Path:
    return write(path, model(graph.nodes, inputs, outputs, graph.constants))


def plain(graph: Graph, tensor: str, mean: Any = 0.0, std: Any = 1.0, *, bgr: bool = False) -> str:
    """`tensor` (n, 3, h, w) as RGB in [0, 1]."""
    made = graph.op("Mul", tensor, graph.value(column(np.broadcast_to(std, 3))))
    made = graph.op("Add", made, graph.value(column(np.broadcast_to(mean, 3))))
    return graph.op("Gather", made, graph.value([2, 1, 0], "int64"), axis=1) if bgr else made


def brightness(graph: Graph, picture: str, stride: int) -> str:
    """(cells,): the mix of red, green and blue in each cell of `stride`."""
    mixed = graph.op("ReduceSum", graph.op("Mul", picture, graph.value(column(MIX))), graph.value([1], "int64"))
    pooled = graph.op("AveragePool", mixed, kernel_shape=[stride, stride], strides=[stride, stride])
    return graph.op("Reshape", pooled, graph.value([-1], "int64"))


def shaped(graph: Graph, tensor: str, shape: list[int], out: str = "") -> str:
    return graph.op("Reshape", tensor, graph.value(shape, "int64"), out=out)


def scrfd(path: Path, *, grown: float = 1.0, batched: bool = False) -> Path:
    """Nine outputs; the second anchor of each cell scores nothing. grown: how much larger boxes are.

    batched: the outputs keep the batch as their first length, as some exports do.
    """
    graph = Graph()
    picture = plain(graph, "input.1", 127.5 / 255, 128 / 255)
    made: dict[str, list[Value]] = {"score": [], "bbox": [], "kps": []}
    batch = (1,) if batched else ()
    for stride, cells in CELLS.items():
        scores = shaped(graph, brightness(graph, picture, stride), [-1, 1])
        pair = graph.op("Concat", scores, graph.op("Mul", scores, graph.value(0.0)), axis=1)
        shaped(graph, pair, [*batch, -1, 1], out=f"score_{stride}")
        for kind, numbers in (("bbox", np.multiply(SIDES, grown)), ("kps", SPOTS.ravel())):
            rows = np.tile(np.asarray(numbers, np.float32), (*batch, 2 * cells, 1))
            graph.op("Identity", graph.value(rows), out=f"{kind}_{stride}")
            made[kind].append(Value(f"{kind}_{stride}", (*batch, 2 * cells, len(numbers))))
        made["score"].append(Value(f"score_{stride}", (*batch, 2 * cells, 1)))
    return save(path, graph, [Value("input.1", (1, 3, 640, 640))], list(chain(*made.values())))


def retinaface(path: Path, names: tuple[str, str, str] = ("loc", "conf", "landmarks")) -> Path:
    """Offsets from priors: none at all, so that boxes are the priors themselves. It declares no length, as real ones.

    names: of boxes, scores and keypoints; they are declared in alphabetical order where they are other ones.
    """
    graph = Graph()
    picture = plain(graph, "input", np.array([104, 117, 123]) / 255, 1 / 255)
    picture = graph.op("Gather", picture, graph.value([2, 1, 0], "int64"), axis=1)
    scores = []
    for stride in CELLS:
        score = shaped(graph, brightness(graph, picture, stride), [1, -1, 1, 1])
        both = graph.op("Concat", score, graph.op("Mul", score, graph.value(0.0)), axis=2)
        scores.append(shaped(graph, both, [1, -1, 1]))
    score = graph.op("Concat", *scores, axis=1)
    graph.op("Concat", graph.op("Sub", graph.value(1.0), score), score, axis=2, out=names[1])
    number = 2 * sum(CELLS.values())
    graph.op("Identity", graph.value(np.zeros((1, number, 4), np.float32)), out=names[0])
    graph.op("Identity", graph.value(np.tile(SPOTS.ravel(), (1, number, 1))), out=names[2])
    outputs = [
        Value(name, ("batch", f"{name}_1", f"{name}_2")) for name in (names if "loc" in names else sorted(names))
    ]
    return save(path, graph, [Value("input", ("batch", 3, "height", "width"))], outputs)


def yoloface(path: Path, *, grown: float = 1.0) -> Path:
    """One table: boxes around each cell, its brightness as the score. grown: how much larger boxes are."""
    graph, parts = Graph(), []
    picture = plain(graph, "images")
    for stride, cells in CELLS.items():
        across = 640 // stride
        grid = np.stack(np.meshgrid(np.arange(across), np.arange(across)), -1).reshape(-1, 2) * stride
        boxes = np.hstack([grid, np.tile([3.0 * grown * stride, 4.0 * grown * stride], (cells, 1))]).T[None]
        points = (grid[:, None] + SPOTS * stride).reshape(cells, 5, 2)
        points = np.concatenate([points, np.ones((cells, 5, 1))], axis=2).reshape(cells, 15).T[None]
        score = shaped(graph, brightness(graph, picture, stride), [1, 1, -1])
        parts.append(graph.op("Concat", graph.value(boxes), score, graph.value(points), axis=1))
    graph.op("Concat", *parts, axis=2, out="output0")
    return save(path, graph, [Value("images", (1, 3, 640, 640))], [Value("output0", (1, 20, 8400))])


def yunet(path: Path, *, grown: float = 1.0) -> Path:
    """Twelve outputs: class = the root of what is seen, objectness the same. grown: how much larger boxes are."""
    graph = Graph()
    picture = plain(graph, "input", 0.0, 1 / 255, bgr=True)
    made: dict[str, list[Value]] = {"cls": [], "obj": [], "bbox": [], "kps": []}
    for stride, cells in CELLS.items():
        root = graph.op("Sqrt", graph.op("Max", brightness(graph, picture, stride), graph.value(0.0)))
        for kind in ("cls", "obj"):
            shaped(graph, root, [1, -1, 1], out=f"{kind}_{stride}")
            made[kind].append(Value(f"{kind}_{stride}", (1, cells, 1)))
        rows = {"bbox": np.array([0.5, 0.25, np.log(3 * grown), np.log(4 * grown)]), "kps": SPOTS.ravel()}
        for kind, numbers in rows.items():
            graph.op("Identity", graph.value(np.tile(numbers, (1, cells, 1))), out=f"{kind}_{stride}")
            made[kind].append(Value(f"{kind}_{stride}", (1, cells, len(numbers))))
    return save(path, graph, [Value("input", (1, 3, 640, 640))], list(chain(*made.values())))


def landmarker(path: Path, *, side: int, points: int, scale: float, shift: float, names: list[str],
               shapes: list[tuple[int, ...]], top: float = 1.0, columns: int = 2, place: int = 0,
               base: Any = None) -> Path:  # fmt: skip
    """Where a point is says what colour the crop's quarter is: x from red, y from green, blue in both.

    base: (points, 2), where points are beside that.
    """
    graph = Graph()
    picture = plain(graph, names[0], 0.0, 1 / top)
    corner = graph.part(picture, [0, 0], [side // 2, side // 2], [2, 3])
    seen = graph.op("ReduceMean", corner, axes=[2, 3], keepdims=0)
    xy = graph.op("MatMul", seen, graph.value([[1.0, 0.0], [0.0, 1.0], [0.2, 0.1]]))
    xy = graph.op("Add", graph.op("Mul", xy, graph.value(scale)), graph.value(shift))
    row = graph.op("Expand", shaped(graph, xy, [1, 1, 2]), graph.value([1, points, 2], "int64"))
    if base is not None:
        row = graph.op("Add", row, graph.value(np.asarray(base, np.float32)[None]))
    if columns == 3:
        row = graph.op("Concat", row, graph.value(np.ones((1, points, 1))), axis=2)
    outputs = []
    for number, (name, shape) in enumerate(zip(names[1:], shapes, strict=True)):
        if number == place:
            shaped(graph, row, list(shape), out=name)
        else:
            graph.op("Identity", graph.value(np.full(shape, 0.75)), out=name)
        outputs.append(Value(name, shape))
    return save(path, graph, [Value(names[0], (1, 3, side, side))], outputs)


def told(colour: Array) -> Array:
    """(2,): what `landmarker` says of a quarter of this colour, RGB in [0, 1], before scale and shift."""
    made: Array = np.array([colour[0] + 0.2 * colour[2], colour[1] + 0.1 * colour[2]])
    return made


def bisenet(path: Path, turn: Array) -> Path:
    """Skin where red is strongest, nose where green is, hair where blue is; hats all over when the eye is not there."""
    graph = Graph()
    picture = plain(graph, "input", *IMAGENET)
    x, y = eye("ffhq_512", 512)
    spot = graph.part(picture, [y, x], [y + 1, x + 1], [2, 3])
    wrong = graph.op("Sub", spot, graph.value(column(eye_colour("ffhq_512", 512, turn))))
    away = graph.op("ReduceSum", graph.op("Abs", wrong), graph.value([1], "int64"))
    hats = graph.op("Sub", graph.op("Mul", away, graph.value(500.0)), graph.value(5.0))
    picks = np.zeros((19, 3, 1, 1), np.float32)
    picks[1, 0] = picks[10, 1] = picks[17, 2] = 1
    classes = graph.op("Conv", picture, graph.value(picks))
    rest = graph.part(classes, [0], [18], [1])
    hats = graph.op("Expand", hats, graph.value([1, 1, 512, 512], "int64"))
    graph.op("Concat", rest, hats, axis=1, out="output")
    return save(path, graph, [Value("input", (1, 3, 512, 512))], [Value("output", (1, 19, 512, 512))])


def xseg(path: Path) -> Path:
    """A mask from blue, green and red by different parts, less the colour at the eye."""
    graph = Graph()
    x, y = eye("arcface_128", 256)
    spot = graph.part("input", [y, x], [y + 1, x + 1], [1, 2])
    weights = graph.value(column(MIX[::-1], "NHWC"))
    both = graph.op("Sub", "input", graph.op("Mul", spot, graph.value(column([0.05, 0.6, 0.05], "NHWC"))))
    mixed = graph.op("ReduceSum", graph.op("Mul", both, weights), graph.value([3], "int64"))
    graph.op("Identity", mixed, out="mask")
    return save(path, graph, [Value("input", (1, 256, 256, 3))], [Value("mask", (1, 256, 256, 1))])


def restorer(path: Path, *, size: int = 512, weight: bool = False) -> Path:
    """A face restorer; its weight is added to every channel."""
    graph = Graph()
    source = ""
    inputs = [Value("input", (1, 3, size, size))]
    if weight:
        inputs.append(Value("weight", (1,), "float64"))
        made = graph.op("Mul", graph.op("Cast", "weight", to=1), graph.value(0.05))
        source = shaped(graph, made, [1, 1, 1, 1])
    picture_graph(graph, "input", size=size, template="ffhq_512", mean=0.5, std=0.5, out_mean=0.5, out_std=0.5,
                  source=source)  # fmt: skip
    return save(path, graph, inputs, [Value("output", (1, 3, size, size))])


def matting(
    path: Path, *, size: int | str, mean: Any = 0.0, std: Any = 1.0, fed: str = "input", given: str = "output",
    coarser: int = 0, logits: bool = False,
) -> Path:  # fmt: skip
    """A matte that is the mix of red, green and blue. coarser: worse ones that follow, as in U2-Net's exports. logits:
    as BiRefNet's, before the sigmoid. A free size has to be a multiple of 32."""
    graph = Graph()
    picture = plain(graph, fed, mean, std)
    if not isinstance(size, int):
        picture = graph.op("DepthToSpace", graph.op("SpaceToDepth", picture, blocksize=32), blocksize=32)
    mixed = graph.op("Mul", picture, graph.value(column(MIX)))
    mixed = graph.op("ReduceSum", mixed, graph.value([1], "int64"), **({} if logits else {"out": given}))
    if logits:
        kept = graph.op("Clip", mixed, graph.value(0.001), graph.value(0.999))
        graph.op("Log", graph.op("Div", kept, graph.op("Sub", graph.value(1.0), kept)), out=given)
    height, width = (size, size) if isinstance(size, int) else ("height", "width")
    outputs = [Value(given, (1, 1, height, width))]
    for number in range(coarser):
        graph.op("Mul", given, graph.value(0.0), out=f"{given}_{number}")
        outputs.append(Value(f"{given}_{number}", ("n", "c", "h", "w")))
    return save(path, graph, [Value(fed, (1, 3, height, width))], outputs)


def rvm(path: Path) -> Path:
    """The mix, and a memory that counts frames."""
    graph = Graph()
    mixed = graph.op("ReduceSum", graph.op("Mul", "src", graph.value(column(MIX))), graph.value([1], "int64"))
    counted = graph.op("ReduceMean", "r1i", keepdims=1)
    graph.op("Sub", mixed, graph.op("Mul", counted, graph.value(0.1)), out="pha")
    graph.op("Identity", "src", out="fgr")
    for number in range(1, 5):
        graph.op("Add", f"r{number}i", graph.op("Mul", "downsample_ratio", graph.value(1.0)), out=f"r{number}o")
    memory = [(f"n{n}", f"c{n}", f"h{n}", f"w{n}") for n in range(1, 5)]
    inputs = [Value("src", (1, 3, "height", "width"))]
    inputs += [Value(f"r{n}i", shape) for n, shape in enumerate(memory, 1)] + [Value("downsample_ratio", (1,))]
    outputs = [Value("fgr", (1, 3, "height", "width")), Value("pha", (1, 1, "height", "width"))]
    outputs += [Value(f"r{n}o", shape) for n, shape in enumerate(memory, 1)]
    return save(path, graph, inputs, outputs)


def upscaler(path: Path, *, scale: int) -> Path:
    """Each pixel `scale` times across, after a blur of five pixels that shows every seam; channels by their gains."""
    graph = Graph()
    blur = np.zeros((3, 3, 5, 5), np.float32)
    for channel in range(3):
        blur[channel, channel] = GAIN[channel] / 25
    padded = graph.op("Pad", "input", graph.value([0, 0, 2, 2, 0, 0, 2, 2], "int64"), mode="edge")
    made = graph.op("Add", graph.op("Conv", padded, graph.value(blur)), graph.value(column(LIFT)))
    sizes = graph.value([1.0, 1.0, float(scale), float(scale)])
    graph.op("Resize", made, "", sizes, mode="nearest", coordinate_transformation_mode="asymmetric",
             nearest_mode="floor", out="output")  # fmt: skip
    return save(path, graph, [Value("input", (1, 3, "h", "w"))], [Value("output", (1, 3, "h_out", "w_out"))])


def ddcolor(path: Path) -> Path:
    """a* grows with lightness, b* falls."""
    graph = Graph()
    grey = graph.part("input", [0], [1], [1])
    red = graph.op("Mul", grey, graph.value(40.0))
    graph.op("Concat", red, graph.op("Neg", red), axis=1, out="output")
    return save(path, graph, [Value("input", (1, 3, 512, 512))], [Value("output", (1, 2, 512, 512))])


def deoldify(path: Path) -> Path:
    """Everything becomes one orange, as bright as it is; 0 to 255."""
    graph = Graph()
    graph.op("Mul", "input", graph.value(column([1.0, 0.6, 0.2])), out="output")
    return save(path, graph, [Value("input", (1, 3, 256, 256))], [Value("output", (1, 3, 256, 256))])


def wav2lip(path: Path) -> Path:
    """The face by its gains, the hidden half's sum and the first column of speech added; BGR."""
    graph = Graph()
    shown = graph.part("target", [3], [6], [1])
    hidden = graph.op("ReduceMean", graph.part("target", [0], [3], [1]), axes=[2, 3], keepdims=1)
    heard = graph.op("ReduceMean", graph.part("mel", [0], [1], [3]), keepdims=0)
    x, y = eye("wav2lip_96", 96)
    spot = graph.part(shown, [y, x], [y + 1, x + 1], [2, 3])
    made = graph.op("Mul", shown, graph.value(column(GAIN[::-1])))
    made = graph.op("Add", made, graph.op("Mul", hidden, graph.value(0.1)))
    made = graph.op("Add", made, graph.op("Mul", spot, graph.value(0.3)))
    graph.op("Add", made, graph.op("Mul", heard, graph.value(0.02)), out="output")
    inputs = [Value("mel", (1, 1, 80, 16)), Value("target", (1, 6, 96, 96))]
    return save(path, graph, inputs, [Value("output", (1, 3, 96, 96))])


def edtalk(path: Path) -> Path:
    """The face by its gains, and what is heard, as strongly as the weight says."""
    graph = Graph()
    heard = graph.op("Mul", graph.op("ReduceMean", "source", keepdims=0), graph.op("Mul", "weight", graph.value(0.02)))
    picture_graph(graph, "target", size=256, template="ffhq_512", source=shaped(graph, heard, [1, 1, 1, 1]))
    inputs = [Value("source", (1, 1, 80, 16)), Value("weight", (1,)), Value("target", (1, 3, 256, 256))]
    return save(path, graph, inputs, [Value("output", (1, 3, 256, 256))])


def lp_features(path: Path) -> Path:
    """A volume whose three first planes are the face's colours, 4 × 4 pixels each."""
    graph = Graph()
    small = graph.op("AveragePool", "input", kernel_shape=[4, 4], strides=[4, 4])
    deep = graph.op("Tile", shaped(graph, small, [1, 1, 3, 64, 64]), graph.value([1, 32, 6, 1, 1], "int64"))
    graph.op("Slice", deep, *(graph.value(one, "int64") for one in ([0], [16], [2])), out="output")
    return save(path, graph, [Value("input", (1, 3, 256, 256))], [Value("output", (1, 32, 16, 64, 64))])


CANONICAL = np.random.default_rng(11).normal(size=(1, 21, 3)).astype(np.float32)


def lp_motion(path: Path) -> Path:
    """Degrees from red, green and blue."""
    graph = Graph()
    seen = graph.op("ReduceMean", "input", axes=[2, 3], keepdims=0)
    for number, name in enumerate(("pitch", "yaw", "roll")):
        graph.op("Mul", graph.part(seen, [number], [number + 1], [1]), graph.value(10.0 * (number + 1)), out=name)
    graph.op("Identity", graph.value([[1.5]]), out="scale")
    graph.op("Identity", graph.value([[0.1, 0.2, 0.9]]), out="translation")
    graph.op("Identity", graph.value(CANONICAL * 0.1), out="expression")
    graph.op("Identity", graph.value(CANONICAL), out="motion_points")
    shapes = [("pitch", (1, 1)), ("yaw", (1, 1)), ("roll", (1, 1)), ("scale", (1, 1)), ("translation", (1, 3))]
    outputs = [Value(*one) for one in [*shapes, ("expression", (1, 21, 3)), ("motion_points", (1, 21, 3))]]
    return save(path, graph, [Value("input", (1, 3, 256, 256))], outputs)


def lp_generator(path: Path) -> Path:
    """The volume's first three planes, 8 times across, plus how far the points moved."""
    graph = Graph()
    planes = shaped(graph, graph.part("feature_volume", [0, 0], [1, 3], [1, 2]), [1, 3, 64, 64])
    large = graph.op("Resize", planes, "", graph.value([1.0, 1.0, 8.0, 8.0]), mode="nearest",
                     coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
    moved = graph.op("ReduceMean", graph.op("Sub", "target", "source"), keepdims=0)
    graph.op("Add", large, moved, out="output")
    inputs = [Value("feature_volume", (1, 32, 16, 64, 64)), Value("source", (1, 21, 3)), Value("target", (1, 21, 3))]
    return save(path, graph, inputs, [Value("output", (1, 3, 512, 512))])


def lp_retargeter(path: Path, *, ratios: int, length: int) -> Path:
    """Every number is what is wanted minus what is now, times its place."""
    graph = Graph()
    last = graph.part("input", [62 + ratios], [63 + ratios], [1])
    now = graph.part("input", [63], [64], [1])
    ramp = graph.value(np.arange(length, dtype=np.float32)[None])
    graph.op("Mul", graph.op("Sub", last, now), ramp, out="output")
    return save(path, graph, [Value("input", (1, 63 + ratios))], [Value("output", (1, length))])


def lp_stitcher(path: Path) -> Path:
    """A quarter source, three quarters target."""
    graph = Graph()
    part = graph.op("Mul", "source", graph.value(0.25))
    graph.op("Add", part, graph.op("Mul", "target", graph.value(0.75)), out="output")
    inputs = [Value("source", (1, 21, 3)), Value("target", (1, 21, 3))]
    return save(path, graph, inputs, [Value("output", (1, 21, 3))])


def dfm(path: Path) -> Path:
    """A person file: NHWC, BGR, with the morph value added."""
    graph = Graph()
    term = shaped(graph, graph.op("Mul", "morph_value:0", graph.value(0.05)), [1, 1, 1, 1])
    picture_graph(graph, "in_face:0", size=224, template="dfl_whole_face", bgr=True, layout="NHWC", source=term,
                  out="out_celeb_face:0")  # fmt: skip
    ramp = np.linspace(0, 1, 224, dtype=np.float32).reshape(1, 1, 224, 1) * np.ones((1, 224, 1, 1), np.float32)
    graph.op("Identity", graph.value(ramp * 0), out="out_face_mask:0")
    graph.op("Identity", graph.value(ramp), out="out_celeb_face_mask:0")
    outputs = [Value("out_face_mask:0", (1, 224, 224, 1)), Value("out_celeb_face:0", (1, 224, 224, 3)),
               Value("out_celeb_face_mask:0", (1, 224, 224, 1))]  # fmt: skip
    return save(path, graph, [Value("in_face:0", (1, 224, 224, 3)), Value("morph_value:0", (1,))], outputs)
