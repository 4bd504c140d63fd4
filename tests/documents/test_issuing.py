"""Events become documents: each once, numbered without a hole, whatever happens at the same time or dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import MakeRuntime, eventually
from documents import samples
from voltway.contracts.accounts import AccountErased, FindPersonalDocuments
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.money_facts import PaymentCaptured, PaymentRefunded
from voltway.contracts.notify import MailWanted
from voltway.contracts.sessions import FindSessionDetails, SessionDetails, SignedSample
from voltway.contracts.stations import DescribeLocation, LocationDescription
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_account
from voltway.kernel.database import is_conflict
from voltway.kernel.ids import new_id
from voltway.kernel.json import to_struct
from voltway.kernel.module import Manifest
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import closing, issuing, rules, store
from voltway.modules.documents.module import MANIFEST
from voltway.modules.documents.snapshot import Kind, Snapshot
from voltway.modules.documents.tables import charges, customer_tokens, customers, documents, entities, orders, series

LOCATION_ID = "0193a5d0-0000-7000-8000-00000000000a"


class World:
    """What sessions and stations would answer, and who is the payer."""

    def __init__(self) -> None:
        self.payer_id: str | None = None
        self.ended_at = samples.STARTED + timedelta(seconds=samples.DURATION_S)
        self.is_known = True

    def manifest(self) -> Manifest:
        async def details(runtime: Runtime, request: FindSessionDetails) -> SessionDetails | None:
            if not self.is_known:
                return None
            signed = {"value": samples.ocmf_text("B", samples.STARTED, "2935.600"), "format": "SignedData"}
            return SessionDetails(
                session_id=request.session_id,
                visit_id="v-1",
                station_id="st-1",
                station_identity="CS-1",
                location_id=LOCATION_ID,
                evse_number=1,
                connector_number=1,
                started_at=samples.STARTED,
                ended_at=self.ended_at,
                energy_wh=samples.ENERGY_WH,
                meter_start_wh=2_935_600,
                meter_stop_wh=2_967_015,
                id_token="04A1B2C3D4",
                user_id=self.payer_id,
                tariff=samples.a_tariff(),
                signed=(SignedSample(at=samples.STARTED, context="Transaction.Begin", values=(signed,)),),
            )

        async def place(runtime: Runtime, request: DescribeLocation) -> LocationDescription:
            return LocationDescription(
                name="Parkhaus",
                address="Ludwigstraße 12",
                postal_code="80539",
                city="München",
                country="DE",
                time_zone="Europe/Berlin",
            )

        publishes = (SessionPriced, SessionCredited, PaymentCaptured, PaymentRefunded, AccountErased)
        answers: Any = {FindSessionDetails: details, DescribeLocation: place}
        return Manifest(name="sessions", answers=answers, publishes=publishes)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def runtime(make_runtime: MakeRuntime, world: World) -> Runtime:
    return await make_runtime(world.manifest(), MANIFEST)


@pytest.fixture
def mails(runtime: Runtime) -> list[MailWanted]:
    heard: list[Any] = []
    runtime.events.hear(heard.append, (MailWanted,))
    return heard


def priced(**changes: Any) -> SessionPriced:
    values: dict[str, Any] = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "at": clock.now(),
        "session_id": new_id(),
        "station_id": "st-1",
        "cdr_id": new_id(),
        "cost": samples.a_cost(),
    }
    return SessionPriced(**{**values, **changes})


def credited(event: SessionPriced) -> SessionCredited:
    return SessionCredited(
        operator_id=event.operator_id,
        at=clock.now(),
        session_id=event.session_id,
        station_id=event.station_id,
        cdr_id=event.cdr_id,
        credit_id=new_id(),
        amount=event.cost.incl_vat,
        excl_vat=event.cost.excl_vat,
        reason="Station was faulty",
    )


async def publish(runtime: Runtime, *events: Any) -> None:
    async with runtime.database.begin() as tx:
        tx.publish(*events)


async def rows_of(runtime: Runtime, table: sa.Table = documents, *conditions: Any) -> Sequence[Any]:
    key = next(iter(table.primary_key))
    async with runtime.database.read() as tx:
        return (await tx.execute(sa.select(table).where(*conditions).order_by(key))).all()


async def made(runtime: Runtime, count: int) -> Sequence[Any]:
    """The documents, once there are so many and nothing is ordered."""

    async def is_done() -> bool:
        return len(await rows_of(runtime)) >= count and not await rows_of(runtime, orders)

    await eventually(is_done)
    return await rows_of(runtime)


async def a_customer(runtime: Runtime, **changes: Any) -> str:
    row = {
        "id": new_id(),
        "operator_id": DEFAULT_OPERATOR_ID,
        "name": "Kurier AG",
        "address": {"city": "Bremen", "country": "DE"},
        "email": "books@example.org",
        "locale": "de",
        "cadence": "session",
        "created_at": clock.now(),
        "changed_at": clock.now(),
        **changes,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(customers).values(**row))
    return str(row["id"])


async def an_account(runtime: Runtime) -> str:
    async with runtime.database.begin() as tx:
        return await create_account(
            tx, "driver@example.org", None, "Dörte", "driver", DEFAULT_OPERATOR_ID, locale="de-DE"
        )


# ---- receipts


async def test_a_priced_session_gets_its_receipt_once(runtime: Runtime, world: World, mails: list[MailWanted]) -> None:
    world.payer_id = await an_account(runtime)
    event = priced()
    await publish(runtime, event)
    (row,) = await made(runtime, 1)
    await publish(runtime, event, event)
    await asyncio.sleep(1.5)
    assert [each.id for each in await made(runtime, 1)] == [row.id]
    said = to_struct(row.snapshot, Snapshot)
    assert (row.kind, row.number, row.payer_id) == ("receipt", f"VW-R-{clock.now().year}-000001", world.payer_id)
    assert row.sha256 == rules.sha256_of(row.snapshot)
    assert (row.incl_vat_minor, row.currency) == (2022, "EUR")
    (charge,) = said.charges
    assert (charge.location_name, charge.token, charge.time_zone) == ("Parkhaus", "***C3D4", "Europe/Berlin")
    assert len(charge.signed) == 1
    assert said.buyer is None
    assert "Dörte" not in row.snapshot, "a receipt names nobody"
    await eventually(lambda: mails)
    (mail,) = mails
    assert (mail.to, mail.kind) == ("driver@example.org", "document.receipt")
    assert mail.subject.startswith("Beleg VW-R-")
    assert "/r/" in mail.text
    assert "20,22" in mail.text
    assert row.sent_at is not None


async def test_a_session_that_nobody_knows_any_more_has_a_receipt_too(runtime: Runtime, world: World) -> None:
    world.is_known = False
    await publish(runtime, priced())
    (row,) = await made(runtime, 1)
    assert row.incl_vat_minor == 2022


async def test_one_that_fails_holds_up_no_other_and_is_tried_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, real = priced(), priced(), store.add_charge
    broken = [True]

    async def add_charge(tx: Any, row: Any) -> None:
        if broken and row["cdr_id"] == bad.cdr_id:
            raise RuntimeError("the disk is full")
        await real(tx, row)

    monkeypatch.setattr(store, "add_charge", add_charge)
    monkeypatch.setattr(issuing, "RETRY_S", 0.5)
    await publish(runtime, bad, good)
    await eventually(lambda: _count(runtime, 1))
    broken.clear()
    assert {row.session_id for row in await made(runtime, 2)} == {good.session_id, bad.session_id}


async def _count(runtime: Runtime, count: int) -> bool:
    return len(await rows_of(runtime)) == count


# ---- numbers


async def test_numbers_have_no_hole_and_none_is_double(make_runtime: MakeRuntime, world: World) -> None:
    """Two processes make what is ordered at the same time, and every seventh transaction dies before its commit."""
    first, _ = [await make_runtime(world.manifest(), MANIFEST) for _ in range(2)]
    await publish(first, *(priced() for _ in range(60)))
    real, calls = store.add_document, [0]

    async def add_document(tx: Any, row: Any, said: Any) -> Any:
        calls[0] += 1
        found = await real(tx, row, said)
        if calls[0] % 7 == 0:
            raise RuntimeError("killed before the commit")
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "add_document", add_document)
        patched.setattr(issuing, "RETRY_S", 0)
        await eventually(lambda: rows_of(first, orders))
        await eventually(lambda: calls[0] > 10)
        rows = await made(first, 60)
    assert calls[0] > 60, "some were killed"
    assert sorted(row.series_number for row in rows) == list(range(1, 61))
    assert len({row.session_id for row in rows}) == 60
    ordered = sorted(rows, key=lambda row: row.series_number)
    assert [row.number for row in ordered] == [f"VW-R-{clock.now().year}-{number:06d}" for number in range(1, 61)]


async def test_many_want_a_number_at_once(make_runtime: MakeRuntime, world: World) -> None:
    runtimes = [await make_runtime(Manifest(name="other", publishes=MANIFEST.publishes)) for _ in range(3)]
    async with runtimes[0].database.begin() as tx:
        entity = await store.entity_for(tx, DEFAULT_OPERATOR_ID, None)

    async def number(runtime: Runtime, dies: bool) -> int | None:
        try:
            async with runtime.database.begin() as tx:
                found = await store.next_number(tx, DEFAULT_OPERATOR_ID, entity.id, Kind.INVOICE, 2026)
                if dies:
                    raise ConnectionResetError
                return found
        except ConnectionResetError:
            return None
        except sa.exc.DBAPIError as error:  # MariaDB may have the first ones of a series try again, as the job does
            if not is_conflict(error):
                raise
            return await number(runtime, dies)

    wanted = [number(runtimes[index % 3], index % 4 == 0) for index in range(40)]
    found = [one for one in await asyncio.gather(*wanted) if one is not None]
    assert sorted(found) == list(range(1, 31))
    (counter,) = await rows_of(runtimes[0], series)
    assert counter.last_number == 30


async def test_processes_that_make_the_first_entity_make_one(make_runtime: MakeRuntime) -> None:
    runtimes = [await make_runtime(Manifest(name="other", publishes=MANIFEST.publishes)) for _ in range(3)]

    async def entity(runtime: Runtime) -> str:
        async with runtime.database.begin() as tx:
            return str((await store.entity_for(tx, DEFAULT_OPERATOR_ID, None)).id)

    assert len(set(await asyncio.gather(*(entity(each) for each in runtimes * 3)))) == 1


async def test_series_are_of_an_entity_a_kind_and_a_year(runtime: Runtime) -> None:
    async with runtime.database.begin() as tx:
        keys = [
            ("e1", Kind.RECEIPT, 2026),
            ("e1", Kind.RECEIPT, 2027),
            ("e1", Kind.INVOICE, 2026),
            ("e2", Kind.RECEIPT, 2026),
        ]
        numbers = [await store.next_number(tx, DEFAULT_OPERATOR_ID, *key) for key in keys * 2]
    assert numbers == [1, 1, 1, 1, 2, 2, 2, 2]


async def test_the_year_is_that_of_the_entitys_clock(runtime: Runtime) -> None:
    async with runtime.database.begin() as tx:
        entity = await store.entity_for(tx, DEFAULT_OPERATOR_ID, None)
        await tx.execute(sa.update(entities).values(time_zone="Asia/Shanghai"))
    await runtime.stop()
    with clock.frozen(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)):
        async with runtime.database.begin() as tx:
            entity = await store.get_entity(tx, DEFAULT_OPERATOR_ID, entity.id)
            row = await issuing.issue(
                tx,
                runtime,
                entity,
                Kind.RECEIPT,
                {"origin": "x"},
                locale="en",
                charges=(samples.a_charge(),),
            )
    assert row.number == "VW-R-2027-000001"


# ---- credit notes


async def test_a_credit_note_takes_back_what_was_billed(runtime: Runtime, world: World) -> None:
    event = priced()
    back = credited(event)
    await publish(runtime, back, event)  # the credit may be heard first
    receipt, note = await made(runtime, 2)
    await publish(runtime, back, credited(event))
    await asyncio.sleep(1.5)
    assert len(await made(runtime, 2)) == 2, "a charge is credited once"
    assert (note.kind, note.credits_id, note.incl_vat_minor) == ("credit_note", receipt.id, receipt.incl_vat_minor)
    said = to_struct(note.snapshot, Snapshot)
    assert said.credited is not None
    assert (said.credited.number, said.credited.cause) == (receipt.number, "Station was faulty")
    assert receipt.snapshot == (await rows_of(runtime))[0].snapshot, "what was issued is never changed"


async def test_a_corrected_cdr_gets_a_document_of_its_own(runtime: Runtime) -> None:
    event = priced()
    again = priced(session_id=event.session_id, replaces_cdr_id=event.cdr_id)
    await publish(runtime, event, credited(event), again)
    kinds = sorted(row.kind for row in await made(runtime, 3))
    assert kinds == ["credit_note", "receipt", "receipt"]


# ---- invoices


async def test_a_customer_gets_an_invoice_in_place_of_a_receipt(
    runtime: Runtime, world: World, mails: list[MailWanted]
) -> None:
    world.payer_id = await an_account(runtime)
    await a_customer(runtime, account_id=world.payer_id)
    event = priced()
    await publish(runtime, event, credited(event))
    invoice, note = await made(runtime, 2)
    said = to_struct(invoice.snapshot, Snapshot)
    assert (invoice.kind, said.locale) == ("invoice", "de")
    assert said.buyer is not None
    assert said.buyer.name == "Kurier AG"
    assert said.due_at == said.issued_at + timedelta(days=14)
    assert to_struct(note.snapshot, Snapshot).buyer == said.buyer
    await eventually(lambda: len(mails) == 2)
    assert {mail.to for mail in mails} == {"books@example.org"}


async def test_an_invoice_is_the_customers_and_not_the_drivers(runtime: Runtime, world: World) -> None:
    world.payer_id = await an_account(runtime)
    customer_id = await a_customer(runtime)
    async with runtime.database.begin() as tx:
        same = {"operator_id": DEFAULT_OPERATOR_ID, "customer_id": customer_id}
        await tx.execute(sa.insert(customer_tokens).values(id_token_id="t-1", **same))
    await publish(runtime, priced(id_token_id="t-1"), priced())
    invoice, receipt = sorted(await made(runtime, 2), key=lambda row: row.kind)
    assert (invoice.kind, invoice.payer_id, invoice.customer_id) == ("invoice", None, customer_id)
    assert (receipt.kind, receipt.payer_id) == ("receipt", world.payer_id)


async def test_a_fleets_month_is_one_invoice_and_a_statement(runtime: Runtime, world: World) -> None:
    customer_id = await a_customer(runtime, cadence="monthly")
    async with runtime.database.begin() as tx:
        same = {"operator_id": DEFAULT_OPERATOR_ID, "customer_id": customer_id}
        await tx.execute(sa.insert(customer_tokens).values(id_token_id="t-1", **same))
        await store.entity_for(tx, DEFAULT_OPERATOR_ID, None)
        await tx.execute(sa.update(entities).values(created_at=samples.STARTED, time_zone="Europe/Berlin"))
    events = [priced(id_token_id="t-1") for _ in range(3)]
    yen = priced(id_token_id="t-1", cost=samples.a_cost("JPY", price_per_kwh="50"))
    await publish(runtime, *events, yen, credited(events[0]))

    async def is_noted() -> bool:
        found = await rows_of(runtime, charges)
        return len(found) == 4 and any(row.is_credited for row in found) and not await rows_of(runtime, orders)

    await eventually(is_noted)
    assert await rows_of(runtime) == [], "it waits for the month's end"
    december = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    with clock.frozen(december):
        await asyncio.gather(closing.close_months(runtime), closing.close_months(runtime))
    euros, yens = sorted(await rows_of(runtime), key=lambda row: row.currency)
    said = to_struct(euros.snapshot, Snapshot)
    assert [charge.cdr_id for charge in said.charges] == sorted(event.cdr_id for event in events[1:])
    assert euros.incl_vat_minor == 2 * 2022
    assert (yens.currency, yens.incl_vat_minor) == ("JPY", yen.cost.incl_vat.minor)
    assert said.period_start_at == datetime(2026, 10, 31, 23, tzinfo=UTC)
    with clock.frozen(december + timedelta(days=31)):
        await closing.close_months(runtime)
        await closing.close_months(runtime)
    statements = [row for row in await rows_of(runtime) if row.kind == "statement"]
    assert len(statements) == 2, "of December, in which both invoices were written"
    listed = [to_struct(row.snapshot, Snapshot).rows[0].number for row in statements]
    assert sorted(listed) == sorted([euros.number, yens.number])


async def test_a_drivers_month_adds_up(runtime: Runtime, world: World) -> None:
    world.payer_id = await an_account(runtime)
    events = [priced(), priced()]
    await publish(runtime, *events, credited(events[1]))
    rows = await made(runtime, 3)
    money = {"provider": "sandbox", "method": "card", "payment_id": "p", "payer_id": world.payer_id}
    same: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "at": clock.now(), **money}
    taken = PaymentCaptured(**same, amount=Money(4044, "EUR"), capture_id="c-1", session_id=events[0].session_id)
    back = PaymentRefunded(**same, amount=Money(2022, "EUR"), refund_id="c-1", reason="credited")
    await publish(runtime, taken, taken, back)
    await eventually(lambda: _paid(runtime, 2))
    with clock.frozen(rules.next_month(rules.month_start(clock.now(), "UTC")) + timedelta(hours=2)):
        await closing.close_months(runtime)
    (statement,) = [row for row in await rows_of(runtime) if row.kind == "statement"]
    said = to_struct(statement.snapshot, Snapshot)
    assert [row.number for row in said.rows] == [row.number for row in rows]
    assert sum(row.amount.minor for row in said.rows) == said.incl_vat.minor == 2022
    assert [one.amount.minor for one in said.settled] == [4044, -2022]
    assert (statement.payer_id, said.locale) == (world.payer_id, "de")


async def _paid(runtime: Runtime, count: int) -> bool:
    from voltway.modules.documents.tables import payments

    return len(await rows_of(runtime, payments)) == count


# ---- a person goes


async def test_who_goes_is_forgotten_and_the_books_stay(runtime: Runtime, world: World) -> None:
    world.payer_id = await an_account(runtime)
    await publish(runtime, priced())
    (before,) = await made(runtime, 1)
    await a_customer(runtime, account_id=world.payer_id)
    asked = FindPersonalDocuments(operator_id=DEFAULT_OPERATOR_ID, account_id=world.payer_id)
    assert [found["number"] for found in await runtime.ask(asked)] == [before.number]
    erased = AccountErased(
        operator_id=DEFAULT_OPERATOR_ID, at=clock.now(), account_id=world.payer_id, id_tokens=("04A1B2C3D4",)
    )
    await publish(runtime, erased)

    async def is_forgotten() -> bool:
        found = [*await rows_of(runtime), *await rows_of(runtime, charges)]
        return all(row.payer_id is None for row in found)

    await eventually(is_forgotten)
    (after,) = await rows_of(runtime)
    assert (after.snapshot, after.sha256, after.number) == (before.snapshot, before.sha256, before.number)
    (customer,) = await rows_of(runtime, customers)
    assert (customer.account_id, customer.email) == (None, None)
    assert await runtime.ask(asked) == []
