"""One person's faces through one shot, as columns: small in memory, Face objects on demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import Float32, check_shape, frozen
from facefusion.core.face import Box, Face, FaceMeasures, HeadPose, Landmarks
from facefusion.core.points import PackedPoints, PointPacker

Int64 = NDArray[np.int64]
Float16 = NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class FaceColumns:
    """What is small about n faces, one row each.

    boxes: (n, 4) float32, x0 y0 x1 y1, pixels. keypoints: (n, 5, 2) float32, pixels. scores: (n,) float32, 0 where the
    face was filled in by interpolation. visibility: (n,) float32 in [0, 1]. poses: (n, 3) float32, yaw, pitch and roll
    in degrees, NaN where unknown. sharpness: (n,) float16 in [0, 1]. hidden: (n,) float16 in [0, 1], the share of the
    face that something covers. light: (n, 4) float16, ambient level and the direction the light comes from (x, y, z).
    The last three are NaN where they were not measured.
    """

    boxes: Float32
    keypoints: Float32
    scores: Float32
    visibility: Float32
    poses: Float32
    sharpness: Float16
    hidden: Float16
    light: Float16

    def __post_init__(self) -> None:
        for name, (shape, dtype) in COLUMNS.items():
            array = getattr(self, name)
            check_shape(f"FaceColumns.{name}", array, (len(self.boxes), *shape))
            if array.dtype != dtype:
                raise ValueError(f"FaceColumns.{name}: got dtype {array.dtype}, supported is {np.dtype(dtype)}")
            object.__setattr__(self, name, frozen(array))

    def __len__(self) -> int:
        return len(self.boxes)

    def rows(self, chosen: slice | Int64) -> FaceColumns:
        """Some of the rows."""
        return FaceColumns(*(getattr(self, name)[chosen] for name in COLUMNS))

    def measures(self, row: int) -> FaceMeasures | None:
        """What was measured about one row; None where nothing was."""
        light = (float(part) for part in self.light[row])
        found = FaceMeasures(float(self.sharpness[row]), float(self.hidden[row]), tuple(light))  # type: ignore[arg-type]
        return None if np.isnan([found.sharpness, found.hidden, *found.light]).all() else found

    @staticmethod
    def joined(parts: Sequence[FaceColumns]) -> FaceColumns:
        """The rows of `parts` one after another."""
        return FaceColumns(*(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS))

    @staticmethod
    def of(faces: Sequence[Face]) -> FaceColumns:
        """The columns of `faces`."""
        count = len(faces)
        poses = [_angles(face.pose) for face in faces]
        measures = [face.measures or FaceMeasures() for face in faces]
        return FaceColumns(
            boxes=_array([(f.box.x0, f.box.y0, f.box.x1, f.box.y1) for f in faces], (count, 4)),
            keypoints=_array([face.keypoints.xy for face in faces], (count, 5, 2)),
            scores=_array([face.score for face in faces], (count,)),
            visibility=_array([face.visibility for face in faces], (count,)),
            poses=_array(poses, (count, 3)),
            sharpness=np.array([one.sharpness for one in measures], np.float16),
            hidden=np.array([one.hidden for one in measures], np.float16),
            light=np.array([one.light for one in measures], np.float16).reshape(count, 4),
        )


COLUMNS: Mapping[str, tuple[tuple[int, ...], Any]] = {
    "boxes": ((4,), np.float32),
    "keypoints": ((5, 2), np.float32),
    "scores": ((), np.float32),
    "visibility": ((), np.float32),
    "poses": ((3,), np.float32),
    "sharpness": ((), np.float16),
    "hidden": ((), np.float16),
    "light": ((4,), np.float16),
}
"""Name, shape of one row and dtype of every column, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person's faces through one shot.

    frames: (n,) int64, rising, the frame of every row. points: the dense landmarks of every row, or None.
    moved: `Face.moved` of every row, all 0 in rows without it, or None when no row has it.
    """

    track_id: int
    frames: Int64
    columns: FaceColumns
    points: PackedPoints | None = None
    person_id: int | None = None
    moved: PackedPoints | None = None

    def __post_init__(self) -> None:
        check_shape("Track.frames", self.frames, (len(self.columns),))
        if len(self.frames) > 1 and not (np.diff(self.frames) > 0).all():
            raise ValueError(f"track {self.track_id}: got frames out of order, supported is rising")
        for points in (self.points, self.moved):
            if points is not None and len(points) != len(self.frames):
                raise ValueError(
                    f"track {self.track_id}: got {len(points)} rows of points for {len(self.frames)} frames"
                )
        object.__setattr__(self, "frames", frozen(self.frames))

    @staticmethod
    def of(
        track_id: int, faces: Mapping[int, Face] | Iterable[tuple[int, Face]], person_id: int | None = None
    ) -> Track:
        """A track of {frame: face} or of (frame, face) in order, packed as they come.

        Raises ValueError when only some faces have dense landmarks.
        """
        pairs = (
            sorted(faces.items()) if isinstance(faces, dict) else faces.items() if isinstance(faces, Mapping) else faces
        )
        packer = _TrackPacker()
        for index, face in pairs:
            packer.append(index, face)
        return packer.finish(track_id, person_id)

    @property
    def first(self) -> int:
        return int(self.frames[0])

    @property
    def last(self) -> int:
        """The last frame in which the face is, not the one after it."""
        return int(self.frames[-1])

    def __len__(self) -> int:
        return len(self.frames)

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int | np.integer) and self._row(int(index)) is not None

    def face(self, index: int, *, dense: bool = True) -> Face:
        """The face in frame `index`, without a picture; KeyError where there is none.

        dense: with its landmarks, which have to be unpacked.
        """
        row = self._row(index)
        if row is None:
            raise KeyError(index)
        return self._face(row, dense=dense)

    @property
    def faces(self) -> Mapping[int, Face]:
        """Frame → Face, made when asked for."""
        return TrackFaces(self)

    def rows(self, start: int, stop: int) -> slice:
        """The rows whose frame is in [start, stop)."""
        low, high = np.searchsorted(self.frames, [start, stop])
        return slice(int(low), int(high))

    def landmarks(self, rows: slice | None = None) -> Float32:
        """(m, K, 3) float32, pixels: the dense landmarks of `rows` (contiguous), or of all. Raises ValueError."""
        if self.points is None:
            raise ValueError(f"track {self.track_id}: has no dense landmarks; measure it with landmarks")
        first, stop, _ = (rows or slice(None)).indices(len(self))
        return self.points.decoded(first, stop)

    def within(self, start: int, stop: int) -> Track | None:
        """The part of the track in frames [start, stop); None where nothing of it is."""
        rows = self.rows(start, stop)
        if rows == slice(0, len(self)):
            return self
        if rows.start == rows.stop:
            return None
        points, moved = (None if one is None else one.part(rows.start, rows.stop) for one in (self.points, self.moved))
        return replace(self, frames=self.frames[rows], columns=self.columns.rows(rows), points=points, moved=moved)

    @staticmethod
    def joined(parts: Sequence[Track]) -> Track:
        """The rows of `parts`, which follow one another in time, as one track with the ids of the first."""
        moved = None
        if any(part.moved is not None for part in parts):
            moved = PackedPoints.joined([part.moved or _unmoved(part) for part in parts])
        points = [part.points for part in parts if part.points is not None]
        return replace(
            parts[0],
            frames=np.concatenate([part.frames for part in parts]),
            columns=FaceColumns.joined([part.columns for part in parts]),
            points=PackedPoints.joined(points) if points else None,
            moved=moved,
        )

    def _row(self, index: int) -> int | None:
        row = int(np.searchsorted(self.frames, index))
        return row if row < len(self.frames) and self.frames[row] == index else None

    def _face(self, row: int, *, dense: bool) -> Face:
        columns = self.columns
        xyz = self.points.row(row) if dense and self.points is not None else None
        yaw, pitch, roll = (float(angle) for angle in columns.poses[row])
        return Face(
            box=Box(*(float(side) for side in columns.boxes[row])),
            score=float(columns.scores[row]),
            keypoints=Landmarks(columns.keypoints[row]),
            landmarks=None if xyz is None else Landmarks(np.ascontiguousarray(xyz[:, :2]), xyz[:, 2]),
            visibility=float(columns.visibility[row]),
            pose=None if np.isnan(yaw) else HeadPose(yaw, pitch, roll),
            track_id=self.track_id,
            person_id=self.person_id,
            measures=columns.measures(row),
            moved=self.moved.row(row) if dense and self.moved is not None else None,
        )


class TrackFaces(Mapping[int, Face]):
    """The faces of a track by frame, each made when it is asked for."""

    def __init__(self, track: Track) -> None:
        self._track = track

    def __getitem__(self, index: int) -> Face:
        return self._track.face(index)

    def __contains__(self, index: object) -> bool:
        return index in self._track

    def __iter__(self) -> Iterator[int]:
        return iter(self._track.frames.tolist())

    def __len__(self) -> int:
        return len(self._track)


class _TrackPacker:
    """Takes faces in order; what it holds grows by the packed bytes only."""

    def __init__(self) -> None:
        self._frames: list[int] = []
        self._columns: list[FaceColumns] = []
        self._waiting: list[Face] = []
        self._packer, self._moves = PointPacker(), PointPacker(is_path=False)
        self._num_points: int | None = None
        self._has_moved = False

    def append(self, index: int, face: Face) -> None:
        count = None if face.landmarks is None else len(face.landmarks)
        if self._frames and count != self._num_points:
            raise ValueError(f"track: got faces with {self._num_points} and {count} landmarks, supported is one number")
        self._num_points = count
        self._frames.append(index)
        self._waiting.append(replace(face, landmarks=None, picture=None, embedding=None, visible=None, moved=None))
        if face.landmarks is not None:
            self._packer.append(face.landmarks.xyz)
            self._has_moved |= face.moved is not None
            self._moves.append(np.zeros((len(face.landmarks), 3), np.float32) if face.moved is None else face.moved)
        if len(self._waiting) >= 256:
            self._shelve()

    def finish(self, track_id: int, person_id: int | None) -> Track:
        if self._waiting or not self._columns:
            self._shelve()
        points = None if self._num_points is None else self._packer.finish(num_points=self._num_points)
        moved = self._moves.finish(num_points=self._num_points or 0) if self._has_moved else None
        frames = np.array(self._frames, np.int64)
        return Track(track_id, frames, FaceColumns.joined(self._columns), points, person_id, moved)

    def _shelve(self) -> None:
        self._columns.append(FaceColumns.of(self._waiting))
        self._waiting = []


def _unmoved(track: Track) -> PackedPoints:
    num_points = 0 if track.points is None else track.points.num_points
    return PackedPoints.of(np.zeros((len(track), num_points, 3), np.float32), is_path=False)


def _angles(pose: HeadPose | None) -> tuple[float, float, float]:
    return (np.nan, np.nan, np.nan) if pose is None else (pose.yaw_deg, pose.pitch_deg, pose.roll_deg)


def _array(rows: Sequence[Any], shape: tuple[int, ...]) -> Float32:
    return np.array(rows, np.float32).reshape(shape)
