"""What every table shares."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from facefusion.jobs.ids import new_id

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """A stored thing."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        float: Double,
        int: BigInteger,
    }
    word: ClassVar[str] = ""

    def __init__(self, **values: Any) -> None:
        if self.word and "id" not in values:
            values["id"] = new_id(self.word)
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no column {name!r}")
            setattr(self, name, value)


class Named:
    """A thing with a name of its own, which sorts by when it was made."""

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    created: Mapped[float] = mapped_column(default=time.time)
    version: Mapped[int] = mapped_column(default=1)
    """Counts changes: the ETag."""
