"""Cards that Stripe keeps: against a peer in Stripe's shapes, and as far as it goes against localstripe, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from builders import MakeRuntime
from voltway.integrations.payments.port import CardAnswer, CardFace, CardOrder, KeepsCards, Kind, Outcome
from voltway.integrations.payments.stripe_cards import StripeProvider
from voltway.kernel.ids import new_id
from voltway.modules.payments.module import MANIFEST
from voltway.modules.payments.registry import provider_of

from .stripe_peer import PATH, UNEXPECTED, Peer, a_call, intent  # noqa: TID252  (tests are not installed)
from .stripe_server import KEY, Stripe  # noqa: TID252

WANTS_PAYER = {
    "error": {
        "type": "card_error",
        "code": "authentication_required",
        "decline_code": "authentication_required",
        "message": "Your card was declined. This transaction requires authentication.",
    }
}
REDIRECT = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://hooks.stripe.example/3ds"}}
METHOD = {
    "id": "pm_1",
    "object": "payment_method",
    "customer": "cus_1",
    "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031, "fingerprint": "x"},
}
FACE = CardFace(brand="visa", last_four="4242", exp_month=8, exp_year=2031)
ORDER = CardOrder(key="card-1", customer="cus_1", source="pm_1", return_url="https://drive.example.org/back")


def setup(status: str, **fields: Any) -> dict[str, Any]:
    shape = {"id": "seti_1", "object": "setup_intent", "payment_method": None, "last_setup_error": None}
    return {**shape, "status": status, "usage": "off_session", "next_action": None, **fields}


async def test_kept_card_is_charged_without_its_payer(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/payment_intents": (200, intent("requires_confirmation")),
        f"{PATH}/confirm": (200, intent("requires_capture")),
    }
    await provider.prepare(a_call(Kind.HOLD, reference=None))
    await provider.send(a_call(Kind.HOLD))
    (_, made, _), (_, confirmed, _) = there.asked
    assert (made["customer"], made["payment_method_types[0]"]) == ("cus_1", "card")
    assert confirmed == {"off_session": "true"}
    there.asked.clear()
    await provider.send(a_call(Kind.HOLD, source="pm_1"))  # one that was entered just now is not
    assert there.asked[0][1] == {}


async def test_bank_that_wants_the_payer_is_asked_again_with_them_there(
    peer: tuple[Peer, StripeProvider],
) -> None:
    there, provider = peer
    there.later = {f"{PATH}/confirm": [(402, WANTS_PAYER), (200, intent("requires_action", next_action=REDIRECT))]}
    held = await provider.send(a_call(Kind.HOLD, return_url="https://drive.example.org/back"))
    assert (held.outcome, held.action_url) == (Outcome.PENDING, "https://hooks.stripe.example/3ds")
    (_, first, keyed), (_, second, keyed_again) = there.asked
    back = {"return_url": "https://drive.example.org/back"}
    assert (first, second) == ({**back, "off_session": "true"}, {**back, "payment_method": "pm_1"})
    assert (keyed["idempotency-key"], keyed_again["idempotency-key"]) == ("key-1", "key-1-payer")


async def test_bank_that_wants_the_payer_who_is_away_declines(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {f"{PATH}/confirm": (402, WANTS_PAYER)}
    answer = await provider.send(a_call(Kind.HOLD, is_payer_away=True))
    assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "authentication_required")
    assert len(there.asked) == 1


@pytest.mark.parametrize(
    ("source", "is_away", "outcome"),
    [("cus_1/pm_1", False, Outcome.ABSENT), ("cus_1/pm_1", True, Outcome.DECLINED), ("pm_1", False, Outcome.DECLINED)],
)
async def test_start_that_was_cut_short_before_the_payer_was_asked_goes_on(
    peer: tuple[Peer, StripeProvider], source: str, is_away: bool, outcome: Outcome
) -> None:
    there, provider = peer
    found = intent("requires_payment_method", last_payment_error=WANTS_PAYER["error"])
    there.answers = {"GET /v1/payment_intents/pi_1": (200, found)}
    assert (await provider.query(a_call(Kind.HOLD, source=source, is_payer_away=is_away))).outcome is outcome


async def test_card_is_kept_for_a_customer_of_whom_stripe_knows_nothing(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/customers": (200, {"id": "cus_1", "object": "customer"}),
        "POST /v1/setup_intents": (200, setup("requires_payment_method")),
        "POST /v1/setup_intents/seti_1/confirm": (200, setup("succeeded", payment_method=METHOD)),
    }
    assert await provider.add_customer("customer-1") == "cus_1"
    assert await provider.begin_card(ORDER) == "seti_1"
    assert await provider.keep_card(ORDER, "seti_1") == CardAnswer(outcome=Outcome.DONE, reference="pm_1", face=FACE)
    (_, customer, _), (_, made, made_by), (_, confirmed, confirmed_by) = there.asked
    assert customer == {"metadata[voltway_customer]": "customer-1"}
    assert (made["customer"], made["usage"]) == ("cus_1", "off_session")
    assert (confirmed["payment_method"], confirmed["return_url"]) == ("pm_1", "https://drive.example.org/back")
    assert (made_by["idempotency-key"], confirmed_by["idempotency-key"]) == ("card-1-setup", "card-1")


async def test_bank_that_declines_a_card_is_told_and_nothing_is_kept(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    refusal = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card", "message": ""}
    there.answers = {"POST /v1/setup_intents/seti_1/confirm": (402, {"error": refusal})}
    assert await provider.keep_card(ORDER, "seti_1") == CardAnswer(outcome=Outcome.DECLINED, reason="lost_card")


async def test_card_that_was_kept_while_the_answer_was_lost_is_found(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/setup_intents/seti_1/confirm": (400, UNEXPECTED),
        "GET /v1/setup_intents/seti_1": (200, setup("succeeded", payment_method=METHOD)),
    }
    assert (await provider.keep_card(ORDER, "seti_1")).face == FACE


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (setup("requires_payment_method"), CardAnswer(outcome=Outcome.ABSENT)),
        (setup("requires_confirmation"), CardAnswer(outcome=Outcome.ABSENT)),
        (setup("processing"), CardAnswer(outcome=Outcome.PENDING)),
        (
            setup("requires_action", next_action=REDIRECT),
            CardAnswer(outcome=Outcome.PENDING, action_url="https://hooks.stripe.example/3ds"),
        ),
        (
            setup("requires_payment_method", last_setup_error={"code": "setup_intent_authentication_failure"}),
            CardAnswer(outcome=Outcome.DECLINED, reason="setup_intent_authentication_failure"),
        ),
        (setup("canceled"), CardAnswer(outcome=Outcome.DECLINED, reason="not_confirmed")),
    ],
)
async def test_what_a_setup_says_of_a_card(
    peer: tuple[Peer, StripeProvider], found: dict[str, Any], answer: CardAnswer
) -> None:
    there, provider = peer
    there.answers = {"GET /v1/setup_intents/seti_1": (200, found)}
    assert await provider.find_card("seti_1") == answer


async def test_card_confirmed_just_before_it_is_called_off_is_kept(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/setup_intents/seti_1/cancel": (400, UNEXPECTED),
        "GET /v1/setup_intents/seti_1": (200, setup("succeeded", payment_method=METHOD)),
    }
    assert (await provider.drop_setup("seti_1")).reference == "pm_1"


GONE = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such customer"}}
LOOSE = {"error": {"type": "invalid_request_error", "message": "The payment method is not attached to a customer."}}


async def test_what_is_gone_already_is_removed_without_complaint(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/payment_methods/pm_1/detach": (400, LOOSE),
        "GET /v1/payment_methods/pm_1": (200, {**METHOD, "customer": None}),
        "DELETE /v1/customers/cus_1": (404, GONE),
    }
    await provider.remove_card("pm_1")
    await provider.remove_customer("cus_1")
    there.answers["GET /v1/payment_methods/pm_1"] = (200, METHOD)  # it is there: then it was not removed
    with pytest.raises(stripe.InvalidRequestError):
        await provider.remove_card("pm_1")


async def test_card_is_kept_and_removed_at_localstripe(
    make_runtime: MakeRuntime, url: str, stripe_itself: Stripe
) -> None:
    settings = {"providers": ["stripe"], "stripe_key": KEY, "stripe_url": url}
    runtime = await make_runtime(MANIFEST, settings={"payments": settings})
    provider = provider_of(runtime, "stripe")
    assert isinstance(provider, KeepsCards)
    customer = await provider.add_customer(new_id())
    order = CardOrder(key=new_id(), customer=customer, source=stripe_itself.card())
    setup_id = await provider.begin_card(order)
    assert (await provider.find_card(setup_id)).outcome is Outcome.ABSENT
    kept = await provider.keep_card(order, setup_id)
    assert (kept.outcome, kept.reference, kept.face and kept.face.last_four) == (Outcome.DONE, order.source, "4242")
    assert await provider.find_card(setup_id) == kept
    await provider.remove_card(order.source)
    await provider.remove_customer(customer)
    assert stripe_itself.client.get(f"/v1/customers/{customer}").json().get("deleted") is not False
    await provider.remove_customer(customer)
    assert [card["id"] for card in stripe_itself.client.get("/v1/customers").json()["data"]].count(customer) == 0
