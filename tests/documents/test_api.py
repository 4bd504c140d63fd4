"""REST of documents, legal entities and customers, and the pages for whoever has an address."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import facturx  # type: ignore[import-untyped]
import httpx
import pypdf
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, app_of, eventually
from documents import samples
from voltway.app import catalog
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.money_facts import PaymentCaptured, PaymentRefunded
from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.audit import ActDone
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_account
from voltway.kernel.ids import new_id
from voltway.kernel.module import Manifest
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.documents import issuing, links, page, store
from voltway.modules.documents.snapshot import Kind
from voltway.modules.documents.tables import customers, documents

PUBLISHER = Manifest(name="money", publishes=(SessionPriced, SessionCredited, PaymentCaptured, PaymentRefunded))
ENTITY = {
    "name": "Ladenetz GmbH",
    "address": {"street": "Allee 1", "postal_code": "20259", "city": "Hamburg", "country": "DE"},
    "vat_id": "DE 136 695 976",
    "bank": {"iban": "DE89 3704 0044 0532 0130 00"},
    "number_prefix": "LN",
    "time_zone": "Europe/Berlin",
}
CUSTOMER = {
    "name": "Kurier AG",
    "address": {"city": "Bremen", "country": "DE"},
    "email": "books@example.org",
    "cadence": "session",
}


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["stations", "documents"]), PUBLISHER)


@pytest.fixture
async def admin(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


@pytest.fixture
async def reader(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser and no account."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(runtime)), base_url="http://localhost") as client:
        yield client


async def a_receipt(runtime: Runtime, kind: Kind = Kind.RECEIPT, **row: Any) -> Any:
    """A document of a charge with signed values."""
    charge = samples.a_charge(session_id=new_id())
    async with runtime.database.begin() as tx:
        entity = await store.entity_for(tx, DEFAULT_OPERATOR_ID, None)
        buyer = samples.BUYER if kind is Kind.INVOICE else None
        return await issuing.issue(
            tx,
            runtime,
            entity,
            kind,
            {"origin": new_id(), "session_id": charge.session_id, **row},
            locale="en",
            buyer=buyer,
            charges=(charge,),
            due_days=14 if buyer is not None else None,
        )


def path_of(document: Any) -> str:
    link: str = document["link"] if isinstance(document, dict) else document
    return link[link.index("/r/") :]


# ---- documents


async def test_documents_are_listed_and_read(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    first, second = await a_receipt(runtime), await a_receipt(runtime)
    listed = (await admin.get("/documents")).json()["items"]
    assert [each["id"] for each in listed] == [second.id, first.id]
    for query in (f"session_id={first.session_id}", f"number={first.number}"):
        assert [each["id"] for each in (await admin.get(f"/documents?{query}")).json()["items"]] == [first.id]
    assert (await admin.get("/documents?kind=invoice")).json()["items"] == []
    one = (await admin.get(f"/documents/{first.id}")).json()
    assert one["incl_vat"] == {"minor": 2022, "currency": "EUR"}
    content = (await admin.get(f"/documents/{first.id}/content")).content
    assert hashlib.sha256(content).hexdigest() == one["sha256"]
    assert (await admin.get(f"/documents/{new_id()}")).status_code == 404


async def test_a_pdf_and_an_invoice_for_software(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/legal-entities", json=ENTITY)).status_code == 201
    receipt, invoice = await a_receipt(runtime), await a_receipt(runtime, Kind.INVOICE)
    answer = await admin.get(f"/documents/{receipt.id}/pdf?lang=de")
    assert answer.headers["content-type"] == "application/pdf"
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Beleg" in text
    assert (await admin.get(f"/documents/{receipt.id}/xml")).status_code == 404
    xml = (await admin.get(f"/documents/{invoice.id}/xml")).content
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert b"LN-I-" in xml
    pdf = (await admin.get(f"/documents/{invoice.id}/pdf")).content
    assert facturx.get_xml_from_pdf(pdf)[1] == xml


async def test_a_document_is_sent_again_and_that_is_noted(runtime: Runtime, admin: httpx.AsyncClient) -> None:
    heard: list[Any] = []
    runtime.events.hear(heard.append, (MailWanted, ActDone))
    nobody = await a_receipt(runtime)
    assert (await admin.post(f"/documents/{nobody.id}/sending")).status_code == 409
    async with runtime.database.begin() as tx:
        payer = await create_account(tx, "d@example.org", None, "D", "driver", DEFAULT_OPERATOR_ID)
    somebody = await a_receipt(runtime, payer_id=payer)
    answer = await admin.post(f"/documents/{somebody.id}/sending")
    assert answer.status_code == 202
    assert answer.json()["sent_at"] is not None
    await eventually(lambda: len(heard) == 3)
    assert [each.action for each in heard if isinstance(each, ActDone)] == ["document.sent_again"]
    mails = [each for each in heard if isinstance(each, MailWanted)]
    assert len({mail.mail_id for mail in mails}) == 2
    assert path_of(answer.json()) in mails[-1].text


async def test_a_driver_sees_their_own(runtime: Runtime, client_of: ClientOf) -> None:
    driver = await client_of(runtime, "driver")
    assert (await driver.get("/documents")).status_code == 403
    theirs, another = await a_receipt(runtime), await a_receipt(runtime)
    async with runtime.database.begin() as tx:
        from voltway.kernel.auth.tables import api_keys

        key = (await tx.execute(sa.select(api_keys.c.id).where(api_keys.c.name == "test driver"))).scalar_one()
        await tx.execute(sa.update(documents).where(documents.c.id == theirs.id).values(payer_id=key))
    assert [each["id"] for each in (await driver.get("/me/documents")).json()["items"]] == [theirs.id]
    assert (await driver.get(f"/me/documents/{theirs.id}/pdf")).status_code == 200
    assert (await driver.get(f"/me/documents/{another.id}")).status_code == 404
    assert (await driver.get(f"/me/documents/{another.id}/pdf")).status_code == 404


async def test_who_is_bound_to_a_place_sees_its_documents(runtime: Runtime, client_of: ClientOf) -> None:
    here = await a_receipt(runtime, location_id="l-1")
    elsewhere = await a_receipt(runtime, location_id="l-2")
    client = await client_of(runtime, "finance", location_ids=["l-1"])
    assert [each["id"] for each in (await client.get("/documents")).json()["items"]] == [here.id]
    assert (await client.get(f"/documents/{elsewhere.id}/pdf")).status_code == 404


async def test_a_stranger_sees_none(runtime: Runtime, client_of: ClientOf, stranger_id: str) -> None:
    document = await a_receipt(runtime)
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert (await stranger.get("/documents")).json()["items"] == []
    for part in ("", "/pdf", "/xml", "/content"):
        assert (await stranger.get(f"/documents/{document.id}{part}")).status_code == 404


# ---- the page


async def test_the_page_is_open_to_whoever_has_its_address(runtime: Runtime, reader: httpx.AsyncClient) -> None:
    document = await a_receipt(runtime)
    address = f"/r/{links.code_of(runtime.secret, document.id)}"
    for language, title in (("en", "Receipt"), ("de", "Beleg"), ("zh", "收据")):
        answer = await reader.get(f"{address}?lang={language}")
        assert answer.status_code == 200
        assert f"<h1>{title} {document.number}</h1>" in answer.text
        assert f'<html lang="{language}">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    for wanted in ("2,935.600\u00a0kWh", "✓ Verified", "0.59 EUR per kWh", samples.PUBLIC_KEY):
        assert wanted in (await reader.get(f"{address}?lang=en")).text
    signed = await reader.get(f"{address}/signed/0/1")
    assert signed.text == samples.signed_values()[1].text or signed.text.startswith("OCMF|")
    assert signed.headers["content-type"].startswith("text/plain")
    assert "attachment" in signed.headers["content-disposition"]
    assert (await reader.get(f"{address}/pdf?lang=zh")).content.startswith(b"%PDF")
    for nothing in ("/xml", "/signed/0/9", "/signed/1/0", "/signed/-1/0"):
        assert (await reader.get(f"{address}{nothing}")).status_code in (404, 422)


@pytest.mark.parametrize("code", ["x", "x" * 43, "%3Cscript%3E", "..%2f..%2fetc"])
async def test_an_address_that_is_none_says_so_and_nothing_else(
    runtime: Runtime, reader: httpx.AsyncClient, code: str
) -> None:
    for part in ("", "/pdf", "/xml", "/signed/0/0"):
        answer = await reader.get(f"/r/{code}{part}?lang=<b>", headers={"accept-language": "de-DE,de;q=0.9"})
        assert answer.status_code == 404
        assert "<b>" not in answer.text
        assert "<script" not in answer.text


async def test_an_id_alone_opens_nothing(runtime: Runtime, reader: httpx.AsyncClient) -> None:
    document = await a_receipt(runtime)
    forged = links.code_of(b"the secret of another installation", document.id)
    for code in (document.id, document.number, forged):
        answer = await reader.get(f"/r/{code}")
        assert answer.status_code == 404
        assert document.number not in answer.text
    assert page.HEADERS["content-security-policy"] == answer.headers["content-security-policy"]


async def test_what_was_paid_stands_on_the_page(runtime: Runtime, reader: httpx.AsyncClient) -> None:
    document = await a_receipt(runtime)
    money = {"provider": "sandbox", "method": "card", "payment_id": "p", "session_id": document.session_id}
    same: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "at": clock.now(), **money}
    async with runtime.database.begin() as tx:
        tx.publish(
            PaymentCaptured(**same, amount=Money(2022, "EUR"), capture_id="x"),
            PaymentRefunded(**same, amount=Money(22, "EUR"), refund_id="x", reason="goodwill"),
        )
    address = f"/r/{links.code_of(runtime.secret, document.id)}?lang=en"

    async def is_shown() -> bool:
        text = (await reader.get(address)).text
        return "Paid by card" in text and "Refunded by card" in text and "−€0.22" in text

    await eventually(is_shown)


# ---- legal entities


async def test_a_legal_entity(admin: httpx.AsyncClient, runtime: Runtime) -> None:
    answer = await admin.post("/legal-entities", json=ENTITY)
    assert answer.status_code == 201
    entity = answer.json()
    assert (entity["vat_id"], entity["bank"]["iban"]) == ("DE136695976", "DE89370400440532013000")
    assert entity["is_default"], "the first one is"
    other = (await admin.post("/legal-entities", json={**ENTITY, "number_prefix": "B", "is_default": True})).json()
    assert not (await admin.get(f"/legal-entities/{entity['id']}")).json()["is_default"]
    changed = await admin.put(f"/legal-entities/{other['id']}", json={**ENTITY, "name": "Neu", "number_prefix": "C"})
    assert (changed.json()["name"], changed.json()["number_prefix"]) == ("Neu", "C")
    assert (await a_receipt(runtime)).number.startswith("C-R-")
    taken = await admin.put(f"/legal-entities/{other['id']}", json={**ENTITY, "number_prefix": "D"})
    assert taken.json()["type"] == "/problems/prefix-in-use"
    twice = await admin.post("/legal-entities", json=ENTITY)
    assert twice.json()["type"] == "/problems/prefix-taken"


@pytest.mark.parametrize(
    "wrong",
    [
        {"vat_id": "DE123456789"},
        {"vat_id": "hello"},
        {"bank": {"iban": "DE89370400440532013001"}},
        {"bank": {"iban": "DE89370400440532013000", "bic": "X"}},
        {"number_prefix": "a b"},
        {"number_prefix": ""},
        {"time_zone": "Mars/Olympus"},
        {"name": "x\ny"},
        {"address": {"country": "Germany"}},
        {"place_ids": ["nowhere"]},
        {"due_days": -1},
        {"email": "ä@example.org"},
    ],
)
async def test_what_no_legal_entity_can_be(admin: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    answer = await admin.post("/legal-entities", json={**ENTITY, **wrong})
    assert answer.status_code == 422, answer.text
    assert next(iter(wrong)) in answer.json()["errors"][0]["path"]


async def test_an_entity_sells_at_its_places(admin: httpx.AsyncClient, runtime: Runtime) -> None:
    place = (await admin.post("/locations", json={"name": "Here"})).json()["id"]
    await admin.post("/legal-entities", json={**ENTITY, "number_prefix": "MAIN"})
    named = {**ENTITY, "number_prefix": "HERE", "place_ids": [place]}
    assert (await admin.post("/legal-entities", json=named)).status_code == 201
    async with runtime.database.begin() as tx:
        chosen = [await store.entity_for(tx, DEFAULT_OPERATOR_ID, where) for where in (place, "elsewhere", None)]
    assert [entity.number_prefix for entity in chosen] == ["HERE", "MAIN", "MAIN"]


# ---- customers


async def test_a_customer(admin: httpx.AsyncClient) -> None:
    body = {**CUSTOMER, "id_token_ids": ["t-1", "t-2", "t-1"]}
    customer = (await admin.post("/customers", json=body)).json()
    assert customer["id_token_ids"] == ["t-1", "t-2"]
    taken = await admin.post("/customers", json={**CUSTOMER, "id_token_ids": ["t-2"]})
    assert taken.json()["type"] == "/problems/token-taken"
    assert len((await admin.get("/customers")).json()["items"]) == 1, "a customer without its cards is not half made"
    changed = await admin.put(f"/customers/{customer['id']}", json={**CUSTOMER, "reference": "PO-1"})
    assert (changed.json()["reference"], changed.json()["id_token_ids"]) == ("PO-1", [])
    unknown = await admin.post("/customers", json={**CUSTOMER, "account_id": "nobody"})
    assert unknown.status_code == 422


async def test_a_priced_session_of_a_customers_card_is_invoiced(admin: httpx.AsyncClient, runtime: Runtime) -> None:
    await admin.post("/legal-entities", json=ENTITY)
    customer = (await admin.post("/customers", json={**CUSTOMER, "id_token_ids": ["t-1"]})).json()
    event = SessionPriced(
        operator_id=DEFAULT_OPERATOR_ID,
        at=clock.now(),
        session_id=new_id(),
        station_id="s",
        cdr_id=new_id(),
        cost=samples.a_cost(),
        id_token_id="t-1",
    )
    async with runtime.database.begin() as tx:
        tx.publish(event)

    async def listed() -> list[Any]:
        found: list[Any] = (await admin.get(f"/documents?customer_id={customer['id']}")).json()["items"]
        return found

    await eventually(listed)
    (invoice,) = await listed()
    assert (invoice["kind"], invoice["session_id"]) == ("invoice", event.session_id)
    assert (await admin.get(f"/documents/{invoice['id']}/xml")).status_code == 200


async def test_customers_of_another_operator_are_not_there(
    admin: httpx.AsyncClient, runtime: Runtime, client_of: ClientOf, stranger_id: str
) -> None:
    customer = (await admin.post("/customers", json=CUSTOMER)).json()
    entity = (await admin.post("/legal-entities", json=ENTITY)).json()
    stranger = await client_of(runtime, operator_id=stranger_id)
    assert (await stranger.get(f"/customers/{customer['id']}")).status_code == 404
    assert (await stranger.put(f"/customers/{customer['id']}", json=CUSTOMER)).status_code == 404
    assert (await stranger.put(f"/legal-entities/{entity['id']}", json=ENTITY)).status_code == 404
    async with runtime.database.read() as tx:
        assert len((await tx.execute(sa.select(customers))).all()) == 1
