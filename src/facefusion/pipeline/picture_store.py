"""Finished pictures of a sequence, kept until all are there: a run that was stopped goes on after the last one."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from facefusion.core import FrameRange
from facefusion.pipeline.durable import DurableFolder
from facefusion.pipeline.ranges import RangeRenderer

_RECIPE_DIGITS = 24


@dataclass(frozen=True, slots=True, eq=False)
class PictureStore:
    """Pictures by the index of their frame; each name carries what the picture depends on and what became of faces."""

    folder: DurableFolder
    renderer: RangeRenderer

    def found(self, index: int) -> tuple[Path, tuple[str, ...]] | None:
        """The picture of a frame and the notes on its faces; None when it is missing, damaged or made otherwise."""
        begin = f"{self._key(index)}-"
        for path in sorted(self.folder.folder.glob(f"{begin}*")):
            if self.folder.is_finished(path) and self.folder.is_sound(path):
                words = path.name.removeprefix(begin).split(".")[0]
                return path, tuple(word for word in words.split("+") if word)
        return None

    def keep(self, index: int, notes: tuple[str, ...], data: bytes) -> Path:
        """Put a picture on the disk, safe from a power cut. Raises DiskFull, OutputFailed."""
        name = f"{self._key(index)}-{'+'.join(notes)}"
        with self.folder.writing(name) as file:
            file.write(data)
        found = self.folder.found(name)
        assert found is not None
        return found

    def _key(self, index: int) -> str:
        recipe = self.renderer.recipe(FrameRange(index, index + 1))
        return f"{index:09}-{_short(recipe)}"


def _short(recipe: str) -> str:
    return sha256(recipe.encode()).hexdigest()[:_RECIPE_DIGITS]
