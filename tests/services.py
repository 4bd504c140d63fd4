"""Brokers on the usual ports of this machine; a test that needs one which is not there skips itself, see conftest.py."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest

NATS = os.environ.get("VOLTWAY_TEST_NATS", "nats://127.0.0.1:4222")
RABBITMQ = os.environ.get("VOLTWAY_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672/")

POSTGRESQL = os.environ.get("VOLTWAY_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


def needs_postgresql() -> str:
    """The URL of a PostgreSQL server, for what several processes share."""
    return _answering(POSTGRESQL, "PostgreSQL", 5432)


def needs_nats() -> str:
    """The URL of a NATS server."""
    return _answering(NATS, "NATS", 4222)


def needs_rabbitmq() -> str:
    """The URL of a RabbitMQ server."""
    return _answering(RABBITMQ, "RabbitMQ", 5672)


def _answering(url: str, name: str, usual_port: int) -> str:
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname or "127.0.0.1", place.port or usual_port), timeout=2).close()
    except OSError:
        pytest.skip(f"needs {name} at {place.hostname}:{place.port or usual_port}")
    return url
