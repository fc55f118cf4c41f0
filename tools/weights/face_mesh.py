"""The seven outputs of MediaPipe's attention mesh, joined to 478 points inside the graph.

MediaPipe joins them in ``LandmarksRefinementCalculator``: x and y of lips and eyes replace
those of the mesh, the irises follow as points 468 to 477, and the depth of an iris is the mean
depth of the 16 points around its eye. Left is the viewer's left (the person's right eye).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MESH_POINTS = 468

LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
)  # fmt: skip
LEFT_EYE = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173, 130, 25, 110,
    24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190, 226, 31, 228, 229, 230, 231, 232,
    233, 244, 113, 225, 224, 223, 222, 221, 189, 35, 124, 46, 53, 52, 65, 143, 111, 117, 118,
    119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
)  # fmt: skip
RIGHT_EYE = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398, 359, 255,
    339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414, 446, 261, 448, 449,
    450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413, 265, 353, 276, 283, 282, 295,
    372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
)  # fmt: skip
LEFT_LIDS, RIGHT_LIDS = LEFT_EYE[:16], RIGHT_EYE[:16]

# names in the TF.js graph -> (short name, number of points)
REFINED = {
    "Identity_3:0": ("lips", LIPS),
    "Identity_1:0": ("left_eye", LEFT_EYE),
    "Identity_5:0": ("right_eye", RIGHT_EYE),
    "Identity_2:0": ("left_iris", tuple(range(468, 473))),
    "Identity_6:0": ("right_iris", tuple(range(473, 478))),
}
MESH, PRESENCE = "Identity_4:0", "Identity:0"
OUTPUTS = {name: name for name in (MESH, PRESENCE, *REFINED)}


def source_rows() -> np.ndarray:
    """For each of the 478 points, its row among mesh, lips, eyes and irises stacked: int64."""
    rows = np.arange(MESH_POINTS + 10)
    start = MESH_POINTS
    for _, points in REFINED.values():
        rows[list(points)] = np.arange(start, start + len(points))
        start += len(points)
    return rows


def depth_rows() -> np.ndarray:
    """For each point, its depth's place among 468 mesh depths and two iris means: int64."""
    return np.concatenate([np.arange(MESH_POINTS), np.repeat([MESH_POINTS, MESH_POINTS + 1], 5)])


def join_points(model: onnx.ModelProto) -> None:
    """Put the joining behind the graph: outputs ``landmarks`` (n, 478, 3), ``presence`` (n, 1)."""
    graph = model.graph
    constants = {
        "join/rows": source_rows(),
        "join/depth_rows": depth_rows(),
        "join/left_lids": np.array(LEFT_LIDS),
        "join/right_lids": np.array(RIGHT_LIDS),
        "join/mesh_shape": np.array([-1, MESH_POINTS, 3]),
        "join/split": np.array([2, 1]),
    }
    constants |= {f"join/{short}_shape": np.array([-1, len(points), 2]) for short, points in REFINED.values()}
    for name, values in constants.items():
        graph.initializer.append(numpy_helper.from_array(values.astype(np.int64), name))

    def add(op: str, inputs: list[str], *outputs: str, **attributes: object) -> None:
        graph.node.append(helper.make_node(op, inputs, list(outputs), outputs[0], **attributes))

    add("Reshape", [MESH, "join/mesh_shape"], "join/mesh")
    add("Split", ["join/mesh", "join/split"], "join/mesh_xy", "join/mesh_z", axis=2)
    planes = ["join/mesh_xy"]
    for name, (short, _) in REFINED.items():
        add("Reshape", [name, f"join/{short}_shape"], f"join/{short}")
        planes.append(f"join/{short}")
    add("Concat", planes, "join/all_xy", axis=1)
    add("Gather", ["join/all_xy", "join/rows"], "join/xy", axis=1)
    for side in ("left", "right"):
        add("Gather", ["join/mesh_z", f"join/{side}_lids"], f"join/{side}_lids_z", axis=1)
        add("ReduceMean", [f"join/{side}_lids_z"], f"join/{side}_z", axes=[1], keepdims=1)
    add("Concat", ["join/mesh_z", "join/left_z", "join/right_z"], "join/all_z", axis=1)
    add("Gather", ["join/all_z", "join/depth_rows"], "join/z", axis=1)
    add("Concat", ["join/xy", "join/z"], "landmarks", axis=2)
    add("Identity", [PRESENCE], "presence")
    del graph.output[:]
    for name, shape in (("landmarks", [1, 478, 3]), ("presence", [1, 1])):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
