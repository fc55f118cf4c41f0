"""What a user can say about a face's expression."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """Eyes, lips, gaze, a smile, the turn of the head, how strong the expression is. As they are, nothing changes."""

    model: str = option(
        "live_portrait_generator",
        why="the learned network that draws, by name or path, with the five it needs; none comes with the package",
    )
    eyes: float = option(0.0, low=-1.0, high=1.0, why="-1 closes the eyes, 1 opens them wide, 0 leaves them")
    lips: float = option(0.0, low=-1.0, high=1.0, why="-1 closes the lips, 1 opens them wide, 0 leaves them")
    strength: float = option(
        1.0, low=0.0, high=2.0, why="how strong the face's own expression is: 0 is a neutral face, 2 twice as much"
    )
    smile: float = option(
        0.0, low=-1.0, high=1.0, why="1 is a broad smile, -1 lets the corners of the mouth fall, 0 leaves them"
    )
    gaze_x: float = option(0.0, low=-1.0, high=1.0, why="turns the eyes to the picture's right (more) or left")
    gaze_y: float = option(0.0, low=-1.0, high=1.0, why="turns the eyes up (more) or down")
    pitch_deg: float = option(
        0.0, low=-15.0, high=15.0, why="turns the head up (more) or down; the frame stays as it is"
    )
    yaw_deg: float = option(0.0, low=-15.0, high=15.0, why="turns the head to the picture's right (more) or left")
    roll_deg: float = option(0.0, low=-15.0, high=15.0, why="tilts the head clockwise (more) or the other way")
