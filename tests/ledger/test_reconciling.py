"""The reconciliation: what session, ledger and provider say differently, and the queue of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime
from ledger.test_posting import say
from ledger.world import NOON, a_whole_life, credited, ended, eur, money, paid_out, priced
from voltway.app import catalog
from voltway.contracts.ledger import (
    FindPricedSessions,
    FindProviderMovements,
    PricedSession,
    ProviderMovement,
    ProviderMovements,
)
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.ledger import reconciling
from voltway.modules.ledger.tables import facts

CDRS: list[PricedSession] = []
MOVED: list[ProviderMovement] = []


async def _priced(runtime: Runtime, request: FindPricedSessions) -> list[PricedSession]:
    return list(CDRS)


async def _moved(runtime: Runtime, request: FindProviderMovements) -> ProviderMovements:
    return ProviderMovements(providers=("sandbox",), movements=tuple(MOVED))


OTHERS = Manifest(name="others", answers={FindPricedSessions: _priced, FindProviderMovements: _moved})


@pytest.fixture(autouse=True)
def _forget() -> None:
    CDRS.clear()
    MOVED.clear()


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["ledger", "audit"]), OTHERS, settings={"ledger": {"settle_days": 1}})


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime, "finance")


def dated(*said: Any, days: float = 5) -> list[Any]:
    """The facts as of some days ago."""
    return [msgspec.structs.replace(fact, at=clock.now() - timedelta(days=days)) for fact in said]


def a_cdr(name: str, minor: int) -> PricedSession:
    return PricedSession(session_id=name, cdr_id=f"cdr-{name}", amount=eur(minor))


def a_movement(kind: str, reference: str, minor: int) -> ProviderMovement:
    return ProviderMovement(provider="sandbox", kind=kind, reference=reference, amount=eur(minor), at=NOON)


async def found(runtime: Runtime) -> set[tuple[str, str]]:
    return {(one.kind.value, one.subject) for one in await reconciling.reconcile(runtime, DEFAULT_OPERATOR_ID)}


async def test_what_all_three_say_alike_is_no_difference(runtime: Runtime) -> None:
    await say(runtime, *dated(*a_whole_life()))
    CDRS.append(a_cdr("s1", 1190))
    MOVED.extend([a_movement("capture", "c-p1", 1190), a_movement("payout", "po1", 1150)])
    assert await found(runtime) == set()


async def test_billing_and_the_ledger_differ(runtime: Runtime) -> None:
    await say(runtime, *dated(priced("s1"), priced("s2"), days=0.5))
    CDRS.extend([a_cdr("s1", 1191), a_cdr("s3", 100)])
    assert await found(runtime) == {
        ("session_amount", "cdr-s1"),
        ("posted_without_session", "cdr-s2"),
        ("session_not_posted", "cdr-s3"),
    }


async def test_a_session_is_paid_as_owed_or_it_is_a_difference(runtime: Runtime) -> None:
    CDRS.extend(a_cdr(name, 1190) for name in ("s1", "s2", "s3", "s4"))
    void = priced("s4")
    said = [priced("s1"), priced("s2"), priced("s3"), void, credited(void)]
    said += [money("PaymentCaptured", 1190, name, "wallet", session_id=name) for name in ("s1", "s2")]
    said += [money("PaymentRefunded", 190, "s1", "wallet", session_id="s1")]
    said += [money("PaymentCaptured", 10, "s2b", "wallet", session_id="s2")]
    await say(runtime, *dated(*said))
    assert await found(runtime) == {("unpaid", "s1"), ("overpaid", "s2"), ("unpaid", "s3")}


async def test_the_provider_and_the_ledger_differ(runtime: Runtime) -> None:
    said = [money("PaymentCaptured", 100, name) for name in ("p1", "p2")]
    said += [paid_out(50), money("PaymentCaptured", 5, "p9", "unasked"), money("PaymentCaptured", 5, "p8", "wallet")]
    await say(runtime, *dated(*said))
    MOVED.extend([a_movement("capture", "c-p1", 101), a_movement("refund", "r-p7", 5), a_movement("payout", "po1", 50)])
    assert await found(runtime) == {
        ("provider_amount", "sandbox:capture:c-p1"),
        ("not_at_provider", "sandbox:capture:c-p2"),
        ("not_in_ledger", "sandbox:refund:r-p7"),
    }


async def test_a_hold_that_nobody_lets_go_and_a_fact_that_waits_are_differences(runtime: Runtime) -> None:
    await say(
        runtime,
        *dated(money("PaymentHeld", 100), credited(priced("s5"))),
        *dated(money("PaymentHeld", 1, "young"), days=0.5),
    )
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(facts).values(heard_at=clock.now() - timedelta(days=1)))
    assert await found(runtime) == {("hold_open", "p1"), ("fact_waiting", "credited:credit-cdr-s5")}


async def test_nothing_is_concluded_where_nobody_answers(make_runtime: MakeRuntime) -> None:
    alone = await make_runtime(*catalog.load(["ledger"]))
    await say(alone, *dated(*a_whole_life()))
    assert await found(alone) == set()


async def test_a_difference_is_looked_after_resolved_and_comes_back_when_it_changes(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    CDRS.append(a_cdr("s1", 100))
    assert (await client.post("/ledger/reconciliations")).json() == {"differences": 1}
    (one,) = (await client.get("/ledger/differences", params={"state": "open"})).json()["items"]
    assert (one["kind"], one["subject"], one["expected"], one["found"]) == (
        "session_not_posted",
        "cdr-s1",
        {"minor": 100, "currency": "EUR"},
        None,
    )
    path = f"/ledger/differences/{one['id']}"
    kept = (await client.patch(path, json={"note": "asked billing"})).json()
    assert (kept["state"], kept["note"]) == ("open", "asked billing")
    done = (await client.patch(path, json={"reason": "a test session"})).json()
    assert (done["state"], done["reason"]) == ("resolved", "a test session")
    assert (await client.patch(path, json={"note": "x"})).status_code == 409
    await found(runtime)
    assert (await client.get("/ledger/differences", params={"state": "open"})).json()["items"] == []
    CDRS[0] = a_cdr("s1", 101)
    await found(runtime)
    assert len((await client.get("/ledger/differences", params={"state": "open"})).json()["items"]) == 1
    await say(runtime, ended("s1"))
    CDRS.clear()
    await found(runtime)
    assert (await client.get("/ledger/differences")).json()["items"][0]["state"] == "gone"
    auditor = await client_of(runtime, "auditor")
    assert (await auditor.patch(path, json={"note": "x"})).status_code == 403
