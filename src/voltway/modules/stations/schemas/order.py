"""What all orders are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from voltway.kernel.http import Schema
from voltway.modules.stations.schemas.stations import NUMBER_MAX
from voltway.modules.stations.schemas.stations import Number as Number

Text = Annotated[str, Field(min_length=1, max_length=255)]
StationOrEvse = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
Word = Annotated[str, Field(min_length=1, max_length=50)]


class Order(Schema):
    """Base of all orders."""

    type: str

    @property
    def said_as(self) -> str:
        """The row in the dialects' tables."""
        return self.type

    def arguments(self) -> dict[str, Any]:
        """What was given besides the type. EVSE 0 is the station as a whole, which is what an order without one means."""
        given = self.model_dump(mode="json", exclude={"type"}, exclude_none=True)
        return {name: value for name, value in given.items() if name != "evse_number" or value != 0}
