"""Backups: whole or refused, and a restore after which stations go on with what they had."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from servers import database_on_server
from sessions.builders import TARIFF, a_start, a_stop, a_value
from voltway.app import schema
from voltway.app.backup import contents, restoring, taking
from voltway.app.cli import commands, options
from voltway.app.errors import Unusable
from voltway.app.installation import open_installation
from voltway.app.settings import Configuration, Flags, read
from voltway.contracts.station_link import ReportTransaction, TransactionReceipt
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, browser_sessions, create_account
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database
from voltway.kernel.errors import StartUpError
from voltway.kernel.restoring import POSITIONS_SKIPPED
from voltway.kernel.runtime import Runtime
from voltway.modules.billing import store as tariffs
from voltway.modules.billing.module import MANIFEST as BILLING
from voltway.modules.documents import store as documents
from voltway.modules.documents.handlers import NUMBERS_SKIPPED
from voltway.modules.documents.rules import Kind
from voltway.modules.documents.tables import series
from voltway.modules.sessions.module import MANIFEST as SESSIONS
from voltway.modules.sessions.tables import inbox, progress, sessions
from voltway.modules.users import store as tokens
from voltway.modules.users.module import MANIFEST as USERS

CARD = {"value": "CARD-1", "kind": None, "status": "accepted", "expires_at": None, "group": None, "user_id": None}


def configured(data_dir: Path, url: str = "") -> Configuration:
    ports = {"VOLTWAY_HTTP__PORT": "0", "VOLTWAY_GATEWAY__PORT": "0"}
    return read(Flags(data_dir), environment=ports | ({"VOLTWAY_DATABASE__URL": url} if url else {}))


class Server:
    """The part of a server that records what stations say, on an installation."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def say(self, report: ReportTransaction) -> TransactionReceipt:
        receipt: TransactionReceipt = await self.runtime.commits.record(report)
        return receipt

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        async with self.runtime.database.read() as tx:
            return list((await tx.execute(statement)).all())

    async def session(self, transaction_id: str | None) -> Any:
        """The session of a transaction, or None."""
        found = await self.rows(sa.select(sessions).where(sessions.c.transaction_id == transaction_id))
        return found[0] if found else None

    async def count(self, table: sa.Table) -> int:
        return int((await self.rows(sa.select(sa.func.count()).select_from(table)))[0][0])


@asynccontextmanager
async def serving(configuration: Configuration) -> AsyncIterator[Server]:
    installation = await open_installation(configuration)
    runtime = Runtime((SESSIONS, USERS, BILLING), installation.database, secret=installation.secret)
    await runtime.start()
    try:
        yield Server(runtime)
    finally:
        await runtime.stop()


