"""`set_options`, `process_video`, `process_image` and `save_image`: whole files, marked, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facefusion import __version__
from facefusion.core import ColorInfo, Face, Frame, Listener, Progress, UInt8
from facefusion.errors import UsageError
from facefusion.media import MediaInfo, probe, write_image
from facefusion.pipeline.arrays import rgb_of
from facefusion.pipeline.catalog import near
from facefusion.pipeline.engine import run
from facefusion.pipeline.marking import Facts, Marking
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.pipeline.sections import keys
from facefusion.pipeline.watermarks import watermarked
from facefusion.provenance import Labeller, LabelSettings, Marks
from facefusion.provenance.asset import asset_id_of
from facefusion.provenance.manifest.settings import SigningSettings

NAMES: Mapping[str, str] = {
    "source_paths": "source",
    "source_path": "source",
    "target_path": "target",
    "output_path": "output",
    "frame_processors": "processor",
    "processors": "processor",
    "execution_providers": "execution-provider",
    "execution_thread_count": "threads",
    "reference_face_distance": "reference-distance",
    "output_video_encoder": "output-codec",
}
"""Option names of the SDK beside the flags' own, which all work with underscores."""


class Options:
    """What `set_options` has been told so far. The one state of this package, kept here so that it is easy to find."""

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}

    def set(self, values: Mapping[str, Any]) -> None:
        """Add to what was told before; a value of None forgets it. Raises UsageError for an unknown name."""
        told = {_key_of(name): value for name, value in values.items()}
        merged = {**self._given, **told}
        self._given = {key: value for key, value in merged.items() if value is not None}

    def clear(self) -> None:
        """Forget everything."""
        self._given = {}

    def plan(self, values: Mapping[str, Any] | None = None) -> Plan:
        """The plan of everything told, with `values` on top. Raises UsageError."""
        told = {_key_of(name): value for name, value in (values or {}).items()}
        return Plan.from_mapping({key: _plain(value) for key, value in {**self._given, **told}.items()})


_OPTIONS = Options()


def set_options(values: Mapping[str, Any]) -> None:
    """Say what `process_video` and `process_image` are to do; adds to what was said before, None forgets a name.

    Names: source_paths, target_path, output_path, frame_processors, execution_providers, and every flag of
    `facefusion run` with underscores (mask_blur, face_selector_mode, …). Raises UsageError naming the nearest one.
    """
    _OPTIONS.set(values)


def reset_options() -> None:
    """Forget everything that `set_options` was told."""
    _OPTIONS.clear()


def process_video(options: Mapping[str, Any] | None = None, *, listener: Listener | None = None) -> RunReport:
    """Change the faces of a clip or a numbered sequence and write the result, labelled and marked.

    options: on top of those of `set_options`, for this call only. listener: hears of the progress; if it raises, the
    run ends with that error. Raises the errors of `facefusion.errors`.
    """
    return _process(options, listener, is_clip=True)


def process_image(options: Mapping[str, Any] | None = None, *, listener: Listener | None = None) -> RunReport:
    """Change the faces of a picture or of a folder of pictures and write the result, labelled and marked.

    Parameters and errors as `process_video`.
    """
    return _process(options, listener, is_clip=False)


def save_image(
    path: str | Path,
    image: UInt8,
    *,
    faces: Sequence[Face] = (),
    label: LabelSettings | None = None,
    overwrite: bool = False,
) -> None:
    """Write a BGR picture (H, W, 3) uint8 that these classes made, with label, watermark and metadata.

    faces: what the label keeps off. Raises InvalidInput, UsageError (suffix), OutputExists, OutputFailed.
    """
    pixels = rgb_of(image, name="save_image")
    labeller = Labeller(label or LabelSettings(), width=pixels.shape[1], height=pixels.shape[0], is_video=False)
    labeller.place([face.box for face in faces]).draw(pixels)
    created = datetime.now(UTC)
    marks = Marks.of({"mesh"}, created=created, produce_id=created.strftime("%Y%m%dT%H%M%S%f"), version=__version__)
    facts = Facts(effects=(("face_swapper", "mesh"),), label={"text": (label or LabelSettings()).text})
    marking, path = Marking.of(marks, facts, SigningSettings(), overwrite=overwrite), Path(path)
    with marking.appearing(path):
        frame = watermarked(Frame(pixels, color=ColorInfo()), asset_id_of(marks))
        write_image(path, frame, xmp=marks.xmp(), overwrite=overwrite, seal=marking.seal(path))


def _process(options: Mapping[str, Any] | None, listener: Listener | None, *, is_clip: bool) -> RunReport:
    plan = _OPTIONS.plan(options)
    _check_kind(probe(plan.target, frame_rate=plan.frame_rate), is_clip=is_clip)
    return run(plan, Progress() if listener is None else Progress(listener))


def _check_kind(info: MediaInfo, *, is_clip: bool) -> None:
    if info.is_clip != is_clip:
        right = "process_image" if is_clip else "process_video"
        raise UsageError(f"{info.path}: is a {info.kind}; use {right}")


def _key_of(name: str) -> str:
    key = NAMES.get(name, name.replace("_", "-"))
    if key not in keys():
        known = (*NAMES, *(known.replace("-", "_") for known in keys()))
        raise UsageError(
            f"option {name}: unknown{near(name, known)}; source_paths, target_path and output_path are known"
        )
    return key


def _plain(value: Any) -> Any:
    """Paths as texts, also inside lists."""
    if isinstance(value, Path):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
