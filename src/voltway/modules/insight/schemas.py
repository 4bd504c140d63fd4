"""The overview as the API shows it."""

from __future__ import annotations

from voltway.kernel.http import Instant, MoneyOut, Schema


class StationsOut(Schema):
    """How many stations there are; statuses are words of OCPP 2.x."""

    total: int
    online: int
    by_status: dict[str, int]


class SessionsOut(Schema):
    """How many sessions run, and how many have begun today."""

    active: int
    today: int


class PowerPoint(Schema):
    """What the network drew at an instant, in W."""

    at: Instant
    power_w: float


class OverviewOut(Schema):
    """An operator's network at a glance. `today` begins at midnight UTC, or at `since`."""

    stations: StationsOut
    connectors: dict[str, int]
    sessions: SessionsOut
    power_w: float
    energy_today_wh: int
    revenue_today: list[MoneyOut]
    power_history: list[PowerPoint]
