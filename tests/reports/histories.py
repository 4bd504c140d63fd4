"""Random histories of a small network as events, and what they amount to, counted one by one in Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from voltway.charging.pricing import Cost, CostLine
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.money_facts import PaymentCaptured, PaymentRefunded, WalletToppedUp
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import CommandChanged
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money

# Around the nights on which clocks change in Berlin and in Santiago, and the turn of a month.
MOMENTS = (
    datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
    datetime(2026, 10, 24, 21, 50, tzinfo=UTC),
    datetime(2026, 10, 31, 22, 55, tzinfo=UTC),
    datetime(2026, 9, 6, 3, 30, tzinfo=UTC),
)
OURS: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID}


class Station(NamedTuple):
    station_id: str
    location_id: str | None
    zone: ZoneInfo


class Charge(NamedTuple):
    """One session with all that came of it."""

    number: int
    station: int
    evse_number: int
    started_at: datetime
    minutes: int
    energy_wh: int
    token: int | None
    bills: tuple[tuple[int, str, bool], ...]
    """(net minor, currency, taken back)"""
    paid_by: str | None

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.minutes)


class FailedStart(NamedTuple):
    number: int
    station: int
    at: datetime


class History(NamedTuple):
    charges: tuple[Charge, ...]
    failed: tuple[FailedStart, ...]


moments = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes), st.sampled_from(MOMENTS), st.integers(-1500, 1500)
)
bills = st.tuples(st.integers(0, 5000), st.sampled_from(["EUR", "JPY"]), st.booleans())
charges = st.builds(
    Charge,
    st.just(0),
    st.integers(0, 2),
    st.integers(1, 2),
    moments,
    st.integers(0, 3000),
    st.sampled_from([0, 50, 99, 100, 12_345]),
    st.one_of(st.none(), st.integers(0, 1)),
    st.lists(bills, max_size=2).map(tuple),
    st.sampled_from([None, "wallet", "sandbox"]),
)
histories = st.builds(
    lambda made, failed: History(
        tuple(charge._replace(number=number) for number, charge in enumerate(made)),
        tuple(start._replace(number=number) for number, start in enumerate(failed)),
    ),
    st.lists(charges, max_size=8),
    st.lists(st.builds(FailedStart, st.just(0), st.integers(0, 2), moments), max_size=3),
)


def a_cost(net: int, currency: str) -> Cost:
    """Half of it at 19 %, the rest at 7 %."""
    half = net // 2
    lines = tuple(
        CostLine(
            description="x",
            quantity=Decimal(1),
            unit="session",
            unit_price=Decimal(1),
            vat_percent=Decimal(rate),
            amount=Money(amount, currency),
        )
        for amount, rate in ((half, 19), (net - half, 7))
    )
    vat = (half * 19 + (net - half) * 7) // 100
    return Cost(
        lines=lines,
        excl_vat=Money(net, currency),
        vat=Money(vat, currency),
        incl_vat=Money(net + vat, currency),
        unrounded_incl_vat=Decimal(net + vat),
    )


def events_of(history: History, stations: Sequence[Station], tokens: Sequence[str]) -> Iterator[Event]:
    """What modules would say of it."""
    for charge in history.charges:
        station = stations[charge.station]
        where: dict[str, Any] = {"station_id": station.station_id, "session_id": f"session-{charge.number}", **OURS}
        told: dict[str, Any] = {**where, "station_identity": f"CS-{charge.station}", "location_id": station.location_id}
        ended = SessionEnded(
            **told,
            at=charge.ended_at,
            evse_number=charge.evse_number,
            id_token=None,
            id_token_id=None if charge.token is None else tokens[charge.token],
            started_at=charge.started_at,
            ended_at=charge.ended_at,
            energy_wh=charge.energy_wh,
            tariff=None,
        )
        if charge.number % 3 == 0:  # what was said of it first was wrong, and lies on another day
            wrong = {"energy_wh": 777, "ended_at": charge.ended_at + timedelta(days=2)}
            known = {name: getattr(ended, name) for name in ended.__struct_fields__}
            yield SessionEnded(**known | wrong | {"at": charge.ended_at - timedelta(seconds=1)})
        yield ended
        for count, (net, currency, is_taken_back) in enumerate(charge.bills):
            cost, cdr_id = a_cost(net, currency), f"cdr-{charge.number}-{count}"
            yield SessionPriced(**where, at=charge.ended_at, cdr_id=cdr_id, cost=cost)
            if is_taken_back:
                back: dict[str, Any] = {
                    "credit_id": f"credit-{cdr_id}",
                    "amount": cost.incl_vat,
                    "excl_vat": cost.excl_vat,
                }
                later = charge.ended_at + timedelta(days=3)
                yield SessionCredited(**where, **back, at=later, cdr_id=cdr_id, reason="x")
        if charge.paid_by is not None:
            yield from _payments(charge)
    for start in history.failed:
        yield CommandChanged(
            **OURS,
            at=start.at,
            command_id=f"command-{start.number}",
            station_id=stations[start.station].station_id,
            type="start_transaction",
            state=CommandState.TIMED_OUT,
        )


def _payments(charge: Charge) -> Iterator[Event]:
    paid: dict[str, Any] = {
        **OURS,
        "at": charge.ended_at,
        "payment_id": f"payment-{charge.number}",
        "provider": charge.paid_by,
        "method": "wallet" if charge.paid_by == "wallet" else "card",
        "session_id": f"session-{charge.number}",
        "payer_id": f"payer-{charge.number % 2}",
    }
    fee = Money(charge.number, "EUR")
    yield PaymentCaptured(**paid, amount=Money(charge.minutes, "EUR"), capture_id=f"capture-{charge.number}", fee=fee)
    if charge.number % 2:
        refund: dict[str, Any] = {"refund_id": f"refund-{charge.number}", "reason": "x"}
        yield PaymentRefunded(**paid, amount=Money(charge.minutes // 2, "EUR"), **refund)
    if charge.paid_by == "wallet":
        topped: dict[str, Any] = {
            **paid,
            "provider": "sandbox",
            "wallet_id": "w",
            "top_up_id": f"top-up-{charge.number}",
        }
        yield WalletToppedUp(**topped, amount=Money(5000, "EUR"))


# ---- the recount

Row = dict[str, Any]


def local_day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d")


def recount_sessions(
    history: History, stations: Sequence[Station], key: Callable[[Charge, str], Any], days: set[str]
) -> dict[Any, Row]:
    """Sessions, energy, seconds and successes of those that ended on these days, by a key."""
    found: dict[Any, Row] = defaultdict(lambda: dict.fromkeys(("sessions", "energy_wh", "duration_s", "completed"), 0))
    for charge in history.charges:
        day = local_day(charge.ended_at, stations[charge.station].zone)
        if day in days:
            row = found[key(charge, day)]
            row["sessions"] += 1
            row["energy_wh"] += charge.energy_wh
            row["duration_s"] += charge.minutes * 60
            row["completed"] += charge.energy_wh >= 100
    return dict(found)


def recount_revenue(history: History, stations: Sequence[Station], days: set[str]) -> dict[Any, Row]:
    """Net of what was taken back, by location and currency."""
    found: dict[Any, Row] = defaultdict(
        lambda: dict.fromkeys(("cdrs", "excl_minor", "incl_minor", "credited_minor"), 0)
    )
    for charge in history.charges:
        station = stations[charge.station]
        if local_day(charge.ended_at, station.zone) in days:
            for net, currency, is_taken_back in charge.bills:
                row = found[station.location_id, currency]
                total = a_cost(net, currency).incl_vat.minor
                row["cdrs"] += 1
                row["excl_minor"] += 0 if is_taken_back else net
                row["incl_minor"] += 0 if is_taken_back else total
                row["credited_minor"] += total if is_taken_back else 0
    return dict(found)


def recount_tax(history: History, days: set[str]) -> dict[Any, list[int]]:
    """(rate, currency) -> net, VAT by the days on which documents were made (UTC)."""
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for charge in history.charges:
        for net, currency, is_taken_back in charge.bills:
            made = [(charge.ended_at, 1)] + ([(charge.ended_at + timedelta(days=3), -1)] if is_taken_back else [])
            for at, sign in made:
                if local_day(at, ZoneInfo("UTC")) in days:
                    half = net // 2
                    found["both", currency][0] += sign * net
                    found["both", currency][1] += sign * ((half * 19 + (net - half) * 7) // 100)
    return dict(found)


def recount_busy(history: History, stations: Sequence[Station], days: set[str]) -> dict[Any, int]:
    """(station, EVSE, local day) -> seconds, minute by minute."""
    found: dict[Any, int] = defaultdict(int)
    for charge in history.charges:
        station = stations[charge.station]
        for minute in range(charge.minutes):
            day = local_day(charge.started_at + timedelta(minutes=minute), station.zone)
            if day in days:
                found[station.station_id, charge.evse_number, day] += 60
    return dict(found)
