"""Options of what holds over time."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class TemporalSettings:
    """What a user can say about steadiness from frame to frame."""

    smoothing: float = option(
        0.7,
        low=0.0,
        high=1.0,
        why="temporal smoothing coefficient: how still landmarks are held while the face rests; quick movements stay "
        "sharp; 0 follows every reading",
    )
    key_frame_interval: int = option(
        1,
        low=1,
        high=25,
        why="landmarks are read in every so manieth frame and carried by optical flow in between; 1 reads them in "
        "every frame, which is steadiest",
    )
    flow_confidence: float = option(
        0.8,
        low=0.0,
        high=1.0,
        why="flow confidence threshold: a face whose movement is less sure than this is read even between key frames",
    )
    deflicker: int = option(
        0,
        low=0,
        high=8,
        why="frames on each side of a temporal median over what the swap changes in light and colour; 0 is off: faces "
        "whose light is steady gain little from it",
    )
    blend_strength: float = option(
        1.0,
        low=0.0,
        high=1.0,
        why="temporal blend strength: how far light and colour of the swap move to that median; 0 is off",
    )
