"""Web push: what a push service and a browser expect of whoever pushes. Pure, but for random numbers.

Written out here on `cryptography`, which the platform needs anyway: the whole of RFC 8291 is one key agreement, two HKDF and one
AES-GCM, while the libraries for it bring an HTTP client of their own, which would pass by the guard of kernel/outbound.py.

Sources: RFC 8030 (the request), RFC 8188 (aes128gcm), RFC 8291 (the keys), RFC 8292 (VAPID).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_SIZE = 4096  # RFC 8291 §4: a push service need take no more than 4096 bytes of body
PLAINTEXT_BYTES_MAX = 3993  # RFC 8291 §4: what fits, with the header of 86 bytes, the delimiter and the tag
AUTH_BYTES = 16
POINT_BYTES = 65
TOKEN_LIFETIME = timedelta(hours=12)  # RFC 8292 §2: at most 24 h
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SEC 2 §2.4.2


@dataclass(frozen=True)
class Recipient:
    """Whom a push is encrypted for: a browser's public point (65 bytes, uncompressed) and its secret (16 bytes)."""

    public_point: bytes
    auth: bytes

    def __post_init__(self) -> None:
        """Raises ValueError for keys to which nothing can be encrypted."""
        if len(self.auth) != AUTH_BYTES:
            raise ValueError(f"auth must be {AUTH_BYTES} bytes")
        if len(self.public_point) != POINT_BYTES:
            raise ValueError(f"p256dh must be {POINT_BYTES} bytes")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public_point)


def vapid_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """The key pair that follows from a secret of at least 32 bytes: the same for every process, and stored nowhere."""
    # 48 bytes for a number below one of 32: no scalar is likelier than another by more than 2^-128 (FIPS 186-5, A.2.1).
    wide = HKDF(hashes.SHA256(), 48, None, b"voltway vapid").derive(seed)
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point of a key, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now: datetime) -> str:
    """The header that says who pushes: `vapid t=<JWT>, k=<public point>`, good for the endpoint's origin only. `contact` is a
    mailto: or https: URL by which the push service reaches the operator, or ''."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + TOKEN_LIFETIME).timestamp())}
    if contact:
        claims["sub"] = contact
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"vapid t={signed}.{to_text(r.to_bytes(32) + s.to_bytes(32))}, k={to_text(point_of(key))}"


def encrypt(
    plaintext: bytes,
    recipient: Recipient,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push in the coding aes128gcm, in one record. Key and salt are made for each push; only the RFC's own example
    names them. Raises ValueError for more than PLAINTEXT_BYTES_MAX bytes."""
    if len(plaintext) > PLAINTEXT_BYTES_MAX:
        raise ValueError(f"a push holds at most {PLAINTEXT_BYTES_MAX} bytes")
    key = ec.generate_private_key(ec.SECP256R1()) if key is None else key
    salt = os.urandom(16) if salt is None else salt
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient.public_point)
    mine = point_of(key)
    # RFC 8291 §3.4
    info = b"WebPush: info\0" + recipient.public_point + mine
    secret = _derived(recipient.auth, key.exchange(ec.ECDH(), theirs), info, 32)
    content_key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_SIZE.to_bytes(4) + bytes([len(mine)]) + mine
    return header + AESGCM(content_key).encrypt(nonce, plaintext + b"\x02", None)  # RFC 8188 §2: 2 ends the last record


def topic_of(tag: str) -> str:
    """A topic (RFC 8030 §5.4): a push replaces an earlier one of the same topic that has not been fetched yet."""
    return to_text(hashlib.sha256(tag.encode()).digest()[:24])


def to_text(value: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    """The bytes of base64url, padded or not. Raises ValueError."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _json(value: dict[str, object]) -> str:
    return to_text(json.dumps(value, separators=(",", ":")).encode())
