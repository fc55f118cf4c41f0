"""The contracts that are spoken, on one visible list: which class speaks to a model of which kind."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = "facefusion.models.adapters"
ADAPTERS: Mapping[str, str] = {
    "inswapper": f"{_ROOM}.swappers:InSwapper",
    "hyperswap": f"{_ROOM}.swappers:HyperSwap",
    "simswap": f"{_ROOM}.swappers:SimSwap",
    "ghost": f"{_ROOM}.swappers:Ghost",
    "hififace": f"{_ROOM}.swappers:HifiFace",
    "blendswap": f"{_ROOM}.swappers:BlendSwap",
    "uniface": f"{_ROOM}.swappers:UniFace",
    "dfm": f"{_ROOM}.swappers:DeepFaceModel",
    "embedding_converter": f"{_ROOM}.converters:EmbeddingConverter",
    "arcface": f"{_ROOM}.recognisers:ArcFace",
    "scrfd": f"{_ROOM}.detectors:Scrfd",
    "retinaface": f"{_ROOM}.detectors:RetinaFace",
    "yoloface": f"{_ROOM}.detectors:YoloFace",
    "yunet": f"{_ROOM}.detectors:YuNet",
    "fan_68": f"{_ROOM}.landmarkers:Fan68",
    "landmarks_106": f"{_ROOM}.landmarkers:Landmarks106",
    "landmarks_203": f"{_ROOM}.landmarkers:Landmarks203",
    "bisenet": f"{_ROOM}.parsers:BiSeNet",
    "xseg": f"{_ROOM}.parsers:XSeg",
    "face_restorer": f"{_ROOM}.enhancers:FaceRestorer",
    "codeformer": f"{_ROOM}.enhancers:CodeFormer",
    "matting": f"{_ROOM}.matting:Matting",
    "rvm": f"{_ROOM}.matting:RobustVideoMatting",
    "upscaler": f"{_ROOM}.frames:Upscaler",
    "ddcolor": f"{_ROOM}.frames:DDColor",
    "deoldify": f"{_ROOM}.frames:DeOldify",
    "wav2lip": f"{_ROOM}.speech:Wav2Lip",
    "edtalk": f"{_ROOM}.speech:EdTalk",
    "live_portrait_features": f"{_ROOM}.live_portrait:FeatureExtractor",
    "live_portrait_motion": f"{_ROOM}.live_portrait:MotionExtractor",
    "live_portrait_generator": f"{_ROOM}.live_portrait:Generator",
    "live_portrait_eyes": f"{_ROOM}.live_portrait:EyeRetargeter",
    "live_portrait_lips": f"{_ROOM}.live_portrait:LipRetargeter",
    "live_portrait_stitcher": f"{_ROOM}.live_portrait:Stitcher",
}
TEMPLATED = frozenset({"arcface", "bisenet", "xseg", "face_restorer", "codeformer", "wav2lip", "edtalk"})
"""Contracts whose adapter is told how its pictures are aligned."""
