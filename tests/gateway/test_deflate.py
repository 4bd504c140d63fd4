"""permessage-deflate: which offers are taken, and that nothing is kept between messages."""

from __future__ import annotations

import pytest

from voltway.modules.gateway.transports.deflate import InflatedTooLarge, NotDeflated, negotiate

TAKEN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offers", "response"),
    [
        ("permessage-deflate", TAKEN),
        ("permessage-deflate; client_max_window_bits", TAKEN),
        ("permessage-deflate; client_max_window_bits=10", TAKEN),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", TAKEN),
        ('permessage-deflate; server_max_window_bits="10"', TAKEN + "; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", TAKEN),
        ("x-webkit-deflate-frame, permessage-deflate", TAKEN),
    ],
)
def test_offer_is_taken(offers: str, response: str) -> None:
    deflate = negotiate(offers)
    assert deflate is not None
    assert deflate.response == response


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
)
def test_offer_is_declined(offers: str) -> None:
    assert negotiate(offers) is None


@pytest.mark.parametrize("bits", ["", "; server_max_window_bits=9"])
def test_message_survives(bits: str) -> None:
    deflate = negotiate("permessage-deflate" + bits)
    assert deflate is not None
    message = b'{"x":"' + b"abc" * 1000 + b'"}'
    first, second = deflate.deflate(message), deflate.deflate(message)
    assert first == second  # no context is taken over
    assert len(first) < len(message) / 10
    assert deflate.inflate(first, len(message)) == message
    with pytest.raises(InflatedTooLarge):
        deflate.inflate(first, len(message) - 1)
    with pytest.raises(NotDeflated):
        deflate.inflate(b"\xff\xff\xff", 100)
