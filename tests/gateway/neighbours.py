"""What the gateway needs of the other modules, as small as it can be: records of stations in memory, reports kept in a list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from voltway.contracts.device_model import ReportDataTransfer, ReportDisplayMessages, ReportEvents, ReportMonitors
from voltway.contracts.sessions import FindRunningSessions, SessionName
from voltway.contracts.station_link import (
    AdmitStation,
    Authorization,
    BootReceipt,
    CredentialChanged,
    FindCredential,
    LinkOpened,
    ListCredentials,
    Report,
    ReportBoot,
    ReportLink,
    ReportStatus,
    ReportTransaction,
    ReportVariables,
    StationCredential,
    TransactionReceipt,
)
from voltway.contracts.stations import (
    DescribeStation,
    FindStations,
    NodesGone,
    StationDescription,
    StationName,
    StationsSeen,
)
from voltway.contracts.users import AuthorizeTokens
from voltway.contracts.vocabulary import AuthorizationStatus, Registration
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, DEFAULT_OPERATOR_SLUG
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key, hash_secret

REPORTS = (
    ReportLink,
    ReportBoot,
    ReportStatus,
    ReportTransaction,
    ReportVariables,
    ReportMonitors,
    ReportEvents,
    ReportDisplayMessages,
    ReportDataTransfer,
)


class Neighbours:
    """The other modules' memory, and how they are to behave: `answers[ReportBoot] = ...` changes what a report gets."""

    def __init__(self) -> None:
        self.records: dict[str, StationCredential] = {}
        self.reports: list[Report] = []
        self.refusals: list[Exception] = []
        """Raised, one after the other, by the next attempts to record something."""
        self.gate = asyncio.Event()
        """Nothing is recorded while it is not set."""
        self.gate.set()
        self.seen: dict[str, Any] = {}
        self.alive_node_ids: tuple[str, ...] = ()
        self.lookups = 0
        self.registration = Registration.ACCEPTED

    def station(
        self,
        identity: str,
        *,
        password: str | None = None,
        secret: bytes,
        profile: int | None = None,
        purpose: str = "station-password",
        **fields: Any,
    ) -> StationCredential:
        """A station's record; with a password it has profile 1, without one profile 0."""
        hashed = hash_secret(password, derive_key(secret, purpose)) if password is not None else None
        credential = StationCredential(
            **{
                "station_id": new_id(),
                "operator_id": DEFAULT_OPERATOR_ID,
                "operator_slug": DEFAULT_OPERATOR_SLUG,
                "identity": identity,
                "location_id": None,
                "security_profile": profile if profile is not None else int(password is not None),
                "secret_hash": hashed,
                "registration": Registration.ACCEPTED,
                **fields,
            }
        )
        self.records[credential.station_id] = credential
        return credential

    def of(self, kind: type[Report], identity: str | None = None) -> list[Any]:
        """The reports of one kind (and one station), in the order in which they were recorded."""
        return [
            report
            for report in self.reports
            if type(report) is kind and (identity is None or report.station_identity == identity)
        ]

    def receipt_for(self, report: Report) -> Any:
        """What a report is answered with."""
        if isinstance(report, ReportBoot):
            return BootReceipt(self.registration, 300)
        if isinstance(report, ReportTransaction):
            authorization = Authorization(status=AuthorizationStatus.ACCEPTED) if report.id_token else None
            return TransactionReceipt(session_id="s", transaction_id="17", authorization=authorization)
        return None


class Recorder:
    """Keeps reports; in a transaction, so that they are answered after a commit."""

    def __init__(self, runtime: Runtime) -> None:
        self._neighbours = runtime.state(Neighbours)

    async def prepare(self, reports: Sequence[Any]) -> None:
        await self._neighbours.gate.wait()

    async def record(self, tx: Tx, reports: Sequence[Any], prepared: None) -> list[Any]:
        if self._neighbours.refusals:
            raise self._neighbours.refusals.pop(0)
        for report in reports:
            self._neighbours.reports.append(report)
            if isinstance(report, ReportLink) and report.is_open:
                tx.publish(opened(report))
        return [self._neighbours.receipt_for(report) for report in reports]

    async def quarantine(self, tx: Tx, report: Any, error: Exception) -> Any:
        return self._neighbours.receipt_for(report)


def opened(report: ReportLink) -> LinkOpened:
    """What the stations module says of an open link."""
    return LinkOpened(
        operator_id=report.operator_id,
        at=report.received_at,
        station_id=report.station_id,
        station_identity=report.station_identity,
        protocol=report.protocol,
        epoch=report.epoch,
    )


def changed(credential: StationCredential, *, is_retired: bool = False) -> CredentialChanged:
    """What the stations module says when a record was made or changed."""
    return CredentialChanged(
        operator_id=credential.operator_id,
        at=clock.now(),
        station_id=credential.station_id,
        identity=credential.identity,
        is_retired=is_retired,
    )


async def list_credentials(runtime: Runtime, ask: ListCredentials) -> list[StationCredential]:
    return list(runtime.state(Neighbours).records.values())


async def find_credential(runtime: Runtime, ask: FindCredential) -> list[StationCredential]:
    neighbours = runtime.state(Neighbours)
    neighbours.lookups += 1
    wanted = ask.identity.casefold()
    return [record for record in neighbours.records.values() if record.identity.casefold() == wanted]


async def admit_station(runtime: Runtime, ask: AdmitStation) -> StationCredential:
    neighbours = runtime.state(Neighbours)
    return neighbours.station(ask.identity, secret=runtime.secret, registration=ask.registration, has_booted=False)


async def find_stations(runtime: Runtime, ask: FindStations) -> list[StationName]:
    return [
        StationName(
            station_id=record.station_id,
            operator_id=record.operator_id,
            identity=record.identity,
            location_id=record.location_id,
        )
        for record in runtime.state(Neighbours).records.values()
        if record.operator_id == ask.operator_id and record.station_id in ask.station_ids
    ]


async def describe_station(runtime: Runtime, ask: DescribeStation) -> StationDescription:
    return StationDescription(location_id=None, serial_number=None)


async def nodes_gone(runtime: Runtime, ask: NodesGone) -> int:
    runtime.state(Neighbours).alive_node_ids = ask.alive_node_ids
    return 0


async def stations_seen(runtime: Runtime, ask: StationsSeen) -> None:
    runtime.state(Neighbours).seen.update(ask.seen)


async def authorize(runtime: Runtime, ask: AuthorizeTokens) -> list[Authorization]:
    return [Authorization(status=AuthorizationStatus.ACCEPTED) for _ in ask.queries]


async def find_running_sessions(runtime: Runtime, ask: FindRunningSessions) -> list[SessionName]:
    return []


MANIFEST = Manifest(
    name="neighbours",
    answers={
        ListCredentials: list_credentials,
        FindCredential: find_credential,
        AdmitStation: admit_station,
        FindStations: find_stations,
        DescribeStation: describe_station,
        NodesGone: nodes_gone,
        StationsSeen: stations_seen,
        AuthorizeTokens: authorize,
        FindRunningSessions: find_running_sessions,
    },
    batches=dict.fromkeys(REPORTS, Recorder),
    publishes=(CredentialChanged, LinkOpened),
)


async def until(condition: Callable[[], Any], what: str, timeout_s: float = 5.0) -> None:
    """Wait for something that must come; say what, if it does not."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {what}") from None


replace = msgspec.structs.replace
