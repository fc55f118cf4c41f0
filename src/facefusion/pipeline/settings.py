"""What a user can say about a run as a whole. Everything about one effect lives in that effect's own Settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from facefusion.core import option
from facefusion.media.codecs import CodecName
from facefusion.media.picture_form import AlphaChoice, ExrCompression, ExrDepth
from facefusion.media.policy import DamagedFrames, Interlaced
from facefusion.media.scene_space import DEFAULT_CONFIG
from facefusion.models.devices import Precision
from facefusion.models.providers import Provider

SelectorMode = Literal["auto", "one", "many", "reference"]
Order = Literal["large-small", "small-large", "left-right", "right-left", "top-bottom", "bottom-top"]
UnusableAnswer = Literal["skip", "stop"]
KeepWork = Literal["unfinished", "always", "never"]
CODECS_OWN = -1


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What is read, what is done, what is written."""

    source: tuple[str, ...] = option(
        (), why="a photo of the person whose face is put on; repeat it: several photos of one person make a better face"
    )
    assign: tuple[str, ...] = option(
        (),
        why="person=photo[,photo]: gives a person of the clip their own source; ids come from `facefusion people`, "
        "names from an edited analysis",
    )
    target: str = option(
        "", why="the picture, clip, folder of pictures or numbered sequence (shot.%04d.png) that is changed"
    )
    output: str = option("", why="where the result goes; its suffix decides the format; a folder for a folder")
    processor: tuple[str, ...] = option(
        ("face_swapper",),
        why="what is done, in this order; repeat it, or put commas between: face_swapper, face_enhancer, "
        "face_anonymiser, background_remover, frame_restorer, frame_enhancer, frame_colorizer, "
        "lip_syncer, expression_editor",
    )
    start: str = option(
        "", why="where to begin: a time (12.5, 1:02.5, 0:01:02.5) or a frame with an f (250f); empty: the start"
    )
    end: str = option("", why="where to stop, excluded: a time or a frame, like --start; empty: the end")
    allow_no_face: bool = option(
        False, why="writes the target unchanged but marked when no face is found, where a run would otherwise fail"
    )
    overwrite: bool = option(False, why="replaces an output that exists; without it nothing that exists is touched")
    execution_provider: tuple[Provider, ...] = option(
        ("cpu",), why="what the models run on; repeat it, the preferred first; a missing one is named, not skipped"
    )
    execution_device: str = option(
        "0",
        why="which graphics card learned models run on, where a machine has several; 0+1 shares the work between two, "
        "and one that dies leaves it to the other",
    )
    model_provider: tuple[str, ...] = option(
        (),
        why="another device for one learned model, or for all of one task: inswapper_128=cuda:1, face_enhancer=cpu; "
        "repeat it",
    )
    execution_batch: int = option(
        1,
        low=1,
        high=64,
        why="pictures that a learned model works on at once: of several faces, frames and segments; more suits "
        "graphics cards, and as many frames are rendered at once",
    )
    execution_memory_limit: float = option(
        0.0,
        low=0.0,
        high=1024.0,
        why="gigabytes that a learned model may take of a graphics card, or all of them together of main memory beside "
        "their weights; batches and tiles get smaller where it does not suffice; 0 sets no limit",
    )
    execution_precision: Precision = option(
        "fp32",
        why="what tensorrt, migraphx and openvino's cards compute in: fp16 is faster and a little less exact; the "
        "others compute as a model's file says",
    )
    models_folder: str = option(
        "", why="where your own weights lie; empty: the folder that FACEFUSION_MODELS names, or one of yours"
    )
    damaged_frames: DamagedFrames = option(
        "hold",
        why="what stands for a frame of the target that is damaged: hold shows the last whole picture again, pass what "
        "the decoder made of it, stop ends the run and names the frame",
    )
    interlaced: Interlaced = option(
        "keep",
        why="what is done with an interlaced target: keep treats both fields as one picture and flags the result, "
        "deinterlace makes whole pictures, as many, stop refuses it",
    )
    unusable_output: UnusableAnswer = option(
        "skip",
        why="what is done when a learned network answers with values that are no numbers: skip leaves that face or "
        "frame as it was and names the frame, stop ends the run there; where people are hidden it always stops",
    )
    workers: int = option(
        0,
        low=0,
        high=256,
        why="segments of a clip that are worked on at once, each by one core; 0 takes --threads; any number gives the "
        "same result; more needs more memory",
    )
    threads: int = option(
        0,
        low=0,
        high=256,
        why="frames rendered at once; 0 takes --workers, or one for every core, 16 at most; more needs more memory",
    )
    keep_work: KeepWork = option(
        "unfinished",
        why="finished segments of a clip, in .NAME.facefusion beside it: unfinished keeps them when a run is stopped, "
        "and the same command continues; always keeps them for the next edit too; never removes them",
    )


