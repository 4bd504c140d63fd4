"""Topics and passwords at the broker."""

from __future__ import annotations

import pytest

from voltway.kernel.errors import StartUpError
from voltway.kernel.mqtt import Broker
from voltway.modules.gateway.gateway import unknown_stations
from voltway.modules.gateway.mqtt_access import Place, our_password, password_of, read_topic
from voltway.modules.gateway.settings import GatewaySettings, MqttSettings

from .conftest import SECRET  # noqa: TID252  (tests are not installed)
from .neighbours import Neighbours, replace  # noqa: TID252


@pytest.mark.parametrize("identity", ["CS1", "Garage left", "Left + #1", "S\u00e4ule", "a/b", "50%"])
def test_a_topic_names_its_station_whatever_the_identity_holds(identity: str) -> None:
    place = Place("acme", identity, "ocpp2.0.1")
    topic = place.topic("voltway", "up")
    assert topic.count("/") == 4
    assert not set(topic) & set("+# ")
    assert read_topic("voltway", topic) == (place, "up")


@pytest.mark.parametrize(
    "topic",
    [
        "voltway/acme/CS1/up",
        "voltway/acme/CS1/ocpp1.6/x/up",
        "other/acme/CS1/ocpp1.6/up",
        "voltway/acme/%43S1/ocpp1.6/up",  # CS1 spelled otherwise: the broker's list would not have known it
        "voltway/acme/%ff/ocpp1.6/up",
    ],
)
def test_a_topic_that_we_would_not_write_is_nobodys(topic: str) -> None:
    assert read_topic("voltway", topic) is None


def test_a_password_is_one_stations_one_secrets_and_one_records() -> None:
    station = Neighbours().station("CS1", password="x" * 16, secret=SECRET)
    known = password_of(station, SECRET)
    assert known == password_of(replace(station, identity="CS2"), SECRET)
    others = [
        password_of(replace(station, station_id="another"), SECRET),
        password_of(replace(station, secret_hash=None), SECRET),
        password_of(station, b"another secret"),
        our_password(MqttSettings(), SECRET),
    ]
    assert len({known, *others}) == 5
    assert our_password(MqttSettings(password="given"), SECRET) == "given"


def test_where_the_broker_is() -> None:
    assert Broker.at("mqtts://broker.example", "url") == ("broker.example", 8883, True)
    assert Broker.at("mqtt://[::1]:1884", "url") == ("::1", 1884, False)


@pytest.mark.parametrize(
    "url", ["broker.example:1883", "http://broker", "mqtt://a:b@broker", "mqtt://broker:x", "mqtt://b/p"]
)
def test_what_is_no_broker_is_said_at_the_start(url: str) -> None:
    with pytest.raises(StartUpError, match=r"gateway\.mqtt\.url"):
        Broker.at(url, "gateway.mqtt.url")


def test_behind_a_broker_is_the_world() -> None:
    assert unknown_stations(GatewaySettings(mqtt=MqttSettings(url="mqtt://127.0.0.1"))) == "pending"
    assert unknown_stations(GatewaySettings(mqtt=MqttSettings(url="mqtts://broker.example"))) == "reject"
