"""What comes over the bus: security events, requests for certificates, questions about them, stations with tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from cryptography import x509

from voltway.contracts.security import (
    CertificateQuery,
    CertificateVerdict,
    ClientTrust,
    ContractCertificate,
    EnrolStation,
    FindAuthority,
    FindCertificateStatus,
    FindChainStatus,
    FindClientTrust,
    InstallContractCertificate,
    RedeemToken,
    ReportSecurityEvent,
    RequestCertificate,
    SecurityEventRecorded,
    ServerCertificates,
)
from voltway.contracts.stations import DescribeStation, SendCommand, StationChanged
from voltway.contracts.vocabulary import CommandState
from voltway.kernel import clock
from voltway.kernel.database import Tx
from voltway.kernel.errors import Problem
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.security import answering, asking, rules, service, store
from voltway.modules.security.authorities import CSMS, Authorities
from voltway.modules.security.contracts import provider_of
from voltway.modules.security.pki import ocsp
from voltway.modules.security.settings import SecuritySettings

log = structlog.get_logger()

ANSWER_FIRST_S = 0.2
"""The station's own call is answered before we send one of ours that follows from it."""
FAILED_FOR = timedelta(hours=1)
"""How long a station is to be content with our not knowing."""
_ORDERED_BY = "security"


