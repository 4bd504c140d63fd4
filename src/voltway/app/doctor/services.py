"""Checks of what is around: ports, proxies, mail, payments, the MQTT broker; and of what people see."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from voltway.app import process
from voltway.app.doctor.findings import Finding, Patient, error, note, ok, warning
from voltway.app.errors import Unusable
from voltway.app.tables import installation
from voltway.integrations.messaging.smtp import SmtpSender
from voltway.kernel.auth import Role
from voltway.kernel.auth.tables import accounts
from voltway.kernel.request import is_loopback
from voltway.modules.accounts.settings import AccountsSettings
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.notify.mailing import smtp_sender
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.payments.settings import PaymentsSettings

CONNECT_S = 5.0
TEST_KEYS = ("sk_test_", "rk_test_")
ADMINISTRATORS = (Role.PLATFORM_ADMIN, Role.OPERATOR_ADMIN)


async def ports_are_free(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the ports can be had, or a server of ours has them already."""
    gateway, http = patient.configuration.section(GatewaySettings), patient.configuration.http
    wanted = [(http.host, http.port, "--http"), (gateway.host, gateway.port, "--ocpp")]
    if gateway.tls.port is not None:
        wanted.append((gateway.tls.host, gateway.tls.port, "--ocpps"))
    for host, port, flag in wanted:
        if patient.is_running:
            yield ok(f"{host}:{port}, a server is running")
            continue
        try:
            process.bind(host, port, flag=flag).close()
        except Unusable as problem:
            yield error(str(problem), f"See who has it: ss -ltnp 'sport = :{port}'")
        else:
            yield ok(f"{host}:{port} is free")


async def proxies_are_narrow(patient: Patient) -> AsyncIterator[Finding]:
    """Whether only proxies are believed when they say for whom they ask, and no port is open without TLS by mistake."""
    gateway, http = patient.configuration.section(GatewaySettings), patient.configuration.http
    for name, trusted in (
        ("http.trusted_proxies", http.trusted_proxies),
        ("gateway.trusted_proxies", gateway.trusted_proxies),
    ):
        wide = [each for each in trusted if is_everybody(each)]
        if wide:
            yield error(
                f"{name} has {wide[0]}: anybody may say to be somebody else.",
                f"Name the addresses of your proxies in {name}.",
            )
        elif trusted:
            yield ok(f"{name}: {', '.join(trusted)}")
    if not is_loopback(http.host) and not http.trusted_proxies:
        yield warning(
            f"The console and the API are open at {http.host}:{http.port} without TLS.",
            "Put a proxy with TLS before it and name it in http.trusted_proxies, or listen on 127.0.0.1.",
        )
    if http.trusted_proxies and http.is_loopback_trusted and any(map(is_loopback, http.trusted_proxies)):
        yield warning(
            "A proxy on this machine is before the console, and metrics are open to whoever seems to be this machine.",
            "Set http.is_loopback_trusted = false.",
        )
    if not is_loopback(gateway.host) and gateway.tls.port is None and not gateway.trusted_proxies:
        yield warning(
            f"Stations reach {gateway.host}:{gateway.port} without TLS only: their passwords can be read on the way.",
            "Open a port with TLS (--ocpps 0.0.0.0:9443), or put a proxy with TLS before it.",
        )


def is_everybody(network: str) -> bool:
    """Whether a trusted proxy is written so that it means everybody."""
    if network == "*":
        return True
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen == 0
    except ValueError:
        return False


async def people_can_reach_us(patient: Patient) -> AsyncIterator[Finding]:
    """Whether links in mails and QR codes lead here."""
    http = patient.configuration.http
    if http.public_url:
        if urlsplit(http.public_url).scheme != "https" and not is_loopback(urlsplit(http.public_url).hostname or ""):
            yield error(f"http.public_url is {http.public_url}, without TLS.", "Serve people over https.")
        else:
            yield ok(http.public_url)
    elif not is_loopback(http.host) or http.trusted_proxies:
        yield warning(
            "Links in mails name this machine: http.public_url is not set.", "Set http.public_url = https://…"
        )


