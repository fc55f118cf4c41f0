"""The value types everything else speaks in. Needs numpy only."""

from facefusion.core.analysis import Analysis, Identity, MediaIdentity, Samples
from facefusion.core.arrays import Float32, Pixels, UInt8, from_unit, to_unit
from facefusion.core.cutout import Cutout
from facefusion.core.face import Box, Face, FaceMeasures, HeadPose, Landmarks
from facefusion.core.frame import ColorInfo, Frame
from facefusion.core.patch import AlignedFace, FaceLight, Patch
from facefusion.core.points import PackedPoints, PointPacker, snapped
from facefusion.core.progress import Listener, Progress, ProgressEvent
from facefusion.core.protocols import (
    CropKind,
    FaceProcessor,
    FrameProcessor,
    LitProcessor,
    MatteProcessor,
    Survey,
    Surveyor,
    TemplateProcessor,
    WindowProcessor,
)
from facefusion.core.settings import SettingsError, option, options_of
from facefusion.core.time import FrameRange, Segment, Shot, Timestamp
from facefusion.core.tracks import FaceColumns, Track, TrackFaces

__all__ = [
    "AlignedFace",
    "Analysis",
    "Box",
    "ColorInfo",
    "CropKind",
    "Cutout",
    "Face",
    "FaceColumns",
    "FaceLight",
    "FaceMeasures",
    "FaceProcessor",
    "Float32",
    "Frame",
    "FrameProcessor",
    "Survey",
    "Surveyor",
    "WindowProcessor",
    "FrameRange",
    "HeadPose",
    "Identity",
    "Landmarks",
    "Listener",
    "LitProcessor",
    "MatteProcessor",
    "MediaIdentity",
    "PackedPoints",
    "Patch",
    "Pixels",
    "PointPacker",
    "Progress",
    "ProgressEvent",
    "Samples",
    "Segment",
    "SettingsError",
    "Shot",
    "TemplateProcessor",
    "Timestamp",
    "Track",
    "TrackFaces",
    "UInt8",
    "from_unit",
    "option",
    "options_of",
    "snapped",
    "to_unit",
]
