"""Who may connect: the rows of the contract's table, and what guessing costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from voltway.contracts.station_link import ReportLink
from voltway.contracts.vocabulary import Registration
from voltway.kernel.errors import StartUpError
from voltway.kernel.secrets import derive_key, hash_secret
from voltway.modules.gateway.admission import prefix_of
from voltway.modules.gateway.gateway import unknown_stations
from voltway.modules.gateway.handshake import Target
from voltway.modules.gateway.settings import GatewaySettings

from .conftest import PASSWORD, SECRET, Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .neighbours import replace, until  # noqa: TID252
from .raw_station import PING, PONG, RawStation  # noqa: TID252

OTHER_OPERATOR: dict[str, Any] = {
    "operator_id": "00000000-0000-7000-8000-000000000009",
    "operator_slug": "other",
}


async def status_of(network: Network, path: str, **presented: Any) -> int:
    station = await network.dial()
    return (await station.ask(path, **presented)).status


async def test_every_refusal_is_the_same_bytes(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {}, "TLS": {"profile": 2}, "CERT": {"profile": 3}, "GONE": {}})
    await network.record(next(r for r in network.neighbours.records.values() if r.identity == "GONE"), is_retired=True)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("/ocpp/CS1", {"password": "wrong-password-here"}),
        ("/ocpp/CS1", {}),
        ("/ocpp/CS1", {"Authorization": "Bearer x"}),
        ("/ocpp/CS1", {"password": PASSWORD, "user": "CS2"}),
        ("/ocpp/CS1", {"password": ""}),
        ("/ocpp/other/CS1", {"password": PASSWORD}),
        ("/ocpp/NOBODY", {"password": PASSWORD}),
        ("/ocpp/NOBODY", {}),
        ("/ocpp/GONE", {"password": PASSWORD}),
        ("/ocpp/TLS", {"password": PASSWORD}),
        ("/ocpp/CERT", {"password": PASSWORD}),
        ("/ocpp/CERT", {}),
    ]
    answers = set()
    for path, presented in attempts:
        station = await network.dial()
        answers.add((await station.ask(path, **presented)).raw)
        await station.ended()
    [answer] = answers
    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b'WWW-Authenticate: Basic realm="ocpp"' in answer
    assert network.neighbours.reports == []


async def test_right_password_gets_in_whatever_the_case_of_the_identity(network: Network) -> None:
    assert await status_of(network, "/ocpp/cs1", user="Cs1", password=PASSWORD) == 101
    await until(lambda: network.neighbours.of(ReportLink), "the link is recorded")
    assert network.neighbours.of(ReportLink)[0].station_identity == "CS1"


@pytest.mark.parametrize("sent", [b"0011aaff0011aaff0011", bytes.fromhex("0011aaff0011aaff0011")])
@pytest.mark.parametrize("kept", ["0011aaff0011aaff0011", "0011AAFF0011AAFF0011"])
async def test_hexadecimal_key_may_be_sent_as_bytes(start_network: StartNetwork, sent: bytes, kept: str) -> None:
    network = await start_network({"CS1": {"password": kept}})
    is_right = sent == kept.encode() or len(sent) == 10
    assert await status_of(network, "/ocpp/CS1", password=sent) == (101 if is_right else 401)


async def test_profile_0_needs_nothing(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"password": None}, "CS2": {"password": None}})
    assert await status_of(network, "/ocpp/CS1") == 101
    assert await status_of(network, "/ocpp/CS2", password="anything") == 101


async def test_operators_may_use_the_same_identity(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {}})
    mine = next(iter(network.neighbours.records.values()))
    theirs = network.neighbours.station("cs1", password="another-password", secret=SECRET, **OTHER_OPERATOR)
    assert await status_of(network, "/ocpp/other/CS1", password="another-password") == 101
    assert await status_of(network, "/ocpp/default/CS1", password=PASSWORD) == 101
    assert await status_of(network, "/ocpp/default/CS1", password="another-password") == 401
    assert await status_of(network, "/ocpp/CS1", password="another-password") == 101  # the password says which
    found = {link.credential.station_id for link in network.gateway.registry}
    assert found == {mine.station_id, theirs.station_id}


async def test_record_made_elsewhere_connects_at_once(network: Network) -> None:
    network.neighbours.station("FRESH", password="a-fresh-password", secret=SECRET)  # and no event says so
    assert await status_of(network, "/ocpp/FRESH", password="a-fresh-password") == 101


async def test_password_rotated_elsewhere_connects_at_once(network: Network) -> None:
    record = next(r for r in network.neighbours.records.values() if r.identity == "CS1")
    key = derive_key(SECRET, "station-password")
    network.neighbours.records[record.station_id] = replace(record, secret_hash=hash_secret("rotated", key))
    assert await status_of(network, "/ocpp/CS1", password="rotated") == 101
    assert await status_of(network, "/ocpp/CS1", password=PASSWORD) == 401


async def test_changes_are_followed_by_events(network: Network) -> None:
    record = next(r for r in network.neighbours.records.values() if r.identity == "CS1")
    renamed = replace(record, identity="CS9")
    await network.record(renamed)
    await until(lambda: network.gateway.credentials.find(Target(None, "CS9")), "the new name is known")
    assert network.gateway.credentials.find(Target(None, "CS1")) == ()
    looked_up = network.neighbours.lookups
    assert await status_of(network, "/ocpp/CS9", password=PASSWORD) == 101
    assert network.neighbours.lookups == looked_up


async def test_retired_station_is_sent_off(network: Network) -> None:
    station = await network.connect("CS1")
    record = next(r for r in network.neighbours.records.values() if r.identity == "CS1")
    await network.record(record, is_retired=True)
    assert await station.closed() == 1008
    assert await status_of(network, "/ocpp/CS1", password=PASSWORD) == 401


async def test_database_is_asked_only_so_often(start_network: StartNetwork) -> None:
    network = await start_network(rereads_per_s=3, failures_burst=100)
    for index in range(10):
        await status_of(network, f"/ocpp/GUESS{index}", password="x")
    assert network.neighbours.lookups <= 4


# ---- unknown stations


async def test_pending_unknown_station_gets_a_record(start_network: StartNetwork) -> None:
    network = await start_network(unknown_stations="pending", probe_timeout_s=0.1)
    assert await status_of(network, "/ocpp/NEW", password="whatever") == 101
    [record] = [r for r in network.neighbours.records.values() if r.identity == "NEW"]
    assert record.registration is Registration.PENDING
    assert await status_of(network, "/ocpp/NEW", password="another") == 101  # it has profile 0 now


async def test_accepted_unknown_station_gets_a_record(start_network: StartNetwork) -> None:
    network = await start_network(unknown_stations="accept")
    assert await status_of(network, "/ocpp/NEW") == 101
    [record] = [r for r in network.neighbours.records.values() if r.identity == "NEW"]
    assert record.registration is Registration.ACCEPTED


async def test_known_station_needs_its_password_whatever_happens_to_unknown_ones(start_network: StartNetwork) -> None:
    network = await start_network(unknown_stations="accept")
    assert await status_of(network, "/ocpp/CS1") == 401
    assert await status_of(network, "/ocpp/CS1", password="x") == 401


def test_who_is_unknown_depends_on_who_can_reach_the_port() -> None:
    assert unknown_stations(GatewaySettings(host="127.0.0.1")) == "pending"
    assert unknown_stations(GatewaySettings(host="::1")) == "pending"
    assert unknown_stations(GatewaySettings(host="0.0.0.0")) == "reject"
    assert unknown_stations(GatewaySettings(host="10.0.0.1", unknown_stations="pending")) == "pending"
    assert unknown_stations(GatewaySettings(host="localhost", unknown_stations="accept")) == "accept"
    with pytest.raises(StartUpError, match="UNKNOWN_STATIONS=pending or reject"):
        unknown_stations(GatewaySettings(host="0.0.0.0", unknown_stations="accept"))


# ---- guessing


async def test_guessing_is_slowed_and_does_not_lock_the_station_out(start_network: StartNetwork) -> None:
    network = await start_network(failures_burst=5, failure_pause_s=1000)
    statuses = [await status_of(network, "/ocpp/CS1", password=f"guess-{index}") for index in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    refused = await (await network.dial()).ask("/ocpp/CS1", password="guess")
    assert int(refused.headers["retry-after"]) > 100
    assert await status_of(network, "/ocpp/CS1", password=PASSWORD) == 101
    assert await status_of(network, "/ocpp/CS2", password="guess") == 401  # another identity has its own limit


async def test_guessing_many_identities_from_one_network_is_slowed(start_network: StartNetwork) -> None:
    network = await start_network(prefix_failures_burst=5, prefix_failure_pause_s=1000)
    statuses = [await status_of(network, f"/ocpp/GUESS{index}", password="guess") for index in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert await status_of(network, "/ocpp/CS1", password=PASSWORD) == 101


def test_network_of_an_address() -> None:
    assert prefix_of("192.0.2.77") == prefix_of("192.0.2.1") == "192.0.2.0/24"
    assert prefix_of("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert prefix_of("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert prefix_of("fe80::1%eth0") == "fe80::/48"


async def test_storm_is_told_to_come_again_later(start_network: StartNetwork) -> None:
    network = await start_network(connections_per_s=0.001, connections_burst=2)
    statuses = [await status_of(network, "/ocpp/CS1", password=PASSWORD) for _ in range(3)]
    assert statuses == [101, 101, 503]
    refused = await (await network.dial()).ask("/ocpp/CS1", password=PASSWORD)
    assert 1 <= int(refused.headers["retry-after"]) <= 30


async def test_storm_of_one_network_leaves_room_for_another(start_network: StartNetwork) -> None:
    """Behind a proxy that tells where they come from: two of one /24, then one of another."""
    network = await start_network(
        prefix_connections_per_s=0.001, prefix_connections_burst=1, trusted_proxies=("127.0.0.0/8",)
    )
    addresses = ("192.0.2.7", "192.0.2.8", "198.51.100.1")
    statuses = [
        (await (await network.dial()).ask("/ocpp/CS1", password=PASSWORD, X_Forwarded_For=address)).status
        for address in addresses
    ]
    assert statuses == [101, 503, 101]


async def test_station_that_comes_and_goes_all_the_time_is_held_off_and_no_other(start_network: StartNetwork) -> None:
    network = await start_network(station_connections_burst=2, station_connection_pause_s=1000)
    statuses = []
    for _ in range(3):
        station = await network.dial()
        statuses.append((await station.ask("/ocpp/CS1", password=PASSWORD)).status)
        await station.hang_up()
        await until(lambda: len(network.gateway.registry) == 0, "the link has ended")
    assert statuses == [101, 101, 503]
    assert await status_of(network, "/ocpp/CS2", password=PASSWORD) == 101


async def test_nobody_holds_a_station_off_who_cannot_prove_to_be_it(start_network: StartNetwork) -> None:
    network = await start_network(station_connections_burst=1, station_connection_pause_s=1000)
    for _ in range(3):
        assert await status_of(network, "/ocpp/CS1", password="wrong") in (401, 429)
    assert await status_of(network, "/ocpp/CS1", password=PASSWORD) == 101


# ---- two connections of one station


async def test_newest_authenticated_connection_wins(network: Network) -> None:
    old = await network.connect("CS1")
    new = await network.connect("CS1")
    assert await old.closed() == 1008
    assert (await new.exchange("1", "Heartbeat", {}))[0] == 3
    await until(lambda: len(network.neighbours.of(ReportLink)) == 2, "both links are recorded")
    first, second = network.neighbours.of(ReportLink)
    assert first.is_open
    assert second.is_open  # nothing is said of the old one's end: the station has never been offline
    assert second.epoch > first.epoch
    await new.hang_up()
    await until(lambda: len(network.neighbours.of(ReportLink)) == 3, "the end is recorded")
    assert network.neighbours.of(ReportLink)[-1].epoch == second.epoch


async def test_wrong_password_does_not_disturb_the_link(network: Network) -> None:
    station = await network.connect("CS1")
    assert await status_of(network, "/ocpp/CS1", password="wrong") == 401
    assert (await station.exchange("1", "Heartbeat", {}))[0] == 3


async def test_two_that_fight_for_one_identity_are_slowed(start_network: StartNetwork) -> None:
    network = await start_network(takeovers_burst=3, takeover_pause_s=1000)
    statuses = [await status_of(network, "/ocpp/CS1", password=PASSWORD) for _ in range(6)]
    assert statuses == [101] * 4 + [503] * 2
    assert len(network.gateway.registry) == 1


async def answer_pings(station: RawStation) -> None:
    while True:
        frame = await station.frame()
        if frame.opcode == PING:
            station.send_frame(PONG, frame.payload)


async def test_without_password_a_link_that_lives_is_kept(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"password": None}})
    old = await network.connect("CS1", password=None)
    pinging = asyncio.ensure_future(answer_pings(old))
    newcomer = await network.dial()
    assert (await newcomer.ask("/ocpp/CS1")).status == 101
    assert await newcomer.closed() == 1008
    pinging.cancel()
    await asyncio.gather(pinging, return_exceptions=True)
    assert (await old.exchange("1", "Heartbeat", {}))[0] == 3


async def test_without_password_a_dead_link_is_taken_over(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"password": None}}, probe_timeout_s=0.2)
    old = await network.connect("CS1", password=None)
    new = await network.connect("CS1", password=None)
    assert (await new.exchange("1", "Heartbeat", {}))[0] == 3
    assert await old.closed() == 1008
