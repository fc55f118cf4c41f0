"""The value types everything else speaks in. Needs numpy only."""

from facefusion.core.analysis import Analysis, Identity, Track
from facefusion.core.arrays import Float32, Pixels, UInt8, from_unit, to_unit
from facefusion.core.face import Box, Face, HeadPose, Landmarks
from facefusion.core.frame import ColorInfo, Frame
from facefusion.core.patch import AlignedFace, Patch
from facefusion.core.progress import Listener, Progress, ProgressEvent
from facefusion.core.protocols import CropKind, FaceProcessor, FrameProcessor, MatteProcessor
from facefusion.core.settings import SettingsError, option, options_of
from facefusion.core.time import FrameRange, Segment, Shot, Timestamp

__all__ = [
    "AlignedFace",
    "Analysis",
    "Box",
    "ColorInfo",
    "CropKind",
    "Face",
    "FaceProcessor",
    "Float32",
    "Frame",
    "FrameProcessor",
    "FrameRange",
    "HeadPose",
    "Identity",
    "Landmarks",
    "Listener",
    "MatteProcessor",
    "Patch",
    "Pixels",
    "Progress",
    "ProgressEvent",
    "Segment",
    "SettingsError",
    "Shot",
    "Timestamp",
    "Track",
    "UInt8",
    "from_unit",
    "option",
    "options_of",
    "to_unit",
]