async def prepare(server: Server) -> None:
    """A card and a tariff."""
    async with server.runtime.database.begin() as tx:
        await tokens.add(tx, DEFAULT_OPERATOR_ID, {**CARD, "concurrent_max": None})
        await tariffs.add_tariff(tx, DEFAULT_OPERATOR_ID, TARIFF)
        await tariffs.assign(tx, DEFAULT_OPERATOR_ID, TARIFF.tariff_id, [("operator", "")])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a new installation, to look at."""
    folder = tmp_path_factory.mktemp("whole")

    async def make() -> Path:
        configuration = configured(folder / "data")
        await (await open_installation(configuration)).database.close()
        (folder / "data" / "files").mkdir()
        (folder / "data" / "files" / "firmware.bin").write_bytes(b"firmware")
        return (await taking.take(configuration, folder / "backups"))[0]

    return asyncio.run(make())


@pytest.fixture
def backup(whole: Path, tmp_path: Path) -> Path:
    """A backup of a new installation, to do with as the test likes."""
    return Path(shutil.copytree(whole, tmp_path / "backup"))


@pytest.fixture
def second_url(tested_url: sa.URL, worker_id: str) -> Iterator[str]:
    """Another empty database; nothing for SQLite, where a folder is enough."""
    if tested_url.get_backend_name() == "sqlite":
        yield ""
        return
    with database_on_server(tested_url, f"second_{worker_id}") as ours:
        yield ours.render_as_string(hide_password=False)


# ---- yesterday's backup, and stations that go on


@pytest.mark.mariadb
async def test_stations_go_on_after_a_restore_and_no_stop_touches_another_session(
    blank: Database, second_url: str, tmp_path: Path
) -> None:
    url = "" if blank.dialect == "sqlite" else blank.url.render_as_string(hide_password=False)
    before, after = configured(tmp_path / "before", url), configured(tmp_path / "after", second_url)
    async with serving(before) as server:
        await prepare(server)
        open_then = (await server.say(a_start())).transaction_id
        await server.say(a_value(open_then, 5, 1_500))
        still_runs = (await server.say(a_start(10, evse_number=2, connector_number=2))).transaction_id
        folder, _ = await taking.take(before, tmp_path / "backups")
        # All that follows is acknowledged, and lost.
        await server.say(a_stop(open_then, 600, meter_wh=2_000))
        lost = (await server.say(a_start(700, meter_wh=2_000))).transaction_id
        known_then = {row.id: row for row in await server.rows(sa.select(sessions))}

    await restoring.restore(after, folder)

    async with serving(after) as server:
        assert await server.session(lost) is None
        untouched = await server.session(open_then)
        assert (untouched.state, untouched.review) == ("active", "restored")
        # The car of the lost transaction goes on charging on the same EVSE, and stops.
        await server.say(a_value(lost, 900, 5_000))
        await server.say(a_stop(lost, 1_000, meter_wh=9_000))
        assert await server.session(open_then) == untouched
        assert await server.session(lost) is None
        assert await server.count(inbox) == 5  # what belongs to no session is kept all the same
        # The next car: the session that the backup shows as open is closed, and is billed for nobody else's energy.
        started = await server.say(a_start(2_000, meter_wh=9_000))
        assert started.transaction_id not in {open_then, still_runs, lost}
        closed = await server.session(open_then)
        (energy_wh,) = (await server.rows(sa.select(progress.c.energy_wh).where(progress.c.session_id == closed.id)))[0]
        assert energy_wh == 500
        assert (closed.state, closed.is_priced, set(closed.review.split())) == (
            "ended",
            False,
            {"restored", "superseded", "end_lost"},
        )
        # What runs on from before the backup ends as ever, and is priced.
        await server.say(a_stop(still_runs, 3_600))
        ended = await server.session(still_runs)
        assert (ended.state, ended.is_priced, ended.meter_stop_wh) == ("ended", True, 8_000)
        assert set(known_then) - {row.id for row in await server.rows(sa.select(sessions))} != set()


@pytest.mark.mariadb
async def test_backup_beside_a_busy_server_is_of_one_moment(blank: Database, second_url: str, tmp_path: Path) -> None:
    url = "" if blank.dialect == "sqlite" else blank.url.render_as_string(hide_password=False)
    before, after = configured(tmp_path / "before", url), configured(tmp_path / "after", second_url)
    async with serving(before) as server:
        await prepare(server)
        is_over = asyncio.Event()

        async def keep_busy() -> None:
            number = 0
            while not is_over.is_set():
                number += 1
                station = {"station_id": f"11111111-0000-7000-8000-{number:012}", "station_identity": f"CS-{number}"}
                receipt = await server.say(a_start(number, **station))
                await server.say(a_stop(receipt.transaction_id, number + 60, **station))

        busy = asyncio.create_task(keep_busy())
        while await server.count(sessions) < 3:  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
        folder, _ = await asyncio.to_thread(lambda: asyncio.run(taking.take(before, tmp_path / "backups")))
        is_over.set()
        await busy
    await restoring.restore(after, folder)
    async with serving(after) as server:
        states = await server.rows(sa.select(sessions.c.state, sa.func.count()).group_by(sessions.c.state))
        reports = dict(await server.rows(sa.select(inbox.c.phase, sa.func.count()).group_by(inbox.c.phase)))
        assert reports["started"] == sum(count for _, count in states) >= 3
        assert reports.get("ended", 0) == dict(states).get("ended", 0)


# ---- nothing is handed out twice


async def test_numbers_positions_and_log_ins_of_lost_days_do_not_come_again(tmp_path: Path) -> None:
    configuration = configured(tmp_path / "data")
    installation = await open_installation(configuration)
    year = clock.now().year
    async with installation.database.begin() as tx:
        numbers = [await documents.next_number(tx, DEFAULT_OPERATOR_ID, "entity", Kind.INVOICE, year) for _ in range(3)]
        position = int((await tx.execute(sa.select(outbox.head.c.position))).scalar_one())
        await tx.execute(sa.insert(outbox.cursors).values(consumer="ledger", position=position))
        ada = await create_account(
            tx, "ada@example.org", "amber-plug-4711", "Ada", "operator_admin", DEFAULT_OPERATOR_ID
        )
        cookie = await browser_sessions.open_session(tx, ada, installation.secret)
    assert numbers == [1, 2, 3]
    async with installation.database.read() as tx:
        assert await browser_sessions.find_by_cookie(tx, cookie, installation.secret) is not None
    await installation.database.close()
    folder, manifest = await taking.take(configuration, tmp_path / "backups")

    restored = configured(tmp_path / "restored")
    await restoring.restore(restored, folder)
    installation = await open_installation(restored)
    async with installation.database.begin() as tx:
        assert await documents.next_number(tx, DEFAULT_OPERATOR_ID, "entity", Kind.INVOICE, year) == 4 + NUMBERS_SKIPPED
        assert int((await tx.execute(sa.select(outbox.head.c.position))).scalar_one()) > POSITIONS_SKIPPED
        cursor = (await tx.execute(sa.select(outbox.cursors.c.position))).scalar_one()
        assert cursor == position + POSITIONS_SKIPPED
        assert await browser_sessions.find_by_cookie(tx, cookie, installation.secret) is None
        told = (await tx.execute(sa.select(outbox.outbox).order_by(outbox.outbox.c.position.desc()))).first()
    await installation.database.close()
    assert told is not None
    assert json.loads(told.payload)["action"] == "installation.restored"
    assert manifest.schema == schema.revisions()[-1]


async def test_series_that_went_into_a_new_year_begins_beyond_what_was_lost(tmp_path: Path) -> None:
    installation = await open_installation(configured(tmp_path / "data"))
    now = clock.now()
    async with installation.database.begin() as tx:
        await documents.next_number(tx, DEFAULT_OPERATOR_ID, "entity", Kind.INVOICE, now.year - 1)
    await installation.database.close()
    await restoring.settle(configured(tmp_path / "data"), now - timedelta(days=366))
    installation = await open_installation(configured(tmp_path / "data"))
    async with installation.database.begin() as tx:
        assert (
            await documents.next_number(tx, DEFAULT_OPERATOR_ID, "entity", Kind.INVOICE, now.year)
            == 1 + NUMBERS_SKIPPED
        )
        rows = (await tx.execute(sa.select(series.c.year, series.c.last_number))).all()
    await installation.database.close()
    assert (now.year - 1, 1 + NUMBERS_SKIPPED) in rows


async def test_a_recovery_from_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartUpError, match="is not in the past"):
        await restoring.settle(configured(tmp_path / "data"), clock.now() + timedelta(hours=1))


# ---- a backup that cannot be trusted


def test_backup_is_for_its_owner_alone_and_whole(backup: Path) -> None:
    manifest = contents.verify(backup)
    assert {file.path for file in manifest.files} == {"database/voltway.db", "files/firmware.bin", "secret"}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for _, file in contents.walk(backup)} == {0o600}


def damage(backup: Path) -> None:
    with (backup / "database" / "voltway.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff")


def lead_out(backup: Path) -> None:
    said = json.loads((backup / "manifest.json").read_text())
    said["files"][0]["path"] = "../secret"
    (backup / "manifest.json").write_text(json.dumps(said))


def become_newer(backup: Path) -> None:
    said = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(said | {"schema": "9999"}))


def become_a_later_form(backup: Path) -> None:
    (backup / "manifest.json").write_text('{"format": 2, "what": "nobody knows"}')


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (damage, "database/voltway.db is not as it was"),
        (lambda backup: (backup / "secret").unlink(), "secret is missing"),
        (lambda backup: (backup / "more").write_text(""), "holds more, which is not in its manifest"),
        (lead_out, "outside itself"),
        (become_newer, "taken by a newer Voltway"),
        (become_a_later_form, "has the format 2"),
        (lambda backup: (backup / "manifest.json").unlink(), "is no backup"),
        (lambda backup: (backup / "manifest.json").write_text("{"), "is not one of ours"),
    ],
)
async def test_backup_that_is_not_as_it_was_or_newer_is_refused_before_anything_is_changed(
    backup: Path, tmp_path: Path, spoil: Any, says: str
) -> None:
    spoil(backup)
    with pytest.raises(StartUpError, match=says):
        await restoring.restore(configured(tmp_path / "data"), backup, may_overwrite=True)
    assert not (tmp_path / "data" / "voltway.db").exists()


async def test_what_is_there_is_moved_aside_and_only_if_told(backup: Path, tmp_path: Path) -> None:
    configuration = configured(tmp_path / "data")
    await (await open_installation(configuration)).database.close()
    secret = configuration.secret_file.read_bytes()
    with pytest.raises(Unusable, match="There is an installation already"):
        await restoring.restore(configuration, backup)
    await restoring.restore(configuration, backup, may_overwrite=True)
    aside = sorted(file.name.split(".before-restore-")[0] for file in (tmp_path / "data").glob("*.before-restore-*"))
    assert aside[:1] == ["secret"]
    assert "voltway.db" in aside
    (kept,) = (tmp_path / "data").glob("secret.before-restore-*")
    assert kept.read_bytes() == secret
    assert (tmp_path / "data" / "files" / "firmware.bin").read_bytes() == b"firmware"
    assert configuration.secret_file.read_bytes() == (backup / "secret").read_bytes()
    assert stat.S_IMODE(configuration.secret_file.stat().st_mode) == 0o600


async def test_database_on_a_server_must_be_empty_and_of_the_same_kind(
    blank: Database, backup: Path, tmp_path: Path
) -> None:
    if blank.dialect == "sqlite":
        pytest.skip("SQLite has no server")
    configuration = configured(tmp_path / "data", blank.url.render_as_string(hide_password=False))
    with pytest.raises(StartUpError, match="The backup is of SQLite"):
        await restoring.restore(configuration, backup)
    await (await open_installation(configuration)).database.close()
    own, _ = await taking.take(configuration, tmp_path / "backups")
    with pytest.raises(Unusable, match="is not empty"):
        await restoring.restore(configuration, own, may_overwrite=True)


# ---- the command line


class Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_commands_back_up_verify_and_restore(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "configure_logging", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOLTWAY_HTTP__PORT", "0")

    def run(*arguments: str) -> tuple[int, str]:
        code = commands.run(list(arguments))
        told = capsys.readouterr()
        return code, (told.out + told.err).strip()

    assert run("backup", "--data-dir", "data")[1].startswith("voltway: There is no database")
    assert run("migrate", "--data-dir", "data")[0] == 0
    assert run("api-key", "create", "--role", "auditor", "--data-dir", "data")[0] == 0
    code, folder = run("backup", "--data-dir", "data", "--to", "kept")
    assert (code, Path(folder).parent.name) == (0, "kept")
    assert "is whole" in run("backup", "--verify", folder)[1]
    code, told = run("restore", folder, "--data-dir", "data")
    assert (code, "With --force" in told) == (1, True)
    assert run("restore", folder, "--data-dir", "other")[1].startswith("Restored as of")
    assert run("check", "--data-dir", "other")[0] == 0
    assert "is no time" in run("settle-restore", "--at", "noon", "--data-dir", "other")[1]
    (tmp_path / "other" / "audit").mkdir()
    (tmp_path / "other" / "audit" / "x.json").write_text("{}")
    assert run("settle-restore", "--at", "2026-05-01T12:00:00Z", "--data-dir", "other")[1].startswith("Settled.")
    assert len(list((tmp_path / "other").glob("audit.before-restore-*"))) == 1


def test_nothing_is_restored_beside_a_running_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], backup: Path, tmp_path: Path
) -> None:
    server = HTTPServer(("127.0.0.1", 0), Alive)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("VOLTWAY_HTTP__PORT", str(server.server_port))
        assert commands.run(["restore", str(backup), "--data-dir", str(tmp_path / "data")]) == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "A server is running" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
