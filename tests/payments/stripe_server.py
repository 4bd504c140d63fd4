"""localstripe in a process of its own: a stateful double of Stripe that others wrote (GPL, so it is run and never imported)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

KEY = "sk_test_of_nobody"
WEBHOOK_SECRET = "whsec_of_nobody_at_all"


@contextmanager
def localstripe(folder: Path) -> Iterator[str]:
    """Its address, while the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (folder / "localstripe.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "localstripe has ended"
        try:
            httpx.get(f"{url}/v1/charges", auth=(KEY, ""), trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("localstripe does not answer")


class Stripe:
    """What a test does at Stripe itself. Close its client."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, auth=(KEY, ""), trust_env=False)

    def card(self, number: str = "4242424242424242") -> str:
        """A payment method."""
        card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        answer = self.client.post("/v1/payment_methods", data={"type": "card", **card})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def intent(self, reference: str) -> dict[str, object]:
        return dict(self.client.get(f"/v1/payment_intents/{reference}").json())

    def refunded(self, reference: str) -> list[int]:
        """Refunds that we asked for; those that localstripe makes of what a capture leaves carry no metadata."""
        answer = self.client.get("/v1/refunds", params={"payment_intent": reference})
        return [one["amount"] for one in answer.json()["data"] if one["metadata"]]

    def send_webhooks_to(self, url: str) -> None:
        answer = self.client.post("/_config/webhooks/ours", data={"url": url, "secret": WEBHOOK_SECRET})
        assert answer.status_code == 200, answer.text
