"""From what somebody wants to pay for to a payment: the place, its tariff, who pays, and how much is held."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NamedTuple

import sqlalchemy as sa

from voltway.contracts.access import FindConnectorTypes
from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.directory import FindPublicPoint, PublicPoint
from voltway.contracts.sessions import FindRunningSessions
from voltway.contracts.station_link import FindCredential
from voltway.integrations.payments.port import Provider
from voltway.kernel import clock
from voltway.kernel.auth.operators import find_operator
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.payments import cards, rules, store, visits, wallets
from voltway.modules.payments.errors import EvseBusy, MethodNotOffered, NothingToPay, PlaceUnknown
from voltway.modules.payments.registry import choose, providers_of
from voltway.modules.payments.schemas import AmountIn, OfferOut, StartIn, money
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import credits_, payments, vouchers

FOR_GUESTS = frozenset({"card", "alipay", "wechat_pay", "voucher"})


class Place(NamedTuple):
    """A station that somebody wants to pay for. `name`: as whoever asks knows it."""

    operator_id: str
    location_id: str | None
    station_id: str
    name: str


def payment_key(secret: bytes, payment_id: str) -> str:
    """What opens a payment to a guest; it follows from the installation's secret, so that nobody need keep it."""
    return derive_key(secret, f"payment:{payment_id}").hex()[:32]


def is_key(secret: bytes, payment_id: str, key: str) -> bool:
    """Whether a guest's key is the payment's."""
    return hmac.compare_digest(payment_key(secret, payment_id).encode(), key.encode())


def voucher_digest(secret: bytes, code: str) -> str:
    """How a voucher's code is kept."""
    plain = "".join(code.upper().split()).replace("-", "")
    return hmac.new(derive_key(secret, "vouchers"), plain.encode(), hashlib.sha256).hexdigest()


async def find_place(
    runtime: Runtime, identity: str, operator: str | None = None, operator_id: str | None = None
) -> Place:
    """A station by its identity. Raises PlaceUnknown, also where several operators have one and none is named."""
    if operator is not None:
        async with runtime.database.read() as tx:
            operator_id = await find_operator(tx, operator)
    found = [
        one
        for one in await runtime.ask(FindCredential(identity=identity))
        if operator_id is None or one.operator_id == operator_id
    ]
    if len(found) != 1:
        raise PlaceUnknown(f"There is no charging station {identity} to pay for here.")
    return Place(found[0].operator_id, found[0].location_id, found[0].station_id, found[0].identity)


async def find_point(runtime: Runtime, code: str) -> PublicPoint:
    """The EVSE of a printed code. Raises PlaceUnknown for a code that is none of ours, or is no more."""
    found = await runtime.ask_or(FindPublicPoint(code=code), None)
    if found is None:
        raise PlaceUnknown(f"No charging point has the code {code[:40]}.")
    return found


def place_of(point: PublicPoint) -> Place:
    """Where a printed code leads. The station's identity is nobody's business."""
    return Place(point.location.operator_id, point.location.location_id, point.station.station_id, point.code)


async def find_tariff(runtime: Runtime, station: Place, evse_number: int) -> Any:
    """The tariff of an EVSE. Raises PlaceUnknown, NothingToPay."""
    known = await runtime.ask(FindConnectorTypes(station_ids=(station.station_id,)))
    evses = known.get(station.station_id)
    if evses and evse_number not in evses:
        raise PlaceUnknown(f"{station.name} has no EVSE {evse_number}.")
    query = TariffQuery(
        operator_id=station.operator_id,
        location_id=station.location_id,
        station_id=station.station_id,
        evse_number=evse_number,
    )
    (tariff,) = await runtime.ask(FindTariffs(queries=(query,)))
    if tariff is None:
        raise NothingToPay(f"No tariff holds at EVSE {evse_number} of {station.name}.")
    return tariff


async def check_free(runtime: Runtime, station: Place, evse_number: int, payer: str) -> None:
    """Raise EvseBusy if somebody else charges or pays there."""
    running = await runtime.ask(FindRunningSessions(station_ids=(station.station_id,)))
    key = visits.open_key(station.station_id, evse_number, payer)
    async with runtime.database.read() as tx:
        theirs = sa.select(payments.c.id, payments.c.open_key).where(
            payments.c.station_id == station.station_id,
            payments.c.evse_number == evse_number,
            payments.c.open_key.is_not(None),
            payments.c.start_state.in_(("due", "ordered", "accepted", "running")),
            payments.c.state.in_([state.value for state in rules.CHARGING]),
        )
        open_there = (await tx.execute(theirs)).all()
    is_mine = any(row.open_key == key for row in open_there)
    is_taken = any(session.evse_number == evse_number for session in running)
    if not is_mine and (is_taken or open_there):
        raise EvseBusy(f"EVSE {evse_number} of {station.name} is in use.")


def limit_of(wanted: AmountIn | None, currency: str, settings: PaymentsSettings) -> int:
    """The most that a visit may cost, in minor units. Raises InvalidField."""
    if wanted is None:
        return Money.round_from(settings.limit, currency).minor
    if wanted.currency != currency:
        raise InvalidField.at("$.limit.currency", f"the tariff is in {currency}")
    most = Money.round_from(settings.limit_max, currency).minor
    if wanted.minor > most:
        raise InvalidField.at("$.limit.minor", f"at most {most}")
    return wanted.minor


