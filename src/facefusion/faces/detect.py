"""Propose faces of a picture, and look at one closely: the two BlazeFace networks on views of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from facefusion.core import Float32, Pixels
from facefusion.faces import views
from facefusion.faces.blazeface import BlazeFace, Detection, moved
from facefusion.faces.crops import cut, equalised, lifted
from facefusion.geometry import boxes, transforms

SMALLEST_FACE_PX = 24
_BATCH = 8
_PROPOSE = 0.2
"""Lowest score that earns a closer look."""
_SURE_SCORE = 0.8
_SURE_ROLL_DEG = 50.0
_FACE_IN_CLOSE_UP = 0.36
"""Side of a face divided by the side of its close-up: the short-range network is most certain there."""
_FACE_IN_WIDER_VIEW = 0.2
_UPRIGHT_BONUS = 0.1
_CLOSE_CALL = 0.2
"""Turns that score so near the best are settled with the second network's help."""
_SAME_FACE_OVERLAP = 0.4

Tone = Callable[[Float32], Float32]


@dataclass(frozen=True, slots=True, eq=False)
class CloseUp:
    """The best face in four turns of an enlarged cut-out.

    quarter_turns: of the best one, clockwise from the turn that was asked for. score: at the turn that was asked for.
    """

    found: Detection | None
    quarter_turns: int
    score: float


class Proposer:
    """Candidates from views of the whole picture, and close-ups of single ones. Everything in picture pixels."""

    def __init__(self, short_range: BlazeFace, full_range: BlazeFace) -> None:
        self._short, self._full = short_range, full_range

    def at_once(self, pixels: Pixels) -> list[Detection]:
        """The whole picture in one view; sees faces from a 14th of its longer side."""
        return self._look(self._full, pixels, [views.whole(pixels, self._full.size)], lifted)

    def turned(self, pixels: Pixels) -> list[Detection]:
        """The whole picture in four turns, and again with as much black around it: upside-down and huge faces."""
        size = self._short.size
        matrices = [
            views.whole(pixels, size, turn_deg=turn, fill=fill) for fill in (1.0, 0.5) for turn in (0, 90, 180, 270)
        ]
        return self._look(self._short, pixels, matrices, lifted)

    def evened(self, pixels: Pixels) -> list[Detection]:
        """The whole picture with its local contrast evened out: glare, haze, a dark face before a bright ground."""
        return self._look(self._full, pixels, [views.whole(pixels, self._full.size)], equalised)

    def tiled(self, pixels: Pixels) -> list[Detection]:
        """Tiles at rising scales: faces from `SMALLEST_FACE_PX`."""
        return self._look(self._full, pixels, views.tiles(pixels, self._full.size, SMALLEST_FACE_PX), lifted)

    def close_up(
        self, pixels: Pixels, center: tuple[float, float], side: float, roll_deg: float, tone: Tone = lifted
    ) -> CloseUp:
        """A face of about `side` pixels at `center`, enlarged, turned upright and by further quarters."""
        turns = [roll_deg + turn for turn in (0, 90, 180, 270)]
        matrices = [self._close_matrix(center, side, turn) for turn in turns]
        central = self._central(pixels, matrices, tone)
        scores = [0.0 if one is None else one.score for one in central]
        best = int(np.argmax(scores))
        doubtful = [i for i, score in enumerate(scores) if score > scores[best] - _CLOSE_CALL]
        if len(doubtful) > 1:
            opinions = [self.second_opinion(pixels, center, side, turns[i], tone) for i in doubtful]
            totals = [
                scores[i] + opinion - _likelihood_loss(turns[i]) for i, opinion in zip(doubtful, opinions, strict=True)
            ]
            best = doubtful[int(np.argmax(totals))]
        found = central[best]
        return CloseUp(None if found is None else moved(found, transforms.inverse(matrices[best])), best, scores[0])

    def is_surely_upright(
        self, pixels: Pixels, center: tuple[float, float], side: float, roll_deg: float, tone: Tone = lifted
    ) -> bool:
        """Whether one close-up alone shows a face at this turn, so surely that no other turn can be right."""
        found = self._central(pixels, [self._close_matrix(center, side, roll_deg)], tone)[0]
        return found is not None and is_sure(found)

    def _close_matrix(self, center: tuple[float, float], side: float, turn_deg: float) -> Float32:
        return transforms.square_roi(center, side / _FACE_IN_CLOSE_UP, turn_deg, self._short.size)

    def _central(self, pixels: Pixels, matrices: Sequence[Float32], tone: Tone) -> list[Detection | None]:
        """The best face in the middle of each close-up, in the close-up's own pixels."""
        size = self._short.size
        crops = np.stack([tone(cut(pixels, matrix, size)) for matrix in matrices])
        seen = self._short.candidates(crops, above=_PROPOSE)
        return [next((one for one in found if _is_central(one, size)), None) for found in seen]

    def second_opinion(
        self, pixels: Pixels, center: tuple[float, float], side: float, roll_deg: float, tone: Tone = lifted
    ) -> float:
        """Score in [0, 1] of the full-range network for the same face, upright, in a wider view."""
        size = self._full.size
        matrix = transforms.square_roi(center, side / _FACE_IN_WIDER_VIEW, roll_deg, size)
        seen = self._full.candidates(tone(cut(pixels, matrix, size))[None], above=0.02)[0]
        return max((one.score for one in seen if _is_central(one, size, _FACE_IN_WIDER_VIEW)), default=0.0)

    @staticmethod
    def _look(net: BlazeFace, pixels: Pixels, matrices: Sequence[Float32], tone: Tone) -> list[Detection]:
        seen = []
        for start in range(0, len(matrices), _BATCH):
            part = matrices[start : start + _BATCH]
            crops = np.stack([tone(cut(pixels, matrix, net.size)) for matrix in part])
            for matrix, candidates in zip(part, net.candidates(crops, above=_PROPOSE), strict=True):
                back = transforms.inverse(matrix)
                seen += [moved(one, back) for one in candidates]
        return seen


def is_sure(found: Detection) -> bool:
    """Whether a candidate needs no closer look: a high score that an upside-down face never reaches (measured)."""
    return found.score >= _SURE_SCORE and abs(found.roll_deg) < _SURE_ROLL_DEG


def without_repetitions(candidates: Iterable[Detection], known: Iterable[Detection]) -> list[Detection]:
    """Candidates, best first, that lie neither on a better one nor on a known one."""
    taken = [_row(one) for one in known]
    kept = []
    for one in sorted(candidates, key=lambda c: -c.score):
        row = _row(one)
        if taken and float(boxes.overlap_of_smaller(row[None], np.array(taken)).max()) > _SAME_FACE_OVERLAP:
            continue
        taken.append(row)
        kept.append(one)
    return kept


def _likelihood_loss(roll_deg: float) -> float:
    """What a turned face loses against an upright one: 0 to `_UPRIGHT_BONUS`, since most faces are upright."""
    return _UPRIGHT_BONUS * (1 - float(np.cos(np.radians(roll_deg)))) / 2


def _is_central(found: Detection, size: int, part: float = _FACE_IN_CLOSE_UP) -> bool:
    """Whether a candidate of a close-up is the face that the close-up was made of, `part` of its side large."""
    x, y = found.box.center
    reach = part * size
    middle = (size - 1) / 2
    return max(abs(x - middle), abs(y - middle)) < 0.6 * reach and 0.4 * reach < found.side < 2.2 * reach


def _row(found: Detection) -> Float32:
    box = found.box
    return np.array([box.x0, box.y0, box.x1, box.y1], np.float32)
