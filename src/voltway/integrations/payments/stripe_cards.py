"""Stripe: cards held by PaymentIntents with manual capture; Alipay and WeChat Pay charged, since they cannot hold.

A PaymentIntent is made first and its id saved; it holds nothing until it is confirmed. So the answer to a confirmation may be
lost: the intent says what came of it. Every call carries its key as Idempotency-Key, and refunds carry it as metadata as well,
by which they are found again. Cards that are kept: stripe_kept.py.

Sources: docs.stripe.com/api (payment_intents, refunds, events), /webhooks/signatures, /payments/place-a-hold-on-a-payment-method,
/payments/incremental-authorization, /payments/save-during-payment (charge saved payment methods later).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import stripe

from voltway.integrations.payments.port import (
    SAVED,
    Abilities,
    Answer,
    Call,
    Kind,
    Moved,
    Notice,
    NoticeRefused,
    Outcome,
    OutcomeUnknown,
)
from voltway.integrations.payments.stripe_kept import StripeCardKeeping, action_url, field, keyed, reason_of
from voltway.kernel.money import Money

TOLERANCE_S = 300
PAGE = 100
HOLD_DAYS = 7
"""How long a card's hold is good where Stripe does not say (place-a-hold-on-a-payment-method)."""
_REDIRECTED = frozenset({"alipay", "wechat_pay"})
_EXPANDED = ["latest_charge.balance_transaction"]
"""What Stripe keeps of a charge stands in its balance transaction."""
_WAITING = frozenset({"requires_action", "processing"})
WANTS_PAYER = "authentication_required"