class Tasks:
    """What goes on beside the messages (Runtime.state)."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End it all."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


# ---- security events


class SecurityEventHandler:
    """Records security events: a message said twice is one event."""

    def __init__(self, runtime: Runtime) -> None:
        pass

    async def prepare(self, reports: Sequence[ReportSecurityEvent]) -> None:
        """Nothing to ask."""

    async def record(self, tx: Tx, reports: Sequence[ReportSecurityEvent], prepared: None) -> list[None]:
        keyed = {(report.station_id, rules.event_key(report)): report for report in reports}
        known = await store.known_keys(tx, keyed.keys())
        rows = [_event_row(report, key[1]) for key, report in keyed.items() if key not in known]
        await store.add_events(tx, rows)
        for row in rows:
            tx.publish(
                SecurityEventRecorded(
                    operator_id=row["operator_id"],
                    at=row["received_at"],
                    security_event_id=row["id"],
                    station_id=row["station_id"],
                    station_identity=row["station_identity"],
                    type=row["type"],
                    severity=row["severity"],
                )
            )
        return [None] * len(reports)

    async def quarantine(self, tx: Tx, report: ReportSecurityEvent, error: Exception) -> None:
        """A04.FR.03: it is acknowledged in any case."""
        await store.put_aside(tx, report, error)


def _event_row(report: ReportSecurityEvent, key: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "operator_id": report.operator_id,
        "station_id": report.station_id,
        "station_identity": report.station_identity,
        "location_id": report.location_id,
        "protocol": report.protocol,
        "type": report.type,
        "severity": rules.severity_of(report.type).value,
        "tech_info": report.tech_info,
        "occurred_at": report.occurred_at,
        "received_at": report.received_at,
        "event_key": key,
    }


# ---- certificates of stations


async def request_certificate(runtime: Runtime, request: RequestCertificate) -> bool:
    """A station wants its key certified: it hears at once whether, and gets the certificate with a command."""
    settings = runtime.settings(SecuritySettings)
    station = await runtime.ask(DescribeStation(operator_id=request.operator_id, station_id=request.station_id))
    serials = () if station.serial_number is None else (station.serial_number,)
    async with runtime.database.begin() as tx:
        row = await service.sign(tx, request, station.location_id, serials, runtime.state(Authorities), settings)
        if row is not None:
            tx.after_commit(lambda: runtime.state(Tasks).spawn(_send(runtime, row)))
    log.info("certificate.requested", station_id=request.station_id, kind=request.kind, is_issued=row is not None)
    return row is not None


async def _send(runtime: Runtime, row: Mapping[str, Any]) -> None:
    """Give a station its certificate, and record what it says to it (A02.FR.06, .07)."""
    await asyncio.sleep(ANSWER_FIRST_S)
    arguments = {"certificate_chain": row["certificate"], "kind": row["kind"]}
    if row["request_number"] is not None:
        arguments["request_number"] = row["request_number"]
    command = SendCommand(
        operator_id=row["operator_id"],
        station_id=row["station_id"],
        type="send_certificate",
        arguments=arguments,
        requested_by=_ORDERED_BY,
        wait_s=runtime.settings(SecuritySettings).signing_timeout_s,
    )
    values: dict[str, Any] = {"finished_at": clock.now()}
    try:
        view = await runtime.ask(command, timeout_s=command.wait_s + 10)
    except Problem as problem:
        values["reason"] = str(problem)[:200]
    else:
        values |= {"command_id": view.command_id, "reason": view.wire_status}
        if view.state is CommandState.ACCEPTED:
            values["state"] = store.ACCEPTED
        elif view.state is CommandState.REJECTED:
            values["state"] = store.REJECTED
        values["finished_at"] = clock.now()
    async with runtime.database.begin() as tx:
        await store.change_certificate(tx, row["id"], values)
        if values.get("state") == store.ACCEPTED:
            days = (row["not_after"] - clock.now()).days
            tx.publish(service.noticed(row, "certificate.ending", days=days))
        elif values.get("state") == store.REJECTED:
            tx.publish(service.noticed(row, "certificate.failed", reason="rejected by the station"))


async def keep_server_files(runtime: Runtime) -> None:
    """A job: have the certificate of our own station port renewed before it ends; each machine has its files."""
    authorities = runtime.state(Authorities)
    if authorities.server_names:
        await authorities.server_files(runtime, authorities.server_names)


async def renew(runtime: Runtime) -> None:
    """A job: have the certificates of stations renewed before they end."""
    settings, now = runtime.settings(SecuritySettings), clock.now()
    until = now + timedelta(days=settings.renew_before_days)
    async with runtime.database.read() as tx:
        ending = await store.find_ending(tx, until, now - timedelta(days=1))
    for row in ending:
        async with runtime.database.begin() as tx:
            await store.change_certificate(tx, row.id, {"renewal_asked_at": now})
            tx.publish(service.noticed(row._asdict(), "certificate.ending", days=(row.not_after - now).days))
        order = SendCommand(
            operator_id=row.operator_id,
            station_id=row.station_id,
            type="sign_certificate_now",
            arguments={"kind": row.kind},
            requested_by=_ORDERED_BY,
        )
        try:
            await runtime.ask(order)
        except Problem as problem:
            log.info("renewal.not_ordered", station_id=row.station_id, error=str(problem))


# ---- the status of certificates


async def find_certificate_status(runtime: Runtime, request: FindCertificateStatus) -> bytes | None:
    """The OCSP response about a certificate: ours is answered here, for others their responder is asked."""
    own = await answering.own_answer(runtime, request.certificate)
    if own is not None:
        return own
    try:
        question = ocsp.question(request.certificate)
    except ValueError:
        return None
    said = await asking.fetch(runtime, request.responder_url, question)
    return said if said is not None and ocsp.is_response(said) else None


async def find_chain_status(runtime: Runtime, request: FindChainStatus) -> list[CertificateVerdict]:
    """The status of each certificate of a chain."""
    return await ask_about(runtime, request.queries)


async def ask_about(
    runtime: Runtime, queries: Sequence[CertificateQuery], issuers: Sequence[x509.Certificate | None] = ()
) -> list[CertificateVerdict]:
    """The status of each certificate; they are asked for side by side. Where its issuer is known, the answer must be that
    authority's."""
    known = issuers or [None] * len(queries)
    asked = zip(queries, known, strict=True)
    return list(await asyncio.gather(*(_verdict(runtime, query, issuer) for query, issuer in asked)))


