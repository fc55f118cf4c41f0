"""What a user can say about a run as a whole. Everything about one effect lives in that effect's own Settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from facefusion.core import option

Provider = Literal["cpu", "cuda", "tensorrt", "directml", "coreml", "openvino"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
SelectorMode = Literal["one", "many", "reference"]
Order = Literal["large-small", "small-large", "left-right", "right-left", "top-bottom", "bottom-top"]


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What is read, what is done, what is written."""

    source: tuple[str, ...] = option(
        (), why="a photo of the person whose face is put on; repeat it: several photos of one person make a better face"
    )
    assign: tuple[str, ...] = option(
        (),
        why="person=photo[,photo]: gives one person of the clip a source of their own; ids come from `facefusion people`",
    )
    target: str = option(
        "", why="the picture, clip, folder of pictures or numbered sequence (shot.%04d.png) that is changed"
    )
    output: str = option("", why="where the result goes; its suffix decides the format; a folder for a folder")
    processor: tuple[str, ...] = option(
        ("face_swapper",), why="what is done to each face, in this order; repeat it: face_swapper, face_enhancer"
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
    threads: int = option(
        0, low=0, high=256, why="frames rendered at once; 0 takes one for every processor core; more needs more memory"
    )


@dataclass(frozen=True, slots=True)
class SelectorSettings:
    """Which of the faces in a picture are changed."""

    face_selector_mode: SelectorMode = option(
        "one",
        why="one keeps to a single person through the clip, the first by --face-order; many changes everybody; "
        "reference changes whoever looks like --reference-image",
    )
    face_order: Order = option(
        "large-small", why="which face comes first when one is wanted; the largest face is most often the one meant"
    )
    reference_image: str = option("", why="a photo of the person to change, for the mode reference; empty means none")
    reference_distance: float = option(
        0.6,
        low=0.0,
        high=2.0,
        why="how far an identity may be from the reference; one person is usually below 0.6, two people above 0.8",
    )
