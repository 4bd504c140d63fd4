"""Every call to a provider, and everything that can happen to it: what is taken is what is owed, once, and no hold is left.

The provider is the sandbox with its own books; between it and us stands what loses, repeats and kills.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf, MakeRuntime
from voltway.integrations.payments.port import Abilities, Answer, Call, Kind, Notice, Outcome, OutcomeUnknown
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.outbox import outbox
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import engine, store
from voltway.modules.payments.module import MANIFEST
from voltway.modules.payments.providers import sandbox
from voltway.modules.payments.providers.sandbox import Sandbox, books
from voltway.modules.payments.registry import Providers, providers_of
from voltway.modules.payments.tables import calls, payments

FAULTS = (
    "none",
    "declined",
    "timeout before",
    "timeout after",
    "error 500",
    "killed before",
    "killed after",
    "late twice",
)
KINDS = ("hold", "charge", "raise", "capture", "void", "refund")


@dataclass
class Faulty:
    """The sandbox, behind a line that breaks once at one kind of call."""

    behind: Sandbox
    kind: str
    fault: str
    name: str = "sandbox"
    sent: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False

    @property
    def abilities(self) -> Abilities:
        return self.behind.abilities

    async def prepare(self, call: Call) -> str | None:
        return await self.behind.prepare(call)

    async def send(self, call: Call) -> Answer:
        self.sent.append((call.kind.value, call.key))
        if call.kind != self.kind or self.is_broken:
            return await self.behind.send(call)
        self.is_broken = self.fault != "late twice"
        match self.fault:
            case "declined":
                return Answer(outcome=Outcome.DECLINED, reason="declined")
            case "timeout before":
                raise TimeoutError
            case "error 500":
                raise OutcomeUnknown("500")
            case "killed before":
                raise asyncio.CancelledError
            case "timeout after":
                await self.behind.send(call)
                raise TimeoutError
            case "killed after":
                await self.behind.send(call)
                raise asyncio.CancelledError
            case "late twice":
                await self.behind.send(call)
                self.is_broken = len([one for one in self.sent if one[0] == self.kind]) > 1
                return Answer(outcome=Outcome.PENDING)
        return await self.behind.send(call)

    async def query(self, call: Call) -> Answer:
        return await self.behind.query(call)

    async def close(self) -> None:
        await self.behind.close()

    def read_notice(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notice:
        return self.behind.read_notice(body, headers, now)


class Desk:
    """Payments of a process whose clock stands still until it is moved."""

    def __init__(self, runtime: Runtime, move: Callable[[datetime], None]) -> None:
        self.runtime, self._move = runtime, move
        self.payment_id = ""

    def behind(self, kind: str, fault: str) -> Faulty:
        found = providers_of(self.runtime)["sandbox"]
        assert isinstance(found, Sandbox)
        faulty = Faulty(found, kind, fault)
        self.runtime.state(Providers).by_name["sandbox"] = faulty
        return faulty

    async def add(self, **values: Any) -> None:
        made = {
            "operator_id": DEFAULT_OPERATOR_ID,
            "purpose": "charge",
            "provider": "sandbox",
            "method": "card",
            "source": "card_ok",
            "currency": "EUR",
            "limit_minor": 6000,
            "hold_wanted_minor": 1500,
            "can_hold": True,
            "can_raise": True,
            **values,
        }
        async with self.runtime.database.begin() as tx:
            row, _ = await store.add(tx, made)
        self.payment_id = row.id

    async def set(self, **values: Any) -> None:
        async with self.runtime.database.begin() as tx:
            await store.change(tx, self.payment_id, due_at=clock.now(), **values)

    async def rest(self) -> None:
        """Work on the payment until nothing changes for long; a process that is killed is followed by another."""
        for _ in range(12):
            with contextlib.suppress(asyncio.CancelledError):
                await engine.advance(self.runtime, self.payment_id)
            self._move(clock.now() + timedelta(minutes=2))

    async def row(self) -> Any:
        async with self.runtime.database.read() as tx:
            return (await tx.execute(sa.select(payments).where(payments.c.id == self.payment_id))).one()

    async def books(self) -> tuple[int, int, int, bool]:
        async with self.runtime.database.read() as tx:
            return await books(tx, f"sb_{self.payment_id}")

    async def calls(self) -> list[tuple[str, str]]:
        async with self.runtime.database.read() as tx:
            rows = (await tx.execute(sa.select(calls).order_by(calls.c.id))).all()
        return [(row.kind, row.state) for row in rows]

    async def facts(self) -> list[tuple[str, int]]:
        async with self.runtime.database.read() as tx:
            rows = (await tx.execute(sa.select(outbox).order_by(outbox.c.position))).all()
        return [(row.name, json.loads(row.payload)["amount"]["minor"]) for row in rows]


@pytest.fixture
async def desk(make_runtime: MakeRuntime) -> AsyncIterator[Desk]:
    with clock.frozen(NOON) as move:
        runtime = await make_runtime(MANIFEST, settings={"payments": {"providers": ["sandbox", "wallet"]}})
        yield Desk(runtime, move)


async def until(desk: Desk, kind: str) -> None:
    """Bring a payment to where this call is due, and make it."""
    await desk.add(**({"method": "alipay", "can_hold": False} if kind == "charge" else {}))
    await desk.rest()
    if kind == "raise":
        await desk.set(hold_wanted_minor=3000)
    elif kind == "capture":
        await desk.set(owed_minor=600)
    elif kind == "void":
        await desk.set(over_at=clock.now())
    elif kind == "refund":
        await desk.set(owed_minor=1000)
        await desk.rest()
        await desk.set(owed_minor=400)
    await desk.rest()


MEANT = {
    "hold": ("held", 1500, 0, 0),
    "charge": ("captured", 1500, 1500, 0),
    "raise": ("held", 3000, 0, 0),
    "capture": ("captured", 1500, 600, 0),
    "void": ("released", 1500, 0, 0),
    "refund": ("captured", 1500, 1000, 600),
}
"""Where each ends: state, held, captured, refunded."""
DECLINED = {
    "hold": ("failed", 0, 0, 0),
    "charge": ("failed", 0, 0, 0),
    "raise": ("held", 1500, 0, 0),
    "capture": ("failed", 1500, 0, 0),
    "void": ("failed", 1500, 0, 0),
    "refund": ("captured", 1500, 1000, 0),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_each_call_ends_as_meant_whatever_happens_to_it(desk: Desk, kind: str, fault: str) -> None:
    faulty = desk.behind(kind, fault)
    await until(desk, kind)
    row = await desk.row()
    found = (row.state, row.held_minor, row.captured_minor, row.refunded_minor)
    assert found == (DECLINED if fault == "declined" else MEANT)[kind]
    if fault != "declined":
        held, captured, refunded, is_held = await desk.books()
        assert (held, captured, refunded) == (row.held_minor, row.captured_minor, row.refunded_minor)
        assert is_held is (row.state == "held")
    keys = {key for sent, key in faulty.sent if sent == kind}
    assert len(keys) == 1, "one key for one call, however often it is sent"
    if fault.endswith("after"):
        times = [sent for sent, _ in faulty.sent].count(kind)
        assert times == 1, "what was done is found by asking, not by doing it again"
    assert [one for one in await desk.calls() if one[1] == "sent"] == []
    said = await desk.facts()
    assert len(said) == len(set(said)), said
    taken = sum(amount for name, amount in said if name == "PaymentCaptured")
    back = sum(amount for name, amount in said if name == "PaymentRefunded")
    assert (taken, back) == (row.captured_minor, row.refunded_minor)


async def test_outcome_that_is_not_known_is_pending_and_not_failed(desk: Desk) -> None:
    desk.behind("capture", "timeout after")
    await desk.add()
    await desk.rest()
    await desk.set(owed_minor=600)
    await engine.advance(desk.runtime, desk.payment_id)
    row = await desk.row()
    assert (row.state, row.captured_minor) == ("capturing", 0)
    assert (await desk.calls())[-1] == ("capture", "sent")
    await desk.rest()
    assert (await desk.row()).captured_minor == 600
    assert (await desk.books())[1] == 600


async def test_two_workers_at_once_make_one_call(desk: Desk) -> None:
    faulty = desk.behind("none", "none")
    await desk.add()
    await asyncio.gather(*(engine.advance(desk.runtime, desk.payment_id) for _ in range(8)))
    assert [kind for kind, _ in faulty.sent] == ["hold"]
    assert await desk.facts() == [("PaymentHeld", 1500)]


async def test_payer_who_never_confirms_holds_nothing(desk: Desk) -> None:
    await desk.add(source="card_3ds")
    await desk.rest()
    row = await desk.row()
    assert (row.state, row.reason) == ("failed", "cancelled")
    assert (await desk.books())[3] is False


# ---- webhooks


async def post(client: httpx.AsyncClient, runtime: Runtime, notice: Notice, at: datetime, **changes: Any) -> int:
    body = changes.get("body", msgspec.json.encode(notice))
    signature = changes.get("signature") or sandbox.sign(body, at, changes.get("secret", runtime.secret))
    answer = await client.post("/payment-notices/sandbox", content=body, headers={sandbox.SIGNATURE: signature})
    return answer.status_code


async def test_notices_that_are_forged_old_or_cut_are_refused(desk: Desk, client_of: ClientOf) -> None:
    await desk.add()
    await desk.rest()
    client, now = await client_of(desk.runtime, None), clock.now()
    before = await desk.row()
    notice = Notice(event_id="e1", kind="dispute", reference=before.reference, thing_id="d1", state="opened")
    assert await post(client, desk.runtime, notice, now, secret=b"another secret of nobody at all") == 403
    assert await post(client, desk.runtime, notice, now - timedelta(minutes=6)) == 403
    assert await post(client, desk.runtime, notice, now + timedelta(minutes=6)) == 403
    assert await post(client, desk.runtime, notice, now, signature="t=1,v1=00") == 403
    assert await post(client, desk.runtime, notice, now, signature="nothing") == 403
    assert await post(client, desk.runtime, notice, now, body=b"{no json") == 403
    assert (await client.post("/payment-notices/unknown", content=b"{}")).status_code == 404
    assert await desk.row() == before
    assert await desk.facts() == [("PaymentHeld", 1500)]


async def test_notices_that_lie_repeat_or_come_late_change_nothing(desk: Desk, client_of: ClientOf) -> None:
    """Well signed, and yet: a notice only has us ask, so that a claim in it counts for nothing."""
    await desk.add()
    await desk.rest()
    client, reference = await client_of(desk.runtime, None), (await desk.row()).reference
    for event_id in ("e1", "e1", "e2", "e0"):
        claim = Notice(event_id=event_id, kind="payment", reference=reference, state="captured", amount=None)
        assert await post(client, desk.runtime, claim, clock.now()) == 204
    await desk.rest()
    row = await desk.row()
    assert (row.state, row.captured_minor) == ("held", 0)
    assert await desk.facts() == [("PaymentHeld", 1500)]


async def test_dispute_is_told_once_and_in_its_order(desk: Desk, client_of: ClientOf) -> None:
    await desk.add(owed_minor=600)
    await desk.rest()
    client, reference = await client_of(desk.runtime, None), (await desk.row()).reference
    for event_id, state in (
        ("e1", "opened"),
        ("e2", "opened"),
        ("e3", "lost"),
        ("e3", "lost"),
        ("e4", "opened"),
        ("e5", "won"),
    ):
        notice = Notice(event_id=event_id, kind="dispute", reference=reference, thing_id="d1", state=state)
        assert await post(client, desk.runtime, notice, clock.now()) == 204
    async with desk.runtime.database.read() as tx:
        statement = sa.select(outbox.c.payload).where(outbox.c.name == "PaymentDisputed").order_by(outbox.c.position)
        told = [json.loads(text)["state"] for text in (await tx.execute(statement)).scalars()]
    assert told == ["opened", "lost"]


async def test_payout_is_told_once(desk: Desk, client_of: ClientOf) -> None:
    client = await client_of(desk.runtime, None)
    for event_id in ("e1", "e1"):
        notice = Notice(event_id=event_id, kind="payout", thing_id="po-1", amount=Money(9900, "EUR"))
        assert await post(client, desk.runtime, notice, clock.now()) == 204
    assert await desk.facts() == [("ProviderPaidOut", 9900)]


async def test_notice_has_a_payment_that_waits_asked_after(desk: Desk, client_of: ClientOf) -> None:
    await desk.add(source="card_3ds")
    await engine.advance(desk.runtime, desk.payment_id)
    assert (await desk.row()).state == "holding"
    async with desk.runtime.database.begin() as tx:
        await sandbox.confirm(tx, desk.payment_id, is_good=True)
    client, reference = await client_of(desk.runtime, None), (await desk.row()).reference
    await post(client, desk.runtime, Notice(event_id="e1", kind="payment", reference=reference), clock.now())
    await desk.rest()
    assert (await desk.row()).state == "held"


def test_kinds_are_all_there() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}
