"""The doctor: every check meets an installation that is broken in its way, and a sound one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notify.mail_server import MailServer
from voltway.app import process
from voltway.app.doctor import certificates, database, machine
from voltway.app.doctor.checks import CHECKS, examine
from voltway.app.doctor.findings import Grade
from voltway.app.installation import Installation, open_installation
from voltway.app.settings import Configuration, Flags, read
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, Role, create_account
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database

OK, NOTE, WARNING, ERROR = Grade
FREE = {"VOLTWAY_HTTP__PORT": "0", "VOLTWAY_GATEWAY__PORT": "0"}
PASSWORD = "amber-plug-4711"


def configured(data_dir: Path, **environment: str) -> Configuration:
    named = {f"VOLTWAY_{name}": value for name, value in environment.items()}
    return read(Flags(data_dir), environment=FREE | named)


async def made(data_dir: Path, **environment: str) -> Installation:
    """An installation as its first start makes it, open."""
    return await open_installation(configured(data_dir, **environment))


async def found(data_dir: Path, check: str, **environment: str) -> list[tuple[Grade, str]]:
    """What one check says."""
    entries = await examine(configured(data_dir, **environment))
    return [(entry.finding.grade, entry.finding.says) for entry in entries if entry.check == check]


async def said(data_dir: Path, check: str, **environment: str) -> str:
    """The one error or warning of a check, with its grade; there is a remedy."""
    entries = await examine(configured(data_dir, **environment))
    bad = [each.finding for each in entries if each.check == check and each.finding.grade in (WARNING, ERROR)]
    assert len(bad) == 1, entries
    assert bad[0].remedy
    return f"{bad[0].grade}: {bad[0].says}"


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    async def make() -> Path:
        data_dir = tmp_path_factory.mktemp("sound") / "data"
        await (await made(data_dir)).database.close()
        return data_dir

    return asyncio.run(make())


@pytest.fixture
def data_dir(_template: Path, tmp_path: Path) -> Path:
    """The data directory of a sound installation."""
    return Path(shutil.copytree(_template, tmp_path / "data"))


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# ---- the whole


async def test_sound_installation_has_no_error_and_a_new_one_makes_nothing(data_dir: Path, tmp_path: Path) -> None:
    entries = await examine(configured(data_dir))
    assert [entry for entry in entries if entry.finding.grade is ERROR] == []
    assert {entry.check for entry in entries} > {
        "database.schema",
        "database.integrity",
        "files.secret",
        "machine.fsync",
    }
    await examine(configured(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()


async def test_check_that_breaks_stops_no_other(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: 1 / 0)
    entries = await examine(configured(data_dir))
    assert [entry.check for entry in entries if "could not be examined" in entry.finding.says] == ["machine.disk"]
    assert entries[-1].check == "pages"


def test_every_check_is_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operating" / "doctor.md").read_text()
    assert [name for name in CHECKS if f"`{name}`" not in manual] == []


def test_command_prints_a_table_or_json_and_says_by_its_exit_code_how_bad_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from voltway.app.cli import commands, options

    monkeypatch.setattr(options, "configure_logging", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    for name, value in FREE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(process, "CONSOLE_DIRS", ())
    assert commands.run(["doctor", "--data-dir", "data"]) == 0
    table = capsys.readouterr().out
    assert "WARNING  pages" in table
    assert "-> Run: make web" in table
    assert commands.run(["doctor", "--data-dir", "data", "--strict"]) == 1
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "voltway.db").write_text("no database")
    capsys.readouterr()
    assert commands.run(["doctor", "--data-dir", "data", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["worst"] == "error"
    assert "is not an SQLite database" in next(
        each["says"] for each in told["findings"] if each["check"] == "database.reachable"
    )


# ---- the database


async def test_database_server_that_is_away_is_told(tmp_path: Path, closed_port: int) -> None:
    url = f"postgresql://nobody:hidden@127.0.0.1:{closed_port}/nothing"
    told = await said(tmp_path, "database.reachable", DATABASE__URL=url)
    assert told.startswith("error: The database postgresql://nobody:***@127.0.0.1")
    assert "hidden" not in told


@pytest.mark.parametrize(
    ("stamp", "says"), [("0002", "warning: The schema is older"), ("9999", "error: The schema is newer")]
)
async def test_schema_of_another_age_is_told(data_dir: Path, stamp: str, says: str) -> None:
    with closing(sqlite3.connect(data_dir / "voltway.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (stamp,))
        connection.execute("UPDATE app_schema SET since = ?", (stamp,))
        connection.commit()
    assert (await said(data_dir, "database.schema")).startswith(says)


async def test_newer_schema_that_this_program_can_work_with_is_no_trouble(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "voltway.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    found = {entry.check: entry.finding for entry in await examine(configured(data_dir))}
    assert found["database.schema"].grade is NOTE
    assert "newer than this program" in found["database.schema"].says


async def test_database_of_another_program_is_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "voltway.db")) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    assert "another program's tables" in await said(tmp_path, "database.schema")


async def test_damaged_file_is_told(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "voltway.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sessions_inbox'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (data_dir / "voltway.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert "The file is damaged" in await said(data_dir, "database.integrity")


@pytest.mark.parametrize(("skew_s", "grade"), [(0.2, OK), (-3, WARNING), (90, ERROR)])
def test_clock_that_differs_is_told(skew_s: float, grade: Grade) -> None:
    assert [finding.grade for finding in database.judge_skew(skew_s)] == [grade]


async def test_listener_that_does_not_keep_up_and_events_put_aside_are_told(data_dir: Path) -> None:
    installation = await made(data_dir)
    async with installation.database.begin() as tx:
        await tx.execute(sa.update(outbox.head).values(position=database.EVENTS_BEHIND + 1))
        await tx.execute(sa.insert(outbox.cursors).values(consumer="billing", position=0))
        parked = {
            "consumer": "ledger",
            "position": 1,
            "name": "X",
            "payload": {},
            "error": "",
            "parked_at": clock.now(),
        }
        await tx.execute(sa.insert(outbox.parked).values(parked))
    await installation.database.close()
    told = await found(data_dir, "database.events")
    assert told == [
        (WARNING, f"The listener billing is {database.EVENTS_BEHIND + 1} events behind."),
        (WARNING, "1 events were put aside because a listener failed at them."),
    ]


def url_of(blank: Database) -> str:
    if blank.dialect == "sqlite":
        pytest.skip("SQLite has no server to ask")
    return blank.url.render_as_string(hide_password=False)


@pytest.mark.mariadb
async def test_server_as_it_comes_is_known_as_durable_and_in_time(blank: Database, tmp_path: Path) -> None:
    url = url_of(blank)
    await (await made(tmp_path, DATABASE__URL=url)).database.close()
    for check in ("version", "schema", "durability", "clock", "connections"):
        told = await found(tmp_path, f"database.{check}", DATABASE__URL=url)
        assert [grade for grade, _ in told] == [OK], (check, told)


@pytest.mark.mariadb
async def test_server_that_acknowledges_too_early_is_told(
    blank: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(blank)
    wanted = {
        "postgresql": database.Wanted("synchronous_commit", {"never"}.__contains__, "never", "for the test"),
        "mysql": database.Wanted("innodb_flush_log_at_trx_commit", {"never"}.__contains__, "never", "for the test"),
    }[blank.dialect]
    for name in ("POSTGRESQL_WANTED", "MARIADB_WANTED"):
        monkeypatch.setattr(database, name, (wanted,))
    told = await said(tmp_path, "database.durability", DATABASE__URL=url)
    assert told.startswith(f"error: The server has {wanted.name} = ")


async def test_role_that_passes_row_security_by_and_a_bare_table_are_told(blank: Database, tmp_path: Path) -> None:
    if blank.dialect != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    installation = await made(tmp_path, DATABASE__URL=url_of(blank))
    async with installation.database.begin() as tx:
        await tx.execute(sa.text("DROP POLICY of_one_operator ON sessions_sessions"))
    await installation.database.close()
    told = await found(tmp_path, "database.row_security", DATABASE__URL=url_of(blank))
    assert (ERROR, "Tables without row-level security: sessions_sessions.") in told
    assert told[0][0] is WARNING  # the tests connect as a superuser


# ---- the machine


def test_full_disk_slow_disk_few_files_and_wrong_file_systems_are_told(tmp_path: Path) -> None:
    gib = 1024**3
    assert [machine.judge_room(tmp_path, free).grade for free in (5 * gib, gib, gib // 10)] == [OK, WARNING, ERROR]
    assert [machine.judge_fsync([slow] * 3).grade for slow in (0.004, 0.2)] == [OK, WARNING]
    assert [machine.judge_files(limit).grade for limit in (-1, 65_536, 4_096, 1_024)] == [OK, OK, WARNING, WARNING]
    kinds = {kind: machine.judge_file_system(tmp_path, kind, is_sqlite=True) for kind in ("ext4", "tmpfs", "nfs4")}
    assert [[each.grade for each in told] for told in kinds.values()] == [[], [ERROR], [ERROR]]
    assert machine.judge_file_system(tmp_path, "nfs4", is_sqlite=False) == []


def test_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nhost:/x /data nfs4 rw 0 0\ntmpfs /data/fast tmpfs rw 0 0\n")
    places = {"/srv": "ext4", "/data/voltway": "nfs4", "/data/fast/voltway": "tmpfs", "/database": "ext4"}
    assert {place: machine.file_system_of(Path(place), mounts) for place in places} == places
    assert machine.file_system_of(Path("/srv"), tmp_path / "nowhere") == ""


# ---- files


async def test_files_that_others_may_read_are_told(data_dir: Path) -> None:
    (data_dir / "secret").chmod(0o640)
    assert "secret, which holds secrets" in await said(data_dir, "files.private")
    os.chmod(data_dir, 0o755)
    assert "open to other users" in await said(data_dir, "files.data_dir")


async def test_settings_file_with_a_password_must_be_private(data_dir: Path) -> None:
    file = data_dir / "voltway.toml"
    file.write_text('[notify]\nsmtp_password = "hidden"\n')
    file.chmod(0o644)
    told = await said(data_dir, "files.private")
    assert "voltway.toml" in told
    assert "hidden" not in told
    file.write_text('[notify]\nsender = "we@example.org"\n')
    assert [grade for grade, _ in await found(data_dir, "files.private")] == [OK]


async def test_secret_that_is_lost_short_or_anothers_is_told(data_dir: Path) -> None:
    secret = data_dir / "secret"
    for content, says in ((os.urandom(32), "belongs to another database"), (b"short", "too few")):
        secret.write_bytes(content)
        assert says in await said(data_dir, "files.secret")
    secret.unlink()
    assert "is missing" in await said(data_dir, "files.secret")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_data_directory_that_is_not_ours_is_told(data_dir: Path) -> None:
    os.chmod(data_dir, 0o500)
    try:
        assert "cannot be written" in await said(data_dir, "files.data_dir")
    finally:
        os.chmod(data_dir, 0o700)


# ---- certificates


MakePair = Callable[[str, int], tuple[Path, Path]]


@pytest.fixture
def make_pair(tmp_path: Path) -> MakePair:
    """Makes a certificate that ends in so many days, and its key, in files."""

    def make(name: str, days: int) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        end = datetime.now(UTC) + timedelta(days=days)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        certificate = (
            builder.not_valid_before(end - timedelta(days=400)).not_valid_after(end).sign(key, hashes.SHA256())
        )
        files = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
        files[1].chmod(0o600)
        return files

    return make


@pytest.mark.parametrize(("days", "says"), [(-1, "error: A certificate in"), (10, "warning: A certificate in")])
async def test_certificate_at_its_end_is_told(data_dir: Path, make_pair: MakePair, days: int, says: str) -> None:
    certificate, key = make_pair("port", days)
    names = {"ECDSA_CERTIFICATE_FILE": str(certificate), "ECDSA_KEY_FILE": str(key), "PORT": "0"}
    tls = {f"GATEWAY__TLS__{name}": value for name, value in names.items()}
    assert (await said(data_dir, "certificates.station_port", **tls)).startswith(says)


async def test_key_of_another_certificate_is_told_and_the_right_one_is_well(
    data_dir: Path, make_pair: MakePair
) -> None:
    (certificate, key), (_, other_key) = make_pair("one", 200), make_pair("two", 200)
    tls = {"GATEWAY__TLS__PORT": "0", "GATEWAY__TLS__ECDSA_CERTIFICATE_FILE": str(certificate)}
    told = await said(data_dir, "certificates.station_port", **tls, GATEWAY__TLS__ECDSA_KEY_FILE=str(other_key))
    assert "the key is not that of the certificate" in told
    well = await found(data_dir, "certificates.station_port", **tls, GATEWAY__TLS__ECDSA_KEY_FILE=str(key))
    assert [grade for grade, _ in well] == [OK]


async def test_authorities_that_cannot_be_read_are_told(data_dir: Path, tmp_path: Path) -> None:
    nowhere, empty = tmp_path / "nowhere.pem", tmp_path / "empty.pem"
    empty.write_text("")
    assert "cannot be read" in await said(
        data_dir, "certificates.authorities", NOTIFY__SMTP_AUTHORITIES_FILE=str(nowhere)
    )
    told = await said(data_dir, "certificates.authorities", GATEWAY__TLS__CLIENT_AUTHORITIES_FILE=str(empty))
    assert "holds no certificate" in told
    assert certificates.judge_file(empty, is_own=True) == []


# ---- what is around


async def test_port_of_somebody_else_is_told(data_dir: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert f"Port {port}" in await said(data_dir, "ports", GATEWAY__PORT=str(port))


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("HTTP__TRUSTED_PROXIES", '["*"]', "error: http.trusted_proxies has *"),
        ("GATEWAY__TRUSTED_PROXIES", '["0.0.0.0/0"]', "error: gateway.trusted_proxies has 0.0.0.0/0"),
        ("HTTP__HOST", "0.0.0.0", "warning: The console and the API are open"),
        ("GATEWAY__HOST", "0.0.0.0", "warning: Stations reach 0.0.0.0:0 without TLS only"),
        ("HTTP__TRUSTED_PROXIES", '["127.0.0.1"]', "warning: A proxy on this machine"),
    ],
)
async def test_ports_open_too_wide_are_told(data_dir: Path, setting: str, value: str, says: str) -> None:
    assert (await said(data_dir, "proxies", **{setting: value})).startswith(says)


async def test_address_for_people_without_tls_or_none_is_told(data_dir: Path) -> None:
    assert "without TLS" in await said(data_dir, "public_url", HTTP__PUBLIC_URL="http://charging.example.org")
    assert "is not set" in await said(data_dir, "public_url", HTTP__HOST="0.0.0.0")


async def test_mail_server_that_is_away_and_a_sender_that_is_nobody_are_told(data_dir: Path, closed_port: int) -> None:
    away = await said(data_dir, "mail", NOTIFY__SMTP_URL=f"smtp://127.0.0.1:{closed_port}")
    assert away.startswith("error: Mails do not leave")
    assert "write smtp://HOST" in await said(data_dir, "mail", NOTIFY__SMTP_URL="mail.example.org")


async def test_mail_server_is_tried_and_the_sender_looked_at(data_dir: Path) -> None:
    server = await MailServer().start()
    url, ours = f"smtp://127.0.0.1:{server.port}", "Voltway <we@example.org>"
    assert [grade for grade, _ in await found(data_dir, "mail", NOTIFY__SMTP_URL=url, NOTIFY__SENDER=ours)] == [OK]
    assert "whom no server believes" in await said(data_dir, "mail", NOTIFY__SMTP_URL=url)
    assert server.taken == []
    await server.kill()


async def test_money_that_does_not_move_is_told(data_dir: Path) -> None:
    assert "do not exist" in await said(data_dir, "payments", PAYMENTS__PROVIDERS='["sandbox"]')
    stripe = {"PAYMENTS__PROVIDERS": '["stripe"]', "PAYMENTS__STRIPE_KEY": "sk_live_00000000"}
    assert "cannot tell" in await said(data_dir, "payments", **stripe)
    stripe["PAYMENTS__STRIPE_WEBHOOK_SECRET"] = "whsec_00000000"
    assert await found(data_dir, "payments", **stripe) == [(OK, "stripe")]
    stripe["PAYMENTS__STRIPE_KEY"] = "sk_test_00000000"
    assert "one for tests" in await said(data_dir, "payments", **stripe)


async def test_broker_that_is_away_is_told(data_dir: Path, closed_port: int) -> None:
    assert "does not answer" in await said(data_dir, "mqtt", GATEWAY__MQTT__URL=f"mqtt://127.0.0.1:{closed_port}")


async def test_log_in_provider_whose_secret_is_away_is_told(data_dir: Path, tmp_path: Path) -> None:
    provider = {"issuer": "https://id.example.org", "client_id": "v", "client_secret_file": str(tmp_path / "gone")}
    told = await said(data_dir, "log_in", ACCOUNTS__OIDC=json.dumps({"corp": provider}))
    assert told.startswith("error: The secret of the provider corp cannot be read")


async def test_network_without_administrator_and_one_with_a_password_alone_are_told(data_dir: Path) -> None:
    assert "Nobody can log in" in await said(data_dir, "administrators")
    installation = await made(data_dir)
    async with installation.database.begin() as tx:
        await create_account(tx, "ada@example.org", PASSWORD, "Ada", Role.OPERATOR_ADMIN, DEFAULT_OPERATOR_ID)
    await installation.database.close()
    assert "password alone: ada@example.org" in await said(data_dir, "administrators")
    with closing(sqlite3.connect(data_dir / "voltway.db")) as connection:
        connection.execute("""UPDATE kernel_accounts SET second_factors = '["totp"]'""")
        connection.commit()
    assert await found(data_dir, "administrators") == [(OK, "1 administrators")]


async def test_pages_that_are_not_built_are_told(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("")
    monkeypatch.setattr(process, "CONSOLE_DIRS", (tmp_path,))
    monkeypatch.setattr(process, "DRIVER_APP_DIRS", ())
    assert await said(data_dir, "pages") == "warning: The driver app is not built."
