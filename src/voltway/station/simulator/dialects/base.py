"""What a dialect is: one OCPP version as a translator between the station's own words and wire messages.

It holds no state and takes no decision. `commands` names the CSMS's orders that the station obeys; what is not in that
table is answered as not supported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from voltway.station.simulator.vocabulary import (
    BootReason,
    EvseState,
    IdToken,
    MeterSample,
    Registration,
    StationSpec,
    TransactionReport,
)
from voltway.wire.ocpp.faults import ErrorCode, RefusedCall
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape
from voltway.wire.ocpp.times import parse_instant

if TYPE_CHECKING:
    from voltway.station.simulator.station import Station

Command = Callable[["Station", Any], Shape]


class BootAnswer(NamedTuple):
    """What the CSMS answered to our boot; `interval_s` 0 means that the station chooses."""

    registration: Registration
    interval_s: int


class TransactionAnswer(NamedTuple):
    """What the CSMS answered to a report: an id if it is the one who gives it, and its word on the token, if any."""

    transaction_id: str | None = None
    is_token_accepted: bool | None = None


class Reading(NamedTuple):
    """One measured value, in words that all versions share."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str = "Outlet"


class Dialect(ABC):
    """One protocol version."""

    subprotocol: ClassVar[Subprotocol]
    commands: ClassVar[Mapping[str, Command]]
    gives_transaction_ids: ClassVar[bool]
    """Whether the station names its transactions (2.x) or the CSMS does (1.6)."""

    @abstractmethod
    def boot(self, spec: StationSpec, reason: BootReason) -> Shape: ...

    @abstractmethod
    def read_boot(self, answer: Any) -> BootAnswer: ...

    @abstractmethod
    def heartbeat(self) -> Shape: ...

    @abstractmethod
    def authorize(self, token: IdToken) -> Shape: ...

    @abstractmethod
    def read_authorize(self, answer: Any) -> bool: ...

    @abstractmethod
    def status_word(self, state: EvseState) -> str:
        """What a connector's status is called; a change of the word is worth a notification."""

    @abstractmethod
    def status(self, evse_number: int, connector_number: int, word: str, at: datetime) -> Shape: ...

    @abstractmethod
    def station_status(self, is_operative: bool, at: datetime) -> Shape | None:
        """The status of the station as a whole, where the protocol has one."""

    @abstractmethod
    def says(self, report: TransactionReport) -> bool:
        """Whether the protocol has a message for such a report at all."""

    @abstractmethod
    def transaction(self, report: TransactionReport) -> Shape: ...

    @abstractmethod
    def read_transaction(self, report: TransactionReport, answer: Any) -> TransactionAnswer: ...

    @abstractmethod
    def meter_values(self, evse_number: int, sample: MeterSample) -> Shape:
        """A sample outside of any transaction."""


def readings(sample: MeterSample) -> Iterator[Reading]:
    """The values of a sample that the CSMS wants to hear, one per phase where it has phases."""
    wanted = sample.measurands
    if "Energy.Active.Import.Register" in wanted:
        yield Reading("Energy.Active.Import.Register", sample.energy_wh, "Wh")
    if "Power.Active.Import" in wanted:
        yield Reading("Power.Active.Import", sample.power_w, "W")
    lines = tuple(f"L{line}" for line in range(1, sample.phases + 1)) or (None,)
    if "Current.Import" in wanted:
        for line in lines:
            yield Reading("Current.Import", sample.current_a, "A", line)
    if "Voltage" in wanted:
        for line in lines:
            yield Reading("Voltage", sample.voltage_v, "V", f"{line}-N" if line else None)
    if "SoC" in wanted and sample.soc_percent is not None:
        yield Reading("SoC", sample.soc_percent, "Percent", None, "EV")


def instant(text: str | None) -> datetime | None:
    """A date-time in a request of the CSMS. Raises RefusedCall for what is none."""
    if text is None:
        return None
    try:
        return parse_instant(text).at
    except ValueError as error:
        raise RefusedCall(ErrorCode.PropertyConstraintViolation, str(error)) from error