class _Http(stripe.HTTPClient):
    """Requests over httpx as its present versions want them; the SDK's own client uses what they warn of."""

    name = "httpx"

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request; what came back."""
        try:
            answer = await self._client.request(method, url, headers=headers, content=post_data or None)
        except httpx.HTTPError as error:
            raise stripe.APIConnectionError(f"Stripe does not answer: {error!r}") from error  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers

    async def sleep_async(self, secs: float) -> None:
        """Between the SDK's own retries, of which there are none."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class StripeProvider(StripeCardKeeping):
    """The source is a payment method (`pm_…`), or a customer's saved one (`cus_…/pm_…`)."""

    name = "stripe"

    def __init__(
        self,
        *,
        key: str,
        webhook_secret: str | None,
        url: str = "",
        is_incremental: bool = False,
        timeout_s: float = 20.0,
    ) -> None:
        self.abilities = Abilities(methods=("card", *sorted(_REDIRECTED)), holds=("card",), is_raising=is_incremental)
        self._webhook_secret = webhook_secret
        self._http = _Http(timeout_s)
        self._client = stripe.StripeClient(
            key,
            http_client=self._http,
            max_network_retries=0,  # what is repeated is decided by whoever knows that nothing came of it
            base_addresses={"api": url} if url else None,
        )

    async def prepare(self, call: Call) -> str | None:
        """Make a PaymentIntent that is not confirmed: it holds nothing."""
        if call.reference is not None or call.kind not in (Kind.HOLD, Kind.CHARGE):
            return None
        parameters: dict[str, Any] = {
            "amount": call.amount.minor,
            "currency": call.amount.currency.lower(),
            "metadata": {"voltway_payment": call.payment_id, "voltway_call": call.key},
            "capture_method": "manual" if call.kind is Kind.HOLD else "automatic",
        }
        if call.method in _REDIRECTED:
            parameters["payment_method_types"] = [call.method]
            parameters["payment_method_data"] = {"type": call.method}
            if call.method == "wechat_pay":
                parameters["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        else:
            customer, _, method = (call.source or "").rpartition(SAVED)
            parameters["payment_method"] = method
            if customer:
                parameters |= {"customer": customer, "payment_method_types": ["card"]}
            if self.abilities.is_raising and call.kind is Kind.HOLD:
                parameters["payment_method_options"] = {"card": {"request_incremental_authorization": "if_available"}}
        try:
            intent = await self._intents.create_async(parameters, keyed(f"{call.key}-intent"))
        except stripe.InvalidRequestError as error:
            raise OutcomeUnknown(str(error)) from error
        return str(intent.id)

    async def send(self, call: Call) -> Answer:
        """Do it, with the key as Idempotency-Key."""
        if call.reference is None:
            raise OutcomeUnknown("there is no PaymentIntent")
        try:
            return await self._do(call, call.reference)
        except stripe.CardError as error:
            return Answer(outcome=Outcome.DECLINED, reference=call.reference, reason=reason_of(error))
        except stripe.IdempotencyError as error:
            raise OutcomeUnknown(str(error)) from error
        except stripe.InvalidRequestError as error:
            # It did nothing; but what it was to do may have been done by an earlier attempt.
            found = await self.query(call)
            if found.outcome in (Outcome.DONE, Outcome.DECLINED):
                return found
            return Answer(outcome=Outcome.DECLINED, reference=call.reference, reason=reason_of(error))

    async def query(self, call: Call) -> Answer:
        """What the PaymentIntent, or the list of its refunds, says."""
        if call.reference is None:
            return Answer(outcome=Outcome.ABSENT)
        if call.kind is Kind.REFUND:
            found = await self._client.v1.refunds.list_async({"payment_intent": call.reference, "limit": 100})
            mine = [one for one in found.data if field(one.metadata, "voltway_call") == call.key]
            return _refund(mine[0], call) if mine else Answer(outcome=Outcome.ABSENT)
        intent = await self._intents.retrieve_async(call.reference, {"expand": _EXPANDED})
        return _answer(intent, call)

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[list[Moved]]:
        """Of its balance transactions those that are of payments and refunds, and payouts."""
        parameters: dict[str, Any] = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": PAGE,
            "expand": ["data.source"],
        }
        while True:
            page = await self._client.v1.balance_transactions.list_async(parameters)  # type: ignore[arg-type]
            yield [moved for moved in map(_moved, page.data) if moved is not None]
            if not page.has_more or not page.data:
                return
            parameters["starting_after"] = page.data[-1].id

    async def close(self) -> None:
        """Close the connections to Stripe."""
        await self._http.close_async()

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        """An event of Stripe's, with a good signature of the last five minutes."""
        if self._webhook_secret is None:
            raise NoticeRefused("no webhook secret is set")
        header = headers.get("stripe-signature", "")
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, header, self._webhook_secret, TOLERANCE_S)
            event = json.loads(text)
            return _notice(str(event["id"]), str(event["type"]), event["data"]["object"])
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
            raise NoticeRefused("the signature is not good, or this is no event") from error

    @property
    def _intents(self) -> Any:
        return self._client.v1.payment_intents

    async def _confirm(self, call: Call, reference: str) -> Any:
        """Confirm an intent. A card that is kept is charged without its payer; where its bank wants them and they are there, the
        same intent is confirmed once more, so that they are asked."""
        back = {} if call.return_url is None else {"return_url": call.return_url}
        if not _is_kept(call):
            return await self._intents.confirm_async(reference, back, keyed(call.key))
        try:
            return await self._intents.confirm_async(reference, {**back, "off_session": True}, keyed(call.key))
        except stripe.CardError as error:
            if call.is_payer_away or reason_of(error) != WANTS_PAYER:
                raise
        method = (call.source or "").rpartition(SAVED)[2]
        asked = {**back, "payment_method": method}
        return await self._intents.confirm_async(reference, asked, keyed(f"{call.key}-payer"))

    async def _do(self, call: Call, reference: str) -> Answer:
        with_key = keyed(call.key)
        parameters: Any
        match call.kind:
            case Kind.HOLD | Kind.CHARGE:
                return _answer(await self._confirm(call, reference), call)
            case Kind.RAISE:
                intent = await self._intents.increment_authorization_async(
                    reference, {"amount": call.amount.minor}, with_key
                )
            case Kind.CAPTURE:
                parameters = {"amount_to_capture": call.amount.minor, "expand": _EXPANDED}
                intent = await self._intents.capture_async(reference, parameters, with_key)
            case Kind.VOID:
                intent = await self._intents.cancel_async(reference, {}, with_key)
            case Kind.REFUND:
                parameters = {
                    "payment_intent": reference,
                    "amount": call.amount.minor,
                    "metadata": {"voltway_call": call.key},
                }
                return _refund(await self._client.v1.refunds.create_async(parameters, with_key), call)
        found = _answer(intent, call)
        if found.outcome is Outcome.ABSENT:  # an answer that does not show what was asked
            raise OutcomeUnknown(f"{call.kind} left the intent {field(intent, 'status')}")
        return found


def _is_kept(call: Call) -> bool:
    return SAVED in (call.source or "")


def _money(minor: Any, currency: Any) -> Money | None:
    return None if minor is None else Money(int(minor), str(currency).upper())


def _answer(intent: Any, call: Call) -> Answer:
    """What a PaymentIntent says of a call."""
    status, currency = field(intent, "status"), field(intent, "currency")
    charge = field(intent, "latest_charge")
    charge = None if isinstance(charge, str) else charge
    outcome, reason, amount = _outcome(intent, call, status), None, None
    if outcome is Outcome.DECLINED:
        error = field(intent, "last_payment_error")
        reason = field(error, "decline_code") or field(error, "code") if error is not None else None
        reason = str(reason or ("expired" if status == "canceled" else "declined"))[:40]
    if outcome is Outcome.DONE and call.kind in (Kind.CAPTURE, Kind.CHARGE):
        taken = field(intent, "amount_received") or (None if charge is None else field(charge, "amount_captured"))
        amount = _money(taken, currency)
    return Answer(
        outcome=outcome,
        reference=str(field(intent, "id")),
        amount=amount,
        reason=reason,
        action_url=action_url(intent) if outcome is Outcome.PENDING else None,
        expires_at=_expires_at(charge, call) if outcome is Outcome.DONE and call.kind is Kind.HOLD else None,
        fee=_fee(charge) if amount is not None else None,
    )