@dataclass(frozen=True, slots=True)
class FilmSettings:
    """How transparency, linear light and numbers are kept for compositors."""

    alpha: AlphaChoice = option(
        "auto",
        why="how transparency is stored: straight, or premultiplied (colour weighted by it); auto is premultiplied in "
        "EXR, as its standard asks, and straight elsewhere; refused where a format holds none",
    )
    input_colorspace: str = option(
        "",
        why="colour space of the target's pixels by its OpenColorIO name, like ACEScg, ACES2065-1 or ARRI LogC4; "
        "empty: what the file says, and Rec.709 light in an EXR that says nothing",
    )
    output_colorspace: str = option(
        "",
        why="colour space of the result; empty: that of the target, and linear Rec.709 for an EXR of a target that is "
        "not linear",
    )
    ocio_config: str = option(
        DEFAULT_CONFIG, why="the OpenColorIO config that names colour spaces: a config.ocio file or a built-in one"
    )
    exr_compression: ExrCompression = option(
        "zip", why="how EXR is packed: zip suits drawn and clean pictures, piz grainy ones; dwaa and dwab lose a little"
    )
    exr_depth: ExrDepth = option("half", why="bits of a sample in EXR: half is 16, float 32 and twice as large")
    first_number: str = option(
        "",
        why="number of the first picture of a sequence: a whole number like 1001, or timecode for the frame count of "
        "the clip's timecode; empty: a sequence keeps its own, an EXR of a clip with timecode takes that, others 1",
    )


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """What finds faces and reads where their eyes, nose and mouth are."""

    face_detector_model: str = option(
        "own",
        why="what finds faces: own is the bundled detector; else a learned one's name or path (retinaface_10g, "
        "scrfd_2.5g, retinaface_mnet, yoloface_8n, yunet_2023_mar)",
    )
    face_detector_score: float = option(
        0.5, low=0.05, high=1.0, why="how sure a learned detector must be of a face; lower finds more, and more wrongly"
    )
    face_landmarker_model: str = option(
        "own",
        why="what aligns faces for learned swappers and restorers: own takes eyes, nose and mouth from the bundled "
        "mesh; else a learned landmarker's name or path (2dfan4, 2d106det, live_portrait_landmarker)",
    )


@dataclass(frozen=True, slots=True)
class SelectorSettings:
    """Which of the faces in a picture are changed."""

    face_selector_mode: SelectorMode = option(
        "auto",
        why="one keeps to a single person through a clip, whoever comes first in most frames by --face-order; many "
        "changes everybody; reference changes whoever looks like --reference-image; auto is reference where such a "
        "photo is given, many where people are hidden, else one",
    )
    face_order: Order = option(
        "large-small", why="which face comes first when one is wanted; the largest face is most often the one meant"
    )
    reference_image: tuple[str, ...] = option(
        (), why="a photo of the person to change; repeat it: everybody shown in one is changed"
    )
    except_image: tuple[str, ...] = option(
        (),
        why="a photo of somebody who is left as they are; repeat it; everybody else is changed, or in the mode "
        "reference those of them who were asked for",
    )
    reference_distance: float = option(
        0.6,
        low=0.0,
        high=2.0,
        why="how far an identity may be from the reference; one person is usually below 0.6, two people above 0.8",
    )


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How the result is stored."""

    output_codec: CodecName = option(
        "auto",
        why="how a clip is coded; auto is H.264 in MP4, MOV and MKV, VP9 in WebM, FFV1 (lossless) in AVI, "
        "and for transparent clips one that keeps that: ProRes 4444 in MOV, FFV1 in MKV",
    )
    output_video_quality: int = option(
        CODECS_OWN,
        low=CODECS_OWN,
        high=63,
        why="rate factor of a clip, lower is better and larger; -1 takes the codec's own, which looks lossless",
    )
    output_preset: str = option(
        "",
        why="the encoder's own speed name (x264: veryfast … slow); faster makes larger files; empty: the codec's own",
    )
    output_image_quality: int = option(
        95, low=1, high=100, why="quality of JPEG and WebP; below 90 colour edges soften; 100 makes WebP lossless"
    )
    output_frame_rate: str = option(
        "",
        why="frames a second of the result, like 25, 23.976 or 24000/1001: a clip's are chosen anew by time, its sound "
        "stays; empty keeps every frame at its own time, and gives a numbered sequence, which has none, 25",
    )
