"""What a process takes care of around its modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltway.app import catalog, process
from voltway.app.cli.announcement import base_url
from voltway.app.settings import Flags, HttpPortSettings, address_flag, read
from voltway.kernel.errors import StartUpError


def test_console_is_the_one_that_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged, checkout, own = (tmp_path / name for name in ("packaged", "checkout", "own"))
    monkeypatch.setattr(process, "CONSOLE_DIRS", (packaged, checkout))
    assert process.find_console(HttpPortSettings()) == process.NOT_BUILT
    for folder in (checkout, packaged, own):
        folder.mkdir()
        (folder / "index.html").write_text("")
        wanted = HttpPortSettings(console_dir=str(own)) if folder is own else HttpPortSettings()
        assert process.find_console(wanted) == folder
    assert process.find_console(HttpPortSettings(console_dir=str(tmp_path / "nowhere"))) == process.NOT_BUILT
    assert "make web" in (process.NOT_BUILT / "index.html").read_text()


def test_driver_app_is_the_one_that_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged, checkout = tmp_path / "packaged", tmp_path / "checkout"
    monkeypatch.setattr(process, "DRIVER_APP_DIRS", (packaged, checkout))
    assert process.find_driver_app() == process.NOT_BUILT
    for folder in (checkout, packaged):
        folder.mkdir()
        (folder / "index.html").write_text("")
        assert process.find_driver_app() == folder


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8080"),
        ("0.0.0.0", "http://localhost:8080"),
        ("::1", "http://localhost:8080"),
        ("10.0.0.5", "http://10.0.0.5:8080"),
        ("2001:db8::5", "http://[2001:db8::5]:8080"),
    ],
)
def test_addresses_are_printed_as_a_browser_should_write_them(host: str, url: str) -> None:
    assert base_url("http", host, 8080) == url


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0:9000", "0.0.0.0", 9000),
        (":9001", "127.0.0.1", 9001),
        ("9002", "127.0.0.1", 9002),
        ("[::1]:9003", "::1", 9003),
        ("localhost:0", "localhost", 0),
    ],
)
def test_address_flag_sets_host_and_port(text: str, host: str, port: int) -> None:
    configuration = read(Flags(values=address_flag("--http", "http", text)), (), {})
    assert (configuration.http.host, configuration.http.port) == (host, port)


@pytest.mark.parametrize("text", ["", "here", "host:", "host:65536", "host:-1", "::1:9000", "host:9000:1"])
def test_address_flag_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(StartUpError, match="is not an address"):
        address_flag("--http", "http", text)


def test_modules_start_in_the_order_of_the_catalog_whatever_order_is_asked_for() -> None:
    assert [manifest.name for manifest in catalog.load(["gateway", "users"])] == ["users", "gateway"]
    assert [manifest.name for manifest in catalog.load()] == list(catalog.MODULES)


def test_only_the_modules_that_were_asked_for_have_settings() -> None:
    sections = read(Flags(), ("stations",), {}).sections
    assert "stations" in sections
    assert "gateway" not in sections
