"""What a user can say about lips that follow speech."""

from __future__ import annotations

from dataclasses import dataclass

from facefusion.core import option


@dataclass(frozen=True, slots=True)
class Settings:
    """Whose words, by which network, how strongly."""

    model: str = option(
        "wav2lip_96",
        why="the learned network, by name or path (wav2lip_96, wav2lip_gan_96, edtalk_256); none comes with us",
    )
    audio: str = option(
        "",
        why="the file with the speech, which becomes the sound of the result, from the clip's first frame on; empty: "
        "the target's own sound",
    )
    weight: float = option(
        1.0, low=0.0, high=1.0, why="how strongly speech counts where the network can choose, else how much of it shows"
    )
