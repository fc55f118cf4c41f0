"""Joins learned weights, the photos of a person and the settings to processors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from facefusion.core import Face, FaceProcessor, Float32, FrameProcessor, Landmarks, Pixels
from facefusion.errors import NoFaceFound, UsageError
from facefusion.faces.crops import cut
from facefusion.geometry.templates import TemplateName, align_matrix
from facefusion.models.adapters.live_portrait import LivePortrait
from facefusion.models.adapters.recognisers import ArcFace, averaged
from facefusion.models.adapters.speech import Speech
from facefusion.models.adapters.swappers import Identity, Swapper
from facefusion.models.card import Task
from facefusion.models.zoo import Zoo
from facefusion.pipeline.catalog import OWN_WAYS
from facefusion.processors.expression_editor.editor import ExpressionEditor
from facefusion.processors.expression_editor.settings import Settings as ExpressionSettings
from facefusion.processors.face_enhancer.learned import LearnedEnhancer
from facefusion.processors.face_enhancer.memory import FaceMemory
from facefusion.processors.face_enhancer.settings import Settings as EnhanceSettings
from facefusion.processors.face_swapper.learned import LearnedSwapper, Recognise
from facefusion.processors.face_swapper.settings import Settings as SwapSettings
from facefusion.processors.frame_colorizer.colorizer import FrameColorizer
from facefusion.processors.frame_colorizer.settings import Settings as ColourSettings
from facefusion.processors.frame_enhancer.learned import LearnedEnlarger
from facefusion.processors.frame_enhancer.settings import Settings as EnlargeSettings
from facefusion.processors.lip_syncer.settings import Settings as SpeakSettings
from facefusion.processors.lip_syncer.syncer import LipSyncer


def face_swapper(photos: Sequence[Face], settings: SwapSettings, zoo: Zoo) -> FaceProcessor:
    """The mesh swapper, or the learned one that `settings` name. Raises NoFaceFound without a photo, and as the zoo."""
    if settings.model in OWN_WAYS:
        from facefusion.processors.face_swapper import FaceSwapper

        mesh: FaceProcessor = FaceSwapper(photos, settings)
        return mesh
    swapper: Swapper = zoo.adapter(settings.model, "face_swapper")
    recogniser = zoo.recogniser() if swapper.takes_embedding else None
    identity = identity_of(photos, swapper, recogniser)
    return LearnedSwapper(swapper, identity, settings, None if recogniser is None else _recognised_by(recogniser))


def face_enhancer(settings: EnhanceSettings, zoo: Zoo, memory: FaceMemory | None = None) -> FaceProcessor:
    """The bundled enhancer, or the learned one that `settings` name. Raises as the zoo.

    memory: what the bundled one knows of faces from sharper pictures.
    """
    if settings.model in OWN_WAYS:
        from facefusion.processors.face_enhancer import FaceEnhancer

        own: FaceProcessor = FaceEnhancer(settings, memory)
        return own
    return LearnedEnhancer(zoo.adapter(settings.model, "face_enhancer"), settings)


def lip_syncer(settings: SpeakSettings, zoo: Zoo, speech: Speech | None) -> FaceProcessor:
    """The learned network that `settings` name; there is no other. Raises UsageError for none, and as the zoo."""
    if settings.model in OWN_WAYS:
        raise UsageError("lip-syncer-model: no such network comes with the package; name one, like wav2lip_96")
    return LipSyncer(
        zoo.adapter(settings.model, "lip_syncer"), speech or Speech(np.zeros(0, np.float32), [0.0]), settings
    )


def expression_editor(settings: ExpressionSettings, zoo: Zoo) -> FaceProcessor:
    """The learned networks that `settings` name; there are no others. Raises UsageError for none, and as the zoo."""
    if settings.model in OWN_WAYS:
        raise UsageError("expression-editor-model: none comes with the package; name one, like live_portrait_generator")
    task: Task = "expression_editor"
    generator = zoo.adapter(settings.model, task)
    extractor, motion, eyes, lips, stitcher = (zoo.adapter(f"live_portrait_{part}", task) for part in _PORTRAIT)
    template = cast(TemplateName, zoo.card(settings.model, task).template)
    portrait = LivePortrait(extractor, motion, generator, eyes, lips, stitcher, template)
    return ExpressionEditor(portrait, settings)


_PORTRAIT = ("feature_extractor", "motion_extractor", "eye_retargeter", "lip_retargeter", "stitcher")


def frame_enhancer(settings: EnlargeSettings, zoo: Zoo) -> FrameProcessor:
    """The bundled way to larger frames, or the learned one that `settings` name. Raises as the zoo."""
    if settings.model in OWN_WAYS:
        from facefusion.processors.frame_enhancer import FrameEnhancer

        own: FrameProcessor = FrameEnhancer(settings)
        return own
    return LearnedEnlarger(zoo.adapter(settings.model, "frame_enhancer"), settings)


def frame_colorizer(settings: ColourSettings, zoo: Zoo) -> FrameProcessor:
    """The learned colouriser that `settings` name; there is no other. Raises UsageError for none, and as the zoo."""
    if settings.model in OWN_WAYS:
        raise UsageError("frame-colorizer-model: no colouriser comes with the package; name one, like ddcolor")
    return FrameColorizer(zoo.adapter(settings.model, "frame_colorizer"), settings)


def identity_of(photos: Sequence[Face], swapper: Swapper, recogniser: ArcFace | None) -> Identity:
    """The person of `photos` as `swapper` wants to know them. Raises NoFaceFound when there is no photo."""
    shown = [(face, face.picture) for face in photos if face.picture is not None]
    if not shown and (recogniser is not None or swapper.source_template is not None):
        raise NoFaceFound("source: no face was given; use a photo that shows one face from the front")
    embedding, picture = None, None
    if recogniser is not None:
        embedding = averaged(np.stack([embedded(recogniser, pixels, face.keypoints) for face, pixels in shown]))
    if swapper.source_template is not None:
        face, pixels = max(shown, key=lambda one: one[0].eye_distance_px)
        matrix = align_matrix(face.keypoints, swapper.source_template, size=swapper.source_size)
        picture = cut(pixels, matrix, swapper.source_size)
    return Identity(embedding, picture)


def embedded(recogniser: ArcFace, pixels: Pixels, keypoints: Landmarks) -> Float32:
    """(512,) float32: who the face of `pixels` at `keypoints` is."""
    matrix = align_matrix(keypoints, recogniser.template, size=recogniser.size)
    found: Float32 = recogniser.embed([cut(pixels, matrix, recogniser.size)])[0]
    return found


def _recognised_by(recogniser: ArcFace) -> Recognise:
    return lambda pixels, keypoints: embedded(recogniser, pixels, keypoints)
