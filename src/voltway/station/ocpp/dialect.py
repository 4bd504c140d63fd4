"""What a dialect is: one OCPP version as a translator between the station's own words and wire messages.

It holds no state and takes no decision. `commands` names the CSMS's orders that the station obeys; what is not in that
table is answered as not supported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from voltway.station.ocpp.monitors import Noticed
from voltway.station.ocpp.tokens import Known
from voltway.station.ocpp.vocabulary import (
    BootReason,
    ChargingNeeds,
    EvseState,
    IdToken,
    MeterSample,
    Registration,
    StationSpec,
    TransactionReport,
    Trouble,
)
from voltway.wire.ocpp.rpc import Subprotocol
from voltway.wire.ocpp.shapes import Shape

# A command takes the station and the request; it is typed where it is written, in the dialect.
Command = Callable[[Any, Any], Shape]


class BootAnswer(NamedTuple):
    """What the CSMS answered to our boot; `interval_s` 0 means that the station chooses."""

    registration: Registration
    interval_s: int
    at: datetime | None = None
    """What the CSMS's clock showed."""


class TransactionAnswer(NamedTuple):
    """What the CSMS answered to a report: an id if it is the one who gives it, and its word on the token, if any."""

    transaction_id: str | None = None
    token: Known | None = None

    @property
    def is_token_accepted(self) -> bool | None:
        """None if it said nothing of it."""
        return None if self.token is None else self.token.is_accepted


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
    def read_heartbeat(self, answer: Any) -> datetime | None: ...

    @abstractmethod
    def authorize(self, token: IdToken) -> Shape: ...

    @abstractmethod
    def read_authorize(self, answer: Any) -> Known: ...

    @abstractmethod
    def status_word(self, state: EvseState) -> str:
        """What a connector's status is called; a change of the word is worth a notification."""

    @abstractmethod
    def status(
        self, evse_number: int, connector_number: int, word: str, at: datetime, trouble: Trouble | None = None
    ) -> Shape: ...

    @abstractmethod
    def trouble(self, evse_number: int, trouble: Trouble, is_over: bool, at: datetime, event_id: int) -> Shape | None:
        """A fault that came or went, where that is more than a status."""

    @abstractmethod
    def monitored(self, station: Any, noticed: list[Noticed], at: datetime, first_id: int) -> Shape | None:
        """What monitors have noticed, where a protocol has monitors; the events are numbered from `first_id` on."""

    @abstractmethod
    def log_status(self, word: str, request_id: int | None) -> Shape:
        """How sending a log goes; without a number it was ordered the old way of 1.6."""

    @abstractmethod
    def firmware_status(self, word: str, request_id: int | None) -> Shape | None:
        """How an update goes; None for a step that was not ordered in a version that has a word for it."""

    @abstractmethod
    def sign_certificate(self, request: str) -> Shape: ...

    @abstractmethod
    def charging_needs(self, evse_number: int, needs: ChargingNeeds) -> Shape | None:
        """What a car wants, where the protocol has words for it."""

    def pull(self, profile_id: int) -> Shape | None:
        """Ask for the value of a dynamic limit, where a protocol has these."""
        return None

    def read_pull(self, answer: Any) -> float | None:
        """The value, if the CSMS gave one that a station can take."""
        return None

    @abstractmethod
    def reservation_ended(self, reservation_number: int) -> Shape | None:
        """A reservation that nobody used is over, where that is told."""

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
