"""What site hosts get, from the agreement to the file for the bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from builders import ClientOf, MakeRuntime
from ledger.test_posting import book, say
from ledger.world import NOON, a_cost, credited, ended, eur, priced
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.ledger import host_rules
from voltway.modules.ledger.host_rules import Agreement, Sale
from voltway.modules.ledger.pain001 import NAMESPACE, Account, Transfer, latin, pain001

IBAN, OTHER = "DE89370400440532013000", "FR1420041010050500013M02606"
SETTINGS = {"country": "DE", "debtor_name": "Vältwerk & Co", "debtor_iban": "NL91ABNA0417164300"}


def an_agreement(**fields: Any) -> Agreement:
    values = {
        "host_id": "h",
        "location_id": "here",
        "valid_from": date(2026, 1, 1),
        "currency": "EUR",
        "share_percent": Decimal(10),
        "fixed_minor": 0,
        "energy_price": Decimal("0.30"),
    }
    return Agreement(**{**values, **fields})


def a_sale(**fields: Any) -> Sale:
    values = {
        "location_id": "here",
        "posted_on": date(2026, 3, 5),
        "currency": "EUR",
        "net_minor": 1005,
        "energy_wh": 10,
    }
    return Sale(**{**values, **fields})


# ---- rules


def test_each_sale_counts_by_the_agreement_of_its_day_and_is_rounded_once() -> None:
    held = [an_agreement(), an_agreement(valid_from=date(2026, 3, 10), share_percent=Decimal(20), fixed_minor=5000)]
    sales = [a_sale(), a_sale(), a_sale(posted_on=date(2026, 3, 10), energy_wh=20_000)]
    (line,) = host_rules.settle("h", "2026-03", "EUR", held, sales).lines
    assert line.share_minor == 402  # 1.005 + 1.005 + 2.01
    assert line.energy_minor == 601  # 20.020 kWh at 0.30
    assert (line.fixed_minor, line.sessions, line.net_minor) == (5000, 3, 3015)


def test_a_location_that_changes_hands_is_split_by_day() -> None:
    held = [an_agreement(), an_agreement(host_id="other", valid_from=date(2026, 3, 10))]
    sales = [a_sale(net_minor=1000), a_sale(net_minor=2000, posted_on=date(2026, 3, 11))]
    found = [host_rules.settle(host, "2026-03", "EUR", held, sales) for host in ("h", "other")]
    assert [one.lines[0].net_minor for one in found] == [1000, 2000]


def test_a_sale_in_another_currency_is_left_out_and_counted() -> None:
    found = host_rules.settle("h", "2026-03", "EUR", [an_agreement()], [a_sale(currency="CHF")])
    assert (found.lines, found.left_out) == ((), 1)


@given(st.lists(st.integers(0, 10**7), max_size=20), st.integers(0, 100))
def test_what_was_credited_whole_leaves_nothing(nets: list[int], share: int) -> None:
    held = [an_agreement(share_percent=Decimal(share))]
    sales = [a_sale(net_minor=net * sign, energy_wh=net * sign) for net in nets for sign in (1, -1)]
    assert host_rules.settle("h", "2026-03", "EUR", held, sales).total_minor == 0


# ---- the file


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))]


def check_pain001(content: bytes) -> ET.Element:
    """What a bank checks first: the order of elements, the counts and sums, IBANs, the letters, the lengths."""
    root = ET.fromstring(content)
    assert root.tag == f"{{{NAMESPACE}}}Document"
    (payment,) = root.findall(f"{{{NAMESPACE}}}CstmrCdtTrfInitn/{{{NAMESPACE}}}PmtInf")
    names = [each.tag.rpartition("}")[2] for each in payment]
    head = ["PmtInfId", "PmtMtd", "BtchBookg", "NbOfTxs", "CtrlSum", "PmtTpInf", "ReqdExctnDt", "Dbtr", "DbtrAcct"]
    head += ["DbtrAgt", "ChrgBr"]
    transfers = names[len(head) :]
    assert names[: len(head)] == head
    assert set(transfers) == {"CdtTrfTxInf"}
    for each in payment.findall(f"{{{NAMESPACE}}}CdtTrfTxInf"):
        parts = [part.tag.rpartition("}")[2] for part in each if not part.tag.endswith("CdtrAgt")]
        assert parts == ["PmtId", "Amt", "Cdtr", "CdtrAcct", "RmtInf"]
    amounts = [Decimal(text or "") for text in texts(payment, "CdtTrfTxInf/Amt/InstdAmt")]
    order = "CstmrCdtTrfInitn"
    for place in ("GrpHdr", "PmtInf"):
        assert texts(root, f"{order}/{place}/NbOfTxs") == [str(len(amounts))]
        assert [Decimal(text or "") for text in texts(root, f"{order}/{place}/CtrlSum")] == [sum(amounts)]
    ibans = texts(payment, "CdtTrfTxInf/CdtrAcct/Id/IBAN") + texts(payment, "DbtrAcct/Id/IBAN")
    assert all(iban.is_valid(each or "") for each in ibans)
    ends = texts(payment, "CdtTrfTxInf/PmtId/EndToEndId")
    assert len(set(ends)) == len(ends)
    for element in root.iter():
        text = (element.text or "").strip()
        assert text == latin(text, 140), element.tag
        assert len(text) <= (35 if element.tag.endswith("Id") else 140), element.tag
    return root


@given(st.text(max_size=200), st.lists(st.integers(1, 10**11), min_size=1, max_size=5))
def test_the_file_is_one_that_a_bank_takes(name: str, amounts: list[int]) -> None:
    transfers = [Transfer(f"r{n}", Account(name, IBAN), eur(minor), name) for n, minor in enumerate(amounts)]
    content = pain001("m" * 50, NOON, date(2026, 4, 2), Account(name, OTHER, "DEUTDEFF"), transfers)
    check_pain001(content)


def test_no_file_without_transfers_in_euro() -> None:
    for wrong in ([], [Transfer("r", Account("x", IBAN), eur(0), "x")]):
        with pytest.raises(ValueError, match="SEPA"):
            pain001("m", NOON, date(2026, 4, 2), Account("x", IBAN), wrong)


# ---- over the API


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["ledger", "audit", "stations"]), settings={"ledger": SETTINGS})


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime, "finance")


async def sent(client: httpx.AsyncClient, method: str, path: str, body: Any = None, status: int = 201) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def next_month(monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now().replace(day=1) + timedelta(days=40)
    now: Callable[[], datetime] = lambda: later  # noqa: E731
    monkeypatch.setattr(clock, "now", now)


async def test_a_host_is_paid_from_agreement_to_bank(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await client_of(runtime)
    place = (await sent(admin, "POST", "/locations", {"name": "Here", "country": "DE"}))["id"]
    host = (await sent(client, "POST", "/hosts", {"name": "Müller Höfe", "iban": "DE89 3704 0044 0532 0130 00"}))["id"]
    body = {"host_id": host, "location_id": place, "valid_from": "2026-01-01", "currency": "EUR"}
    body |= {"share_percent": "10", "fixed_minor": 5000, "energy_price": "0.25"}
    await sent(client, "POST", "/host-agreements", body)
    await sent(client, "POST", "/host-agreements", body, 409)
    await sent(client, "POST", "/host-agreements", {**body, "location_id": "none"}, 422)

    first, second = priced("s1"), priced("s2", a_cost((2000, "19")))
    await say(runtime, ended("s1", place), ended("s2", place), ended("s3", "elsewhere"))
    await say(runtime, first, second, priced("s3"), credited(first))
    month = f"{clock.now():%Y-%m}"
    (open_one,) = (await sent(client, "GET", f"/hosts/{host}/statements/{month}", status=200))["items"]
    assert open_one["id"] is None
    assert open_one["total"] == {"minor": 200 + 500 + 5000, "currency": "EUR"}  # 10 % of 20.00, 20 kWh at 0.25, 50.00
    await sent(client, "POST", "/host-statements", {"host_id": host, "month": month}, 409)

    next_month(monkeypatch)
    closing = {"host_id": host, "month": month}
    (closed,) = (await sent(client, "POST", "/host-statements", closing))["items"]
    assert closed["total"] == open_one["total"]
    await sent(client, "POST", "/host-statements", closing, 409)
    await sent(client, "POST", "/host-agreements", {**body, "valid_from": f"{month}-28"}, 409)
    await say(runtime, ended("s4", place), priced("s4"))  # late: it counts in the month in which it is posted
    (still,) = (await sent(client, "GET", f"/hosts/{host}/statements/{month}", status=200))["items"]
    assert still == closed
    assert (await book(client))[f"host_payable:{host}"] == 5700

    batch = await sent(client, "POST", "/payout-batches", {"statement_ids": [closed["id"]]})
    place_of_batch = f"/payout-batches/{batch['id']}"
    await sent(client, "POST", "/payout-batches", {"statement_ids": [closed["id"]]}, 409)
    await sent(client, "GET", f"{place_of_batch}/sepa-file", status=409)
    await sent(client, "POST", f"{place_of_batch}/payment", status=409)
    refused = await sent(client, "POST", f"{place_of_batch}/approval", status=409)
    assert refused["type"].endswith("same-person")
    approved = await sent(admin, "POST", f"{place_of_batch}/approval", status=200)
    assert approved["state"] == "approved"
    file = await client.get(f"{place_of_batch}/sepa-file")
    root = check_pain001(file.content)
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt") == ["57.00"]
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr/Nm") == ["Mueller Hoefe"]
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id/IBAN") == [IBAN]
    await sent(client, "POST", f"{place_of_batch}/payment", status=200)
    await sent(client, "POST", f"{place_of_batch}/payment", status=409)
    found = await book(client)
    assert found["bank"] == -5700
    assert f"host_payable:{host}" not in found
    assert (await client.get("/ledger/verification")).json()["is_whole"]


async def test_a_rejected_batch_sets_its_statements_free(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await client_of(runtime)
    place = (await sent(admin, "POST", "/locations", {"name": "Here"}))["id"]
    host = (await sent(client, "POST", "/hosts", {"name": "Host", "iban": OTHER}))["id"]
    body = {"host_id": host, "location_id": place, "valid_from": "2026-01-01", "currency": "EUR", "fixed_minor": 100}
    await sent(client, "POST", "/host-agreements", body)
    month = f"{clock.now():%Y-%m}"
    next_month(monkeypatch)
    (closed,) = (await sent(client, "POST", "/host-statements", {"host_id": host, "month": month}))["items"]
    batch = await sent(client, "POST", "/payout-batches", {"statement_ids": [closed["id"]]})
    await sent(client, "POST", f"/payout-batches/{batch['id']}/rejection", status=200)
    again = await sent(client, "POST", "/payout-batches", {"statement_ids": [closed["id"]]})
    assert again["id"] != batch["id"]
    await sent(admin, "POST", f"/payout-batches/{batch['id']}/approval", status=409)


async def test_a_wrong_iban_is_refused(client: httpx.AsyncClient) -> None:
    wrong = await sent(client, "POST", "/hosts", {"name": "Host", "iban": "DE89370400440532013001"}, 422)
    assert "IBAN" in str(wrong)
