"""Payment on the web: where the address in a station's QR code leads (OCPP 2.1 C25). For everybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import Field

from voltway.charging import one_time_password
from voltway.contracts.billing import FindTariffs, TariffQuery
from voltway.contracts.payments import TOTP_LENGTH, TOTP_VALIDITY_S, shared_secret
from voltway.contracts.station_link import FindCredential, StationCredential
from voltway.contracts.stations import SendCommand
from voltway.kernel import clock
from voltway.kernel.auth import anybody
from voltway.kernel.errors import Problem
from voltway.kernel.http import Schema, runtime_of
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import handlers, web_payments
from voltway.modules.billing.errors import WebPaymentNotFound, WebPaymentRefused, WebPaymentTaken
from voltway.modules.billing.schemas import TariffOut, tariff_shown
from voltway.modules.billing.settings import BillingSettings
from voltway.modules.billing.tables import web_payments as table

router = APIRouter(tags=["web payment"])
log = structlog.get_logger()

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PaymentId = Annotated[str, Path(max_length=36)]


class WebPaymentOut(Schema):
    """What somebody is about to pay for. The limits are those that the driver chose at the station; null: none."""

    payment_id: str
    station_identity: str
    evse_number: int
    tariff: TariffOut | None
    energy_wh_max: int | None
    duration_s_max: int | None
    cost_max: Decimal | None = Field(description="major units of the tariff's currency")


@router.get(
    "/web-payments/{station_identity}/{evse_number}/{password}/{version}",
    dependencies=[Depends(anybody)],
    responses={307: {"description": "On to the page of the payment provider, where the settings name one"}},
)
async def open_web_payment(
    station_identity: Annotated[str, Path(max_length=48)],
    evse_number: Annotated[int, Path(ge=1, le=10_000)],
    password: Annotated[str, Path(max_length=64)],
    version: Annotated[str, Path(max_length=10)],
    runtime: OurRuntime,
    maxenergy: Annotated[int | None, Query(gt=0, le=10**9)] = None,
    maxtime: Annotated[int | None, Query(gt=0, le=366 * 86_400)] = None,
    maxcost: Annotated[Decimal | None, Query(gt=0, le=10**6, max_digits=12, decimal_places=4)] = None,
) -> Any:
    """Check the one-time password of an address and say what is to be paid for; the station is told that somebody pays.

    A password that is not valid and a station that is not there get the same answer (403)."""
    credential = await _station_of(runtime, station_identity, password, version)
    place = {
        "operator_id": credential.operator_id,
        "station_id": credential.station_id,
        "location_id": credential.location_id,
        "evse_number": evse_number,
    }
    limits = {
        "energy_wh_max": maxenergy,
        "duration_s_max": maxtime,
        "cost_max": None if maxcost is None else format(maxcost, "f"),
    }
    async with runtime.database.begin() as tx:
        payment_id = await web_payments.open_payment(tx, place, limits, clock.now())
    found = WebPaymentOut(
        payment_id=payment_id,
        station_identity=credential.identity,
        evse_number=evse_number,
        tariff=await _tariff_at(runtime, credential, evse_number),
        energy_wh_max=maxenergy,
        duration_s_max=maxtime,
        cost_max=maxcost,
    )
    await _tell_station(runtime, credential, evse_number)
    page = runtime.settings(BillingSettings).web_payment_url
    if page is None:
        return found
    told = {"station": credential.identity, "evse": evse_number, "maxenergy": maxenergy, "maxtime": maxtime}
    told |= {"maxcost": None if maxcost is None else format(maxcost, "f"), "payment": payment_id}
    query = urlencode({name: value for name, value in told.items() if value is not None})
    return RedirectResponse(f"{page}{'&' if '?' in page else '?'}{query}")


class PaidIn(Schema):
    """What a payment provider says of a payment."""

    psp_reference: str = Field(min_length=1, max_length=255)
    amount: Decimal = Field(gt=0, le=10**6, max_digits=12, decimal_places=4, description="major units")
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class PaymentStateOut(Schema):
    """What has become of a payment. A cancelled one says why: station_offline, station_refused, station_silent, not_possible,
    not_plugged_in."""

    payment_id: str
    state: Literal["open", "paid", "starting", "started", "settled", "cancelled"]
    reason: str | None
    session_id: str | None


@router.get("/web-payments/{payment_id}", dependencies=[Depends(anybody)])
async def get_web_payment(payment_id: PaymentId, runtime: OurRuntime) -> PaymentStateOut:
    """What has become of a payment: for the page that the driver looks at."""
    async with runtime.database.read() as tx:
        row = (await tx.execute(sa.select(table).where(table.c.id == payment_id))).one_or_none()
    if row is None:
        raise WebPaymentNotFound(f"There is no payment {payment_id}.")
    return _state_out(row)


@router.post("/web-payments/{payment_id}/paid", dependencies=[Depends(anybody)])
async def pay_web_payment(
    payment_id: PaymentId,
    body: PaidIn,
    request: Request,
    runtime: OurRuntime,
    signature: Annotated[str, Header(alias="Voltway-Signature", max_length=128)] = "",
) -> PaymentStateOut:
    """The payment provider says that a payment is made; its transaction is started at once. `Voltway-Signature` is the
    HMAC-SHA256 of the body, in hex, with `billing.web_payment_secret`. What is told again changes nothing."""
    secret = runtime.settings(BillingSettings).web_payment_secret
    if secret is None or not web_payments.is_signed(await request.body(), signature, secret.get_secret_value()):
        raise WebPaymentRefused("The signature is not that of the payment provider.")
    amount = Money.round_from(body.amount, body.currency)
    async with runtime.database.begin() as tx:
        row = await web_payments.mark_paid(tx, payment_id, body.psp_reference, amount)
    if row is None:
        raise WebPaymentNotFound(f"There is no payment {payment_id}.")
    if row.psp_reference != body.psp_reference:
        raise WebPaymentTaken(f"Payment {payment_id} is paid with another reference.")
    return _state_out(row)


def _state_out(row: Any) -> PaymentStateOut:
    return PaymentStateOut(payment_id=row.id, state=row.state, reason=row.reason, session_id=row.session_id)


async def _station_of(runtime: Runtime, identity: str, password: str, version: str) -> StationCredential:
    """The station whose password this is now (C25.FR.07, .08). Raises WebPaymentRefused."""
    now = clock.now().timestamp()
    for credential in await runtime.ask(FindCredential(identity=identity)):
        secret = shared_secret(runtime.secret, credential.station_id)
        is_valid = one_time_password.is_valid(password, secret, now, TOTP_VALIDITY_S, TOTP_LENGTH)
        if is_valid and version == one_time_password.VERSION:
            return credential
    raise WebPaymentRefused("This code is not valid (any more): scan the one that the station shows now.")


async def _tariff_at(runtime: Runtime, credential: StationCredential, evse_number: int) -> TariffOut | None:
    place = TariffQuery(
        operator_id=credential.operator_id,
        location_id=credential.location_id,
        station_id=credential.station_id,
        evse_number=evse_number,
    )
    (tariff,) = await handlers.find_tariffs(runtime, FindTariffs(queries=(place,)))
    return None if tariff is None else tariff_shown(tariff)


async def _tell_station(runtime: Runtime, credential: StationCredential, evse_number: int) -> None:
    """C25.FR.21: the station keeps the EVSE for the driver. Who pays need not wait for its answer."""
    timeout_s = runtime.settings(BillingSettings).web_payment_timeout_s
    order = SendCommand(
        operator_id=credential.operator_id,
        station_id=credential.station_id,
        type="notify_web_payment_started",
        arguments={"evse_number": evse_number, "timeout_s": timeout_s},
        requested_by="web payment",
    )
    try:
        await runtime.ask(order)
    except Problem as problem:
        log.info("web_payment.station_not_told", station_id=credential.station_id, error=problem.detail)
