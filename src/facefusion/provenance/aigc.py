"""The `AIGC` mark of GB 45438-2025, annex E: seven text fields in one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from facefusion.errors import InvalidInput

FIELDS = {
    "label": "Label",
    "content_producer": "ContentProducer",
    "produce_id": "ProduceID",
    "reserved_code1": "ReservedCode1",
    "content_propagator": "ContentPropagator",
    "propagate_id": "PropagateID",
    "reserved_code2": "ReservedCode2",
}
"""Our names → the standard's, in its order."""

LABELS = {"1": "is AI-generated", "2": "may be AI-generated", "3": "is suspected to be AI-generated"}


@dataclass(frozen=True, slots=True)
class AigcMark:
    """label: "1" is, "2" may be, "3" is suspected to be generated. content_producer: name or code of who made it.

    produce_id: the producer's number of this output. reserved_code1: the producer's own check, here a seal over the
    marks. The propagator's fields are filled by whoever publishes the output; we leave them empty.
    """

    label: Literal["1", "2", "3"]
    content_producer: str
    produce_id: str
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""

    def to_json(self) -> str:
        """Compact JSON in the standard's field order, other than ASCII kept as it is."""
        values = asdict(self)
        return json.dumps({FIELDS[name]: values[name] for name in FIELDS}, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def parse(text: str) -> AigcMark:
        """Back from JSON. Fields that are not there are empty; Label must be one of 1, 2, 3.

        Raises InvalidInput with the reason.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"AIGC: not JSON ({error})") from error
        if not isinstance(values, dict):
            raise InvalidInput(f"AIGC: got JSON {type(values).__name__}, supported is an object")
        return _from_fields({name: values.get(key, "") for name, key in FIELDS.items()})


def _from_fields(values: dict[str, object]) -> AigcMark:
    if isinstance(values["label"], int):  # some writers store the number itself
        values["label"] = str(values["label"])
    wrong = [FIELDS[name] for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise InvalidInput(f"AIGC: {', '.join(wrong)} is not text")
    if values["label"] not in LABELS:
        raise InvalidInput(f"AIGC: got Label {values['label']!r}, supported are 1, 2 and 3")
    return AigcMark(**values)  # type: ignore[arg-type]
