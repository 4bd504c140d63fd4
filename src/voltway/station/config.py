"""The station's configuration, a TOML file: what may stand in it, and errors that name the line and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voltway.kernel.errors import StartUpError
from voltway.station.evse_words import EvseSettings, WakeUp
from voltway.station.hardware.meter_maps import METERS
from voltway.station.line_watch import CONTACTS, LAMPS
from voltway.station.ocpp.variables import zone_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str | int, ...]

    def wrong(self, value: object) -> str | None:
        is_right = value in self.words and not isinstance(value, bool)
        return None if is_right else f"one of {', '.join(map(str, self.words))}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds, both allowed."""

    least: float
    most: float
    is_whole: bool = False

    def wrong(self, value: object) -> str | None:
        kinds = (int,) if self.is_whole else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and self.least <= value <= self.most:
            return None
        return f"a {'whole ' if self.is_whole else ''}number from {self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def wrong(self, value: object) -> str | None:
        return None if isinstance(value, bool) else "true or false"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a form."""

    form: str
    meaning: str

    def wrong(self, value: object) -> str | None:
        return None if isinstance(value, str) and re.fullmatch(self.form, value) else self.meaning


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts of a form."""

    form: str
    meaning: str

    def wrong(self, value: object) -> str | None:
        is_right = isinstance(value, list) and all(
            isinstance(one, str) and re.fullmatch(self.form, one) for one in value
        )
        return None if is_right else f"a list of {self.meaning}"


@dataclass(frozen=True, slots=True)
class Zone:
    """The name of a time zone."""

    def wrong(self, value: object) -> str | None:
        is_right = isinstance(value, str) and zone_of(value) is not None
        return None if is_right else "a time zone such as Europe/Berlin"


Rule = Choice | Number | Flag | Text | Texts | Zone
PORT = Text(r"/dev/[\w./-]+", "the path of a serial port, such as /dev/ttyUSB0")
MAKES = ("simulated", *METERS, "sunspec")

STATION: Mapping[str, Rule] = {
    "data_dir": Text(r".+", "a folder"),
    "access": Choice(("free", "cards")),
    "cards": Texts(r"[0-9A-Fa-f]{8,20}", "card numbers in hex"),
    "reader": PORT,
    "time_zone": Zone(),
    "signing_key": Text(r".+", "a file for the key in PEM (P-256) that signs begin and end of charges"),
}
PROTOCOLS = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
OCPP: Mapping[str, Rule] = {
    "url": Text(r"wss?://[^\s]+", "an address such as wss://csms.example/ocpp, without the identity"),
    "identity": Text(r"[^\s/:]{1,48}", "1 to 48 characters without spaces, slashes and colons"),
    "protocols": Texts("|".join(map(re.escape, PROTOCOLS)), f"some of {', '.join(PROTOCOLS)}, the dearest first"),
    "password": Text(r"[^\s]{8,64}", "8 to 64 characters without spaces"),
    "ca_file": Text(r".+", "a file with certificates in PEM"),
    "certificate": Text(r".+", "a file with the station's certificate in PEM"),
    "key": Text(r".+", "a file with the private key of that certificate in PEM"),
    "vendor": Text(r".{1,20}", "1 to 20 characters"),
    "model": Text(r".{1,20}", "1 to 20 characters"),
    "serial_number": Text(r".{1,25}", "1 to 25 characters"),
    "firmware_version": Text(r".{1,50}", "1 to 50 characters"),
    "maker_certificates": Text(r".+", "a file with the certificates in PEM that sign firmware"),
    "installer": Text(r"/.+", "the path of a program that installs the image it is given"),
    "free_token": Text(r"[^\s]{1,20}", "1 to 20 characters without spaces"),
}
LOCAL: Mapping[str, Rule] = {
    "http": Text(r"[\w.\[\]:-]+:\d{1,5}", "host:port, such as 127.0.0.1:8090"),
    "pin": Text(r"\d{4,12}", "4 to 12 digits"),
    "mqtt": Text(r"mqtts?://[^\s]+", "an address such as mqtt://name:password@house.lan:1883"),
    "off_peak": Flag(),
    "delay_s_max": Number(0, 1800, is_whole=True),
    "mqtt_prefix": Text(r"[\w/-]{1,60}", "1 to 60 letters, digits, slashes and hyphens"),
}
EVSE: Mapping[str, Rule] = {
    "current_a_max": Number(6, 80),
    "phases": Choice((1, 3)),
    "has_socket": Flag(),
    "has_ventilation": Flag(),
    "can_switch_phases": Flag(),
    "wake_up": Choice(tuple(WakeUp)),
    "fault_f_s": Number(0, 10),
    "board": Choice(("simulated", "serial")),
    "board_port": PORT,
    "meter": Choice(MAKES),
    "meter_port": Text(
        r"/dev/[\w./-]+|[\w.-]+:\d{1,5}", "a serial port such as /dev/ttyUSB1, or host:port for Modbus TCP"
    ),
    "meter_serial": Text(r"[\w.-]{1,25}", "1 to 25 letters, digits, dots and hyphens"),
    "meter_unit": Number(1, 247, is_whole=True),
    "sample_every_s": Number(1, 86_400, is_whole=True),
    "simulated_vehicle": Flag(),
}


