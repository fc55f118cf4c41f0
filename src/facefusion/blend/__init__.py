"""Masks and pasting: how an edit meets the picture. Knows nothing of models."""

from facefusion.blend.paste import paste
from facefusion.blend.settings import ALL_AREAS, Area, BlendMode, BlendSettings, MaskSettings

__all__ = ["ALL_AREAS", "Area", "BlendMode", "BlendSettings", "MaskSettings", "paste"]