async def _verdict(
    runtime: Runtime, query: CertificateQuery, issuer: x509.Certificate | None = None
) -> CertificateVerdict:
    now = clock.now()
    said = await answering.own_answer(runtime, query.certificate)
    found = ocsp.verdict_in(said, query.certificate, now) if said is not None else None
    for url in query.urls if said is None else ():
        if query.source == "CRL":
            content = await asking.fetch(runtime, url)
            found = ocsp.verdict_in_list(content, query.certificate, now) if content is not None else None
        else:
            try:
                question = ocsp.question(query.certificate)
            except ValueError:
                break
            content = await asking.fetch(runtime, url, question)
            if content is not None and issuer is not None and not ocsp.is_signed_for(content, issuer):
                log.warning("responder.not_believed", url=url[:200])
                content = None
            found = ocsp.verdict_in(content, query.certificate, now) if content is not None else None
        if found is not None:
            break
    if found is None:  # one of ours that we have not made is no failure: we have answered, and do not know it
        status = "Unknown" if said is not None else "Failed"
        return CertificateVerdict(status=status, next_update_at=now + FAILED_FOR)
    return CertificateVerdict(status=found[0], next_update_at=found[1])


# ---- contract certificates


async def install_contract(runtime: Runtime, request: InstallContractCertificate) -> ContractCertificate | None:
    """A contract certificate for a car, from the provider that the settings name."""
    provider = provider_of(runtime.settings(SecuritySettings).contract_provider, runtime.state(Authorities))
    return await provider.install(request)


# ---- who may connect


async def server_certificates(runtime: Runtime, request: ServerCertificates) -> tuple[str, ...]:
    """Certificates for our own station port."""
    return await runtime.state(Authorities).server_files(runtime, request.names)


async def find_client_trust(runtime: Runtime, request: FindClientTrust) -> ClientTrust:
    """Our authority for stations, and what it has revoked."""
    async with runtime.database.read() as tx:
        revoked = await store.find_revoked(tx, CSMS, clock.now())
    authority = runtime.state(Authorities).get(CSMS)
    return ClientTrust(authorities=authority.trusted_pem, revoked_serials=tuple(serial for serial, _ in revoked))


async def find_authority(runtime: Runtime, request: FindAuthority) -> str:
    """A root of ours."""
    return runtime.state(Authorities).root_of(request.kind)


# ---- registration tokens


async def redeem_token(runtime: Runtime, request: RedeemToken) -> bool:
    """A station that nobody has registered shows a token: it gets a record, with the token for its first password."""
    async with runtime.database.begin() as tx:
        token = await service.take_use(tx, request, runtime.secret)
    if token is None:
        return False
    enrolment = EnrolStation(
        operator_id=token.operator_id,
        identity=request.identity,
        location_id=token.location_id,
        evses=token.evses,
        password=request.token,
    )
    try:
        station_id = await runtime.ask(enrolment)
    except Problem as problem:  # the identity is taken, or none
        log.info("registration_token.not_used", token_id=token.id, error=str(problem))
        async with runtime.database.begin() as tx:
            await store.count_use(tx, token.id, -1)
        return False
    row = {
        "station_id": station_id,
        "operator_id": token.operator_id,
        "token_id": token.id,
        "enrolled_at": clock.now(),
        "rotated_at": None,
    }
    async with runtime.database.begin() as tx:
        await store.add_enrolment(tx, row)
    log.info("registration_token.used", token_id=token.id, station_id=station_id)
    return True


async def on_station_changed(runtime: Runtime, tx: Tx, events: Sequence[StationChanged]) -> None:
    """A station has booted: if its password is a registration token still, it gets one of its own."""
    booted = {event.station_id for event in events if event.what == "booted"}
    if not booted:
        return
    for row in await store.find_with_token_password(tx, booted):
        _rotate_after(tx, runtime, row)


def _rotate_after(tx: Tx, runtime: Runtime, row: store.Row) -> None:
    tx.after_commit(lambda: runtime.state(Tasks).spawn(_rotate(runtime, row)))


async def _rotate(runtime: Runtime, row: store.Row) -> None:
    await asyncio.sleep(ANSWER_FIRST_S)
    order = SendCommand(
        operator_id=row.operator_id,
        station_id=row.station_id,
        type="rotate_password",
        arguments={},
        requested_by=_ORDERED_BY,
        wait_s=runtime.settings(SecuritySettings).signing_timeout_s,
    )
    try:
        view = await runtime.ask(order, timeout_s=order.wait_s + 10)
    except Problem as problem:
        log.warning("token_password.not_rotated", station_id=row.station_id, error=str(problem))
        return
    if view.state is CommandState.ACCEPTED:
        async with runtime.database.begin() as tx:
            await store.set_rotated(tx, row.station_id, clock.now())
