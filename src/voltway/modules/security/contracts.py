"""Who gives cars their contract certificates: a port, and an adapter for tests.

In the field that is a contract certificate pool of a V2G network, whose answer is EXI and goes to the car as it comes.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from voltway.contracts.security import ContractCertificate, InstallContractCertificate
from voltway.kernel import clock
from voltway.modules.security.authorities import MO, Authorities

CONTRACT_DAYS = 30


class ContractProvider(Protocol):
    """What a provider must do."""

    async def install(self, request: InstallContractCertificate) -> ContractCertificate | None:
        """The answer for a car; None if it has no contract here, or the provider cannot be reached."""
        ...


class NoProvider:
    """Nobody: every car is told that it failed."""

    async def install(self, request: InstallContractCertificate) -> ContractCertificate | None:
        return None


class LocalProvider:
    """An authority of our own, for tests of stations: a real contract certificate, but as PEM in base64, not as EXI."""

    def __init__(self, authorities: Authorities) -> None:
        self._authorities = authorities

    async def install(self, request: InstallContractCertificate) -> ContractCertificate | None:
        emaid = (request.emaids or ("DEVWYC00000001X",))[0]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, emaid[:64])])
        key = ec.generate_private_key(ec.SECP256R1())
        until = clock.now() + timedelta(days=CONTRACT_DAYS)
        issued = self._authorities.get(MO).issue(key.public_key(), subject, until)
        remaining = max(0, len(request.emaids) - 1) if request.contracts_max is not None else None
        answer = base64.b64encode(issued.chain_pem.encode()).decode()
        return ContractCertificate(exi_response=answer, remaining_contracts=remaining)


def provider_of(kind: str, authorities: Authorities) -> ContractProvider:
    """The provider that the settings name."""
    return LocalProvider(authorities) if kind == "local" else NoProvider()
