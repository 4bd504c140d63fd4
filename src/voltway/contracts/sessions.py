"""What the sessions module says: sessions begin, go on, end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from voltway.charging.metered import Metered
from voltway.charging.pricing import Cost, Tariff
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
    location_id: str | None = None

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


class SessionDoubted(Event, frozen=True, kw_only=True, gc=False):
    """A person should look at a session, for reasons that it did not have before."""

    session_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    reasons: tuple[str, ...]
    """Only the new ones."""

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
    started_at: datetime | None = None


class FindPhasesInUse(Ask[dict[str, int]], frozen=True, kw_only=True):
    """On how many phases cars draw by what was measured last: session -> 1 to 3. A session whose station does not tell of
    phases, or whose car draws next to nothing, is left out."""

    session_ids: tuple[str, ...]


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What a car took by the latest sample: W in all, A of the fullest phase; None: not told."""

    at: datetime
    power_w: float | None
    current_a: float | None


class FindDraws(Ask[dict[str, Draw]], frozen=True, kw_only=True):
    """What cars take by what was measured last: session -> draw. Sessions without a sample of the last minutes are left out."""

    session_ids: tuple[str, ...]


class FindMetered(Ask[dict[str, Metered]], frozen=True, kw_only=True):
    """What was metered in sessions, so far or to their end: session -> it. Sessions without a start register are left out."""

    session_ids: tuple[str, ...]


class FindPeakPowers(Ask[dict[str, float]], frozen=True, kw_only=True):
    """The highest power in sessions, W, by what their stations measured; where they told registers only, the greatest mean power of a
    minute and more. Sessions of which nothing is known are left out."""

    session_ids: tuple[str, ...]


class SessionReleased(Event, frozen=True, kw_only=True, gc=False):
    """A person has looked at a session that was held for review, and says what is to become of it."""

    session_id: str
    station_id: str
    is_billed: bool
    reason: str

    def key(self) -> str:
        return self.station_id


class FindReadingDigests(Ask[dict[str, str]], frozen=True, kw_only=True):
    """Digests of what the meters said in sessions: session -> digest. Sessions with too few readings are left out."""

    session_ids: tuple[str, ...]


class ChargeStates(msgspec.Struct, frozen=True, gc=False):
    """What a car's state of charge was at two readings of a session, in percent, and the energy between them, in Wh."""

    first_percent: float
    last_percent: float
    energy_wh: int


class FindChargeStates(Ask[dict[str, ChargeStates]], frozen=True, kw_only=True):
    """Between which states of charge cars were charged: session -> first and last. Sessions in which fewer than two readings tell
    both the state and the register are left out."""

    session_ids: tuple[str, ...]


class FindRunningSessions(Ask[list[SessionName]], frozen=True, kw_only=True):
    """The sessions at these stations that have a transaction and have not ended."""

    station_ids: tuple[str, ...]


class FindSession(Ask[SessionName | None], frozen=True, kw_only=True):
    """A session of an operator by its id."""

    operator_id: str
    session_id: str


class SignedSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a meter signed, as it came: values of OCPP (`SampledValue`, or `SignedMeterValue` of 2.x) as plain JSON."""

    at: datetime
    context: str
    values: tuple[Any, ...]


class SessionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt tells of a session. Instants are the station's, corrected by its clock offset."""

    session_id: str
    visit_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    evse_number: int | None
    connector_number: int | None
    started_at: datetime
    ended_at: datetime | None
    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    id_token: str | None
    user_id: str | None
    """The account that charged, where the token has one."""
    tariff: Tariff | None
    signed: tuple[SignedSample, ...] = ()
    """At most 20, the oldest and the newest first of all."""


class FindSessionDetails(Ask[SessionDetails | None], frozen=True, kw_only=True):
    """All that a document says of an operator's session."""

    operator_id: str
    session_id: str


class SessionStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a session stands, for whoever pays for it. Energy in Wh, power in W; `cost` so far or, where `is_cost_final`, for good;
    None: not known, or nothing is owed. `told_at`: when its station last said something."""

    session_id: str
    state: SessionState
    charging_state: ChargingState | None
    started_at: datetime
    ended_at: datetime | None
    charging_ended_at: datetime | None
    unplugged_at: datetime | None
    told_at: datetime
    stop_reason: str | None
    energy_wh: int
    power_w: float | None
    soc_percent: float | None
    cost: Cost | None
    is_cost_final: bool


class FindSessionStanding(Ask[SessionStanding | None], frozen=True, kw_only=True):
    """How an operator's session stands now."""

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
