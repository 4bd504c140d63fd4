"""What the tests of the ledger say: facts as billing and payments publish them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from voltway.charging.pricing import Cost, CostLine
from voltway.contracts import money_facts
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.money import Money

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def a_cost(*nets: tuple[int, str], currency: str = "EUR") -> Cost:
    """Lines of so much net at such a VAT rate."""
    lines = tuple(
        CostLine(
            description="Energy",
            quantity=Decimal(1),
            unit="kWh",
            unit_price=Decimal(1),
            vat_percent=Decimal(rate),
            amount=Money(minor, currency),
        )
        for minor, rate in nets
    )
    net = sum(minor for minor, _ in nets)
    vat = 0
    for rate in {rate for _, rate in nets}:
        of_rate = Money(sum(minor for minor, its in nets if its == rate), currency).to_decimal()
        vat += Money.round_from(of_rate * Decimal(rate) / 100, currency).minor
    return Cost(
        lines=lines,
        excl_vat=Money(net, currency),
        vat=Money(vat, currency),
        incl_vat=Money(net + vat, currency),
        unrounded_incl_vat=Decimal(0),
    )


def priced(name: str = "s1", cost: Cost | None = None, **fields: Any) -> SessionPriced:
    values = {"session_id": name, "station_id": "st1", "cdr_id": f"cdr-{name}", "cost": cost or a_cost((1000, "19"))}
    return SessionPriced(operator_id=DEFAULT_OPERATOR_ID, at=NOON, **{**values, **fields})


def credited(of: SessionPriced, **fields: Any) -> SessionCredited:
    values = {
        "session_id": of.session_id,
        "station_id": of.station_id,
        "cdr_id": of.cdr_id,
        "credit_id": f"credit-{of.cdr_id}",
        "amount": of.cost.incl_vat,
        "excl_vat": of.cost.excl_vat,
        "reason": "fault",
    }
    return SessionCredited(operator_id=of.operator_id, at=NOON, **{**values, **fields})


def ended(name: str = "s1", location_id: str | None = "here", energy_wh: int = 20_000) -> SessionEnded:
    return SessionEnded(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        session_id=name,
        station_id="st1",
        station_identity="CS1",
        location_id=location_id,
        evse_number=1,
        id_token=None,
        started_at=NOON,
        ended_at=NOON,
        energy_wh=energy_wh,
        tariff=None,
    )


def money(kind: str, minor: int, payment: str = "p1", provider: str = "sandbox", **fields: Any) -> Any:
    """A fact of contracts/money_facts.py by its name; its own id follows the payment's if it is not given."""
    ids = {
        "PaymentHeld": {"hold_id": f"h-{payment}"},
        "HoldReleased": {"hold_id": f"h-{payment}", "reason": "done"},
        "PaymentCaptured": {"capture_id": f"c-{payment}"},
        "PaymentRefunded": {"refund_id": f"r-{payment}", "reason": "fault"},
        "PaymentDisputed": {"dispute_id": f"d-{payment}", "state": "opened"},
        "WalletToppedUp": {"wallet_id": "w1", "top_up_id": f"t-{payment}"},
    }
    values = {
        "payment_id": payment,
        "provider": provider,
        "method": "card",
        "amount": eur(minor),
        **ids[kind],
        **fields,
    }
    return getattr(money_facts, kind)(operator_id=DEFAULT_OPERATOR_ID, at=NOON, **values)


def paid_out(minor: int, name: str = "po1", **fields: Any) -> money_facts.ProviderPaidOut:
    values = {"provider": "sandbox", "payout_id": name, "amount": eur(minor), **fields}
    return money_facts.ProviderPaidOut(operator_id=DEFAULT_OPERATOR_ID, at=NOON, **values)


def fee_booked(fee: int, payment: str = "p1", **fields: Any) -> money_facts.ProviderFeeBooked:
    """What a provider keeps of the capture that `money` makes for a payment."""
    values = {"provider": "sandbox", "payment_id": payment, "capture_id": f"c-{payment}", "fee": eur(fee), **fields}
    return money_facts.ProviderFeeBooked(operator_id=DEFAULT_OPERATOR_ID, at=NOON, **values)


def a_whole_life() -> Sequence[Any]:
    """A session by card, paid, refunded in part, and paid out."""
    return [
        ended(),
        money("PaymentHeld", 5000, session_id="s1"),
        priced(),
        money("PaymentCaptured", 1190, session_id="s1", fee=eur(40)),
        money("HoldReleased", 3810, session_id="s1"),
        paid_out(1150),
    ]
