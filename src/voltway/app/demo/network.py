"""What the demo network consists of. Names are invented; cities, coordinates and time zones are real."""

from __future__ import annotations

from dataclasses import dataclass

from voltway.kernel.auth import Role

PASSWORD = "amber-plug-4711"
"""Of every demo log-in. It is known to everybody, so demo log-ins exist in demo databases only."""


@dataclass(frozen=True)
class LogIn:
    """Somebody who may log in."""

    email: str
    name: str
    role: Role
    about: str


LOG_INS = (
    LogIn("admin@demo.example", "Ada Berg", Role.OPERATOR_ADMIN, "administrator: may do everything"),
    LogIn("control@demo.example", "Ben Okafor", Role.OPERATIONS, "control room: stations, commands, sessions"),
    LogIn("support@demo.example", "Chiara Neri", Role.SUPPORT, "support desk: helps drivers"),
    LogIn("finance@demo.example", "Dai Lewis", Role.FINANCE, "finance: sessions and tariffs"),
    LogIn("audit@demo.example", "Esra Yildiz", Role.AUDITOR, "auditor: sees, changes nothing"),
    LogIn("driver@demo.example", "Femke Visser", Role.DRIVER, "driver: the app at /app/, with a wallet"),
)
DRIVER = LOG_INS[-1]
"""Who drives, charges and pays from a wallet."""


@dataclass(frozen=True)
class Location:
    """A site."""

    name: str
    address: str
    city: str
    postal_code: str
    country: str
    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True)
class Evse:
    """An EVSE with one connector. `phases` 0: DC."""

    power_w_max: int
    phases: int
    connector_type: str


@dataclass(frozen=True)
class ChargingStation:
    """A station: where it stands, what it speaks, what it has."""

    identity: str
    location: str
    protocol: str
    model: str
    evses: tuple[Evse, ...]

    @property
    def is_fast(self) -> bool:
        """Whether it charges with direct current."""
        return any(evse.phases == 0 for evse in self.evses)


@dataclass(frozen=True)
class Tariff:
    """Prices excl. VAT, in the operator's currency."""

    name: str
    start_fee: str
    price_per_kwh: str
    price_per_minute: str
    is_for_fast_stations: bool


CURRENCY = "EUR"
VAT_PERCENT = "19"
HARBOUR, LIME_TREES, MILL = "Hafenblick", "Parc des Tilleuls", "De Oude Molen"

LOCATIONS = (
    Location(HARBOUR, "Kaiweg 12", "Hamburg", "20457", "DE", 53.5418, 9.9966, "Europe/Berlin"),
    Location(LIME_TREES, "8 allée des Tilleuls", "Lyon", "69006", "FR", 45.7745, 4.8527, "Europe/Paris"),
    Location(MILL, "Molenpad 3", "Utrecht", "3531 AA", "NL", 52.0922, 5.1053, "Europe/Amsterdam"),
)

_AC_11 = Evse(11_040, 3, "cType2")
_AC_22 = Evse(22_080, 3, "cType2")
_DC_50 = Evse(50_000, 0, "cCCS2")
_DC_150 = Evse(150_000, 0, "cCCS2")

STATIONS = (
    ChargingStation("HAM-01", HARBOUR, "ocpp1.6", "Post 22 Duo", (_AC_22, _AC_22)),
    ChargingStation("HAM-02", HARBOUR, "ocpp1.6", "Post 22 Duo", (_AC_22, _AC_22)),
    ChargingStation("HAM-03", HARBOUR, "ocpp2.0.1", "Tower 150", (_DC_150, _DC_150)),
    ChargingStation("HAM-04", HARBOUR, "ocpp2.1", "Tower 150", (_DC_150, _DC_150)),
    ChargingStation("LYS-01", LIME_TREES, "ocpp1.6", "Wall 11", (_AC_11,)),
    ChargingStation("LYS-02", LIME_TREES, "ocpp2.0.1", "Wall 11", (_AC_11,)),
    ChargingStation("LYS-03", LIME_TREES, "ocpp2.0.1", "Post 22 Duo", (_AC_22, _AC_22)),
    ChargingStation("LYS-04", LIME_TREES, "ocpp1.6", "Tower 50", (_DC_50,)),
    ChargingStation("UTC-01", MILL, "ocpp2.1", "Post 22 Duo", (_AC_22, _AC_22)),
    ChargingStation("UTC-02", MILL, "ocpp2.0.1", "Post 22 Duo", (_AC_22, _AC_22)),
    ChargingStation("UTC-03", MILL, "ocpp1.6", "Wall 11", (_AC_11,)),
    ChargingStation("UTC-04", MILL, "ocpp2.1", "Tower 50", (_DC_50,)),
)

TARIFFS = (
    Tariff("Everyday", "0.35", "0.39", "0", is_for_fast_stations=False),
    Tariff("Fast charging", "0.50", "0.52", "0.05", is_for_fast_stations=True),
)

SELLER = {
    "name": "Amber Plug B.V.",
    "address": {"street": "Stationsplein 1", "postal_code": "3511 ED", "city": "Utrecht", "country": "NL"},
    "vat_id": "NL123456782B90",
    "email": "billing@demo.example",
    "bank": {"iban": "NL91ABNA0417164300", "name": "Demo bank"},
    "number_prefix": "AP",
    "time_zone": "Europe/Amsterdam",
    "footer": "A company of the demo network, which sells nothing to anybody.",
}
"""Who stands on the receipts."""
FLEET = {
    "name": "Parcel Post of the Demo",
    "address": {"street": "Havenweg 9", "postal_code": "3542 AD", "city": "Utrecht", "country": "NL"},
    "email": "fleet@demo.example",
    "reference": "Cost centre 12",
    "cadence": "session",
}
"""Who gets invoices, for the first FLEET_CARDS cards."""
FLEET_CARDS = 3

# Cards as readers see them: 7 bytes, written as hexadecimal digits.
TOKENS = tuple(f"04{(number * 0x5DEECE66D + 0xB) % 2**48:012X}" for number in range(1, 41))
