"""Credentials of stations, requirement by requirement (OCPP 2.0.1 part 2, A00 to A05, and what the specification leaves open).

| Requirement | Shown by |
|---|---|
| A00.FR.002, 201 profile of the record only | test_security: test_a_station_comes_over_the_transport_of_its_profile_or_a_better_one |
| A00.FR.005, A05.FR.07 no way down over OCPP | test_security: test_a_station_goes_down_from_3_to_2_only_where_it_allows_it |
| A00.FR.005 nor by hand without a reason that is kept | test_a00_fr_005_a_profile_is_lowered_by_hand_with_a_reason_only |
| A00.FR.204, 207 the user name is the identity | test_security: test_tc_a_02_basic_authentication_wrong_username |
| A00.FR.205, A01.FR.06, 07 random, 128 bits or more, unique | test_a00_fr_205_passwords_are_drawn_by_lot_and_long_enough |
| A00.FR.205 weak ones are marked, not cut off | test_a00_fr_205_a_weak_password_is_marked_and_lets_its_station_in |
| A00.FR.306 to 321 TLS | test_security: test_tc_a_04_…, test_tc_a_06_…, test_tls_1_3_is_spoken |
| A00.FR.403 to 405 chain, operator, identity | test_tls: test_a_certificate_names_one_station_of_one_operator |
| A00.FR.407 it is noticed | test_a00_fr_427_one_certificate_opens_one_identity_and_its_misuse_is_told |
| A00.FR.427 one certificate, one station | the same |
| A00.FR.429 expired certificates | not done: TLS ends such a connection before the station is known |
| A00.FR.501 to 512 what is signed | test_certificates: test_a_request_that_must_not_be_signed_is_rejected_and_shown |
| A00.FR.702, 705 revocation | test_security: test_a_revoked_certificate_cuts_its_station_off_and_lets_it_in_no_more |
| A00.FR.805, 806 a maker's credentials | test_a00_fr_805_a_makers_password_keeps_a_station_pending_until_it_has_its_own |
| A01.FR.03, 04 rotation | test_security: test_tc_a_09_…, test_tc_a_10_… |
| A01.FR.08 hashed, keyed, salted | test_a01_fr_08_a_password_is_stored_as_a_salted_keyed_hash |
| A01.FR.09 in no log | test_security: test_a_new_password_stands_in_no_log_and_no_answer |
| A02, A03 renewal | test_certificates; security/test_api: test_a_certificate_that_ends_soon_is_renewed_once_a_day |
| A04.FR.03 events are confirmed | test_security: test_tc_077_invalid_certificate_security_event |
| the answer to a rotation is lost | test_security: test_a_password_whose_answer_was_lost_locks_nobody_out |
| … and nothing is heard for a day | test_a_password_without_an_answer_ends_after_a_day |
| profile 0 is allowed for a time | test_profile_0_ends_by_its_time |
| registration tokens: uses, end, template, revocation | security/test_api: test_a_station_with_a_token_…, test_a_token_that_is_spent_… |
| quarantine of unknown stations | test_unknown_stations_wait_in_quarantine_for_a_word, test_quarantine_is_bounded_and_forgets |
"""

from __future__ import annotations

import string
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from voltway.kernel import clock
from voltway.kernel.bus import outbox
from voltway.modules.stations import tending
from voltway.modules.stations.tables import stations

from .security_network import PASSWORD, Platform, Station, connected, state_of  # noqa: TID252  (tests are not installed)

StartPlatform = Callable[..., Awaitable[Platform]]


async def stored(platform: Platform, station: dict[str, Any]) -> Any:
    async with platform.runtime.database.read() as tx:
        return (await tx.execute(sa.select(stations).where(stations.c.id == station["id"]))).one()


async def acts(platform: Platform) -> str:
    statement = sa.select(outbox.outbox.c.payload).where(outbox.outbox.c.name == "ActDone")
    async with platform.runtime.database.read() as tx:
        return " ".join(map(str, (await tx.execute(statement)).scalars()))


async def answers(platform: Platform, wanted: int, identity: str, **said: Any) -> None:
    """The port hears of a change of a record a moment later."""

    async def is_so() -> bool:
        return await platform.status_of(identity, **said) == wanted

    await platform.eventually(is_so, f"{identity} gets {wanted}")


