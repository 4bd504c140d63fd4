"""Plug and charge: a contract token is judged together with its certificate. OCPP 2.0.1 part 2, C07."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from cryptography import x509

from voltway.contracts.security import AuthorizeContract, CertificateQuery
from voltway.contracts.station_link import Authorization
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.security import handlers, rules
from voltway.modules.security.authorities import MO, V2G, Authorities
from voltway.modules.security.pki import contract_chains
from voltway.modules.security.settings import SecuritySettings

log = structlog.get_logger()


async def authorize_contract(runtime: Runtime, request: AuthorizeContract) -> list[Authorization]:
    """The verdict on the token, where its certificate holds; nobody charges on one that was not checked (C07.FR.02)."""
    verdicts, status = await asyncio.gather(runtime.ask(request.who), _status(runtime, request))
    station_id = request.who.queries[0].station_id
    log.info("contract.checked", station_id=station_id, certificate_status=status)
    return [rules.contract_verdict(verdict, status) for verdict in verdicts]


async def _status(runtime: Runtime, request: AuthorizeContract) -> str:
    """What the certificate is worth: its chain, if the station sent it, and what the responders say of each part."""
    queries = request.certificates
    issuers: tuple[x509.Certificate, ...] = ()
    if request.chain is not None:
        token = request.who.queries[0].id_token.value
        roots = await asyncio.to_thread(_roots, runtime)
        chain = contract_chains.follow(request.chain, roots, clock.now(), token)
        if chain.status != rules.CERTIFICATE_ACCEPTED:
            return chain.status
        own = [contract_chains.question_about(*link) for link in chain.links]
        queries = _with_addresses(own, request.certificates)
        issuers = tuple(issuer for _, issuer in chain.links)
    said = await handlers.ask_about(runtime, queries, issuers)
    return rules.contract_status([verdict.status for verdict in said])


def _with_addresses(
    queries: list[CertificateQuery], told: tuple[CertificateQuery, ...]
) -> tuple[CertificateQuery, ...]:
    """The questions, with the addresses that the station has told beside those that the certificates name."""
    urls = {query.certificate.serial_number.lower().lstrip("0"): query.urls for query in told}
    return tuple(
        CertificateQuery(
            certificate=query.certificate,
            source=query.source,
            urls=query.urls or urls.get(query.certificate.serial_number, ()),
        )
        for query in queries
    )


def _roots(runtime: Runtime) -> list[x509.Certificate]:
    """Whose contracts we believe: our own authorities for V2G and contracts, and the files that the settings name."""
    files = [Path(file).read_bytes() for file in runtime.settings(SecuritySettings).contract_roots]
    ours = [authority.root_pem.encode() for name, authority in runtime.state(Authorities) if name in (MO, V2G)]
    return [certificate for pem in (*ours, *files) for certificate in x509.load_pem_x509_certificates(pem)]
