"""Facts over the real bus become postings: once, in any order, in one chain."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from builders import ClientOf, MakeRuntime, eventually
from ledger.world import a_cost, a_whole_life, credited, ended, eur, fee_booked, money, paid_out, priced
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.database import Database
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import anchoring, exporting, posting, rules, store, verifying
from voltway.modules.ledger.tables import entries, facts, heads, postings


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["ledger", "audit", "stations"]), settings={"ledger": {"country": "DE"}})


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def say(runtime: Runtime, *said: Any) -> None:
    """Publish facts, and wait until the ledger has heard and posted what it can."""
    async with runtime.database.begin() as tx:
        tx.publish(*said)
    await eventually(lambda: _is_heard(runtime))
    await posting.work(runtime)


async def _is_heard(runtime: Runtime) -> bool:
    return runtime.events.backlogs()["ledger"] == 0


async def book(client: httpx.AsyncClient) -> dict[str, int]:
    answer = await client.get("/ledger/accounts")
    assert answer.status_code == 200, answer.text
    return {one["account"]: one["balance"]["minor"] for one in answer.json() if one["balance"]["minor"]}


async def count(runtime: Runtime, table: sa.Table) -> int:
    async with runtime.database.read() as tx:
        return int((await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_the_life_of_a_payment_ends_in_the_bank(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, *a_whole_life())
    assert await book(client) == {"bank": 1150, "fees:sandbox": 40, "revenue:DE:19": 1000, "vat:DE:19": 190}
    (trial,) = (await client.get("/ledger/trial-balance")).json()
    assert trial["is_balanced"]
    assert trial["balances_debit_minor"] == trial["balances_credit_minor"] == 1190
    assert all(one["pending"]["minor"] == 0 for one in (await client.get("/ledger/accounts")).json())


async def test_a_fact_that_is_told_twice_is_posted_once(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, *a_whole_life(), *a_whole_life())
    await say(runtime, *a_whole_life())
    assert await count(runtime, postings) == 5
    assert (await book(client))["bank"] == 1150


async def test_a_fact_that_cannot_be_posted_holds_up_no_other(
    runtime: Runtime, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt = fee_booked(40)
    await say(runtime, money("PaymentCaptured", 1190))
    with monkeypatch.context() as broken:
        broken.setattr(posting, "work", _nothing)
        await say(runtime, spoilt, *a_whole_life()[2:3])
    async with runtime.database.begin() as tx:
        await tx.execute(
            sa.update(facts).where(facts.c.fact_key == rules.key_of(spoilt)).values(document={"operator_id": "x"})
        )
    await posting.work(runtime)
    async with runtime.database.read() as tx:
        due = (await tx.execute(sa.select(facts.c.fact_key).where(facts.c.due_at.is_not(None)))).scalars().all()
    assert due == [rules.key_of(spoilt)]  # it is tried again, and a person finds it in the log
    assert await count(runtime, postings) == 2


async def _nothing(runtime: Runtime) -> None:
    """The job is not there yet."""


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1:], ids=str)
async def test_the_balances_do_not_depend_on_the_order(
    runtime: Runtime, client: httpx.AsyncClient, order: Sequence[int]
) -> None:
    said = [money("PaymentHeld", 5000), money("PaymentCaptured", 1190, fee=eur(40)), money("HoldReleased", 3810)]
    for index in order:
        await say(runtime, said[index])
    found = {one["account"]: one for one in (await client.get("/ledger/accounts")).json()}
    assert found["clearing:sandbox"]["balance"]["minor"] == 1150
    assert found["clearing:sandbox"]["pending"]["minor"] == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
async def test_a_fee_that_is_booked_later_is_posted_once_its_capture_is(
    runtime: Runtime, client: httpx.AsyncClient, order: Sequence[int]
) -> None:
    said = [money("PaymentCaptured", 1190), fee_booked(40)]
    for index in order:
        await say(runtime, said[index], said[index])
    async with runtime.database.begin() as tx:  # the half minute is over
        await tx.execute(sa.update(facts).where(facts.c.due_at.is_not(None)).values(due_at=clock.now()))
    await posting.work(runtime)
    assert await book(client) == {"clearing:sandbox": 1150, "receivable": -1190, "fees:sandbox": 40}
    assert await count(runtime, postings) == 2


async def test_a_fee_that_was_said_with_its_capture_is_no_news(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, money("PaymentCaptured", 1190, fee=eur(40)), fee_booked(40))
    await say(runtime, fee_booked(40))
    assert (await book(client))["fees:sandbox"] == 40
    assert await count(runtime, postings) == 1


async def test_two_processes_post_a_late_fee_once(make_runtime: MakeRuntime) -> None:
    first, second = [await make_runtime(*catalog.load(["ledger"])) for _ in range(2)]
    for number in range(20):
        async with first.database.begin() as tx:
            tx.publish(money("PaymentCaptured", 1000, f"p{number}"), fee_booked(30, f"p{number}"))
        async with second.database.begin() as tx:
            tx.publish(fee_booked(30, f"p{number}"))

    async def is_posted() -> bool:
        async with first.database.begin() as tx:
            await tx.execute(sa.update(facts).where(facts.c.due_at.is_not(None)).values(due_at=clock.now()))
        await asyncio.gather(posting.work(first), posting.work(second))
        return await count(first, postings) == 40

    await eventually(is_posted)
    async with first.database.read() as tx:
        paid = sa.select(sa.func.sum(entries.c.amount_minor)).where(entries.c.debit == "fees:sandbox")
        assert (await tx.execute(paid)).scalar_one() == 600


async def test_a_hold_is_in_no_balance(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, money("PaymentHeld", 3000), money("PaymentHeld", 5000, step=2))
    assert await book(client) == {}
    found = {one["account"]: one["pending"]["minor"] for one in (await client.get("/ledger/accounts")).json()}
    assert found == {"clearing:sandbox": 5000, "receivable": -5000}


async def test_a_credit_that_comes_before_its_cdr_waits_for_it(runtime: Runtime, client: httpx.AsyncClient) -> None:
    cdr = priced(cost=a_cost((1000, "19"), (333, "7")))
    await say(runtime, credited(cdr))
    assert await count(runtime, postings) == 0
    await say(runtime, cdr)
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(facts).where(facts.c.due_at.is_not(None)).values(due_at=clock.now()))
    await posting.work(runtime)
    assert await book(client) == {}
    assert await count(runtime, postings) == 2


async def test_vat_is_owed_where_the_location_is(runtime: Runtime, client: httpx.AsyncClient) -> None:
    body = {"name": "Lyon", "country": "FR"}
    place = (await client.post("/locations", json=body)).json()
    await say(runtime, ended(location_id=place["id"]), priced(cost=a_cost((1000, "20"))))
    assert await book(client) == {"receivable": 1200, "revenue:FR:20": 1000, "vat:FR:20": 200}


async def test_two_processes_post_each_fact_once(make_runtime: MakeRuntime) -> None:
    first, second = [await make_runtime(*catalog.load(["ledger"])) for _ in range(2)]
    said = [priced(f"s{number}") for number in range(40)]
    for part in (said[:20], said[20:]):
        async with first.database.begin() as tx:
            tx.publish(*part)

    async def is_posted() -> bool:
        await posting.work(second)
        return await count(first, postings) == 40

    await eventually(is_posted)
    verdict = await verify(first)
    assert (verdict.end.number, verdict.broken) == (40, None)


async def verify(runtime: Runtime) -> verifying.Verdict:
    key = derive_key(runtime.secret, rules.SEAL_PURPOSE)
    return await verifying.verify(runtime.database, runtime.data_dir, DEFAULT_OPERATOR_ID, key)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (sa.update(entries).where(entries.c.number == 3).values(amount_minor=1), "3: it is not as it was written"),
        (sa.update(postings).where(postings.c.number == 2).values(kind="x"), "2: it is not as it was written"),
        (sa.delete(postings).where(postings.c.number == 5), "5: it is missing"),
        (sa.delete(entries).where(entries.c.number == 3, entries.c.line == 2), "3: it is not as it was written"),
    ],
)
async def test_what_somebody_touches_is_found(
    runtime: Runtime, client: httpx.AsyncClient, change: Any, says: str
) -> None:
    await say(runtime, *a_whole_life())
    assert (await client.get("/ledger/verification")).json() | {"hash": ""} == {
        "is_whole": True,
        "postings": 5,
        "hash": "",
        "is_anchored": False,
        "broken": None,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(change)
    broken = (await client.get("/ledger/verification")).json()["broken"]
    assert f"{broken['number']}: {broken['says']}".startswith(says)


CUT_OFF = {
    "the last posting": [sa.delete(postings).where(postings.c.number == 5)],
    "and the head with it": [
        sa.delete(postings).where(postings.c.number == 5),
        sa.update(heads).values(
            number=4, hash=sa.select(postings.c.hash).where(postings.c.number == 4).scalar_subquery()
        ),
    ],
    "all of it": [sa.delete(postings), sa.delete(heads)],
}


@pytest.mark.parametrize("kind", CUT_OFF)
async def test_what_is_cut_off_is_missed(runtime: Runtime, client: httpx.AsyncClient, kind: str) -> None:
    await say(runtime, *a_whole_life())
    await anchoring.move(runtime)
    whole = (await client.get("/ledger/verification")).json()
    assert (whole["is_whole"], whole["is_anchored"]) == (True, True)
    async with runtime.database.begin() as tx:
        for statement in CUT_OFF[kind]:
            await tx.execute(statement)
    broken = (await client.get("/ledger/verification")).json()["broken"]
    assert broken["number"] == (1 if kind == "all of it" else 5)


async def test_a_ledger_that_was_written_anew_is_told_once(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, *a_whole_life())
    await anchoring.move(runtime)
    async with runtime.database.begin() as tx:
        for table in (entries, postings, heads):
            await tx.execute(sa.delete(table))
    await say(runtime, *(priced(f"other{number}") for number in range(7)))
    with structlog.testing.capture_logs() as logs:
        await anchoring.move(runtime)
        await anchoring.move(runtime)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["ledger.chain_broken"]

    async def told() -> list[Any]:
        return [one["after"] for one in (await client.get("/audit-entries?action=ledger.broken")).json()["items"]]

    await eventually(told)
    assert await told() == [{"number": 5}]
    assert (await client.get("/ledger/verification")).json()["broken"]["number"] == 5


@pytest.mark.parametrize(
    "wrong", [{"amount_minor": 0}, {"amount_minor": -5}, {"credit": "bank"}, {"phase": "other"}], ids=str
)
async def test_the_database_takes_no_entry_out_of_balance(database: Database, wrong: dict[str, Any]) -> None:
    right = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "number": 1,
        "line": 1,
        "debit": "bank",
        "credit": "wallets",
        "amount_minor": 5,
        "currency": "EUR",
        "phase": "posted",
        "posted_at": clock.now(),
    }
    with pytest.raises(DBAPIError):
        async with database.begin() as tx:
            await tx.execute(sa.insert(entries).values(**{**right, **wrong}))
    async with database.begin() as tx:
        await tx.execute(sa.insert(entries).values(**right))


async def test_entries_are_listed_filtered_and_exported(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, *a_whole_life(), money("PaymentCaptured", 7, "=1+1"))
    page = (await client.get("/ledger/entries", params={"limit": 2})).json()
    assert len(page["items"]) == 2
    rest = (await client.get("/ledger/entries", params={"cursor": page["next_cursor"], "limit": 100})).json()
    assert len(rest["items"]) + 2 == await count(runtime, entries)
    vat = (await client.get("/ledger/entries", params={"account": "vat:"})).json()["items"]
    assert [one["credit"] for one in vat] == ["vat:DE:19"]
    of_session = (await client.get("/ledger/entries", params={"session_id": "s1", "kind": "SessionPriced"})).json()
    assert {one["amount"]["minor"] for one in of_session["items"]} == {1000, 190}
    table = (await client.get("/ledger/entries/export")).text.splitlines()
    assert len(table) == 1 + await count(runtime, entries)
    assert "'=1+1" in {line.split(",")[-2] for line in table}


async def test_balances_are_as_of_an_instant(runtime: Runtime, client: httpx.AsyncClient) -> None:
    await say(runtime, priced("s1"))
    (row,) = (await client.get("/ledger/entries", params={"account": "vat:"})).json()["items"]
    await say(runtime, priced("s2"))
    then = (await client.get("/ledger/accounts", params={"at": row["posted_at"]})).json()
    assert {one["account"]: one["balance"]["minor"] for one in then}["receivable"] == 1190
    assert (await book(client))["receivable"] == 2380


async def test_beancount_agrees_that_the_books_balance(runtime: Runtime, client: httpx.AsyncClient) -> None:
    loader = pytest.importorskip("beancount.loader", reason="needs beancount")
    realization = pytest.importorskip("beancount.core.realization")
    yen = priced("s3", a_cost((500, "10"), currency="JPY"))
    await say(runtime, *a_whole_life(), priced("s2"), yen, paid_out(50, "po2"), money("WalletToppedUp", 30, "p9"))
    async with runtime.database.read() as tx:
        rows = (await tx.execute(exporting.joined().order_by(entries.c.number, entries.c.line))).all()
        ours = await store.balances(tx, entries.c.number > 0, None)
    loaded, errors, _ = loader.load_string(exporting.beancount(rows))
    assert errors == []
    root = realization.realize(loaded)
    for one in ours:
        theirs = realization.get(root, exporting._account(one.account)).balance.get_currency_units(one.currency).number
        exact = (one.debits - one.credits) / (1 if one.currency == "JPY" else 100)
        assert float(theirs) == pytest.approx(exact), one