def _fee(charge: Any) -> Money | None:
    """What Stripe keeps, in the currency of the account; None where it has not reckoned yet."""
    booked = None if charge is None else field(charge, "balance_transaction")
    if booked is None or isinstance(booked, str):
        return None
    return _money(field(booked, "fee"), field(booked, "currency"))


def _outcome(intent: Any, call: Call, status: Any) -> Outcome:
    if call.kind in (Kind.HOLD, Kind.CHARGE):
        if status == "requires_confirmation" or (status == "requires_payment_method" and not _was_tried(intent)):
            return Outcome.ABSENT
        if status == "requires_payment_method" and _waits_for_payer(intent, call):
            return Outcome.ABSENT  # we stopped before the payer was asked: sent again, it asks them
        if status in _WAITING:
            return Outcome.PENDING
        is_done = status == "succeeded" or (status == "requires_capture" and call.kind is Kind.HOLD)
        return Outcome.DONE if is_done else Outcome.DECLINED
    if call.kind is Kind.RAISE:
        return Outcome.DONE if int(field(intent, "amount") or 0) >= call.amount.minor else Outcome.ABSENT
    wanted, other = ("succeeded", "canceled") if call.kind is Kind.CAPTURE else ("canceled", "succeeded")
    if status == "processing":
        return Outcome.PENDING
    return Outcome.DONE if status == wanted else Outcome.DECLINED if status == other else Outcome.ABSENT


def _waits_for_payer(intent: Any, call: Call) -> bool:
    error = field(intent, "last_payment_error")
    is_wanted = WANTS_PAYER in (field(error, "code"), field(error, "decline_code"))
    return is_wanted and _is_kept(call) and not call.is_payer_away


def _was_tried(intent: Any) -> bool:
    return field(intent, "last_payment_error") is not None or field(intent, "latest_charge") is not None


def _expires_at(charge: Any, call: Call) -> datetime:
    """Until when a hold can be captured: `capture_before` of the card's details, else seven days."""
    details = None if charge is None else field(charge, "payment_method_details")
    card = None if details is None else field(details, "card")
    before = None if card is None else field(card, "capture_before")
    return datetime.fromtimestamp(int(before), UTC) if before else call.made_at + timedelta(days=HOLD_DAYS)


def _refund(refund: Any, call: Call) -> Answer:
    status = field(refund, "status")
    outcome = {"succeeded": Outcome.DONE, "failed": Outcome.DECLINED, "canceled": Outcome.DECLINED}.get(
        str(status), Outcome.PENDING
    )
    reason = field(refund, "failure_reason") if outcome is Outcome.DECLINED else None
    amount = _money(field(refund, "amount"), field(refund, "currency"))
    return Answer(outcome=outcome, reference=call.reference, amount=amount, reason=reason)


_KINDS = {"charge": "capture", "payment": "capture", "refund": "refund", "payment_refund": "refund", "payout": "payout"}


def _moved(entry: Any) -> Moved | None:
    """A balance transaction of a payment of ours, or of a payout. The amount is the payment's own: the entry has the account's
    currency, which may be another."""
    kind, source = _KINDS.get(str(field(entry, "type"))), field(entry, "source")
    if kind is None or source is None or isinstance(source, str):
        return None
    told = field(source, "metadata") or {}
    if kind == "capture" and field(told, "voltway_payment") is None:
        return None  # the account serves others as well
    amount = field(source, "amount_captured") if kind == "capture" else field(source, "amount")
    found = _money(amount, field(source, "currency"))
    if found is None:
        return None
    return Moved(
        id=str(field(entry, "id")),
        kind=kind,
        amount=found,
        at=datetime.fromtimestamp(int(field(entry, "created")), UTC),
        payment_reference=field(source, "payment_intent"),
        key=field(told, "voltway_call") if kind == "refund" else None,
        thing_id=str(field(source, "id")),
        fee=_money(field(entry, "fee"), field(entry, "currency")),
    )


_DISPUTES = {"won": "won", "lost": "lost"}


def _notice(event_id: str, kind: str, thing: Mapping[str, Any]) -> Notice:
    if kind.startswith("payment_intent."):
        return Notice(event_id=event_id, kind="payment", reference=str(thing["id"]))
    if kind.startswith("charge.dispute."):
        return Notice(
            event_id=event_id,
            kind="dispute",
            reference=thing.get("payment_intent"),
            thing_id=str(thing["id"]),
            state=_DISPUTES.get(str(thing.get("status")), "opened"),
            amount=_money(thing.get("amount"), thing.get("currency")),
        )
    if kind == "payout.paid":
        amount = _money(thing.get("amount"), thing.get("currency"))
        return Notice(event_id=event_id, kind="payout", thing_id=str(thing["id"]), amount=amount)
    if kind.startswith(("charge.", "refund.")):
        return Notice(event_id=event_id, kind="payment", reference=thing.get("payment_intent"))
    return Notice(event_id=event_id)