def amounts(provider: Provider, method: str, limit: int, currency: str, settings: PaymentsSettings) -> dict[str, Any]:
    """The columns that say how much is held, and how."""
    can_hold = method in provider.abilities.holds
    can_raise = can_hold and provider.abilities.is_raising
    hold = Money.round_from(settings.hold, currency).minor
    return {
        "provider": provider.name,
        "method": method,
        "currency": currency,
        "limit_minor": limit,
        "hold_wanted_minor": rules.first_hold(limit, hold, can_raise=can_raise),
        "can_hold": can_hold,
        "can_raise": can_raise,
    }


def guest_methods(runtime: Runtime) -> list[str]:
    """The ways to pay that need no account."""
    methods = [method for provider in providers_of(runtime).values() for method in provider.abilities.methods]
    return [method for method in dict.fromkeys(methods) if method in FOR_GUESTS]


async def offer(runtime: Runtime, identity: str, evse_number: int, operator: str | None) -> OfferOut:
    """What charging costs at an EVSE and how it can be paid."""
    station = await find_place(runtime, identity, operator)
    tariff = await find_tariff(runtime, station, evse_number)
    settings = runtime.settings(PaymentsSettings)
    return OfferOut(
        station_identity=station.name,
        evse_number=evse_number,
        tariff=store.tariff_document(tariff),
        methods=guest_methods(runtime),
        limit=money(limit_of(None, tariff.currency, settings), tariff.currency),
        hold=money(Money.round_from(settings.hold, tariff.currency).minor, tariff.currency),
    )


async def begin_visit(
    runtime: Runtime, body: StartIn, *, payer: str, payer_id: str | None = None, operator_id: str | None = None
) -> Any:
    """The payment for a visit: a new one, or the payer's open one at this EVSE. It is worked on at once."""
    if payer_id is None and body.method not in FOR_GUESTS:
        raise MethodNotOffered.at("$.method", "needs an account")
    if payer_id is None and body.card_id is not None:
        raise MethodNotOffered.at("$.card_id", "needs an account")
    provider = choose(runtime, body.method)
    station, evse_number = await _wanted_place(runtime, body, operator_id)
    if body.is_sent_again:
        async with runtime.database.read() as tx:
            known = await store.find_by_payer(tx, visits.open_key(station.station_id, evse_number, payer))
        if known is not None:
            return known
    tariff = await find_tariff(runtime, station, evse_number)
    await check_free(runtime, station, evse_number, payer)
    settings = runtime.settings(PaymentsSettings)
    limit = limit_of(body.limit, tariff.currency, settings)
    async with runtime.database.begin() as tx:
        if body.card_id is not None and payer_id is not None:
            provider, source = await cards.charged(runtime, tx, station.operator_id, payer_id, body.card_id)
        else:
            source = await _source(runtime, tx, body, station, tariff.currency, payer_id)
        values = {
            "operator_id": station.operator_id,
            "station_id": station.station_id,
            "location_id": station.location_id,
            "evse_number": evse_number,
            "tariff": store.tariff_document(tariff),
            "payer_id": payer_id,
            "source": source,
            "return_url": body.return_url,
            **amounts(provider, body.method, limit, tariff.currency, settings),
        }
        row, _ = await visits.begin(tx, values, payer)
    return row


async def _wanted_place(runtime: Runtime, body: StartIn, operator_id: str | None) -> tuple[Place, int]:
    """Where somebody wants to charge; a driver with an account only at their own operator's."""
    if body.code is None:
        assert body.station_identity is not None
        assert body.evse_number is not None
        return await find_place(runtime, body.station_identity, body.operator, operator_id), body.evse_number
    point = await find_point(runtime, body.code)
    if operator_id not in (None, point.location.operator_id):
        raise PlaceUnknown(f"The charging point {point.code} is another operator's: charge there as a guest.")
    return place_of(point), point.evse_number


async def _source(runtime: Runtime, tx: Tx, body: StartIn, station: Place, currency: str, payer_id: str | None) -> str:
    """What pays, in the provider's words. Raises MethodNotOffered, InvalidField."""
    if body.method == "wallet" and payer_id is not None:
        return str((await wallets.of_account(tx, station.operator_id, payer_id, currency)).id)
    if body.method == "invoice" and payer_id is not None:
        lines = sa.select(credits_).where(credits_.c.operator_id == station.operator_id, credits_.c.is_active)
        for line in (await tx.execute(lines)).all():
            if payer_id in line.members and line.currency == currency:
                return str(line.id)
        raise MethodNotOffered.at("$.method", "you are on nobody's invoice here")
    if body.source is None:
        raise InvalidField.at("$.source", "is needed for this way to pay")
    if body.method != "voucher":
        return cards.check_entered(body.source)
    digest = voucher_digest(runtime.secret, body.source)
    statement = sa.select(vouchers).where(vouchers.c.operator_id == station.operator_id, vouchers.c.digest == digest)
    voucher = (await tx.execute(statement)).one_or_none()
    is_good = (
        voucher is not None
        and voucher.is_active
        and voucher.currency == currency
        and (voucher.location_id is None or voucher.location_id == station.location_id)
        and (voucher.expires_at is None or voucher.expires_at > clock.now())
    )
    if voucher is None or not is_good:
        raise InvalidField.at("$.source", "this voucher is not good here")
    return str(voucher.id)
