"""Cards that Stripe keeps: a Customer for each account, a SetupIntent for each card, made first and its id saved, then confirmed.

Stripe's Customer has nothing of the person: no name, no address, only our id of the row. A card number never comes here: the payer
types it into Stripe's own field, which gives a payment method's id.

Sources: docs.stripe.com/api (customers, setup_intents, payment_methods/detach), /payments/save-and-reuse.
"""

from __future__ import annotations

from typing import Any

import stripe

from voltway.integrations.payments.port import CardAnswer, CardFace, CardOrder, Outcome

_EXPANDED = ["payment_method"]
_GONE = "resource_missing"


def keyed(key: str) -> Any:
    """The options of a call that is done once."""
    return {"idempotency_key": key}


def field(thing: Any, name: str) -> Any:
    """A field of Stripe's that need not be there."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def reason_of(error: Any) -> str:
    """Why a card was declined, in Stripe's word."""
    decline = getattr(getattr(error, "error", None), "decline_code", None)
    return str(decline or error.code or "declined")[:40]


def action_url(intent: Any) -> str | None:
    """Where the payer confirms."""
    action = field(intent, "next_action")
    if action is None:
        return None
    for name, address in (
        ("redirect_to_url", "url"),
        ("alipay_handle_redirect", "url"),
        ("wechat_pay_display_qr_code", "hosted_instructions_url"),
    ):
        found = field(action, name)
        if found is not None and field(found, address):
            return str(field(found, address))
    return None


class StripeCardKeeping:
    """The part of the provider that keeps cards."""

    name = "stripe"
    _client: stripe.StripeClient

    async def add_customer(self, key: str) -> str:
        """A Customer that says nothing of the person."""
        made = await self._client.v1.customers.create_async({"metadata": {"voltway_customer": key}}, keyed(key))
        return str(made.id)

    async def begin_card(self, order: CardOrder) -> str:
        """A SetupIntent that is not confirmed: it keeps nothing."""
        made = await self._setups.create_async(
            {
                "customer": order.customer,
                "usage": "off_session",
                "payment_method_types": ["card"],
                "metadata": {"voltway_card": order.key},
            },
            keyed(f"{order.key}-setup"),
        )
        return str(made.id)

    async def keep_card(self, order: CardOrder, setup: str) -> CardAnswer:
        """Confirm the SetupIntent with the card."""
        parameters: dict[str, Any] = {"payment_method": order.source, "expand": _EXPANDED}
        if order.return_url is not None:
            parameters["return_url"] = order.return_url
        try:
            return _answer(await self._setups.confirm_async(setup, parameters, keyed(order.key)))
        except stripe.CardError as error:
            return CardAnswer(outcome=Outcome.DECLINED, reason=reason_of(error))
        except stripe.InvalidRequestError as error:
            # It did nothing; but an earlier attempt may have done it.
            found = await self.find_card(setup)
            if found.outcome in (Outcome.DONE, Outcome.DECLINED):
                return found
            return CardAnswer(outcome=Outcome.DECLINED, reason=reason_of(error))

    async def find_card(self, setup: str) -> CardAnswer:
        """What the SetupIntent says."""
        return _answer(await self._setups.retrieve_async(setup, {"expand": _EXPANDED}))

    async def drop_setup(self, setup: str) -> CardAnswer:
        """Cancel the SetupIntent; one that was confirmed just before stays, and says so."""
        try:
            await self._setups.cancel_async(setup, {}, keyed(f"{setup}-cancel"))
        except stripe.InvalidRequestError as error:
            if error.code == _GONE:
                return CardAnswer(outcome=Outcome.DECLINED, reason=_GONE)
        return await self.find_card(setup)

    async def remove_card(self, reference: str) -> None:
        """Detach the payment method; one that is attached to nobody is as it should be."""
        try:
            await self._client.v1.payment_methods.detach_async(reference)
        except stripe.InvalidRequestError as error:
            if error.code != _GONE and field(await self._method(reference), "customer") is not None:
                raise

    async def remove_customer(self, customer: str) -> None:
        """Delete the Customer, with all that is attached to it."""
        try:
            await self._client.v1.customers.delete_async(customer)
        except stripe.InvalidRequestError as error:
            if error.code != _GONE and error.http_status != 404:
                raise

    async def _method(self, reference: str) -> Any:
        return await self._client.v1.payment_methods.retrieve_async(reference)

    @property
    def _setups(self) -> Any:
        return self._client.v1.setup_intents


def _answer(intent: Any) -> CardAnswer:
    status, error = field(intent, "status"), field(intent, "last_setup_error")
    if status == "succeeded":
        method = field(intent, "payment_method")
        if method is None or isinstance(method, str):
            raise ValueError("the SetupIntent does not show its card")
        return CardAnswer(outcome=Outcome.DONE, reference=str(field(method, "id")), face=_face(field(method, "card")))
    if status in ("requires_action", "processing"):
        return CardAnswer(outcome=Outcome.PENDING, action_url=action_url(intent))
    if status in ("requires_payment_method", "requires_confirmation") and error is None:
        return CardAnswer(outcome=Outcome.ABSENT)
    reason = None if error is None else field(error, "decline_code") or field(error, "code")
    return CardAnswer(outcome=Outcome.DECLINED, reason=str(reason or "not_confirmed")[:40])


def _face(card: Any) -> CardFace:
    return CardFace(
        brand=str(field(card, "brand") or "card")[:20],
        last_four=str(field(card, "last4") or "")[:4],
        exp_month=int(field(card, "exp_month") or 0),
        exp_year=int(field(card, "exp_year") or 0),
    )
