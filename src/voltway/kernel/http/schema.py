"""The shapes of JSON that every module's schemas are made of."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Generic, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer

from voltway.kernel.clock import to_rfc3339
from voltway.kernel.money import Money


class Schema(BaseModel):
    """Base of all bodies. An unknown field is an error; `model_validate(row)` reads a database row or a struct."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
]
"""An instant: RFC 3339 with an offset in, UTC with `Z` and milliseconds out. A time without a zone is refused."""


def _is_a_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("Input should be the name of a time zone, e.g. Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_is_a_time_zone)]
"""The name of a time zone of the IANA database."""


class MoneyOut(Schema):
    """A payable amount; `minor` counts the smallest unit of the currency (ISO 4217)."""

    minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> MoneyOut:
        """From the kernel's Money."""
        return cls(minor=money.minor, currency=money.currency)


Item = TypeVar("Item")


class Page(Schema, Generic[Item]):
    """A part of a list, newest first. `next_cursor` is null at the end, else the value of `cursor` for what follows."""

    items: list[Item]
    next_cursor: str | None = None
