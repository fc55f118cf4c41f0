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
    "arcface": f"{_ROOM}.recognisers:ArcFace",
}
