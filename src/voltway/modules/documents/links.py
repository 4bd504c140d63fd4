"""The address of a document's page: it names the document and proves that we gave it out, so that nothing need be kept.

A code is the 16 bytes of the document's id and 16 of a keyed hash over them, in Base64 for URLs: 43 characters. Guessing one that
holds takes 2^127 tries for a document whose id is known.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid

from voltway.kernel.secrets import derive_key

LENGTH = 43
_PROOF_BYTES = 16


def code_of(secret: bytes, document_id: str) -> str:
    """The code of a document."""
    key = uuid.UUID(document_id).bytes
    return base64.urlsafe_b64encode(key + _proof(secret, key)).decode().rstrip("=")


def document_of(secret: bytes, code: str) -> str | None:
    """The document of a code; None for one that we did not make."""
    if len(code) != LENGTH:
        return None
    try:
        raw = base64.b64decode(f"{code}=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    key, proof = raw[:-_PROOF_BYTES], raw[-_PROOF_BYTES:]
    is_ours = hmac.compare_digest(_proof(secret, key), proof)
    return str(uuid.UUID(bytes=key)) if is_ours else None


def _proof(secret: bytes, key: bytes) -> bytes:
    return hmac.new(derive_key(secret, "document links"), key, hashlib.sha256).digest()[:_PROOF_BYTES]