GPIO: Mapping[str, Rule] = {
    "chip": Text(r"/dev/[\w./-]+", "the path of a GPIO chip, such as /dev/gpiochip0"),
    "normally_open": Texts("|".join(CONTACTS), f"some of {', '.join(CONTACTS)}"),
    **dict.fromkeys((*CONTACTS, *LAMPS), Number(0, 511, is_whole=True)),
}


@dataclass(frozen=True, slots=True)
class GpioConfig:
    """Digital lines of the computer's own, by their offset at the chip. Contacts open when there is a fault, but for `normally_open`."""

    chip: str
    contacts: Mapping[str, int]
    lamps: Mapping[str, int]
    normally_open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EvseConfig:
    """One EVSE and its parts. A port is None for a simulated part."""

    settings: EvseSettings
    board_port: str | None
    meter: str
    meter_port: str | None
    meter_unit: int
    sample_every_s: int
    has_simulated_vehicle: bool
    meter_serial: str | None = None


@dataclass(frozen=True, slots=True)
class OcppConfig:
    """The link to the CSMS. `free_token` is what a charge of free access is told with."""

    url: str
    identity: str
    protocols: tuple[str, ...] = PROTOCOLS
    password: str | None = None
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    vendor: str = "Voltway"
    model: str = "Station"
    serial_number: str | None = None
    firmware_version: str = "1.0.0"
    maker_certificates: Path | None = None
    installer: Path | None = None
    free_token: str = "FREE"


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """What is offered on the spot: the page's host:port, the PIN of its orders, a broker. None is off. `off_peak`: as Great
    Britain asks of private charge points."""

    http: str | None = None
    pin: str | None = None
    mqtt: str | None = None
    mqtt_prefix: str = "voltway"
    off_peak: bool = False
    delay_s_max: int = 600


@dataclass(frozen=True, slots=True)
class StationConfig:
    """The whole station."""

    data_dir: Path
    is_free: bool
    cards: frozenset[str]
    reader: str | None
    evses: tuple[EvseConfig, ...]
    ocpp: OcppConfig | None = None
    local: LocalConfig = LocalConfig()
    signing_key: Path | None = None
    """Who signs begin and end of charges; None: nobody."""
    gpio: GpioConfig | None = None
    time_zone: str | None = None
    """What its clock on the wall goes by, until the CSMS says something else; None: UTC."""