async def mail_leaves(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the mail server answers, with TLS and the log-in."""
    settings = patient.configuration.section(NotifySettings)
    if not settings.smtp_url:
        yield note("No mail server is set: mails are files in the data directory.", "Set notify.smtp_url.")
        return
    try:
        sender = smtp_sender(settings)
        refusal = await SmtpSender(sender.server).try_out(CONNECT_S)
    except Exception as problem:  # whatever is wrong with the settings: one line
        refusal = str(problem)
    if refusal:
        yield error(f"Mails do not leave: {refusal}.", "Mend notify.smtp_url, smtp_user and smtp_password.")
    elif settings.sender.endswith(("@localhost>", "@localhost")):
        yield warning(
            f"Mails are from {settings.sender}, whom no server believes.", "Set notify.sender to an address of yours."
        )
    else:
        yield ok(f"{sender.server.host}:{sender.server.port} takes mails")


async def payments_are_real(patient: Patient) -> AsyncIterator[Finding]:
    """Whether money is taken by a provider that is real and tells us what became of it."""
    settings = patient.configuration.section(PaymentsSettings)
    if "sandbox" in settings.providers and not await is_demo(patient):
        yield error("The provider sandbox takes cards that do not exist.", "Leave sandbox out of payments.providers.")
    if "stripe" not in settings.providers:
        yield note(
            f"Cards are not taken: providers are {', '.join(settings.providers)}.", "Add stripe to payments.providers."
        )
        return
    if settings.stripe_webhook_secret is None:
        yield warning("Stripe cannot tell what became of a payment.", "Set payments.stripe_webhook_secret.")
    if settings.stripe_key is not None and settings.stripe_key.get_secret_value().startswith(TEST_KEYS):
        yield warning("The key of Stripe is one for tests: no money moves.", "Set payments.stripe_key to a live key.")
    elif settings.stripe_webhook_secret is not None:
        yield ok("stripe")


async def is_demo(patient: Patient) -> bool:
    """Whether this is the demo network."""
    if patient.database is None or not patient.has_rows:
        return False
    async with patient.database.read() as tx:
        return bool((await tx.execute(sa.select(installation.c.is_demo))).scalar_one_or_none())


async def broker_answers(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the MQTT broker of stations lets us connect."""
    url = patient.configuration.section(GatewaySettings).mqtt.url
    if not url:
        return
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or {"mqtts": 8883}.get(parts.scheme, 1883)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
    except (OSError, TimeoutError) as problem:
        yield error(
            f"The MQTT broker {host}:{port} does not answer: {str(problem) or 'it took too long'}.",
            "Start it, or mend gateway.mqtt.url.",
        )
    else:
        yield ok(f"{host}:{port} answers")


async def log_in_providers(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the secrets of log-in providers can be read."""
    for name, provider in patient.configuration.section(AccountsSettings).oidc.items():
        try:
            provider.secret()
        except (OSError, UnicodeDecodeError) as problem:
            yield error(
                f"The secret of the provider {name} cannot be read: {problem}.",
                f"Mend accounts.oidc.{name}.client_secret_file.",
            )
        else:
            yield ok(f"{name}: {provider.issuer}")


async def administrators_are_safe(patient: Patient) -> AsyncIterator[Finding]:
    """Whether somebody can run the network, and nobody does so with a password alone."""
    if patient.database is None or not patient.has_rows:
        return
    wanted = sa.select(accounts.c.email, accounts.c.second_factors).where(
        accounts.c.role.in_([str(role) for role in ADMINISTRATORS]), accounts.c.is_active
    )
    async with patient.database.read() as tx:
        found = (await tx.execute(wanted.order_by(accounts.c.email))).all()
    if not found:
        yield warning("Nobody can log in to run the network.", "Run: voltway admin create --email you@example.org")
        return
    bare = [row.email for row in found if not row.second_factors]
    if bare and not await is_demo(patient):
        shown = ", ".join(bare[:5]) + (f" and {len(bare) - 5} more" if len(bare) > 5 else "")
        yield warning(
            f"Administrators with a password alone: {shown}.",
            "Let them add a second factor in the console, under their name.",
        )
    else:
        yield ok(f"{len(found)} administrators")


async def pages_are_built(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the console and the driver app are there to be served."""
    pages: tuple[tuple[str, Path], ...] = (
        ("console", process.find_console(patient.configuration.http)),
        ("driver app", process.find_driver_app()),
    )
    for name, folder in pages:
        if folder == process.NOT_BUILT:
            yield warning(f"The {name} is not built.", "Run: make web (or install the package, which has it)")
        else:
            yield ok(f"{name}: {folder}")
