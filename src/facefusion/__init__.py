"""FaceFusion puts one person's face on another person's performance, offline, with permission, and marked."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from facefusion.core import Analysis as Analysis
    from facefusion.core import Face as Face
    from facefusion.core import Progress as Progress
    from facefusion.media import open_media as open_media
    from facefusion.pipeline.analyse import analyse as analyse
    from facefusion.pipeline.analysis_cache import AnalysisCache as AnalysisCache
    from facefusion.pipeline.analysis_file import check_belongs as check_belongs
    from facefusion.pipeline.analysis_file import read_analysis as read_analysis
    from facefusion.pipeline.analysis_file import write_analysis as write_analysis
    from facefusion.pipeline.engine import run as run
    from facefusion.pipeline.facade import FaceDetector as FaceDetector
    from facefusion.pipeline.facade import FaceEnhancer as FaceEnhancer
    from facefusion.pipeline.facade import FaceSwapper as FaceSwapper
    from facefusion.pipeline.options import process_image as process_image
    from facefusion.pipeline.options import process_video as process_video
    from facefusion.pipeline.options import reset_options as reset_options
    from facefusion.pipeline.options import save_image as save_image
    from facefusion.pipeline.options import set_options as set_options
    from facefusion.pipeline.plan import Plan as Plan
    from facefusion.pipeline.rendering import render as render
    from facefusion.pipeline.report import RunReport as RunReport

_HOMES = {
    "Analysis": "core",
    "AnalysisCache": "pipeline.analysis_cache",
    "Face": "core",
    "FaceDetector": "pipeline.facade",
    "FaceEnhancer": "pipeline.facade",
    "FaceSwapper": "pipeline.facade",
    "Plan": "pipeline.plan",
    "Progress": "core",
    "RunReport": "pipeline.report",
    "analyse": "pipeline.analyse",
    "check_belongs": "pipeline.analysis_file",
    "open_media": "media",
    "process_image": "pipeline.options",
    "process_video": "pipeline.options",
    "read_analysis": "pipeline.analysis_file",
    "render": "pipeline.rendering",
    "reset_options": "pipeline.options",
    "run": "pipeline.engine",
    "save_image": "pipeline.options",
    "set_options": "pipeline.options",
    "write_analysis": "pipeline.analysis_file",
}

__all__ = [
    "Analysis",
    "AnalysisCache",
    "Face",
    "FaceDetector",
    "FaceEnhancer",
    "FaceSwapper",
    "Plan",
    "Progress",
    "RunReport",
    "__version__",
    "analyse",
    "check_belongs",
    "open_media",
    "process_image",
    "process_video",
    "read_analysis",
    "render",
    "reset_options",
    "run",
    "save_image",
    "set_options",
    "write_analysis",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
