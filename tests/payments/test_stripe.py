"""Stripe by its own SDK against localstripe, over real HTTP, with its webhooks; what that cannot do, against a peer with
answers in Stripe's shapes that we wrote down from its documentation."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import MakeRuntime, app_of, eventually, served
from voltway.contracts.ledger import FindProviderMovements
from voltway.contracts.money_facts import ProviderFeeBooked
from voltway.integrations.payments.port import (
    Answer,
    Kind,
    NoticeRefused,
    Outcome,
    OutcomeUnknown,
)
from voltway.integrations.payments.stripe_cards import StripeProvider
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.outbox import outbox
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import engine, movements, store
from voltway.modules.payments.module import MANIFEST
from voltway.modules.payments.tables import calls, notices, payments

from .stripe_peer import PATH, UNEXPECTED, Peer, a_call, intent  # noqa: TID252
from .stripe_server import KEY, WEBHOOK_SECRET, Stripe  # noqa: TID252  (tests are not installed)

NEEDS_3DS, DECLINED_LATER = "4000002500003155", "4000000000000341"


@pytest.fixture
async def runtime(make_runtime: MakeRuntime, url: str) -> Runtime:
    settings = {"stripe_key": KEY, "stripe_webhook_secret": WEBHOOK_SECRET, "stripe_url": url}
    return await make_runtime(MANIFEST, settings={"payments": {"providers": ["stripe"], **settings}})


async def pay(runtime: Runtime, source: str, **values: Any) -> str:
    made = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "purpose": "charge",
        "provider": "stripe",
        "method": "card",
        "source": source,
        "currency": "EUR",
        "limit_minor": 2000,
        "hold_wanted_minor": 2000,
        "can_hold": True,
        "can_raise": False,
        **values,
    }
    async with runtime.database.begin() as tx:
        row, _ = await store.add(tx, made)
    await engine.advance(runtime, row.id)
    return str(row.id)


async def now_owed(runtime: Runtime, payment_id: str, **values: Any) -> Any:
    async with runtime.database.begin() as tx:
        await store.change(tx, payment_id, **values)
    await engine.advance(runtime, payment_id)
    return await the(runtime, payment_id)


async def the(runtime: Runtime, payment_id: str) -> Any:
    async with runtime.database.read() as tx:
        return (await tx.execute(sa.select(payments).where(payments.c.id == payment_id))).one()


async def facts(runtime: Runtime) -> list[tuple[str, int]]:
    async with runtime.database.read() as tx:
        rows = (await tx.execute(sa.select(outbox).order_by(outbox.c.position))).all()
    return [(row.name, json.loads(row.payload)["amount"]["minor"]) for row in rows]


# ---- against localstripe


async def test_card_is_held_captured_in_part_and_refunded(runtime: Runtime, stripe_itself: Stripe) -> None:
    payment_id = await pay(runtime, stripe_itself.card())
    row = await the(runtime, payment_id)
    assert (row.state, row.held_minor) == ("held", 2000)
    assert stripe_itself.intent(row.reference)["status"] == "requires_capture"
    row = await now_owed(runtime, payment_id, owed_minor=834)
    assert (row.state, row.captured_minor) == ("captured", 834)
    assert stripe_itself.intent(row.reference)["status"] == "succeeded"
    row = await now_owed(runtime, payment_id, owed_minor=500)
    assert (row.refunded_minor, stripe_itself.refunded(row.reference)) == (334, [334])
    assert await facts(runtime) == [
        ("PaymentHeld", 2000),
        ("PaymentCaptured", 834),
        ("HoldReleased", 1166),
        ("PaymentRefunded", 334),
    ]


async def test_hold_is_let_go(runtime: Runtime, stripe_itself: Stripe) -> None:
    payment_id = await pay(runtime, stripe_itself.card())
    row = await now_owed(runtime, payment_id, over_at=clock.now())
    assert row.state == "released"
    assert stripe_itself.intent(row.reference)["status"] == "canceled"


async def test_card_that_is_declined_holds_nothing(runtime: Runtime, stripe_itself: Stripe) -> None:
    row = await the(runtime, await pay(runtime, stripe_itself.card(DECLINED_LATER)))
    assert (row.state, row.reason, row.held_minor) == ("failed", "card_declined", 0)


async def test_payment_method_that_is_not_there_never_becomes_a_hold(runtime: Runtime) -> None:
    row = await the(runtime, await pay(runtime, "pm_none"))
    assert row.state != "held"
    assert await facts(runtime) == []


async def test_payer_confirms_and_the_intent_says_so(runtime: Runtime, stripe_itself: Stripe) -> None:
    payment_id = await pay(runtime, stripe_itself.card(NEEDS_3DS))
    row = await the(runtime, payment_id)
    assert row.state == "holding"
    secret = stripe_itself.intent(row.reference)["client_secret"]
    path = f"/v1/payment_intents/{row.reference}/_authenticate"
    assert stripe_itself.client.post(path, data={"client_secret": secret, "success": "true"}).status_code == 200
    await engine.advance(runtime, payment_id)
    assert (await the(runtime, payment_id)).state == "held"


async def test_webhook_of_stripe_itself_has_the_payment_looked_at(runtime: Runtime, stripe_itself: Stripe) -> None:
    """Captured at Stripe while our answer was lost: its webhook, over HTTP and signed by it, brings the truth."""
    payment_id = await pay(runtime, stripe_itself.card())
    async with served(app_of(runtime)) as ours:
        stripe_itself.send_webhooks_to(f"{ours}/api/v1/payment-notices/stripe")
        await now_owed(runtime, payment_id, owed_minor=834)

        async def is_noted() -> bool:
            async with runtime.database.read() as tx:
                return bool((await tx.execute(sa.select(notices.c.event_id))).all())

        await eventually(is_noted)
    row = await the(runtime, payment_id)
    assert (row.state, row.captured_minor) == ("captured", 834)
    assert (await facts(runtime)).count(("PaymentCaptured", 834)) == 1


async def test_capture_that_was_made_before_is_found_and_not_made_again(
    runtime: Runtime, stripe_itself: Stripe
) -> None:
    payment_id = await pay(runtime, stripe_itself.card())
    row = await the(runtime, payment_id)
    path = f"/v1/payment_intents/{row.reference}/capture"
    assert stripe_itself.client.post(path, data={"amount_to_capture": "834"}).status_code == 200
    row = await now_owed(runtime, payment_id, owed_minor=834)
    assert (row.state, row.captured_minor) == ("captured", 834)


# ---- against a peer in Stripe's shapes


CHARGE = {"id": "ch_1", "payment_method_details": {"card": {"capture_before": 1_900_000_000}}, "amount_captured": 700}


async def test_saved_card_is_held_with_incremental_authorisation_and_the_key(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        "POST /v1/payment_intents": (200, intent("requires_confirmation")),
        f"{PATH}/confirm": (200, intent("requires_capture", latest_charge=CHARGE)),
    }
    assert await provider.prepare(a_call(Kind.HOLD, reference=None)) == "pi_1"
    held = await provider.send(a_call(Kind.HOLD))
    assert (held.outcome, held.expires_at and held.expires_at.timestamp()) == (Outcome.DONE, 1_900_000_000)
    (_, made, headers), (_, _, confirmed) = there.asked
    assert made["capture_method"] == "manual"
    assert (made["customer"], made["payment_method"]) == ("cus_1", "pm_1")
    assert made["payment_method_options[card][request_incremental_authorization]"] == "if_available"
    assert (headers["idempotency-key"], confirmed["idempotency-key"]) == ("key-1-intent", "key-1")


async def test_hold_is_raised(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {f"{PATH}/increment_authorization": (200, intent("requires_capture", amount=3000))}
    assert (await provider.send(a_call(Kind.RAISE, 3000))).outcome is Outcome.DONE
    assert there.asked[0][1] == {"amount": "3000"}
    refusal = {
        "error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": ""}
    }
    there.answers = {f"{PATH}/increment_authorization": (402, refusal)}
    refused = await provider.send(a_call(Kind.RAISE, 3000))
    assert (refused.outcome, refused.reason) == (Outcome.DECLINED, "insufficient_funds")


async def test_alipay_is_charged_and_sends_the_payer_to_its_page(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    action = {"type": "alipay_handle_redirect", "alipay_handle_redirect": {"url": "https://pay.example.org/a"}}
    there.answers = {
        "POST /v1/payment_intents": (200, intent("requires_confirmation")),
        f"{PATH}/confirm": (200, intent("requires_action", next_action=action)),
        "GET /v1/payment_intents/pi_1": (200, intent("succeeded", amount_received=1500)),
    }
    call = a_call(Kind.CHARGE, method="alipay", return_url="https://drive.example.org/back")
    await provider.prepare(a_call(Kind.CHARGE, method="alipay", reference=None))
    sent = await provider.send(call)
    assert (sent.outcome, sent.action_url) == (Outcome.PENDING, "https://pay.example.org/a")
    assert there.asked[0][1]["payment_method_data[type]"] == "alipay"
    assert there.asked[0][1]["capture_method"] == "automatic"
    assert there.asked[1][1]["return_url"] == "https://drive.example.org/back"
    assert await provider.query(call) == Answer(outcome=Outcome.DONE, reference="pi_1", amount=Money(1500, "EUR"))


@pytest.mark.parametrize(
    ("kind", "found", "outcome"),
    [
        (Kind.HOLD, intent("requires_confirmation"), Outcome.ABSENT),
        (Kind.HOLD, intent("requires_payment_method"), Outcome.ABSENT),
        (Kind.HOLD, intent("requires_payment_method", last_payment_error={"code": "card_declined"}), Outcome.DECLINED),
        (Kind.HOLD, intent("requires_action"), Outcome.PENDING),
        (Kind.HOLD, intent("processing"), Outcome.PENDING),
        (Kind.HOLD, intent("requires_capture"), Outcome.DONE),
        (Kind.HOLD, intent("canceled"), Outcome.DECLINED),
        (Kind.CAPTURE, intent("requires_capture"), Outcome.ABSENT),
        (Kind.CAPTURE, intent("succeeded", amount_received=700), Outcome.DONE),
        (Kind.CAPTURE, intent("canceled"), Outcome.DECLINED),
        (Kind.CAPTURE, intent("processing"), Outcome.PENDING),
        (Kind.VOID, intent("requires_capture"), Outcome.ABSENT),
        (Kind.VOID, intent("canceled"), Outcome.DONE),
        (Kind.VOID, intent("succeeded"), Outcome.DECLINED),
        (Kind.RAISE, intent("requires_capture", amount=1400), Outcome.ABSENT),
        (Kind.RAISE, intent("requires_capture", amount=1500), Outcome.DONE),
    ],
)
async def test_what_an_intent_says_of_a_call(
    peer: tuple[Peer, StripeProvider], kind: Kind, found: dict[str, Any], outcome: Outcome
) -> None:
    there, provider = peer
    there.answers = {"GET /v1/payment_intents/pi_1": (200, found)}
    assert (await provider.query(a_call(kind))).outcome is outcome


async def test_capture_that_stripe_finds_made_already_is_done(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        f"{PATH}/capture": (400, UNEXPECTED),
        "GET /v1/payment_intents/pi_1": (200, intent("succeeded", amount_received=700)),
    }
    found = await provider.send(a_call(Kind.CAPTURE, 700))
    assert (found.outcome, found.amount) == (Outcome.DONE, Money(700, "EUR"))


@pytest.mark.parametrize(
    ("booked", "fee"),
    [
        ({"id": "txn_1", "fee": 36, "net": 664, "currency": "eur"}, Money(36, "EUR")),
        ({"id": "txn_1", "fee": 42, "net": 700, "currency": "usd"}, Money(42, "USD")),
        ("txn_1", None),
        (None, None),
    ],
)
async def test_what_stripe_keeps_is_told_where_it_has_reckoned(
    peer: tuple[Peer, StripeProvider], booked: Any, fee: Money | None
) -> None:
    there, provider = peer
    charge = {**CHARGE, "balance_transaction": booked}
    there.answers = {f"{PATH}/capture": (200, intent("succeeded", amount_received=700, latest_charge=charge))}
    captured = await provider.send(a_call(Kind.CAPTURE, 700))
    assert (captured.amount, captured.fee) == (Money(700, "EUR"), fee)
    assert there.asked[0][1]["expand[0]"] == "latest_charge.balance_transaction"


# ---- its books


def entry(number: int, kind: str, source: Any, **fields: Any) -> dict[str, Any]:
    """A balance transaction."""
    made = {"id": f"txn_{number}", "object": "balance_transaction", "type": kind, "created": 1_800_000_000 + number}
    return {**made, "source": source, "fee": 0, "currency": "eur", **fields}


OURS = {"voltway_payment": "p-1", "voltway_call": "key-0"}
TAKEN = {
    "id": "ch_1",
    "object": "charge",
    "payment_intent": "pi_1",
    "amount": 2000,
    "amount_captured": 834,
    "currency": "eur",
    "metadata": OURS,
}
BACK = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "amount": 334, "currency": "eur"}
PAID_OUT = {"id": "po_1", "object": "payout", "amount": 5000, "currency": "eur"}
BOOKS = "GET /v1/balance_transactions"


def a_page(*entries: dict[str, Any], has_more: bool = False) -> tuple[int, dict[str, Any]]:
    return 200, {"object": "list", "data": list(entries), "has_more": has_more, "url": "/v1/balance_transactions"}


async def test_what_stripe_says_that_it_moved(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {
        BOOKS: a_page(
            entry(1, "charge", TAKEN, fee=36),
            entry(2, "charge", {**TAKEN, "metadata": {}}),  # of another business with the same account
            entry(3, "refund", {**BACK, "metadata": {"voltway_call": "call-2"}}),
            entry(4, "refund", {**BACK, "id": "re_2", "metadata": {}}),  # by hand, at Stripe
            entry(5, "stripe_fee", None, fee=100),
            entry(6, "payout", PAID_OUT),
            entry(7, "charge", "ch_2"),
        )
    }
    until = clock.now()
    (page,) = [page async for page in provider.movements(until - timedelta(days=1), until)]
    assert [(moved.id, moved.kind, moved.amount.minor, moved.payment_reference, moved.key) for moved in page] == [
        ("txn_1", "capture", 834, "pi_1", None),
        ("txn_3", "refund", 334, "pi_1", "call-2"),
        ("txn_4", "refund", 334, "pi_1", None),
        ("txn_6", "payout", 5000, None, None),
    ]
    assert (page[0].fee, page[0].at.timestamp()) == (Money(36, "EUR"), 1_800_000_001)


async def booked_by_stripe(runtime: Runtime) -> list[tuple[str, str, int]]:
    question = FindProviderMovements(
        operator_id=DEFAULT_OPERATOR_ID, since=clock.now() - timedelta(days=30), until=clock.now()
    )
    found = await runtime.ask(question)
    assert ("stripe" in found.providers) == bool(found.movements)
    return [(moved.kind, moved.reference, moved.amount.minor) for moved in found.movements]


async def test_books_are_read_page_by_page_into_ours_and_on_from_there(make_runtime: MakeRuntime) -> None:
    there = Peer()
    async with served(there.app()) as url:
        settings = {"stripe_key": KEY, "stripe_webhook_secret": WEBHOOK_SECRET, "stripe_url": url}
        runtime = await make_runtime(MANIFEST, settings={"payments": {"providers": ["stripe"], **settings}})
        there.answers = {BOOKS: (500, {"error": {"type": "api_error", "message": "?"}})}
        await movements.read_books(runtime)
        assert await booked_by_stripe(runtime) == []  # nothing is concluded of books that could not be read
        payment = {"operator_id": DEFAULT_OPERATOR_ID, "purpose": "charge", "provider": "stripe", "method": "card"}
        amounts = {
            "currency": "EUR",
            "limit_minor": 2000,
            "hold_wanted_minor": 2000,
            "can_hold": True,
            "can_raise": False,
        }
        async with runtime.database.begin() as tx:
            row, _ = await store.add(tx, {**payment, **amounts, "source": "pm_1"})
            await store.change(tx, row.id, reference="pi_1")
            call = {"operator_id": DEFAULT_OPERATOR_ID, "payment_id": row.id, "amount_minor": 834, "tries": 1}
            made = {"id": "call-1", "kind": "capture", "state": "done", "made_at": clock.now()}
            await tx.execute(sa.insert(calls).values({**call, **made}))
        now = int(clock.now().timestamp())
        entries = [
            entry(1, "charge", TAKEN, fee=36, created=now - 60),
            entry(2, "charge", {**TAKEN, "payment_intent": "pi_9"}, created=now - 50),  # of another installation
            entry(3, "refund", {**BACK, "metadata": {"voltway_call": "call-2"}}, created=now - 40),
            entry(4, "refund", {**BACK, "id": "re_2", "metadata": {}}, created=now - 30),
        ]
        there.answers = {BOOKS: a_page(*entries)}
        heard: list[Any] = []
        runtime.events.hear(heard.append)
        await movements.read_books(runtime)
        await movements.read_books(runtime)
        await eventually(lambda: heard)
        assert [
            (fact.capture_id, fact.payment_id, fact.fee) for fact in heard if isinstance(fact, ProviderFeeBooked)
        ] == [("call-1", row.id, Money(36, "EUR"))]
        assert await booked_by_stripe(runtime) == [
            ("capture", "call-1", 834),
            ("refund", "call-2", 334),
            ("refund", "re_2", 334),
        ]


async def test_a_second_page_begins_behind_the_first(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    there.answers = {BOOKS: a_page(entry(1, "charge", TAKEN), has_more=True)}
    pages = provider.movements(clock.now() - timedelta(days=1), clock.now())
    assert len(await anext(pages)) == 1
    there.answers = {BOOKS: a_page(entry(2, "charge", TAKEN))}
    assert [moved.id for moved in await anext(pages)] == ["txn_2"]
    with pytest.raises(StopAsyncIteration):
        await anext(pages)
    assert there.queries[-1]["starting_after"] == "txn_1"


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
async def test_answer_that_says_nothing_is_an_outcome_not_known(peer: tuple[Peer, StripeProvider], status: int) -> None:
    there, provider = peer
    there.answers = {f"{PATH}/capture": (status, {"error": {"type": "api_error", "message": "?"}})}
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever is raised counts as not known
        await provider.send(a_call(Kind.CAPTURE, 700))
    assert not isinstance(raised.value, AssertionError)
    assert len(there.asked) == 1, "nothing is repeated by the SDK itself"


async def test_refund_is_found_by_its_key(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    refunds = [
        {"id": "re_1", "status": "succeeded", "amount": 100, "currency": "eur", "metadata": {"voltway_call": "key-0"}},
        {"id": "re_2", "status": "pending", "amount": 334, "currency": "eur", "metadata": {"voltway_call": "key-1"}},
    ]
    there.answers = {
        "GET /v1/refunds": (200, {"object": "list", "data": refunds, "has_more": False, "url": "/v1/refunds"})
    }
    assert (await provider.query(a_call(Kind.REFUND, 334))).outcome is Outcome.PENDING
    refunds[1]["status"] = "succeeded"
    assert (await provider.query(a_call(Kind.REFUND, 334))).outcome is Outcome.DONE
    assert (await provider.query(a_call(Kind.REFUND, 334, key="key-2"))).outcome is Outcome.ABSENT


async def test_hold_without_an_intent_is_not_sent(peer: tuple[Peer, StripeProvider]) -> None:
    there, provider = peer
    with pytest.raises(OutcomeUnknown):
        await provider.send(a_call(Kind.HOLD, reference=None))
    assert there.asked == []


# ---- webhooks


def signed(event: Any, at: float, secret: str = WEBHOOK_SECRET) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event).encode()
    mac = hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"stripe-signature": f"t={int(at)},v1={mac}"}


DISPUTE = {"id": "dp_1", "payment_intent": "pi_1", "status": "needs_response", "amount": 700, "currency": "eur"}


@pytest.mark.parametrize(
    ("kind", "thing", "expected"),
    [
        ("payment_intent.succeeded", {"id": "pi_1"}, ("payment", "pi_1", None, None)),
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_1"}, ("payment", "pi_1", None, None)),
        ("charge.dispute.created", DISPUTE, ("dispute", "pi_1", "dp_1", "opened")),
        ("charge.dispute.closed", {**DISPUTE, "status": "lost"}, ("dispute", "pi_1", "dp_1", "lost")),
        ("payout.paid", {"id": "po_1", "amount": 9900, "currency": "eur"}, ("payout", None, "po_1", None)),
        ("customer.created", {"id": "cus_1"}, ("other", None, None, None)),
    ],
)
def test_events_of_stripe(kind: str, thing: dict[str, Any], expected: tuple[Any, ...]) -> None:
    provider = StripeProvider(key=KEY, webhook_secret=WEBHOOK_SECRET)
    body, headers = signed({"id": "evt_1", "type": kind, "data": {"object": thing}}, clock.now().timestamp())
    notice = provider.read_notice(body, httpx.Headers(headers), clock.now())
    assert (notice.kind, notice.reference, notice.thing_id, notice.state) == expected


def test_events_that_are_forged_old_or_cut_are_refused() -> None:
    provider = StripeProvider(key=KEY, webhook_secret=WEBHOOK_SECRET)
    event, now = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}, clock.now()
    body, good = signed(event, now.timestamp())
    wrong: list[tuple[bytes, dict[str, str]]] = [
        signed(event, now.timestamp(), "whsec_of_another"),
        signed(event, now.timestamp() - 400),
        (body + b" ", good),
        (body, {}),
        (b"\xff", good),
        signed({"id": "evt_1"}, now.timestamp()),
    ]
    for content, headers in wrong:
        with pytest.raises(NoticeRefused):
            provider.read_notice(content, headers, now)
    with pytest.raises(NoticeRefused):
        StripeProvider(key=KEY, webhook_secret=None).read_notice(body, good, now)