async def change(platform: Platform, station: dict[str, Any], status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = await platform.client.patch(f"/charging-stations/{station['id']}", json=fields)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


# ---- passwords


async def test_a00_fr_205_passwords_are_drawn_by_lot_and_long_enough(platform: Platform) -> None:
    made = [(await platform.register(f"LOT{number}"))["password"] for number in range(20)]
    assert len(set(made)) == 20
    for password in made:
        assert 16 <= len(password) <= 40
        assert set(password) <= set(string.ascii_letters + string.digits)
    # 56 letters and digits that are not mistaken for each other: 5.8 bits each.
    assert min(len(password) for password in made) * 5.8 > 128
    record, station = await connected(platform, "ocpp1.6")
    await platform.order(record, type="rotate_password")
    key = (await station.told("ChangeConfiguration"))["value"]
    assert len(bytes.fromhex(key)) * 8 >= 128  # 1.6: 16 to 20 bytes as hexadecimal digits


@pytest.mark.parametrize(
    ("password", "is_weak"),
    [
        (None, False),
        ("correct-horse-battery", True),  # words are worth less than their letters
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", True),
        ("MyPassword-MyPassword-MyPassword", True),
        ("0123456789ABCDEF0123456789ABCDEF", True),
        ("E1-station-E1-station-E1", True),
        ("9f3c1b7e0d5a4826e1c97b30f4d2a86b", False),
        ("xG7vQmZ2rTfW9kNbYpLs", False),
    ],
)
async def test_a00_fr_205_a_weak_password_is_marked_and_lets_its_station_in(
    platform: Platform, password: str | None, is_weak: bool
) -> None:
    made = await platform.register("CS1", password=password)
    assert (await platform.read(made))["is_password_weak"] is is_weak
    assert await platform.status_of("CS1", password=password or made["password"]) == 101


async def test_a_rotated_password_is_not_weak_any_more(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    assert (await platform.read(record))["is_password_weak"]
    await platform.order(record, type="rotate_password")
    new = (await station.told("SetVariables"))["setVariableData"][0]["attributeValue"]
    await platform.connect("CS1", password=new)
    assert (await platform.read(record))["is_password_weak"] is False


async def test_a01_fr_08_a_password_is_stored_as_a_salted_keyed_hash(platform: Platform) -> None:
    one, two = await platform.register("CS1", password=PASSWORD), await platform.register("CS2", password=PASSWORD)
    hashes = [(await stored(platform, station)).secret_hash for station in (one, two)]
    assert [len(hashed) for hashed in hashes] == [40, 40]  # 8 bytes of salt, HMAC-SHA-256
    assert hashes[0][:8] != hashes[1][:8]
    assert hashes[0][8:] != hashes[1][8:]
    assert PASSWORD not in (await platform.client.get("/charging-stations")).text


async def test_a_password_without_an_answer_ends_after_a_day(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    station.silent.add("ChangeConfiguration")
    await platform.order(record, wait_s=0, type="rotate_password")
    unanswered = (await station.told("ChangeConfiguration"))["value"]
    before = (await stored(platform, record)).candidate_hashes
    now = clock.now()
    with clock.frozen(now + timedelta(hours=23)):
        await tending.tend(platform.runtime)
        assert (await stored(platform, record)).candidate_hashes == before
    with clock.frozen(now + timedelta(hours=24, minutes=1)):
        await tending.tend(platform.runtime)
        assert (await stored(platform, record)).candidate_hashes is None
    await answers(platform, 401, "CS1", password=unanswered)
    assert await platform.status_of("CS1", password=PASSWORD) == 101


async def test_a_password_that_the_station_has_taken_does_not_end(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp1.6")
    assert (await platform.order(record, type="rotate_password"))["state"] == "accepted"
    taken = (await station.told("ChangeConfiguration"))["value"]
    with clock.frozen(clock.now() + timedelta(days=30)):
        await tending.tend(platform.runtime)
    assert await platform.status_of("CS1", password=taken) == 101


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a00_fr_805_a_makers_password_keeps_a_station_pending_until_it_has_its_own(
    platform: Platform, protocol: str
) -> None:
    record = await platform.register("CS1", password=PASSWORD, is_factory_password=True)
    assert (record["registration"], record["has_factory_password"]) == ("pending", True)
    raw, response = await platform.ask("CS1", protocol=protocol, password=PASSWORD)
    assert response.status == 101
    platform.raws.remove(raw)
    station = Station(raw, protocol)
    platform.stations.append(station)
    assert (await station.boot())["status"] == "Pending"
    if protocol == "ocpp1.6":
        new = (await station.told("ChangeConfiguration"))["value"]
    else:
        new = (await station.told("SetVariables"))["setVariableData"][0]["attributeValue"]
    assert (await platform.read(record))["registration"] == "pending"  # it has said that it took it, and not shown it

    await platform.connect("CS1", protocol=protocol, password=new)  # boots, and is accepted
    shown = await platform.read(record)
    assert (shown["registration"], shown["has_factory_password"]) == ("accepted", False)
    await answers(platform, 401, "CS1", password=PASSWORD)


async def test_a_makers_password_must_be_said(platform: Platform) -> None:
    body = {"identity": "CS1", "is_factory_password": True}
    refused = await platform.client.post("/charging-stations", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "$.password")
    assert (await platform.client.get("/charging-stations")).json()["items"] == []


# ---- profiles


async def test_a00_fr_005_a_profile_is_lowered_by_hand_with_a_reason_only(platform: Platform) -> None:
    record = await platform.register("CS1", security_profile=2, password=PASSWORD)
    assert await platform.status_of("CS1", password=PASSWORD) == 401
    refused = await change(platform, record, 422, security_profile=1)
    assert refused["errors"][0]["path"] == "$.override_reason"
    assert (await change(platform, record, 422, security_profile=1, override_reason="short"))["status"] == 422
    assert (await platform.read(record))["security_profile"] == 2
    assert "station.profile_lowered" not in await acts(platform)

    await change(platform, record, security_profile=1, override_reason="the board was swapped on site")
    await answers(platform, 101, "CS1", password=PASSWORD)
    said = await acts(platform)
    assert "station.profile_lowered" in said
    assert "the board was swapped on site" in said
    # A higher one needs no reason.
    assert (await change(platform, record, security_profile=2))["security_profile"] == 2


async def test_profile_0_ends_by_its_time(platform: Platform) -> None:
    now = clock.now()
    record = await platform.register("CS1", security_profile=0)
    asked = now + timedelta(days=2)
    other = await platform.register("CS2", security_profile=0, open_until=clock.to_rfc3339(asked))
    until = (await stored(platform, record)).open_until
    assert timedelta(days=89) < until - now < timedelta(days=91)
    assert other["open_until"] == clock.to_rfc3339(asked)
    station = await platform.connect("CS1")
    with clock.frozen(until + timedelta(seconds=1)):
        assert await platform.status_of("CS1") == 401
        await tending.tend(platform.runtime)
        await station.is_gone.wait()
    assert station.closed_with == 1008
    # Somebody says again that it may, for a time that can be.
    for wrong in (now - timedelta(days=1), now + timedelta(days=400)):
        refused = await change(platform, other, 422, open_until=clock.to_rfc3339(wrong))
        assert refused["errors"][0]["path"] == "$.open_until"
    longer = await change(platform, other, open_until=clock.to_rfc3339(now + timedelta(days=300)))
    assert longer["open_until"] == clock.to_rfc3339(now + timedelta(days=300))
    raised = await change(platform, other, security_profile=1)
    assert raised["open_until"] is None
    body = {"identity": "CS3", "open_until": clock.to_rfc3339(asked)}
    refused_new = await platform.client.post("/charging-stations", json=body)
    assert (refused_new.status_code, refused_new.json()["errors"][0]["path"]) == (422, "$.open_until")


# ---- certificates


async def test_a00_fr_427_one_certificate_opens_one_identity_and_its_misuse_is_told(platform: Platform) -> None:
    record, station = await connected(platform, "ocpp2.0.1")
    context = await platform.certified(station, "CS1")
    await state_of(platform, record, "accepted")
    await station.hang_up()
    await change(platform, record, security_profile=3)
    victim = await platform.register("CS2", security_profile=3)
    assert await platform.status_of("CS2", tls=context) == 401
    assert await platform.status_of("CS1", tls=context) == 101
    [event] = await platform.items("/security-events", station_id=victim["id"])
    assert (event["type"], event["severity"]) == ("InvalidChargingStationCertificate", "critical")
    assert "of CS1 shown from 127.0.0.1" in event["tech_info"]
    assert await platform.items("/security-events", station_id=record["id"]) == []


# ---- stations that nobody has registered


async def test_unknown_stations_wait_in_quarantine_for_a_word(start_platform: StartPlatform) -> None:
    platform = await start_platform(gateway={"unknown_stations": "pending"})
    for identity in ("NEW1", "NEW2"):
        raw, response = await platform.ask(identity)
        assert response.status == 101
        station = Station(raw, "ocpp2.0.1")
        platform.raws.remove(raw)
        platform.stations.append(station)
        assert (await station.boot())["status"] == "Pending"
    await platform.register("OURS")
    two, one = await platform.items("/charging-stations", is_quarantined="true")
    assert [one["identity"], two["identity"]] == ["NEW1", "NEW2"]
    assert [each["identity"] for each in await platform.items("/charging-stations", registration="accepted")] == [
        "OURS"
    ]

    accepted = await change(platform, one, registration="accepted")
    assert (accepted["quarantined_at"], accepted["registration"]) == (None, "accepted")
    assert accepted["open_until"] is not None  # it has no password: that is allowed for a time
    rejected = await change(platform, two, registration="rejected")
    assert rejected["quarantined_at"] is None
    assert await platform.items("/charging-stations", is_quarantined="true") == []
    assert (await platform.stations[1].boot())["status"] == "Rejected"


async def test_quarantine_is_bounded_and_forgets(start_platform: StartPlatform) -> None:
    platform = await start_platform(
        gateway={"unknown_stations": "pending"}, stations={"quarantine_max": 2, "quarantine_days": 3}
    )
    for identity in ("NEW1", "NEW2"):
        raw, response = await platform.ask(identity)
        assert response.status == 101
        raw.writer.transport.abort()
    _, full = await platform.ask("NEW3")
    assert full.status == 401
    await platform.register("OURS", password=PASSWORD)
    assert await platform.status_of("OURS", password=PASSWORD) == 101

    async def are_offline() -> bool:
        return not any(each["is_online"] for each in await platform.items("/charging-stations", is_quarantined="true"))

    await platform.eventually(are_offline, "they have hung up")
    with clock.frozen(clock.now() + timedelta(days=3, minutes=1)):
        await tending.tend(platform.runtime)
    assert await platform.items("/charging-stations", is_quarantined="true") == []
    assert [each["identity"] for each in await platform.items("/charging-stations")] == ["OURS"]
    assert await platform.status_of("NEW3") == 101
