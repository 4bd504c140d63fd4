"""What a dialect is: one OCPP version as a translator between the station's own words and wire messages.

It holds no state and takes no decision. `commands` names the CSMS's orders that the station obeys; what is not in that
table is answered as not supported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from voltway.station.simulator.vocabulary import (
    BootReason,
    EvseState,
    IdToken,
    MeterSample,
    Registration,
    StationSpec,
    TransactionReport,
)
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape

# A command takes the station and the request; it is typed where it is written, in the dialect.
Command = Callable[[Any, Any], Shape]


class BootAnswer(NamedTuple):
    """What the CSMS answered to our boot; `interval_s` 0 means that the station chooses."""

    registration: Registration
    interval_s: int


class TransactionAnswer(NamedTuple):
    """What the CSMS answered to a report: an id if it is the one who gives it, and its word on the token, if any."""

    transaction_id: str | None = None
    is_token_accepted: bool | None = None


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
