"""The simple way in: OpenCV pictures (BGR uint8) in and out, one class a task.

Pictures that these classes return are plain arrays, meant to be composed; they are not marked. `save_image`,
`process_image` and `process_video` write files, and what they write carries the visible label and the metadata.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from facefusion.core import Face, FaceProcessor, UInt8
from facefusion.errors import InvalidInput
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.pipeline import catalog
from facefusion.pipeline.arrays import bgr_of, rgb_of
from facefusion.pipeline.casting import Casting
from facefusion.pipeline.prepare import unhidden
from facefusion.pipeline.render import change_face
from facefusion.pipeline.render_context import RenderContext
from facefusion.pipeline.weights import asked_model, zoo_of

_SOURCES_KEPT = 4


class FaceDetector:
    """Finds faces. Without arguments, the bundled detector, landmarks and identity encoder."""

    def __init__(
        self,
        model_name: str | None = None,
        *,
        model_path: str | Path | None = None,
        execution_providers: Sequence[str] = ("cpu",),
        models_folder: Path | None = None,
    ) -> None:
        """Raises ModelMissing for a known model that is not on this machine, ModelError, UsageError."""
        zoo = zoo_of(models_folder, tuple(execution_providers))
        model = asked_model("face_detector", zoo, model_name=model_name, model_path=model_path)
        detector = zoo.adapter(model, "face_detector") if model else None
        self._analyser = FaceAnalyser(providers=execution_providers, detector=detector)

    def detect(self, image: UInt8) -> list[Face]:
        """The faces of a BGR picture, the largest first; none gives an empty list. Each remembers its picture (RGB)."""
        return list(self._analyser.find(rgb_of(image, name="detect")))


class FaceSwapper:
    """Puts one face on another. Without arguments, the bundled mesh swapper, which needs no weights."""

    def __init__(
        self,
        model_path: str | Path | None = None,
        model_name: str | None = None,
        *,
        settings: Any = None,
        execution_providers: Sequence[str] = ("cpu",),
        models_folder: Path | None = None,
    ) -> None:
        """settings: `processors.face_swapper.Settings`. Raises ModelMissing, ModelError, UsageError."""
        self._zoo = zoo_of(models_folder, tuple(execution_providers))
        model = asked_model("face_swapper", self._zoo, model_name=model_name, model_path=model_path)
        given = settings or catalog.find("face_swapper").settings_class()
        self._settings = replace(given, model=model) if model else given
        self._built: OrderedDict[tuple[int, ...], tuple[Sequence[Face], FaceProcessor]] = OrderedDict()
        self._lock = threading.Lock()
        self._parser = OcclusionParser(providers=execution_providers)
        self._context = RenderContext(Casting(), visible=self._parser.visible)

    def swap(self, target_image: UInt8, target_face: Face, source_face: Face | Sequence[Face]) -> UInt8:
        """A BGR picture with `target_face` changed into the person of `source_face`, or of several photos of them.

        Pixels outside the face stay bit-identical; a face that is turned too far is left alone. The array is not
        marked: write it with `save_image`.
        """
        sources = (source_face,) if isinstance(source_face, Face) else tuple(source_face)
        pixels, _ = change_face(
            rgb_of(target_image, name="swap"), target_face, (self._effect(sources),), 0, self._context
        )
        return bgr_of(pixels)

    def _effect(self, sources: tuple[Face, ...]) -> FaceProcessor:
        """The effect for these very faces; the last few are kept, so that a clip does not build one a frame."""
        for face in sources:
            if face.picture is None or face.landmarks is None:
                raise InvalidInput("swap: the source face does not know its picture; take it from FaceDetector.detect")
        key = tuple(id(face) for face in sources)
        with self._lock:
            if key not in self._built:
                self._built[key] = (sources, self._build(sources))
            self._built.move_to_end(key)
            effect = self._built[key][1]
            while len(self._built) > _SOURCES_KEPT:
                self._built.popitem(last=False)
        return effect

    def _build(self, sources: tuple[Face, ...]) -> FaceProcessor:
        photos = [unhidden(face, self._parser) for face in sources]
        return catalog.find("face_swapper").build(self._settings, photos=photos, zoo=self._zoo)


class FaceEnhancer:
    """Makes faces clearer. Without arguments, the bundled enhancer, which needs no weights."""

    def __init__(
        self,
        model_name: str | None = None,
        *,
        model_path: str | Path | None = None,
        settings: Any = None,
        execution_providers: Sequence[str] = ("cpu",),
        models_folder: Path | None = None,
    ) -> None:
        """settings: `processors.face_enhancer.Settings`. Raises ModelMissing, ModelError, UsageError."""
        zoo = zoo_of(models_folder, tuple(execution_providers))
        model = asked_model("face_enhancer", zoo, model_name=model_name, model_path=model_path)
        entry = catalog.find("face_enhancer")
        given = settings or entry.settings_class()
        self._effect = entry.build(replace(given, model=model) if model else given, zoo=zoo)
        self._analyser = FaceAnalyser(providers=execution_providers)
        self._context = RenderContext(Casting())

    def enhance(self, image: UInt8, faces: Sequence[Face] | None = None) -> UInt8:
        """A BGR picture with every face in it (or only `faces`) made clearer; the rest stays bit-identical."""
        pixels = rgb_of(image, name="enhance")
        for face in self._analyser.find(pixels, embed=False) if faces is None else faces:
            pixels, _ = change_face(pixels, face, (self._effect,), 0, self._context)
        return bgr_of(pixels)
