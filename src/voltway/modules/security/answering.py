"""Our own word about certificates that we have made: what the OCSP responder says, and what stations hear of them."""

from __future__ import annotations

from voltway.contracts.security import CertificateId
from voltway.kernel.runtime import Runtime
from voltway.modules.security import store
from voltway.modules.security.authorities import Authorities, load_certificate
from voltway.modules.security.pki import ocsp
from voltway.modules.security.settings import SecuritySettings


async def own_answer(runtime: Runtime, asked: CertificateId) -> bytes | None:
    """Our response about a certificate of one of our authorities; None if it is somebody else's."""
    settings = runtime.settings(SecuritySettings)
    for name, authority in runtime.state(Authorities):
        if ocsp.is_issuer(authority.issuing, asked):
            return ocsp.answer(authority, asked, await _standing(runtime, name, asked), settings.ocsp_validity_h)
    return None


async def _standing(runtime: Runtime, authority: str, asked: CertificateId) -> ocsp.Standing | None:
    async with runtime.database.read() as tx:
        row = await store.find_issued(tx, authority, f"{int(asked.serial_number, 16):x}")
    return None if row is None else ocsp.Standing(load_certificate(row.certificate), row.revoked_at)
