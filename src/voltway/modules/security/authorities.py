"""The authorities of this process, opened at the start: one for stations, one for V2G, one for contracts if it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509

from voltway.contracts.security import CertificateKind
from voltway.kernel.runtime import Runtime
from voltway.modules.security.errors import AuthorityNotFound
from voltway.modules.security.pki.authority import Authority, make_server_files
from voltway.modules.security.settings import SecuritySettings

CSMS, V2G, MO = "csms", "v2g", "mo"
_NAMES = {CSMS: "Voltway", V2G: "Voltway V2G", MO: "Voltway Mobility"}
_ROOT_KINDS = {"csms_root": CSMS, "v2g_root": V2G, "mo_root": MO}


class Authorities:
    """What this process keeps (Runtime.state), once `open_all` has been called."""

    def __init__(self) -> None:
        self._by_name: dict[str, Authority] = {}
        self.server_names: tuple[str, ...] = ()
        """The names of the server that we have made certificates for."""

    async def open_all(self, runtime: Runtime) -> None:
        """Read the authorities, and make those that are missing. Raises StartUpError."""
        settings = runtime.settings(SecuritySettings)
        names = (CSMS, V2G, *((MO,) if settings.contract_provider == "local" else ()))
        folder = folder_of(runtime)
        self._by_name = await asyncio.to_thread(
            lambda: {name: Authority(folder / name, _NAMES[name]) for name in names}
        )

    def get(self, name: str) -> Authority:
        """One of them."""
        return self._by_name[name]

    def __iter__(self) -> Iterator[tuple[str, Authority]]:
        return iter(self._by_name.items())

    def root_of(self, kind: str) -> str:
        """PEM of the root of a kind. Raises AuthorityNotFound."""
        authority = self._by_name.get(_ROOT_KINDS.get(kind, ""))
        if authority is None:
            raise AuthorityNotFound(f"We have no {kind} of our own: give the certificate.")
        return authority.root_pem

    async def server_files(self, runtime: Runtime, names: Sequence[str]) -> tuple[str, ...]:
        """Files with certificates and keys for a server with these names."""
        self.server_names = tuple(names)
        days = runtime.settings(SecuritySettings).server_certificate_days
        folder = folder_of(runtime)
        files = await asyncio.to_thread(make_server_files, self.get(CSMS), folder, self.server_names, days)
        return tuple(map(str, files))


def folder_of(runtime: Runtime) -> Path:
    """Where the keys are."""
    named = runtime.settings(SecuritySettings).pki_dir
    return Path(named) if named else (runtime.data_dir or Path()) / "pki"


def authority_for(kind: CertificateKind) -> str:
    """Who certifies what: the station port believes the one for stations only."""
    return V2G if kind in (CertificateKind.V2G, CertificateKind.V2G20) else CSMS


def load_certificate(pem: str) -> x509.Certificate:
    """The first certificate of a chain."""
    return x509.load_pem_x509_certificate(pem.encode())
