"""What the sessions module says: sessions begin, go on, end."""

from __future__ import annotations

from datetime import datetime

import msgspec

from voltway.charging.pricing import Tariff
from voltway.contracts.vocabulary import ChargingState, IdToken, SessionState
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event


class SessionStarted(Event, frozen=True, kw_only=True, gc=False):
    """A transaction has begun."""

    session_id: str
    station_id: str
    station_identity: str
    evse_number: int | None
    id_token: str | None
    transaction_id: str
    remote_start_id: int | None = None

    def key(self) -> str:
        return self.station_id


class SessionResumed(Event, frozen=True, kw_only=True, gc=False):
    """A transaction goes on after its station was interrupted (OCPP 2.1)."""

    session_id: str
    station_id: str
    remote_start_id: int | None = None

    def key(self) -> str:
        return self.station_id


class SessionProgressed(Event, frozen=True, kw_only=True, gc=False):
    """New values of a session: one that goes on, or one that has ended and is not priced, or was priced before."""

    durable = False
    session_id: str
    station_id: str
    station_identity: str
    evse_number: int | None = None
    state: SessionState = SessionState.ACTIVE
    energy_wh: int | None
    power_w: float | None
    soc_percent: float | None
    charging_state: ChargingState | None

    def key(self) -> str:
        return self.station_id


class ChargingStateTold(Event, frozen=True, kw_only=True, gc=False):
    """What a transaction does, as its reports say (2.x); told with each of them, changed or not."""

    durable = False
    session_id: str
    station_id: str
    evse_number: int
    charging_state: str
    """A word of ChargingState."""

    def key(self) -> str:
        return self.station_id


class SessionEnded(Event, frozen=True, kw_only=True, gc=False):
    """A transaction is over and complete enough to be priced. Instants are the station's, corrected by its clock offset."""

    session_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    evse_number: int | None
    id_token: str | None
    id_token_id: str | None = None
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    tariff: Tariff | None
    review: tuple[str, ...] = ()
    transaction_id: str | None = None

    def key(self) -> str:
        return self.station_id


class SessionUnplugged(Event, frozen=True, kw_only=True, gc=False):
    """The car has gone."""

    session_id: str
    station_id: str
    unplugged_at: datetime

    def key(self) -> str:
        return self.station_id


class SessionName(msgspec.Struct, frozen=True, kw_only=True):
    """What others must know of a session to act on it."""

    session_id: str
    operator_id: str
    station_id: str
    transaction_id: str | None
    evse_number: int | None
    connector_number: int | None
    state: SessionState
    id_token: IdToken | None = None


class FindRunningSessions(Ask[list[SessionName]], frozen=True, kw_only=True):
    """The sessions at these stations that have a transaction and have not ended."""

    station_ids: tuple[str, ...]


class FindSession(Ask[SessionName | None], frozen=True, kw_only=True):
    """A session of an operator by its id."""

    operator_id: str
    session_id: str


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator's sessions are, now and since `since`."""

    active: int
    since_count: int
    energy_wh: int
    power_w: float
    power_history: list[tuple[datetime, float]]
    """(instant, mean power in W of all sessions), oldest first."""


class SummarizeSessions(Ask[SessionSummary], frozen=True, kw_only=True):
    """Sum up the sessions of an operator that began since an instant."""

    operator_id: str
    since: datetime
    history_since: datetime
