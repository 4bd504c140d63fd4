"""Reports over HTTP: uptime from the ledger, files, what regulators are sent, schedules, who sees what."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from sessions.builders import a_sample, a_start, a_stop, a_value
from voltway.app import catalog
from voltway.contracts.accounts import AccountErased
from voltway.contracts.money_facts import PaymentCaptured
from voltway.contracts.notify import MailWanted
from voltway.contracts.sessions import SessionEnded
from voltway.contracts.stations import ConnectorStatusChanged, StationChanged
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role
from voltway.kernel.bus import outbox
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.reports import rolling, scheduling
from voltway.modules.reports.asking import Table
from voltway.modules.reports.tables import money, sessions
from voltway.modules.reports.writing import Form, as_text, write

from .test_counting import report, tell  # noqa: TID252  (tests are not installed)

JULY = datetime(2026, 7, 1, tzinfo=UTC)
AUGUST = datetime(2026, 8, 1, tzinfo=UTC)
OURS: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID}
DAY = 86_400
S = ConnectorStatus


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    """Time that has not come is not counted: it is after all that is told here."""
    with clock.frozen(datetime(2026, 12, 1, tzinfo=UTC)):
        yield


@pytest.fixture
async def runtime(make_runtime: MakeRuntime) -> Runtime:
    return await make_runtime(*catalog.load(["audit", "stations", "users", "reports"]))


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


async def a_station(client: httpx.AsyncClient, identity: str = "CS-1") -> tuple[str, str]:
    """A station at a location of its own: both ids."""
    place = (await client.post("/locations", json={"name": identity, "time_zone": "UTC"})).json()["id"]
    answer = await client.post("/charging-stations", json={"identity": identity, "location_id": place})
    return answer.json()["id"], place


def status(station_id: str, day: float, now: ConnectorStatus, evse: int = 1, code: str | None = None) -> Any:
    at = JULY + timedelta(days=day)
    named: dict[str, Any] = {
        "station_id": station_id,
        "station_identity": "CS-1",
        "evse_number": evse,
        "connector_number": 1,
    }
    return ConnectorStatusChanged(**OURS, **named, at=at, status=now, wire_status=now, error_code=code, occurred_at=at)


def link(station_id: str, day: float, what: str) -> StationChanged:
    return StationChanged(
        **OURS, at=JULY + timedelta(days=day), station_id=station_id, station_identity="CS-1", what=what
    )


def a_session(station_id: str, location_id: str | None, **known: Any) -> SessionEnded:
    told: dict[str, Any] = {
        "session_id": "s-1",
        "station_identity": "CS-1",
        "evse_number": 1,
        "id_token": None,
        "started_at": JULY + timedelta(hours=10),
        "ended_at": JULY + timedelta(hours=11),
        "energy_wh": 10_500,
        "tariff": None,
    }
    told = {**told, **known}
    return SessionEnded(**OURS, at=told["ended_at"], station_id=station_id, location_id=location_id, **told)


async def uptimes(client: httpx.AsyncClient, **params: Any) -> dict[str, tuple[int, int, int]]:
    """Definition -> counted, outage, excluded of July."""
    rows = await report(client, "uptime", JULY.date(), AUGUST.date(), **params)
    own = {row["definition"]: row for row in rows if row["station_id"] is not None}
    total = {row["definition"]: row for row in rows if row["station_id"] is None}
    if len(rows) == 6:  # one EVSE: all together are it
        assert [own[name]["counted_s"] for name in own] == [total[name]["counted_s"] for name in own]
    return {name: (row["counted_s"], row["outage_s"], row["excluded_s"]) for name, row in total.items()}


# ---- uptime


async def test_uptime_by_three_definitions_from_one_ledger(runtime: Runtime, client: httpx.AsyncClient) -> None:
    """Known from day 1; two days faulted, one offline; half a day of it was vandalism, and closed at night."""
    station_id, place = await a_station(client)
    told = [
        status(station_id, 1, S.AVAILABLE),
        link(station_id, 10, "offline"),
        link(station_id, 11, "online"),
        status(station_id, 20, S.FAULTED, code="GroundFailure"),
        status(station_id, 22, S.AVAILABLE),
    ]
    await tell(runtime, [*reversed(told), told[0]])
    assert await uptimes(client) == {
        "nevi": (30 * DAY, 3 * DAY, 0),
        "uk": (30 * DAY, 2 * DAY, 0),
        "cec": (30 * DAY, 3 * DAY, 0),
    }
    record = {
        "station_id": station_id,
        "kind": "vandalism",
        "since": "2026-07-21T00:00:00Z",
        "until": "2026-07-21T12:00:00Z",
        "reason": "A cable was cut.",
        "evidence_url": "https://example.org/police-report",
    }
    answer = await client.post("/excluded-times", json=record)
    assert answer.status_code == 201, answer.text
    hours = {"opening_hours": [{"weekdays": list(range(7)), "begins": "06:00", "ends": "18:00"}]}
    assert (await client.put(f"/locations/{place}/reporting", json=hours)).status_code == 200
    found = await uptimes(client)
    assert found["nevi"] == (
        30 * DAY,
        3 * DAY,
        DAY // 4 + 3 * DAY // 2,
    )  # 6 h of vandalism while open, and 1.5 d closed
    assert found["uk"] == (15 * DAY, DAY, 0)
    assert (await client.delete(f"/excluded-times/{answer.json()['id']}")).status_code == 204
    assert (await uptimes(client))["nevi"] == (30 * DAY, 3 * DAY, 3 * DAY // 2)


async def test_ledger_shows_what_an_evse_was(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, _ = await a_station(client)
    # What held before the time begins counts; a status of the whole station is that of its EVSEs.
    await tell(runtime, [status(station_id, -5, S.OCCUPIED), status(station_id, 0.5, S.UNAVAILABLE, evse=0)])
    asked: dict[str, Any] = {"station_id": station_id, "evse_number": 1, "since": "2026-07-01", "until": "2026-07-02"}
    answer = await client.get("/reports/status-ledger", params=asked)
    assert [(span["state"], span["since"][11:16]) for span in answer.json()] == [
        ("occupied", "00:00"),
        ("unavailable", "12:00"),
    ]
    assert (await client.get("/reports/status-ledger", params={**asked, "evse_number": 2})).status_code == 404


async def test_time_that_has_not_come_is_not_counted(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, _ = await a_station(client)
    await tell(runtime, [status(station_id, 0, S.AVAILABLE)])
    with clock.frozen(JULY + timedelta(days=3)):
        assert (await uptimes(client))["nevi"] == (3 * DAY, 0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "2026-07-01T00:00:00Z"},
        {"kind": "bad_luck"},
        {"evidence_url": "javascript:alert(1)"},
        {"location_id": "x"},
        {"reason": ""},
    ],
)
async def test_excluded_time_that_makes_no_sense_is_refused(client: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    station_id, _ = await a_station(client)
    record = {
        "station_id": station_id,
        "kind": "vandalism",
        "since": "2026-07-02T00:00:00Z",
        "until": "2026-07-03T00:00:00Z",
        "reason": "x",
    }
    assert (await client.post("/excluded-times", json=record | wrong)).status_code == 422
    nowhere = record | {"station_id": "none"}
    assert (await client.post("/excluded-times", json=nowhere)).status_code == 404


# ---- success


async def test_fault_that_is_told_late_makes_a_session_a_failure(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, place = await a_station(client)
    await tell(runtime, [a_session(station_id, place)])
    (before,) = await report(client, "success", JULY.date(), AUGUST.date())
    await tell(runtime, [status(station_id, 10.75 / 24, S.FAULTED)])
    rows = await report(client, "success", JULY.date(), AUGUST.date(), group_by=["cause"])
    assert (before["completed"], before["success_percent"]) == (1, 100.0)
    assert [(row["cause"], row["failed"]) for row in rows] == [("fault_while_charging", 1)]


async def test_what_modules_publish_is_reported(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, place = await a_station(client)
    async with runtime.database.begin() as tx:
        tx.publish(a_session(station_id, place), status(station_id, 0, S.AVAILABLE), link(station_id, 1, "online"))
    await eventually(lambda: runtime.events.backlogs()["reports"] == 0)
    (row,) = await report(client, "utilisation", JULY.date(), AUGUST.date(), group_by=["location_id"])
    assert row == {
        "location": "CS-1",
        "location_id": place,
        "sessions": 1,
        "energy_wh": 10_500,
        "evses": 1,
        "busy_s": 3600,
        "available_s": 31 * DAY,
        "utilisation_percent": round(100 / (31 * 24), 2),
    }
    assert (await uptimes(client))["nevi"] == (31 * DAY, 0, 0)


# ---- files


TABLE = Table(
    "A report", ("name", "energy_wh"), [{"name": '=HYPERLINK("x")', "energy_wh": 5}, {"name": None, "energy_wh": None}]
)


def test_a_cell_is_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(write(TABLE, Form.CSV).decode())))
    assert rows == [["name", "energy_wh"], ['\'=HYPERLINK("x")', "5"], ["", ""]]
    with zipfile.ZipFile(io.BytesIO(write(TABLE, Form.XLSX))) as book:
        sheet, texts = (book.read(name).decode() for name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"))
    assert "<f>" not in sheet
    assert "=HYPERLINK" in texts


def test_a_pdf_takes_whatever_names_there_are() -> None:
    wild = Table('#import "x"', ("name",), [{"name": "#panic() $ [ \\ _ * 充电"}] * 200)
    assert write(wild, Form.PDF).startswith(b"%PDF-")


def test_a_mail_is_cut_and_says_so() -> None:
    long = Table("x", ("name",), [{"name": "n" * 90}] * 1000)
    text = as_text(long, 1000)
    assert len(text) <= 1000
    assert text.splitlines()[-1].startswith("… and 992 more lines") or "more lines" in text.splitlines()[-1]


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
async def test_report_comes_as_a_file(runtime: Runtime, client: httpx.AsyncClient, form: str) -> None:
    station_id, place = await a_station(client)
    await tell(runtime, [a_session(station_id, place)])
    asked = {"since": "2026-07-01", "until": "2026-08-01", "group_by": "station_id", "format": form}
    answer = await client.get("/reports/sessions", params=asked)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    assert answer.content.startswith(
        {"csv": b"station_identity,station_id,sessions", "xlsx": b"PK", "pdf": b"%PDF"}[form]
    )


@pytest.mark.parametrize(
    ("kind", "params", "status_code"),
    [
        ("nothing", {}, 404),
        ("sessions", {"group_by": "weather"}, 422),
        ("sessions", {"group_by": ["day", "month"]}, 422),
        ("sessions", {"since": "2026-08-01"}, 422),
        ("utilisation", {"zone": "operator"}, 422),
        ("sessions", {"since": "yesterday"}, 422),
    ],
)
async def test_what_cannot_be_reported_is_refused(
    client: httpx.AsyncClient, kind: str, params: dict[str, Any], status_code: int
) -> None:
    asked = {"since": "2026-07-01", "until": "2026-08-01", **params}
    assert (await client.get(f"/reports/{kind}", params=asked)).status_code == status_code


# ---- co2, regulators


async def test_co2_is_that_of_the_locations_grid(runtime: Runtime, client: httpx.AsyncClient) -> None:
    (one, here), (other, there) = await a_station(client), await a_station(client, "CS-2")
    await tell(runtime, [a_session(one, here), a_session(other, there, session_id="s-2")])
    await client.put(f"/locations/{here}/reporting", json={"co2_g_per_kwh": 20})
    (row,) = await report(client, "energy", JULY.date(), AUGUST.date())
    assert row == {"energy_wh": 21_000, "co2_g": 10.5 * 20 + 10.5 * 380}


async def a_csv(client: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, str]]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_nevi_quarter(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, place = await a_station(client)
    paid = PaymentCaptured(
        **OURS,
        at=JULY,
        payment_id="p",
        provider="sandbox",
        method="card",
        amount=Money(100, "USD"),
        session_id="s-1",
        capture_id="c",
    )
    told = [
        status(station_id, 0, S.AVAILABLE),
        status(station_id, 10.75 / 24, S.FAULTED, code="GroundFailure"),
        status(station_id, 3, S.AVAILABLE),
    ]
    await tell(runtime, [paid, a_session(station_id, place), *told])
    (row,) = await a_csv(client, "/reports/nevi", year=2026, quarter=3)
    assert row == {
        "station_id": "CS-1",
        "port_id": "1",
        "session_id": "s-1",
        "session_start": "2026-07-01T10:00:00.000Z",
        "session_end": "2026-07-01T11:00:00.000Z",
        "energy_kwh": "10.500",
        "peak_power_kw": "",
        "payment_method": "card",
        "error_code": "GroundFailure",
    }
    with clock.frozen(AUGUST + timedelta(days=100)):
        months = await a_csv(client, "/reports/nevi", year=2026, quarter=3, part="uptime")
        (outage,) = await a_csv(client, "/reports/nevi", year=2026, quarter=3, part="outages")
    assert [month["month"] for month in months] == ["2026-07", "2026-08", "2026-09"]
    minutes = 2 * 1440 + 1440 - 645
    assert {month["outage_minutes"] for month in months} == {str(minutes)}
    assert months[0]["uptime_percent"] == f"{100 * (31 * 1440 - minutes) / (31 * 1440):.3f}"
    assert (outage["duration_minutes"], outage["state"]) == (str(minutes), "faulted")


async def test_nevi_quarter_says_the_highest_power_of_a_session(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    runtime = await make_runtime(*catalog.load(["audit", "stations", "users", "billing", "sessions", "reports"]))
    client = await client_of(runtime)
    station_id, place = await a_station(client)
    where: dict[str, Any] = {"station_id": station_id, "location_id": place}
    begun = await runtime.commits.record(a_start(**where))
    sample = a_sample(600, 3_000, power_w=10_250.0)
    await runtime.commits.record(a_value(begun.transaction_id, 600, 0, samples=(sample,), **where))
    await runtime.commits.record(a_stop(begun.transaction_id, **where))

    async def powers() -> list[str]:
        return [row["peak_power_kw"] for row in await a_csv(client, "/reports/nevi", year=2026, quarter=2)]

    await eventually(powers)
    assert await powers() == ["10.250"]


async def test_uk_year(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, _ = await a_station(client)
    told = [status(station_id, 0, S.AVAILABLE), status(station_id, 10, S.FAULTED), link(station_id, 20, "offline")]
    await tell(runtime, told)
    with clock.frozen(AUGUST - timedelta(days=1)):
        rows = await a_csv(client, "/reports/uk", year=2026)
    assert rows[-1]["station_id"] == "network"
    assert rows[-1]["reliability_percent"] == f"{100 * 20 / 30:.3f}"
    assert (rows[0]["not_reliable_minutes"], rows[0]["not_known_minutes"]) == (str(10 * 1440), str(10 * 1440))


# ---- schedules


async def mails(runtime: Runtime) -> list[dict[str, Any]]:
    async with runtime.database.read() as tx:
        rows = (await tx.execute(sa.select(outbox.outbox).where(outbox.outbox.c.name == MailWanted.__name__))).all()
    return [dict(row._mapping) for row in rows]


async def test_schedule_mails_each_period_once(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, place = await a_station(client)
    await tell(runtime, [a_session(station_id, place)])
    schedule = {"name": "Monthly", "kind": "sessions", "period": "month", "emails": ["a@example.org", "b@example.org"]}
    with clock.frozen(JULY + timedelta(days=5)):
        answer = await client.post("/report-schedules", json=schedule)
        assert answer.status_code == 201, answer.text
        assert answer.json()["next_at"] == "2026-08-01T01:00:00.000Z"
        await scheduling.mail_due(runtime)
        assert await mails(runtime) == []
    with clock.frozen(AUGUST + timedelta(hours=2)):
        await scheduling.mail_due(runtime)
        await scheduling.mail_due(runtime)
        found = await mails(runtime)
        (listed,) = (await client.get("/report-schedules")).json()["items"]
    assert len(found) == 2
    assert all("2026-07-01 to 2026-07-31" in str(mail) and "10500" in str(mail) for mail in found)
    assert listed["next_at"] == "2026-09-01T01:00:00.000Z"
    assert (await client.delete(f"/report-schedules/{listed['id']}")).status_code == 204


async def test_schedule_of_what_is_no_report_is_refused(client: httpx.AsyncClient) -> None:
    schedule = {"name": "x", "kind": "sessions", "period": "day", "emails": ["a@example.org"]}
    assert (await client.post("/report-schedules", json=schedule | {"kind": "weather"})).status_code == 404
    assert (await client.post("/report-schedules", json=schedule | {"group_by": ["provider"]})).status_code == 422
    assert (await client.post("/report-schedules", json=schedule | {"emails": ["x\r\nBcc: y@z"]})).status_code == 422
    assert (await client.get("/report-schedules")).json()["items"] == []


# ---- who sees what


async def test_host_sees_the_own_location_only(
    runtime: Runtime, client: httpx.AsyncClient, client_of: ClientOf
) -> None:
    (one, here), (other, there) = await a_station(client), await a_station(client, "CS-2")
    told = [
        a_session(one, here),
        a_session(other, there, session_id="s-2", energy_wh=7_000),
        status(one, 0, S.AVAILABLE),
        status(other, 0, S.FAULTED),
    ]
    for number, session_id in enumerate(("s-1", "s-2", None), 1):
        paid: dict[str, Any] = {"payment_id": "p", "provider": "sandbox", "method": "card", "session_id": session_id}
        amount = Money(number * 100, "EUR")
        told.append(PaymentCaptured(**OURS, **paid, at=JULY, amount=amount, capture_id=f"c-{number}"))
    await tell(runtime, told)
    host = await client_of(runtime, Role.SITE_HOST, location_ids=[here])
    july = (JULY.date(), AUGUST.date())
    assert [row["energy_wh"] for row in await report(host, "energy", *july)] == [10_500]
    assert [row["energy_wh"] for row in await report(host, "energy", *july, location_id=there)] == [0]
    assert [row["energy_wh"] for row in await report(client, "energy", *july)] == [17_500]
    assert [row["captured_minor"] for row in await report(host, "payments", *july)] == [100]
    assert [row["captured_minor"] for row in await report(client, "payments", *july)] == [600]
    assert (await uptimes(host))["nevi"] == (31 * DAY, 0, 0)
    assert (await host.put(f"/locations/{here}/reporting", json={})).status_code == 403
    assert (await host.get(f"/locations/{there}/reporting")).status_code == 404
    assert (await host.get("/report-schedules")).status_code == 403


async def test_who_is_erased_is_nobody_in_reports(runtime: Runtime, client: httpx.AsyncClient) -> None:
    station_id, place = await a_station(client)
    await tell(runtime, [a_session(station_id, place)])
    await rolling.roll_up(runtime)
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(sessions).values(driver_id="person"))
    paid: dict[str, Any] = {
        "payment_id": "p",
        "provider": "sandbox",
        "method": "card",
        "payer_id": "person",
        "capture_id": "c",
    }
    await tell(runtime, [PaymentCaptured(**OURS, **paid, at=JULY, amount=Money(1, "EUR"))])
    await tell(runtime, [AccountErased(**OURS, at=JULY, account_id="person", id_tokens=())])
    async with runtime.database.read() as tx:
        assert (await tx.execute(sa.select(sessions.c.driver_id))).scalar_one() is None
        assert (await tx.execute(sa.select(money.c.payer_id))).scalar_one() is None
