"""What the server says when it is up: where everything is, and what to do first."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.app.demo.network import LOG_INS, PASSWORD
from voltway.app.process import NOT_BUILT, Process
from voltway.app.version import VERSION
from voltway.kernel.auth.tables import accounts
from voltway.kernel.request import is_loopback


async def announcement(process: Process) -> str:
    """The text to print."""
    http = base_url("http", *process.http_address)
    rows = [
        ("Console", f"{http}/ (not built yet: make web)" if process.console_dir == NOT_BUILT else f"{http}/"),
        ("Driver app", f"{http}/app/"),
        ("REST API", f"{http}/api/v1"),
        ("API docs", f"{http}/api/docs"),
    ]
    if process.station_address is not None:
        rows.append(
            ("Stations", f"{base_url('ws', *process.station_address)}/ocpp/{{identity}} (OCPP 1.6, 2.0.1, 2.1)")
        )
    if process.tls_address is not None:
        from voltway.modules.gateway.gateway import gateway_of

        tls = gateway_of(process.runtime).tls
        made = " (certificate of our own authority)" if tls is not None and tls.is_self_made else ""
        rows.append(("over TLS", f"{base_url('wss', *process.tls_address)}/ocpp/{{identity}}{made}"))
    rows.append(
        ("Data", f"{process.configuration.data_dir}{' (demo network)' if process.installation.is_demo else ''}")
    )
    return "\n".join(
        [f"\nVoltway {VERSION} is running. Ctrl-C ends it.\n", *_columns(rows), *await _log_ins(process), ""]
    )


async def _log_ins(process: Process) -> list[str]:
    if process.installation.is_demo:
        return [
            "",
            f"Log in with the password {PASSWORD} as:",
            *_columns([(each.email, each.about) for each in LOG_INS]),
        ]
    async with process.runtime.database.read() as tx:
        has_account = (await tx.execute(sa.select(sa.literal(1)).select_from(accounts).limit(1))).first() is not None
    if has_account:
        return []
    return [
        "",
        f"Nobody can log in yet: voltway admin create --data-dir {process.configuration.data_dir} --email you@example.org",
    ]


def _columns(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(name) for name, _ in rows) + 2
    return [f"  {name:<{width}}{value}" for name, value in rows]


def base_url(scheme: str, host: str, port: int) -> str:
    """The address as a browser on this machine should write it: passkeys need a host name, so `localhost` if it leads here."""
    if is_loopback(host) or host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
