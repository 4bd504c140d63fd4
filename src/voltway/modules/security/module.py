"""Security: our certificate authorities, the certificates of stations, security events, registration tokens.

Owns: the authorities' keys (files in the data directory, readable by us only; the root's key makes issuing authorities and
nothing else), the certificates that stations have asked for, what stations tell of their security, registration tokens.

Records (batch): `ReportSecurityEvent`, with a severity from the table of known events; a message said twice is one event.

Answers: `RequestCertificate` (checked and signed at once; the station gets it with a command), `FindCertificateStatus` and
`FindChainStatus` (OCSP: ours from the database, others' from responders that the settings name), `InstallContractCertificate`
(a pluggable provider), `AuthorizeContract` (a contract's token with its certificate), `ServerCertificates`, `FindClientTrust`,
`FindAuthority`, `RedeemToken`, `SignFirmware` (with a key that signs firmware only, certified by the authority for stations).
Asks: `DescribeStation`, `SendCommand`, `EnrolStation`, `LocationExists` of stations, `AuthorizeTokens` of users,
`FindShownCertificates` of the gateway.

Listens to: `StationChanged` (a station that came with a registration token gets a password of its own after its boot).
Publishes: `CertificateRevoked`, `CertificateExpiring` (once for each certificate and threshold), `SecurityEventRecorded`.

For everybody: an OCSP responder (`/ocsp`) and revocation lists.
"""

from voltway.contracts.security import (
    AuthorizeContract,
    CertificateExpiring,
    CertificateRevoked,
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
    SignFirmware,
)
from voltway.contracts.stations import StationChanged
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.security import api, contract_checking, expiry, firmware, handlers
from voltway.modules.security.authorities import Authorities
from voltway.modules.security.settings import SecuritySettings


async def _start(runtime: Runtime) -> None:
    await runtime.state(Authorities).open_all(runtime)


async def _stop(runtime: Runtime) -> None:
    await runtime.state(handlers.Tasks).stop()


MANIFEST = Manifest(
    name="security",
    settings=SecuritySettings,
    answers={
        RequestCertificate: handlers.request_certificate,
        FindCertificateStatus: handlers.find_certificate_status,
        FindChainStatus: handlers.find_chain_status,
        InstallContractCertificate: handlers.install_contract,
        AuthorizeContract: contract_checking.authorize_contract,
        ServerCertificates: handlers.server_certificates,
        FindClientTrust: handlers.find_client_trust,
        FindAuthority: handlers.find_authority,
        RedeemToken: handlers.redeem_token,
        SignFirmware: firmware.sign_firmware,
    },
    batches={ReportSecurityEvent: handlers.SecurityEventHandler},
    listens={StationChanged: handlers.on_station_changed},
    publishes=(CertificateExpiring, CertificateRevoked, SecurityEventRecorded),
    routes=lambda: (api.router,),
    jobs=(
        Job("server_files", 3600.0, handlers.keep_server_files, everywhere=True),
        Job("renewal", 3600.0, handlers.renew),
        Job("expiry", 3600.0, expiry.tell),
    ),
    start=_start,
    stop=_stop,
)
