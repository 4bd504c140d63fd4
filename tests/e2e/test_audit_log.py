"""The audit log of a real server: nothing is lost when it dies, the database refuses changes, the command line finds them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.server_process import ServerProcess, voltway

DEATHS = 3
ACTS = 12
WITHIN_S = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path / "data")
    yield server
    server.kill()


def a_client(server: ServerProcess, key: str) -> httpx.Client:
    return httpx.Client(base_url=server.api, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=20)


def entries_of(client: httpx.Client, count: int, **params: Any) -> list[dict[str, Any]]:
    deadline = time.monotonic() + WITHIN_S
    while True:
        found: list[dict[str, Any]] = client.get("/audit-entries", params={"limit": 500, **params}).json()["items"]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_a_server_that_is_killed_after_its_answers_has_all_of_them_in_the_log(server: ServerProcess) -> None:
    server.start()
    key = server.make_key()
    done = []
    for death in range(DEATHS):
        with a_client(server, key) as client:
            for number in range(ACTS):
                answer = client.post("/locations", json={"name": f"{death}-{number}", "time_zone": "Europe/Berlin"})
                assert answer.status_code == 201, answer.text
                done.append(answer.json()["id"])
        server.kill()  # at once: what was answered has hardly been delivered
        server.start()
    with a_client(server, key) as client:
        added = entries_of(client, len(done), action="location.added")
        assert [each["target_id"] for each in reversed(added)] == done
        (made,) = entries_of(client, 1, action="api_key.made")
        assert (made["actor_kind"], made["actor_name"]) == ("system", "command line")
        assert client.get("/audit-entries/verification").json()["is_whole"]
    assert server.stop() == 0
    told = server.command("audit", "verify")
    assert told.startswith(f"default: whole, {len(done) + 1} entries, the last hash is ")
    assert "no anchor" not in told
    assert key not in server.command("audit", "export")


def test_the_command_line_names_the_first_entry_that_does_not_hold(server: ServerProcess, tmp_path: Path) -> None:
    server.start()
    key = server.make_key()
    with a_client(server, key) as client:
        for number in range(5):
            client.post("/locations", json={"name": f"{number}", "time_zone": "Europe/Berlin"})
        assert len(entries_of(client, 6)) == 6
    assert server.stop() == 0
    file = server.data_dir / "voltway.db"
    with closing(sqlite3.connect(file)) as database:
        for statement in ("UPDATE audit_entries SET actor_name = 'Eve'", "DELETE FROM audit_entries"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed or removed"):
                database.execute(statement)
        for name in ("update", "delete"):
            database.execute(f"DROP TRIGGER audit_entries_stay_{name}")
        database.commit()
    for statement, number in (
        ("UPDATE audit_entries SET actor_name = 'Eve' WHERE number = 2", 2),
        ("DELETE FROM audit_entries WHERE number = 4", 4),
        (
            "DELETE FROM audit_entries WHERE number > 4;"
            "UPDATE audit_heads SET number = 4, hash = (SELECT hash FROM audit_entries WHERE number = 4)",
            5,
        ),
    ):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(server.data_dir, copy)
        with closing(sqlite3.connect(copy / "voltway.db")) as database:
            database.executescript(statement)
        broken = voltway("audit", "verify", "--operator", "default", "--data-dir", str(copy), code=1)
        assert broken.stdout.startswith(f"default: BROKEN at entry {number}: "), broken.stdout
    lines = [json.loads(line) for line in server.command("audit", "export").splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert "BROKEN" not in server.command("audit", "verify")