def read_config(path: Path) -> StationConfig:
    """The configuration in a file. Raises StartUpError: one line with file, line, what is wrong, and what is allowed."""
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise StartUpError(f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise StartUpError(f"{path}: {error}") from error
    return _Reading(path, text).config(document)


class _Reading:
    """Checks a document, and finds the lines of what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._lines = path, text.splitlines()

    def config(self, document: dict[str, Any]) -> StationConfig:
        for name in document:
            if name not in {"station", "evse", "ocpp", "local", "gpio"}:
                allowed = "the tables [station], [ocpp], [local], [gpio] and [[evse]]"
                raise self._error(self._line_of(name), f"{name} is unknown", allowed)
        station, evses = document.get("station", {}), document.get("evse", [])
        if not isinstance(station, dict):
            raise self._error(self._line_of("station"), "station is no table", "[station]")
        if not isinstance(evses, list) or not evses or not all(isinstance(evse, dict) for evse in evses):
            raise self._error(len(self._lines), "there is no EVSE", "one [[evse]] or more")
        self._check(station, STATION, "station", 0)
        has_way_in = "reader" in station or "ocpp" in document
        if station.get("access", "cards") == "cards" and not has_way_in:
            message = "access by cards needs a reader"
            raise self._error(
                self._header("station", 0), message, 'reader = "/dev/…", an [ocpp] table, or access = "free"'
            )
        return StationConfig(
            data_dir=Path(station.get("data_dir", "data/station")),
            is_free=station.get("access", "cards") == "free",
            cards=frozenset(card.upper() for card in station.get("cards", [])),
            reader=station.get("reader"),
            evses=tuple(self._evse(evse, at) for at, evse in enumerate(evses)),
            ocpp=self._ocpp(document["ocpp"]) if "ocpp" in document else None,
            local=self._local(document.get("local", {})),
            gpio=self._gpio(document["gpio"]) if "gpio" in document else None,
            time_zone=station.get("time_zone"),
            signing_key=Path(station["signing_key"]) if "signing_key" in station else None,
        )

    def _local(self, table: Any) -> LocalConfig:
        if not isinstance(table, dict):
            raise self._error(self._line_of("local"), "local is no table", "[local]")
        self._check(table, LOCAL, "local", 0)
        return LocalConfig(**table)

    def _gpio(self, table: Any) -> GpioConfig:
        if not isinstance(table, dict):
            raise self._error(self._line_of("gpio"), "gpio is no table", "[gpio]")
        self._check(table, GPIO, "gpio", 0)
        if "chip" not in table:
            raise self._error(self._header("gpio", 0), "there is no chip", 'chip = "/dev/gpiochip0"')
        used: dict[int, str] = {}
        for name in (*CONTACTS, *LAMPS):
            if name in table and used.setdefault(table[name], name) != name:
                line = self._line_of(name, self._header("gpio", 0))
                raise self._error(line, f"{name} has the line of {used[table[name]]}", "a line of its own")
        return GpioConfig(
            chip=table["chip"],
            contacts={name: table[name] for name in CONTACTS if name in table},
            lamps={name: table[name] for name in LAMPS if name in table},
            normally_open=frozenset(table.get("normally_open", [])),
        )

    def _ocpp(self, table: Any) -> OcppConfig:
        if not isinstance(table, dict):
            raise self._error(self._line_of("ocpp"), "ocpp is no table", "[ocpp]")
        self._check(table, OCPP, "ocpp", 0)
        for name in ("url", "identity"):
            if name not in table:
                raise self._error(self._header("ocpp", 0), f"there is no {name}", f"{name} = …")
        if ("certificate" in table) is not ("key" in table):
            raise self._error(self._header("ocpp", 0), "a certificate needs its key", "certificate and key, or neither")
        values: dict[str, Any] = dict(table)
        for name in {"ca_file", "certificate", "key", "maker_certificates", "installer"} & values.keys():
            values[name] = Path(values[name])
        if "protocols" in values:
            if not values["protocols"]:
                raise self._error(self._line_of("protocols"), "there is no protocol", f"some of {', '.join(PROTOCOLS)}")
            values["protocols"] = tuple(values["protocols"])
        return OcppConfig(**values)

    def _evse(self, table: dict[str, Any], at: int) -> EvseConfig:
        self._check(table, EVSE, "evse", at)
        for part in ("board", "meter"):
            if table.get(part, "simulated") != "simulated" and f"{part}_port" not in table:
                message = f"the {part} {table[part]} needs its port"
                raise self._error(self._header("evse", at), message, f"{part}_port = …")
        names = EvseSettings.__dataclass_fields__
        settings = {name: value for name, value in table.items() if name in names}
        if "wake_up" in settings:
            settings["wake_up"] = WakeUp(settings["wake_up"])
        return EvseConfig(
            settings=EvseSettings(**settings),
            board_port=table.get("board_port") if table.get("board") == "serial" else None,
            meter=table.get("meter", "simulated"),
            meter_port=table.get("meter_port"),
            meter_unit=table.get("meter_unit", 1),
            sample_every_s=table.get("sample_every_s", 10),
            has_simulated_vehicle=table.get("simulated_vehicle", False),
            meter_serial=table.get("meter_serial"),
        )

    def _check(self, table: dict[str, Any], rules: Mapping[str, Rule], name: str, at: int) -> None:
        for key, value in table.items():
            line = self._line_of(key, self._header(name, at))
            if key not in rules:
                raise self._error(line, f"{key} is unknown", ", ".join(rules))
            if allowed := rules[key].wrong(value):
                raise self._error(line, f"{key} = {value!r} is not allowed", allowed)

    def _header(self, name: str, at: int) -> int:
        """The line of a table's header, from 1; 1 if it is written another way."""
        headers = [number for number, line in enumerate(self._lines, 1) if re.match(rf"\s*\[+\s*{name}\s*\]+", line)]
        return headers[at] if at < len(headers) else 1

    def _line_of(self, key: str, begin: int = 1) -> int:
        """The first line from `begin` on that sets a key, or is a table of that name."""
        form = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}\b")
        return next((at for at in range(begin, len(self._lines) + 1) if form.match(self._lines[at - 1])), begin)

    def _error(self, line: int, what: str, allowed: str) -> StartUpError:
        return StartUpError(f"{self._path}, line {line}: {what}; allowed: {allowed}")
