"""The configuration file: what is right is read, what is wrong is named with its line and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltway.kernel.errors import StartUpError
from voltway.station.config import EVSE, GPIO, STATION, read_config
from voltway.station.evse_words import WakeUp

WHOLE = """\
[station]
data_dir = "data"
access = "cards"
reader = "/dev/ttyUSB0"
cards = ["04a1b2c3"]

[[evse]]
board = "serial"
board_port = "/dev/ttyUSB1"
meter = "em340"
meter_port = "192.0.2.7:502"
current_a_max = 16
wake_up = "E"

[[evse]]
phases = 1
has_socket = false
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "station.toml"
    path.write_text(text)
    return read_config(path)


def test_a_whole_file_is_read_as_it_stands(tmp_path: Path) -> None:
    station = read(tmp_path, WHOLE.replace('"E"', '"e"'))
    first, second = station.evses
    assert station.cards == {"04A1B2C3"}
    assert not station.is_free
    assert (first.board_port, first.meter, first.meter_port) == ("/dev/ttyUSB1", "em340", "192.0.2.7:502")
    assert (first.settings.current_a_max, first.settings.wake_up) == (16, WakeUp.E)
    assert (second.board_port, second.meter, second.settings.phases, second.settings.has_socket) == (
        None,
        "simulated",
        1,
        False,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "what", "allowed"),
    [
        ("current_a_max = 16", "current_a_max = 5", 12, "current_a_max = 5", "a number from 6 to 80"),
        ("current_a_max = 16", "current_a_max = true", 12, "current_a_max = True", "a number from 6 to 80"),
        ("phases = 1", "phases = 2", 16, "phases = 2", "one of 1, 3"),
        ("has_socket = false", 'has_socket = "no"', 17, "has_socket = 'no'", "true or false"),
        ('"em340"', '"em430"', 10, "meter = 'em430'", "one of simulated, sdm630, em340, sunspec"),
        ("192.0.2.7:502", "192.0.2.7", 11, "meter_port", "host:port"),
        ("wake_up", "wakeup", 13, "wakeup is unknown", "wake_up"),
        ("04a1b2c3", "hello", 5, "cards", "card numbers in hex"),
        ("[station]", "[charger]", 1, "charger is unknown", "[station], [ocpp], [local], [gpio] and [[evse]]"),
        ('board_port = "/dev/ttyUSB1"', "", 7, "the board serial needs its port", "board_port"),
        ('reader = "/dev/ttyUSB0"', "", 1, "access by cards needs a reader", 'or access = "free"'),
        ("phases = 1", "phases = ", 16, "", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, line: int, what: str, allowed: str
) -> None:
    with pytest.raises(StartUpError) as error:
        read(tmp_path, WHOLE.replace('"E"', '"e"').replace(old, new))
    message = str(error.value)
    assert f"line {line}" in message
    assert what in message
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", '[station]\naccess = "free"\n'])
def test_a_station_without_an_evse_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(StartUpError, match="no EVSE"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "what", "allowed"),
    [
        ("tilt = 5\n", "there is no chip", "/dev/gpiochip0"),
        ('chip = "/dev/gpiochip0"\ntilt = -1\n', "tilt = -1", "a whole number from 0 to 511"),
        ('chip = "/dev/gpiochip0"\ntilt = 5\nwater = 5\n', "water has the line of tilt", "a line of its own"),
        ('chip = "/dev/gpiochip0"\ndiode = 5\n', "diode is unknown", "enclosure_open"),
        ('chip = "/dev/gpiochip0"\nnormally_open = ["door"]\n', "normally_open", "some of tilt"),
    ],
)
def test_lines_that_cannot_be_are_named(tmp_path: Path, text: str, what: str, allowed: str) -> None:
    with pytest.raises(StartUpError) as error:
        read(tmp_path, f'[station]\naccess = "free"\n[gpio]\n{text}[[evse]]\n')
    assert what in str(error.value)
    assert allowed in str(error.value)
    assert "line " in str(error.value)


def test_the_manual_names_every_setting() -> None:
    manual = (Path(__file__).parents[2] / "docs/operating/station.md").read_text()
    for name in (*STATION, *EVSE, *GPIO):
        assert f"`{name}`" in manual, name
