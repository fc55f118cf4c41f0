"""What tells people from their surroundings in a run: the bundled segmentation, or a matting model of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from facefusion.models import Task
from facefusion.models.catalog import card_named
from facefusion.models.zoo import Zoo
from facefusion.pipeline.plan import Plan
from facefusion.processors.background_remover.people import PersonSegmenter, Segmenter

_OWN = "selfie_segmentation"
_TASK: Task = "background_remover"


@dataclass(frozen=True, slots=True, eq=False)
class PeopleFinder:
    """model: a name or a path of the zoo, "" for the bundled segmentation."""

    model: str = ""
    zoo: Zoo = field(default_factory=Zoo)

    @staticmethod
    def of(plan: Plan) -> PeopleFinder | None:
        """None where nothing is cut out."""
        for entry in plan.entries:
            if entry.shape == "matte":
                return PeopleFinder(entry.model_of(plan.effects[entry.name]), plan.zoo)
        return None

    @property
    def digest(self) -> str:
        """Of the weights. Raises as the zoo."""
        if not self.model:
            return card_named(_OWN).sha256
        return " ".join(used.sha256 for used in self.zoo.used(self.model, _TASK))

    def segmenter(self, providers: Sequence[str]) -> Segmenter:
        """providers: what the bundled segmentation runs on. Raises as the zoo."""
        if not self.model:
            return PersonSegmenter(providers=providers)
        from facefusion.processors.background_remover.learned import LearnedSegmenter

        return LearnedSegmenter(lambda: self.zoo.adapter(self.model, _TASK))
