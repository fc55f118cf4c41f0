"""Points that move through many frames, kept small: fixed point, differences, compressed in blocks.

A block is one byte, 1 where rows are kept as differences from the row before, and deflated numbers: of every point the
difference from its neighbour in `face_tree`, x of all points and rows first, then y, then z, as zigzag numbers of four
bytes, all first bytes before all second ones and so on.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import Float32, check_shape
from facefusion.core.face_tree import depths_first, generations, parents_of

STEPS_PER_PX = 64
"""Coordinates are whole multiples of 1/64 pixel."""
BLOCK_ROWS = 64
"""Rows that are compressed together; one row is read by unpacking its block."""
_FARTHEST_PX = 2.0**17
_BLOCKS_HELD = 32
_LEVEL = 6
_PATH, _EACH = b"\x01", b"\x00"

Steps = NDArray[np.int32]


def snapped(points: Float32) -> Float32:
    """`points` as they come out of `PackedPoints`: each coordinate at most 1/128 px away. Raises ValueError for NaN."""
    return _steps(points).astype(np.float32) / np.float32(STEPS_PER_PX)


class PackedPoints:
    """n rows of K points (x, y, z), about a byte a coordinate in memory. Immutable; safe in threads."""

    __slots__ = ("_begins", "blocks", "lengths", "num_points")

    def __init__(self, blocks: Sequence[bytes], lengths: Sequence[int], num_points: int) -> None:
        """blocks: as `blocks` of another PackedPoints; lengths: the rows of each; num_points: K."""
        if len(blocks) != len(lengths) or any(length < 1 for length in lengths):
            raise ValueError(
                f"packed points: got {len(blocks)} blocks and {len(lengths)} lengths, supported is one each"
            )
        self.blocks, self.lengths, self.num_points = tuple(blocks), tuple(lengths), num_points
        self._begins = np.array([0, *accumulate(lengths)], np.int64)

    @staticmethod
    def of(points: Float32, *, is_path: bool = True) -> PackedPoints:
        """Pack (n, K, 3) float32, pixels; is_path as in PointPacker. Raises ValueError for NaN and infinity."""
        check_shape("packed points", points, (None, None, 3))
        packer = PointPacker(is_path=is_path)
        for row in points:
            packer.append(row)
        return packer.finish(num_points=points.shape[1])

    @staticmethod
    def joined(parts: Sequence[PackedPoints]) -> PackedPoints:
        """The rows of `parts` one after another, without packing them anew."""
        counts = {part.num_points for part in parts}
        if len(counts) != 1:
            raise ValueError(f"packed points: got rows of {sorted(counts)} points, supported is one number of points")
        blocks = [block for part in parts for block in part.blocks]
        return PackedPoints(blocks, [length for part in parts for length in part.lengths], counts.pop())

    def __len__(self) -> int:
        return int(self._begins[-1])

    @property
    def num_bytes(self) -> int:
        """Bytes of the packed rows."""
        return sum(len(block) for block in self.blocks)

    def row(self, index: int) -> Float32:
        """(K, 3) float32, read-only."""
        if not 0 <= index < len(self):
            raise IndexError(f"packed points: got row {index}, supported is 0 to {len(self) - 1}")
        block = int(np.searchsorted(self._begins, index, side="right")) - 1
        return self._unpacked(block)[index - int(self._begins[block])]

    def decoded(self, first: int, stop: int) -> Float32:
        """(stop - first, K, 3) float32: rows first ≤ row < stop; the range is cut to what there is."""
        first, stop = max(first, 0), min(stop, len(self))
        if first >= stop:
            return np.zeros((0, self.num_points, 3), np.float32)
        low = int(np.searchsorted(self._begins, first, side="right")) - 1
        high = int(np.searchsorted(self._begins, stop, side="left"))
        rows = np.concatenate([self._unpacked(block) for block in range(low, high)])
        begin = int(self._begins[low])
        return rows[first - begin : stop - begin]

    def part(self, first: int, stop: int) -> PackedPoints:
        """Rows first ≤ row < stop; blocks that are kept whole are shared, not packed anew."""
        begins = self._begins
        low = int(np.searchsorted(begins, first, side="left"))
        high = int(np.searchsorted(begins, stop, side="right")) - 1
        is_path = not self.blocks or self.blocks[0][:1] == _PATH
        if low >= high:
            return PackedPoints.of(self.decoded(first, stop), is_path=is_path)
        whole = PackedPoints(self.blocks[low:high], self.lengths[low:high], self.num_points)
        before, after = self.decoded(first, int(begins[low])), self.decoded(int(begins[high]), stop)
        return PackedPoints.joined(
            [PackedPoints.of(before, is_path=is_path), whole, PackedPoints.of(after, is_path=is_path)]
        )

    def _unpacked(self, block: int) -> Float32:
        return _unpacked(self.blocks[block], self.lengths[block], self.num_points)


class PointPacker:
    """Packs rows as they come; holds at most one block unpacked.

    is_path: rows are places on a path, so that their differences are smaller than they are; else, as with movements,
    every row stands for itself. It changes the size, not what comes out.
    """

    def __init__(self, *, is_path: bool = True) -> None:
        self._is_path = is_path
        self._waiting: list[Steps] = []
        self._blocks: list[bytes] = []
        self._lengths: list[int] = []

    def append(self, row: Float32) -> None:
        """Add (K, 3) float32, pixels. Raises ValueError for NaN, infinity and another number of points."""
        steps = _steps(row)
        if self._waiting and steps.shape != self._waiting[0].shape:
            raise ValueError(f"packed points: got a row {steps.shape}, the rows before are {self._waiting[0].shape}")
        self._waiting.append(steps)
        if len(self._waiting) == BLOCK_ROWS:
            self._close_block()

    def extend(self, rows: Iterable[Float32]) -> None:
        """Add several rows."""
        for row in rows:
            self.append(row)

    def finish(self, *, num_points: int) -> PackedPoints:
        """All rows so far."""
        if self._waiting:
            self._close_block()
        return PackedPoints(self._blocks, self._lengths, num_points)

    def _close_block(self) -> None:
        self._blocks.append(_packed(np.stack(self._waiting), is_path=self._is_path))
        self._lengths.append(len(self._waiting))
        self._waiting = []


def _steps(points: Float32) -> Steps:
    if not np.isfinite(points).all():
        raise ValueError("packed points: got NaN or infinity, supported are finite pixels")
    near = np.clip(np.asarray(points, np.float64), -_FARTHEST_PX, _FARTHEST_PX)
    return np.rint(near * STEPS_PER_PX).astype(np.int32)


def _packed(steps: Steps, *, is_path: bool) -> bytes:
    num_points = steps.shape[1]
    rows = np.diff(steps, axis=0, prepend=0) if is_path else steps
    parents = np.array(parents_of(num_points), np.intp)
    apart = rows - np.where(parents[:, None] >= 0, rows[:, parents], 0)
    moves = apart[:, depths_first(num_points)].transpose(2, 1, 0)
    unsigned = ((moves << 1) ^ (moves >> 31)).astype("<u4", order="C")
    planes = unsigned.view(np.uint8).reshape(-1, 4).T
    return (_PATH if is_path else _EACH) + zlib.compress(planes.tobytes(), _LEVEL)


@lru_cache(maxsize=_BLOCKS_HELD)
def _unpacked(block: bytes, rows: int, num_points: int) -> Float32:
    """(rows, num_points, 3) float32, read-only. Raises ValueError when the block is damaged."""
    try:
        planes = np.frombuffer(zlib.decompress(block[1:]), np.uint8).reshape(4, -1)
        unsigned = np.ascontiguousarray(planes.T).view("<u4").astype(np.uint32).reshape(3, num_points, rows)
    except (zlib.error, ValueError) as error:
        raise ValueError(f"packed points: a damaged block ({error}); measure the clip again") from error
    moves = (unsigned >> 1).astype(np.int32) ^ -(unsigned & 1).astype(np.int32)
    steps = _whole(moves, num_points).transpose(2, 1, 0)
    if block[:1] == _PATH:
        steps = steps.cumsum(axis=0, dtype=np.int32)
    points = steps.astype(np.float32) / np.float32(STEPS_PER_PX)
    points.flags.writeable = False
    return points


def _whole(moves: Steps, num_points: int) -> Steps:
    """(3, K, rows): differences from neighbours, in the order of the file, added up and in the order of the points."""
    whole = np.empty_like(moves)
    whole[:, depths_first(num_points)] = moves
    parents = np.array(parents_of(num_points), np.intp)
    for points in generations(num_points):
        whole[:, points] += whole[:, parents[points]]
    return whole
