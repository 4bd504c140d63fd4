"""The command line: what it does, and the one line with which it ends when it cannot."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from voltway.app import schema
from voltway.app.cli import commands, options
from voltway.app.cli import run as run_command
from voltway.app.cli.openapi import describe, to_text
from voltway.contracts.vocabulary import Registration
from voltway.modules.stations import service
from voltway.modules.stations.settings import StationsSettings

KEY = re.compile(r"vw_\w{8}_\w{32}\n")


class Told:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


Command = Callable[..., Told]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs a command in this process; a server that starts ends at once."""

    async def ended() -> None:
        return

    for name in os.environ:
        if name.startswith("VOLTWAY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_command, "until_signalled", ended)
    for module in (run_command, options):  # the tests keep their own log
        monkeypatch.setattr(module, "configure_logging", lambda *_: None)

    def run(*arguments: str, typed: str = "") -> Told:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        with structlog.testing.capture_logs():
            code = commands.run(list(arguments))
        out, err = capsys.readouterr()
        return Told(code, out, err)

    return run


@pytest.fixture
def occupied() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def line_of(told: Told, code: int) -> str:
    """The one line that a failure says; nothing else is said, and nobody sees a trace."""
    assert told.code == code, told.err
    assert told.out == ""
    assert told.err.startswith("voltway: ")
    assert told.err.endswith("\n")
    assert told.err.count("\n") == 1
    return told.err.removeprefix("voltway: ").rstrip("\n")


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def set_stamp(folder: Path, stamp: str, since: str | None = None) -> None:
    """`since`: the revision that a program must know; the stamp's own if none is given."""
    with closing(sqlite3.connect(folder / "voltway.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (stamp,))
        connection.execute("UPDATE app_schema SET since = ?", (since or stamp,))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# ---- what cannot be


def test_unknown_command_and_option_are_told_in_one_line(command: Command) -> None:
    assert "No such command 'rum'" in line_of(command("rum"), 2)
    assert line_of(command("run", "--htp"), 2).endswith("See: voltway run --help")
    assert "Missing option '--role'" in line_of(command("api-key", "create"), 2)


def test_unknown_module_names_the_nearest(command: Command) -> None:
    assert "no module session; did you mean sessions?" in line_of(command("run", "session"), 2)


def test_wrong_address_says_how_to_write_it(command: Command) -> None:
    assert line_of(command("run", "--http", "here"), 2).startswith("--http here is not an address. Write HOST:PORT")
    assert line_of(command("run", "--ocpp", "::1:9000"), 2).startswith("--ocpp ::1:9000 is not an address.")


def test_occupied_port_names_the_port_and_the_flag(command: Command, occupied: int, tmp_path: Path) -> None:
    free = ("--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0")
    for flag in ("--http", "--ocpp"):
        said = line_of(command("run", "--data-dir", "data", *free, flag, f"127.0.0.1:{occupied}"), 1)
        assert f"Port {occupied} on 127.0.0.1 is in use already" in said
        assert f"{flag} 127.0.0.1:{occupied + 1}" in said
    assert not (tmp_path / "data").exists()


def test_wrong_setting_names_itself_its_source_and_what_is_allowed(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTWAY_GATEWAY__UNKNOWN_STATIONS", "maybe")
    said = line_of(command("run"), 2)
    assert "VOLTWAY_GATEWAY__UNKNOWN_STATIONS = 'maybe' (set in the environment)" in said
    assert "'accept', 'pending' or 'reject'" in said


@pytest.mark.parametrize(
    "arguments", [("run",), ("migrate",), ("check",), ("mqtt-acl", "out"), ("api-key", "create", "--role", "auditor")]
)
def test_unknown_setting_stops_every_command(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VOLTWAY_GATEWAY__UNKNOWN_STATION", "accept")
    assert line_of(command(*arguments), 2).endswith("The nearest one is VOLTWAY_GATEWAY__UNKNOWN_STATIONS.")


def test_database_url_that_is_none_says_how_one_looks(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("oracle://x/y", "voltway.db", "postgresql://host:port/x"):
        monkeypatch.setenv("VOLTWAY_DATABASE__URL", url)
        assert "postgresql://" in line_of(command("migrate"), 2)


def test_file_that_is_no_database_stays_as_it_is(command: Command, tmp_path: Path) -> None:
    (tmp_path / "voltway.db").write_text("the shopping list")
    before = digests(tmp_path)
    said = line_of(command("run", "--data-dir", ".", "--http", ":0", "--ocpp", ":0"), 1)
    assert "voltway.db is not an SQLite database" in said
    assert digests(tmp_path) == before


def test_database_that_cannot_be_opened_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "voltway.db").mkdir()
    said = line_of(command("run", "--data-dir", ".", "--http", ":0", "--ocpp", ":0"), 1)
    assert "voltway.db cannot be read: Is a directory." in said


def test_data_directory_that_cannot_be_made_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = line_of(command("migrate", "--data-dir", "file/data"), 1)
    assert said == "The folder file/data cannot be made: Not a directory. Choose another --data-dir."


@pytest.mark.parametrize("arguments", [("run", "--http", ":0", "--ocpp", ":0"), ("migrate",), ("admin",)])
def test_newer_schema_is_left_alone(command: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command("migrate", "--data-dir", "data")
    set_stamp(tmp_path / "data", "9999")
    before = digests(tmp_path / "data")
    if arguments == ("admin",):
        arguments = ("admin", "create", "--email", "ada@example.org", "--password-stdin")
    said = line_of(command(*arguments, "--data-dir", "data", typed="amber-plug-4711\n"), 2)
    assert "was written by a newer Voltway (schema 9999" in said
    assert "nothing was changed" in said
    assert digests(tmp_path / "data") == before


def test_newer_schema_that_keeps_older_programs_is_worked_on_and_not_touched(command: Command, tmp_path: Path) -> None:
    command("migrate", "--data-dir", "data")
    set_stamp(tmp_path / "data", "9999", schema.revisions()[-1])
    said = command("migrate", "--data-dir", "data").out
    assert said == "The schema is 9999, newer than this program, which can work with it: nothing was changed.\n"
    assert KEY.fullmatch(command("api-key", "create", "--role", "auditor", "--data-dir", "data").out)
    assert "schema 9999 (newer, and this program can work with it)" in command("check", "--data-dir", "data").out


def test_secret_that_is_lost_or_anothers_is_told_and_not_replaced(command: Command, tmp_path: Path) -> None:
    create = ("api-key", "create", "--role", "auditor", "--data-dir", "data")
    assert KEY.fullmatch(command(*create).out)
    secret = tmp_path / "data" / "secret"
    secret.rename(tmp_path / "kept")
    assert "data/secret is missing" in line_of(command(*create), 2)
    assert not secret.exists()
    secret.write_bytes(os.urandom(32))
    assert "data/secret belongs to another database" in line_of(command(*create), 2)
    secret.write_bytes(b"short")
    assert "too few" in line_of(command(*create), 2)
    (tmp_path / "kept").replace(secret)
    assert KEY.fullmatch(command(*create).out)


def test_demo_network_keeps_away_from_a_real_installation(command: Command, tmp_path: Path) -> None:
    command("migrate", "--data-dir", "data")
    command("api-key", "create", "--role", "auditor", "--data-dir", "data")
    said = line_of(command("run", "--demo", "--data-dir", "data", "--http", ":0", "--ocpp", ":0"), 2)
    assert said.startswith("data holds a real installation")
    assert "the demo network needs all modules" in line_of(command("run", "--demo", "users"), 2).lower()


# ---- what is


def test_new_installation_is_readable_by_its_owner_alone(command: Command, tmp_path: Path) -> None:
    assert command("api-key", "create", "--role", "auditor", "--data-dir", "data").code == 0
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    assert modes == {"voltway.db": 0o600, "secret": 0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_migrate_says_what_it_did_and_older_databases_catch_up(command: Command, tmp_path: Path) -> None:
    newest = schema.revisions()[-1]
    assert command("migrate", "--data-dir", "data").out == f"The schema is {newest} now; it was empty.\n"
    assert command("migrate", "--data-dir", "data").out == f"The schema is {newest}, which is the present one.\n"


def test_files_for_mosquitto_name_every_station_and_are_for_their_owner_alone(command: Command, tmp_path: Path) -> None:
    async def admit() -> str:
        async with options.opened(Path("data"), None) as installation, installation.database.begin() as tx:
            return (await service.admit(tx, "default", "DE*ABC-1", Registration.ACCEPTED, StationsSettings())).id

    station_id = asyncio.run(admit())
    told = command("mqtt-acl", "broker", "--data-dir", "data")
    assert told.out.split() == ["broker/acl", "broker/passwd", "broker/stations.csv"], told.err
    topic = "voltway/default/DE%2AABC-1"
    assert (tmp_path / "broker/acl").read_text() == (
        "user voltway\ntopic readwrite voltway/#\n\n"
        f"user {station_id}\ntopic write {topic}/+/up\ntopic write {topic}/+/state\n"
        f"topic read {topic}/+/down\ntopic read {topic}/+/link\n"
    )
    users = [line.partition(":")[0] for line in (tmp_path / "broker/passwd").read_text().splitlines()]
    assert users == ["voltway", station_id]
    assert f'default,"DE*ABC-1",{station_id},' in (tmp_path / "broker/stations.csv").read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "broker").iterdir()} == {0o600}
    (tmp_path / "file").touch()
    assert "Choose another folder" in line_of(command("mqtt-acl", "file", "--data-dir", "data"), 1)


def test_administrator_is_made_once(command: Command) -> None:
    create = ("admin", "create", "--email", "ada@example.org", "--data-dir", "data")
    told = command(*create, "--password-stdin", typed="amber-plug-4711\n")
    assert (told.code, told.out) == (
        0,
        "ada@example.org may log in now, as operator_admin of the operator default.\n",
    )
    assert "has an account already" in line_of(command(*create, "--password-stdin", typed="amber-plug-4711\n"), 1)
    assert "--password-stdin" in line_of(command(*create), 2)
    assert "at least 8 characters" in line_of(command(*create, "--password-stdin", typed="short\n"), 1)
    assert "no operator 'acme'" in line_of(
        command(*create, "--password-stdin", "--operator", "acme", typed="amber-plug-4711\n"), 1
    )
    assert "did you mean operator_admin?" in line_of(command(*create, "--role", "operator_amin"), 2)


def test_second_factors_of_who_has_lost_them_are_taken_and_noted(command: Command, tmp_path: Path) -> None:
    create = ("admin", "create", "--email", "ada@example.org", "--data-dir", "data", "--password-stdin")
    command(*create, typed="amber-plug-4711\n")
    with closing(sqlite3.connect(tmp_path / "data" / "voltway.db")) as database, database:
        database.execute("UPDATE kernel_accounts SET second_factors = '[\"totp\"]'")
    reset = ("admin", "reset-mfa", "--data-dir", "data", "--email")
    assert "There is no account eve@example.org" in line_of(command(*reset, "eve@example.org"), 1)
    assert command(*reset, "Ada@example.org").out.startswith("Ada@example.org logs in by password alone now.")
    with closing(sqlite3.connect(tmp_path / "data" / "voltway.db")) as database:
        assert database.execute("SELECT second_factors FROM kernel_accounts").fetchall() == [(None,)]
        told = database.execute("SELECT name, payload FROM kernel_outbox ORDER BY position").fetchall()
    assert [name for name, _ in told] == ["ActDone", "ActDone", "MailWanted"]
    assert '"action":"mfa.reset"' in told[1][1]


def test_operators_are_added_listed_suspended_and_resumed(command: Command) -> None:
    create = ("operator", "create", "acme", "--name", "Acme Charging", "--data-dir", "data")
    told = command(*create)
    assert (told.code, "--operator acme" in told.out) == (0, True)
    assert "'acme' already" in line_of(command(*create), 1)
    assert "a-z 0-9" in line_of(command("operator", "create", "A b", "--data-dir", "data"), 1)
    for slug in ("acme", "nobody"):
        key = command("api-key", "create", "--role", "auditor", "--operator", slug, "--data-dir", "data")
        assert key.code == (0 if slug == "acme" else 1)
    for word, state in (("suspend", "suspended"), ("resume", "active")):
        assert command("operator", word, "acme", "--data-dir", "data").code == 0
        listed = command("operator", "list", "--data-dir", "data").out.splitlines()
        assert listed == [f"acme\t{state}\tAcme Charging", "default\tactive\tDefault operator"]
    assert "no operator 'nobody'" in line_of(command("operator", "suspend", "nobody", "--data-dir", "data"), 1)


def test_every_command_takes_the_data_directory(command: Command) -> None:
    for name, place in commands.COMMANDS.items():
        if name == "tariff":  # it reads a file, and no installation
            continue
        words = (
            (name, {"audit": "verify", "ledger": "verify", "station": "run"}.get(name, "create"))
            if place.endswith(":app")
            else (name,)
        )
        told = command(*words, "--data-dir")
        assert "Option '--data-dir' requires an argument" in line_of(told, 2)


def test_key_is_printed_alone(command: Command) -> None:
    told = command("api-key", "create", "--role", "operator_admin", "--data-dir", "data")
    assert (told.code, told.err) == (0, "")
    assert KEY.fullmatch(told.out)


def test_check_reports_what_would_be_in_the_way(
    command: Command, occupied: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTWAY_HTTP__PORT", "0")
    monkeypatch.setenv("VOLTWAY_GATEWAY__PORT", "0")
    monkeypatch.setenv("VOLTWAY_DATABASE__URL", "sqlite:///data/voltway.db")
    told = command("check", "--data-dir", "data")
    assert told.code == 0, told.out
    assert "VOLTWAY_GATEWAY__PORT = '0' (set in the environment)" in told.out
    assert "VOLTWAY_DATABASE__URL (set in the environment)" in told.out
    assert "is made at the first start" in told.out
    command("migrate", "--data-dir", "data")
    assert f"schema {schema.revisions()[-1]} (current)" in command("check", "--data-dir", "data").out
    monkeypatch.setenv("VOLTWAY_GATEWAY__PORT", str(occupied))
    set_stamp(tmp_path / "data", "9999")
    told = command("check", "--data-dir", "data")
    assert told.code == 1
    assert [line[:13] for line in told.out.splitlines() if line.startswith("NO")] == ["NO  database ", "NO  ocpp     "]


def test_settings_file_beside_the_data_is_read_unless_one_is_nearer(command: Command, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "voltway.toml").write_text("[http]\nport = 0\n[gateway]\nport = 0\n")
    assert "from data/voltway.toml" in command("check", "--data-dir", "data").out
    (tmp_path / "voltway.toml").write_text("[http]\nprot = 0\n")
    assert "http.prot (set in voltway.toml)" in line_of(command("check", "--data-dir", "data"), 2)
    assert "from data/voltway.toml" in command("check", "--data-dir", "data", "--config", "data/voltway.toml").out


def test_api_description_is_the_committed_one_and_a_change_is_noticed(command: Command, tmp_path: Path) -> None:
    committed = Path(__file__).parents[2] / "openapi.json"
    assert committed.read_text(encoding="utf-8") == to_text(describe()), "the API has changed: make openapi"
    assert command("openapi").code == 0
    assert command("openapi", "--check").code == 0
    document = json.loads((tmp_path / "openapi.json").read_text(encoding="utf-8"))
    document["info"]["title"] = "another"
    (tmp_path / "openapi.json").write_text(to_text(document), encoding="utf-8")
    assert line_of(command("openapi", "--check"), 1) == "openapi.json is not up to date. Run: voltway openapi"


def test_a_certificate_of_the_station_port_that_cannot_be_read_is_one_line_and_exit_code_2(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VOLTWAY_GATEWAY__TLS__ECDSA_CERTIFICATE_FILE", "nowhere.pem")
    told = command("run", "--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0", "--ocpps", "127.0.0.1:0")
    assert told.code == 2
    assert "nowhere.pem cannot be used: No such file" in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_tls_without_a_certificate_makes_one_and_says_so(command: Command, tmp_path: Path) -> None:
    told = command("run", "--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0", "--ocpps", "127.0.0.1:0")
    assert told.code == 0
    assert re.search(r"over TLS +wss://localhost:\d+/ocpp/\{identity\} \(certificate of our own authority\)", told.out)
    assert stat.S_IMODE((tmp_path / "data" / "pki" / "csms" / "root.key").stat().st_mode) == 0o600


NIGHT_TARIFF = """{"currency": "EUR", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.3, "vat": 19}], "restrictions": {"start_time": "22:00"}},
    {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19}]}]}"""


def test_tariff_is_checked_and_prices_a_session(command: Command, tmp_path: Path) -> None:
    (tmp_path / "night.json").write_text(NIGHT_TARIFF)
    arguments = ("--energy", "20", "--minutes", "40", "--at", "2026-11-28T21:40", "--zone", "Europe/Berlin")
    told = command("tariff", "night.json", *arguments)
    assert told.code == 0, told.err
    assert told.out.splitlines()[0] == "0.357 EUR per kWh (from 22:00); 0.595 EUR per kWh"
    assert "Total 8.00 EUR, 9.52 EUR with VAT" in told.out


def test_tariff_with_an_error_ends_with_1_and_one_that_is_none_with_a_line(command: Command, tmp_path: Path) -> None:
    doubled = NIGHT_TARIFF.replace(', "restrictions": {"start_time": "22:00"}', "")
    (tmp_path / "doubled.json").write_text(doubled)
    told = command("tariff", "doubled.json")
    assert told.code == 1
    assert "error: element 1: Whatever it prices, element 0 has priced before." in told.out
    (tmp_path / "none.json").write_text('{"currency": "euro"}')
    assert "is no tariff" in line_of(command("tariff", "none.json"), 1)
