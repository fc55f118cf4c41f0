"""Reading and writing pictures and clips. The only room that knows libav; importing it loads neither av nor cv2."""

from facefusion.media.animation_writer import ANIMATION_SUFFIXES, AnimationWriter
from facefusion.media.codecs import CODECS, CONTAINERS, CodecName
from facefusion.media.description import MediaInfo, MediaKind, StreamInfo, VideoFormat
from facefusion.media.encoders import encoder_present
from facefusion.media.image_header import IMAGE_SUFFIXES
from facefusion.media.image_writing import WRITABLE_SUFFIXES, clean_exif, write_image
from facefusion.media.opening import open_media, probe
from facefusion.media.paths import (
    NumberedPattern,
    check_output,
    check_output_folder,
    file_identity,
    natural_key,
    temporary_beside,
    write_atomically,
)
from facefusion.media.prefetch import prefetch
from facefusion.media.reader import MediaReader
from facefusion.media.sequence_writer import SequenceWriter
from facefusion.media.stills import read_image
from facefusion.media.writer import VideoWriter

__all__ = [
    "ANIMATION_SUFFIXES",
    "AnimationWriter",
    "CODECS",
    "CONTAINERS",
    "CodecName",
    "IMAGE_SUFFIXES",
    "MediaInfo",
    "MediaKind",
    "MediaReader",
    "NumberedPattern",
    "SequenceWriter",
    "StreamInfo",
    "VideoFormat",
    "VideoWriter",
    "WRITABLE_SUFFIXES",
    "check_output",
    "check_output_folder",
    "clean_exif",
    "encoder_present",
    "file_identity",
    "natural_key",
    "open_media",
    "prefetch",
    "probe",
    "read_image",
    "temporary_beside",
    "write_atomically",
    "write_image",
]
