"""From every point of the face mesh to a neighbour of it: points that lie near each other move alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

FACE_PARENTS = (
    11, -1, 97, 236, 45, 51, 122, 163, 168, 8, 151, 12, 13, 82, 13, 14, 15, 16, 83, 125, 238, 71, 153, 145, 144, 33,
    232, 159, 158, 160, 161, 226, 194, 7, 139, 226, 142, 167, 72, 73, 74, 81, 80, 146, 1, 220, 225, 126, 219, 48, 205,
    134, 223, 224, 68, 193, 157, 61, 172, 166, 75, 76, 76, 53, 235, 222, 65, 69, 70, 66, 46, 156, 37, 41, 42, 59, 146,
    96, 62, 239, 81, 82, 38, 182, 85, 86, 87, 178, 42, 88, 89, 90, 186, 234, 141, 96, 89, 99, 240, 60, 120, 119, 64,
    104, 105, 52, 43, 55, 69, 67, 163, 117, 133, 130, 128, 218, 111, 228, 229, 230, 231, 47, 188, 147, 113, 241, 209,
    162, 233, 102, 33, 115, 93, 155, 220, 169, 135, 227, 135, 71, 32, 242, 126, 35, 145, 153, 77, 213, 171, 170, 169,
    108, 175, 154, 26, 154, 124, 173, 157, 158, 161, 246, 21, 144, 2, 92, 79, 97, 193, 210, 211, 208, 138, 133, 217,
    199, 140, 137, 41, 178, 179, 180, 106, 96, 183, 184, 185, 207, 114, 190, 173, 183, 214, 189, 182, 3, 174, 196, 131,
    200, 18, 83, 43, 129, 106, 206, 203, 216, 201, 49, 202, 204, 57, 192, 212, 177, 186, 198, 79, 166, 237, 189, 28,
    27, 29, 30, 130, 34, 31, 24, 23, 22, 121, 112, 127, 59, 134, 44, 239, 237, 75, 238, 20, 133, 233, 244, 7, 33, 195,
    390, 462, 301, 380, 374, 373, 263, 381, 386, 385, 387, 388, 446, 418, 249, 368, 446, 371, 302, 312, 303, 304, 311,
    310, 375, 1, 4, 445, 350, 439, 278, 425, 5, 443, 444, 298, 417, 384, 291, 397, 305, 328, 306, 306, 283, 455, 442,
    295, 299, 300, 296, 276, 383, 268, 271, 272, 290, 375, 325, 292, 459, 311, 312, 13, 18, 315, 316, 317, 402, 272,
    318, 319, 320, 410, 454, 325, 319, 2, 460, 326, 349, 348, 294, 333, 334, 282, 273, 285, 299, 297, 390, 346, 453,
    359, 412, 438, 340, 448, 449, 450, 451, 452, 6, 376, 342, 19, 429, 389, 343, 331, 263, 344, 323, 341, 281, 394,
    364, 447, 364, 301, 262, 94, 355, 265, 374, 380, 307, 433, 396, 395, 394, 381, 382, 362, 353, 398, 384, 385, 388,
    466, 251, 373, 322, 289, 326, 430, 431, 428, 367, 362, 419, 369, 366, 271, 402, 403, 404, 335, 325, 407, 408, 409,
    427, 351, 414, 398, 407, 434, 413, 406, 197, 360, 313, 273, 358, 335, 426, 423, 436, 421, 279, 422, 424, 287, 416,
    432, 401, 410, 420, 309, 392, 457, 413, 258, 257, 259, 260, 359, 264, 261, 254, 253, 252, 256, 357, 356, 289, 248,
    459, 461, 458, 305, 354, 370, 362, 453, 464, 249, 263, 145, 468, 468, 468, 468, 374, 473, 473, 473, 473,
)  # fmt: skip
"""The minimum spanning tree over the canonical face mesh and its irises, which hang on the eyes; -1 is the root's."""


def parents_of(num_points: int) -> Sequence[int]:
    """The parent of every point: the tree of the face for its 478 points, else the point before."""
    return FACE_PARENTS if num_points == len(FACE_PARENTS) else range(-1, num_points - 1)


@cache
def depths_first(num_points: int) -> NDArray[np.intp]:
    """The points in an order in which neighbours in the tree follow one another, the root first."""
    children: list[list[int]] = [[] for _ in range(num_points)]
    waiting: list[int] = []
    for point, parent in enumerate(parents_of(num_points)):
        (children[parent] if parent >= 0 else waiting).append(point)
    order = []
    while waiting:
        point = waiting.pop()
        order.append(point)
        waiting += reversed(children[point])
    return np.array(order, np.intp)


@cache
def generations(num_points: int) -> tuple[NDArray[np.intp], ...]:
    """The points by their distance from the root, the root's own children first."""
    parents = np.array(parents_of(num_points), np.intp)
    found, latest = [], np.flatnonzero(parents < 0)
    while len(latest := np.flatnonzero(np.isin(parents, latest))):
        found.append(latest)
    return tuple(found)
