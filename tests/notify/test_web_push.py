"""Web push on the wire: the RFCs' own example, and what a push service would check."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from voltway.integrations.messaging import web_push
from voltway.integrations.messaging.web_push import to_bytes, to_text

from .push_device import PushDevice  # noqa: TID252  (tests are not installed)

# RFC 8291, appendix A
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SERVER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
DEVICE_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQ"
    "pu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc_comes_out_byte_by_byte() -> None:
    key = ec.derive_private_key(int.from_bytes(to_bytes(SERVER_PRIVATE)), ec.SECP256R1())
    recipient = web_push.Recipient(to_bytes(DEVICE_PUBLIC), to_bytes(AUTH))
    assert to_text(web_push.encrypt(PLAINTEXT, recipient, key=key, salt=to_bytes(SALT))) == BODY


@given(st.binary(max_size=web_push.PLAINTEXT_BYTES_MAX))
def test_what_is_encrypted_is_read_by_the_device_and_fits(plaintext: bytes) -> None:
    device = PushDevice()
    body = web_push.encrypt(plaintext, device.recipient)
    assert device.decrypt(body) == plaintext
    assert len(body) <= 4096


def test_two_pushes_of_one_text_have_nothing_in_common() -> None:
    device = PushDevice()
    one, other = (web_push.encrypt(PLAINTEXT, device.recipient) for _ in range(2))
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]
    assert one[86:] != other[86:]


def test_a_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        web_push.encrypt(bytes(web_push.PLAINTEXT_BYTES_MAX + 1), PushDevice().recipient)


@pytest.mark.parametrize(
    ("point", "auth"), [(bytes(65), bytes(16)), (b"\x04" + bytes(63), bytes(16)), (to_bytes(DEVICE_PUBLIC), bytes(15))]
)
def test_keys_that_are_none_are_refused(point: bytes, auth: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the words are partly the library's)
        web_push.Recipient(point, auth)


def test_the_header_says_who_pushes_where_and_until_when() -> None:
    key, now = web_push.vapid_key(bytes(32)), datetime(2026, 3, 1, 12, tzinfo=UTC)
    header = web_push.authorization(key, "https://push.example.org:8443/send/x?y=1", "mailto:ops@example.org", now)
    assert header.startswith("vapid t=")
    token, point = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(to_bytes(head)) == {"typ": "JWT", "alg": "ES256"}
    until = int(now.timestamp()) + 12 * 3600
    assert json.loads(to_bytes(claims)) == {
        "aud": "https://push.example.org:8443",
        "exp": until,
        "sub": "mailto:ops@example.org",
    }
    raw = to_bytes(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(point))
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_a_key_follows_from_its_secret() -> None:
    one, same, other = (web_push.point_of(web_push.vapid_key(seed)) for seed in (b"a" * 32, b"a" * 32, b"b" * 32))
    assert one == same
    assert one != other


def test_a_topic_is_what_a_push_service_takes() -> None:
    # RFC 8030 §5.4: at most 32 characters of the base64url alphabet.
    assert len(web_push.topic_of("booking:0192a000-0000-7000-8000-000000000001")) == 32
