"""A session as the rules see it: a row of `sessions_sessions` with its progress, the times as aware instants."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import fields

from voltway.charging import pricing
from voltway.charging.pricing import Cost, Tariff
from voltway.contracts.vocabulary import SessionState
from voltway.kernel.json import to_json, to_struct

_ENDED = SessionState.ENDED  # looking a member up costs as much as all else that is asked here


class Session(msgspec.Struct, array_like=True, gc=False):
    """Our record of one charge. The fields are those of the two tables; see the rules for how reports change them.

    Instants are the station's clock plus `clock_offset_s`, except `..._received_at`, which is ours. `..._order` says from
    which report a register or the token came: its sequence number, or for 1.6 its arrival in ms. `is_open`: active, or the car is still there.
    `review` holds reasons with spaces between, `tariff` a Tariff as JSON text, so that a row is a session as it stands.
    `tolerated_wh`: up to which energy the station may go though its token is not valid; None: it is, or nobody has said so.
    `settled_at` is the last change that was more than progress, `updated_at` any change.
    """

    id: str
    operator_id: str
    visit_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    protocol: str
    evse_number: int | None
    connector_number: int | None
    transaction_id: str | None
    started_at: datetime
    start_received_at: datetime
    last_report_at: datetime
    updated_at: datetime
    settled_at: datetime
    state: SessionState = SessionState.ACTIVE
    is_open: bool = True
    remote_start_id: int | None = None
    id_token: str | None = None
    id_token_kind: str | None = None
    id_token_order: int | None = None
    id_token_id: str | None = None
    user_id: str | None = None
    charging_state: str | None = None
    ended_at: datetime | None = None
    end_received_at: datetime | None = None
    charging_ended_at: datetime | None = None
    unplugged_at: datetime | None = None
    stop_reason: str | None = None
    meter_start_wh: int | None = None
    meter_start_order: int | None = None
    meter_stop_wh: int | None = None
    register_wh: int | None = None
    register_order: int | None = None
    energy_wh: int = 0
    power_w: float | None = None
    soc_percent: float | None = None
    has_start: bool = False
    sequence_first: int | None = None
    sequence_last: int | None = None
    sequence_count: int = 0
    clock_offset_s: int = 0
    tariff: str | None = None
    is_priced: bool = False
    review: str = ""
    tolerated_wh: int | None = None

    @property
    def reasons(self) -> list[str]:
        """Why a person should look at it."""
        return self.review.split()

    @property
    def is_ended(self) -> bool:
        """Whether the station has said that the transaction is over (or we closed it for it)."""
        return self.state == _ENDED


@lru_cache(maxsize=1024)
def tariff_of(text: str) -> Tariff:
    """The tariff that a session holds as text."""
    return to_struct(text, Tariff)


@lru_cache(maxsize=1024)
def tariff_text(tariff: Tariff) -> str:
    """A tariff as sessions hold it."""
    return to_json(tariff)


PROGRESS = (
    "charging_state",
    "last_report_at",
    "register_wh",
    "register_order",
    "energy_wh",
    "power_w",
    "soc_percent",
    "sequence_first",
    "sequence_last",
    "sequence_count",
    "updated_at",
)
"""The fields that change with every report of a session that goes on (`sessions_progress`); the rest changes at its start and
end."""

SETTLED = tuple(field.name for field in fields(Session) if field.name not in PROGRESS)
"""All the other fields: a report of its progress leaves them alone."""
settled_part = attrgetter(*SETTLED)
"""Their values."""


def running_cost(session: Any) -> Cost | None:
    """What a session, or its row, costs so far by a tariff of the simple form (metering.py: by any). Time is counted to the last
    report: over a gap we know nothing."""
    if session.tariff is None or not session.has_start or tariff_of(session.tariff).full is not None:
        return None
    until: datetime = session.ended_at or session.last_report_at
    duration_s = int((until - session.started_at).total_seconds())
    return pricing.price(tariff_of(session.tariff), energy_wh=session.energy_wh, duration_s=duration_s)
