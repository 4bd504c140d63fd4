"""What the log shows and what it hides."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from voltway.kernel.log import MASK, Written, configure_logging, mask

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Puts the log back as it was."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    logging.getLogger("uvicorn").setLevel(logging.NOTSET)
    structlog.configure(**kept)


@pytest.fixture
def lines() -> Lines:
    """The log as JSON lines."""
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def masked(**fields: Any) -> Any:
    return mask(None, "info", dict(fields))


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "Authorization",
        "id_token",
        "idToken",
        "token",
        "secret",
        "email",
        "user_email",
        "csrf_token",
        "api_key",
        "cookie",
        "driver_name",
    ],
)
def test_secrets_and_people_are_masked_by_the_name_of_their_field(name: str) -> None:
    assert masked(**{name: "x"}) == {name: MASK}
    assert masked(payload={"list": [{name: "x"}]}) == {"payload": {"list": [{name: MASK}]}}
    assert masked(**{name: None}) == {name: None}


@pytest.mark.parametrize("name", ["station_id", "energy_wh", "company", "spanning", "shopping", "name", "tokenised"])
def test_everything_else_stays_readable(name: str) -> None:
    assert masked(**{name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sent Authorization: Bearer abc.def-ghi", "sent Authorization: Bearer ***"),
        ("basic dXNlcjpwYXNz!", "basic ***!"),
        ("key vw_abcd2345_UvbMF7ZwiCi248z5fg2ikfzf", "key vw_abcd2345_***"),
        ("postgresql://voltway:p%40ss@db/x", "postgresql://voltway:***@db/x"),
        ("http://localhost:8080/a@b", "http://localhost:8080/a@b"),
        ("basic facts", "basic facts"),
    ],
)
def test_secrets_inside_a_text_are_masked(text: str, shown: str) -> None:
    assert masked(event="x.done", detail=text)["detail"] == shown
    assert masked(event="x.done", detail=[{"deep": text}])["detail"] == [{"deep": shown}]


def test_a_station_cannot_forge_lines_or_colour_a_terminal() -> None:
    assert masked(vendor="a\nerror x\x1b[31m\u2028\u202e") == {"vendor": "a\\nerror x\\x1b[31m\\u2028\\u202e"}


def test_a_line_carries_what_was_bound_and_its_time(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(correlation_id="c-1"):
        structlog.get_logger().info("session.started", energy_wh=0)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "session.started", "level": "info", "energy_wh": 0, "correlation_id": "c-1"}


def test_below_the_level_nothing_is_written(lines: Lines) -> None:
    structlog.get_logger().debug("frame.received")
    logging.getLogger("somebody").debug("x")
    assert lines() == []


def test_a_trace_keeps_its_end_and_shows_no_secret(lines: Lines) -> None:
    def deep(levels: int) -> None:
        if levels == 0:
            raise RuntimeError("postgresql://voltway:hunter22@db " + "x" * 9000 + " the end")
        deep(levels - 1)

    try:
        deep(50)
    except RuntimeError as error:
        structlog.get_logger().error("request.failed", exc_info=error)
    (line,) = lines()
    assert line["exception"].endswith("the end")
    assert "hunter22" not in line["exception"]


def test_libraries_write_in_the_same_form(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("Bearer %s is odd", "abcdefgh")
    (line,) = lines()
    assert (line["event"], line["library"], line["message"]) == ("library.logged", "uvicorn.error", "Bearer *** is odd")


def test_a_log_that_cannot_be_written_costs_lines_and_not_the_work() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    before = Written.lost
    configure_logging("info", "json", Full())
    structlog.get_logger().error("disk.full")
    logging.getLogger("somebody").error("x")
    assert Written.lost == before + 2


def test_on_a_terminal_a_line_is_for_people() -> None:
    stream = io.StringIO()
    configure_logging("debug", "text", stream)
    structlog.get_logger().info("session.started", id_token="04A1", energy_wh=5)
    assert "session.started" in stream.getvalue()
    assert "energy_wh=5" in stream.getvalue()
    assert "04A1" not in stream.getvalue()
