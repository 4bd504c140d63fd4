"""The command line works while the server is running; the console is served; the end is clean."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from e2e.server_process import ServerProcess, voltway

EMAIL, PASSWORD = "ada@example.org", "amber-plug-4711"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("beside") / "data", environment=on_database)
    server.start()
    yield server
    server.kill()


def test_first_start_says_how_to_make_an_administrator_who_can_log_in(server: ServerProcess) -> None:
    assert f"voltway admin create --data-dir {server.data_dir} --email you@example.org" in server.output
    server.command("admin", "create", "--email", EMAIL, "--password-stdin", typed=f"{PASSWORD}\n")
    with httpx.Client(base_url=server.api.replace("127.0.0.1", "localhost"), trust_env=False) as client:
        assert client.post("/login", json={"email": EMAIL, "password": PASSWORD}).is_success
        assert client.get("/charging-stations").json() == {"items": [], "next_cursor": None}


def test_key_made_beside_the_server_opens_the_api_at_once(server: ServerProcess) -> None:
    key = server.make_key("auditor")
    answer = httpx.get(f"{server.api}/charging-stations", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert answer.status_code == 200
    assert httpx.get(f"{server.api}/charging-stations", trust_env=False).status_code == 401


def test_check_knows_that_the_ports_are_the_servers_own(server: ServerProcess) -> None:
    ports = {"VOLTWAY_HTTP__PORT": str(server.http_port), "VOLTWAY_GATEWAY__PORT": str(server.ocpp_port)}
    told = server.command("check", environment=ports)
    assert told.count("a server is running") == 2


def test_second_server_on_the_same_port_is_told_in_one_line_and_the_first_goes_on(server: ServerProcess) -> None:
    address = f"127.0.0.1:{server.http_port}"
    told = voltway("run", "--data-dir", str(server.data_dir), "--http", address, "--ocpp", ":0", code=1)
    assert told.stderr.startswith(f"voltway: Port {server.http_port} on 127.0.0.1 is in use already.")
    assert told.stderr.count("\n") == 1
    assert httpx.get(f"http://{address}/readyz", trust_env=False).status_code == 200


def test_pages_beside_the_api_answer(server: ServerProcess) -> None:
    with httpx.Client(base_url=f"http://localhost:{server.http_port}", trust_env=False) as client:
        for path in ("/", "/stations/some-page-of-the-console", "/healthz", "/readyz", "/metrics", "/api/docs"):
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
        assert client.get("/").headers["content-type"].startswith("text/html")
        assert client.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"


def test_ctrl_c_ends_it_cleanly_with_a_page_open(server: ServerProcess) -> None:
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    with httpx.stream("GET", f"{server.api}/live", headers=headers, trust_env=False) as page:
        assert page.status_code == 200
        assert server.stop() == 0
    assert {file.name for file in server.data_dir.iterdir()} <= {
        "secret",
        "voltway.db",
        "pki",
        "audit",
    }  # the journal is folded in
    assert '"level": "error"' not in server.log
    server.start()
