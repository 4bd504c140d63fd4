"""Mails from the event that wants them to a real SMTP server or a folder: tried again, never twice, given up in the end."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, eventually
from gateway.test_tls import Maker
from voltway.contracts.notify import MailWanted
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import mailing
from voltway.modules.notify.module import MANIFEST
from voltway.modules.notify.tables import mails

from .mail_server import CUT, OK, MailServer  # noqa: TID252  (tests are not installed)

QUIET = Manifest(
    name="notify", settings=MANIFEST.settings, listens=MANIFEST.listens, routes=MANIFEST.routes, start=MANIFEST.start
)
"""The module without its jobs: a test calls them itself."""
SENDER = "Volt Way <noreply@example.org>"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    server = await MailServer().start()
    yield server
    await server.kill()


def a_mail(number: int = 1, **changes: Any) -> MailWanted:
    return MailWanted(
        **{
            "operator_id": DEFAULT_OPERATOR_ID,
            "at": clock.now(),
            "mail_id": f"mail-{number}",
            "kind": "account.verify",
            "to": f"driver{number}@example.org",
            "subject": "Bitte bestätigen",
            "text": "Grüße\n\nhttps://example.org/verify?code=s3cret\n",
            **changes,
        }
    )


async def rows(runtime: Runtime) -> list[Any]:
    async with runtime.database.read() as tx:
        return list((await tx.execute(sa.select(mails).order_by(mails.c.mail_id))).all())


async def wanted(runtime: Runtime, *events: MailWanted) -> None:
    """Publish, and wait until they are queued."""
    before = len(await rows(runtime))
    ids = {event.mail_id for event in events}
    async with runtime.database.begin() as tx:
        tx.publish(*events)

    async def is_queued() -> bool:
        return {row.mail_id for row in await rows(runtime)} >= ids

    await eventually(is_queued)
    assert len(await rows(runtime)) >= before


async def hurry(runtime: Runtime) -> None:
    """Every pause is over."""
    async with runtime.database.begin() as tx:
        statement = sa.update(mails).where(mails.c.next_attempt_at.is_not(None))
        await tx.execute(statement.values(next_attempt_at=clock.now()))


async def runtime_with(make: MakeRuntime, server: MailServer, manifest: Manifest = QUIET, **more: Any) -> Runtime:
    url = more.pop("smtp_url", f"smtp://127.0.0.1:{server.port}")
    return await make(manifest, settings={"notify": {"smtp_url": url, "sender": SENDER, **more}})


# ---- by SMTP


async def test_a_mail_arrives_whole_and_its_text_is_erased_here(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server, MANIFEST)
    await wanted(runtime, a_mail())
    await eventually(lambda: len(server.taken) == 1)
    (message,) = server.taken
    assert (message["To"], message["From"]) == ("driver1@example.org", SENDER)
    assert message["Subject"] == "Bitte bestätigen"
    assert message.get_content().splitlines() == ["Grüße", "", "https://example.org/verify?code=s3cret"]

    async def is_sent() -> bool:
        (row,) = await rows(runtime)
        return (row.state, row.text, row.attempts) == ("sent", None, 1)

    await eventually(is_sent)


async def test_a_mail_that_is_wanted_twice_is_sent_once(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, a_mail(), a_mail(subject="again"))
    await wanted(runtime, a_mail(2), a_mail())
    await mailing.send_due(runtime)
    assert sorted(server.recipients) == ["driver1@example.org", "driver2@example.org"]


async def test_several_mails_go_over_one_connection(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, *(a_mail(number) for number in range(5)))
    await mailing.send_due(runtime)
    assert (len(server.taken), server.connections) == (5, 1)


async def test_an_answer_of_4yz_is_tried_again_after_a_pause(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    server.to_recipient, server.to_content = ["450 greylisted"], ["451 disk is full"]
    await wanted(runtime, a_mail())
    for attempts, said in ((1, "450 greylisted"), (2, "451 disk is full")):
        await mailing.send_due(runtime)
        (row,) = await rows(runtime)
        assert (row.state, row.attempts, row.last_error) == ("queued", attempts, said)
        assert row.next_attempt_at > clock.now()
        await mailing.send_due(runtime)  # not before its time
        await hurry(runtime)
    await mailing.send_due(runtime)
    assert (len(server.taken), (await rows(runtime))[0].state) == (1, "sent")


async def test_an_answer_of_5yz_ends_it_and_not_the_others(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    server.to_recipient = ["550 no such user"]
    await wanted(runtime, a_mail(1), a_mail(2))
    await mailing.send_due(runtime)
    states = {row.state: row for row in await rows(runtime)}
    assert set(states) == {"failed", "sent"}
    assert (states["failed"].last_error, states["failed"].next_attempt_at) == ("550 no such user", None)
    assert server.connections == 1


async def test_a_server_that_dies_between_attempts_gets_each_mail_once_when_it_is_back(
    make_runtime: MakeRuntime, server: MailServer
) -> None:
    runtime = await runtime_with(make_runtime, server)
    server.to_content = [OK, CUT]
    await wanted(runtime, a_mail(1), a_mail(2), a_mail(3))
    await mailing.send_due(runtime)
    assert sorted(row.state for row in await rows(runtime)) == ["queued", "queued", "sent"]
    await server.kill()
    await hurry(runtime)
    await mailing.send_due(runtime)
    assert sorted(row.state for row in await rows(runtime)) == ["queued", "queued", "sent"]
    await server.start()
    await hurry(runtime)
    await mailing.send_due(runtime)
    assert [row.state for row in await rows(runtime)] == ["sent"] * 3
    assert sorted(server.recipients) == [f"driver{number}@example.org" for number in (1, 2, 3)]


async def test_a_restart_sends_nothing_again_that_was_taken(make_runtime: MakeRuntime, server: MailServer) -> None:
    first = await runtime_with(make_runtime, server)
    server.to_content = [OK, "451 later"]
    await wanted(first, a_mail(1), a_mail(2))
    await mailing.send_due(first)
    await first.stop()
    second = await runtime_with(make_runtime, server)
    await hurry(second)
    await mailing.send_due(second)
    await mailing.send_due(second)
    assert sorted(server.recipients) == ["driver1@example.org", "driver2@example.org"]


async def test_two_processes_do_not_send_the_same_mail(make_runtime: MakeRuntime, server: MailServer) -> None:
    one, other = await runtime_with(make_runtime, server), await runtime_with(make_runtime, server)
    await wanted(one, *(a_mail(number) for number in range(10)))
    await asyncio.gather(*(mailing.send_due(runtime) for runtime in (one, other, one, other)))
    assert len(server.taken) == 10


async def test_a_mail_cut_off_before_the_servers_word_comes_again_as_the_same_message(
    make_runtime: MakeRuntime, server: MailServer
) -> None:
    """What SMTP cannot know: whether a server whose line broke has taken it. Then it has one Message-ID for both."""
    runtime = await runtime_with(make_runtime, server)
    server.to_content = [CUT]
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    assert row.state == "queued"
    await hurry(runtime)
    await mailing.send_due(runtime)
    assert server.taken[0]["Message-ID"] == f"<{row.id}@example.org>"


async def test_it_is_given_up_after_a_day(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    await server.kill()
    await wanted(runtime, a_mail())
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(mails).values(queued_at=clock.now() - timedelta(hours=23)))
    await mailing.send_due(runtime)
    assert (await rows(runtime))[0].state == "queued"
    async with runtime.database.begin() as tx:
        await tx.execute(sa.update(mails).values(queued_at=clock.now() - timedelta(hours=25)))
    await hurry(runtime)
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    assert (row.state, row.next_attempt_at, row.attempts) == ("failed", None, 2)
    await server.start()


async def test_a_mail_that_is_of_no_use_any_more_is_dropped_with_its_text(
    make_runtime: MakeRuntime, server: MailServer
) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, a_mail(expires_at=clock.to_rfc3339(clock.now() - timedelta(seconds=1))), a_mail(2))
    await mailing.send_due(runtime)
    assert [(row.state, row.text) for row in await rows(runtime)] == [("dropped", None), ("sent", None)]
    assert server.recipients == ["driver2@example.org"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "Hello\r\nBcc: everybody@example.org"},
        {"subject": "Hello\nX: y"},
        {"subject": "Hello\u2028Bcc: x"},
        {"subject": ""},
        {"subject": "x" * 201},
        {"to": "a@example.org\r\nRCPT TO:<b@example.org>"},
        {"to": "a@example.org, b@example.org"},
        {"to": "<a@example.org>"},
        {"to": "a b@example.org"},
        {"to": '"a\\" b"@example.org'},
        {"to": "nobody"},
        {"to": "@example.org"},
        {"to": "ü@example.org"},
        {"to": "a" * 300 + "@example.org"},
        {"text": "x" * 16_001},
    ],
)
async def test_what_would_be_more_than_one_header_or_address_never_leaves(
    make_runtime: MakeRuntime, server: MailServer, wrong: dict[str, str]
) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, a_mail(**wrong), a_mail(2))
    await mailing.send_due(runtime)
    bad, good = await rows(runtime)
    assert (bad.state, bad.text, good.state) == ("dropped", None, "sent")
    assert server.recipients == ["driver2@example.org"]


async def test_a_domain_of_another_script_is_written_in_ascii(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, a_mail(to="info@bücher.example"))
    await mailing.send_due(runtime)
    assert server.recipients == ["info@xn--bcher-kva.example"]


async def test_a_line_of_dots_does_not_end_the_mail(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server)
    await wanted(runtime, a_mail(text="one\r\n.\r\nRSET\r\n..two\n"))
    await mailing.send_due(runtime)
    assert server.taken[0].get_content().splitlines() == ["one", ".", "RSET", "..two"]


# ---- TLS and log-in


def context_of(maker: Maker) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(maker.server())
    return context


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_tls_with_a_log_in_from_a_file(make_runtime: MakeRuntime, tmp_path: Path, scheme: str) -> None:
    maker = Maker(tmp_path)
    context = context_of(maker)
    server = MailServer(**{"starttls" if scheme == "smtp" else "tls": context})
    await server.start()
    (tmp_path / "word").write_text("right\n")
    runtime = await runtime_with(
        make_runtime,
        server,
        smtp_url=f"{scheme}://localhost:{server.port}",
        smtp_user="voltway",
        smtp_password_file=str(tmp_path / "word"),
        smtp_authorities_file=maker.file,
    )
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    assert ((await rows(runtime))[0].state, server.log_ins) == ("sent", [("voltway", "right")])
    await server.kill()


async def test_a_certificate_of_a_stranger_gets_nothing(make_runtime: MakeRuntime, tmp_path: Path) -> None:
    server = MailServer(tls=context_of(Maker(tmp_path)))
    await server.start()
    runtime = await runtime_with(make_runtime, server, smtp_url=f"smtps://voltway:right@localhost:{server.port}")
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    assert (row.state, server.log_ins, server.taken) == ("queued", [], [])
    assert "certificate" in row.last_error.lower()
    await server.kill()


async def test_a_server_elsewhere_that_offers_no_tls_gets_neither_mail_nor_password(
    make_runtime: MakeRuntime, server: MailServer
) -> None:
    runtime = await runtime_with(make_runtime, server, smtp_url=f"smtp://voltway:right@127.0.0.1:{server.port}")
    sender = mailing.sender_of(runtime)
    assert sender.server.may_be_plain  # type: ignore[attr-defined]
    object.__setattr__(sender.server, "may_be_plain", False)  # type: ignore[attr-defined]  # as it is beyond this machine
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    assert (row.state, server.log_ins, server.taken) == ("queued", [], [])
    assert "STARTTLS" in row.last_error


async def test_a_wrong_password_keeps_the_mail_in_the_queue(make_runtime: MakeRuntime, server: MailServer) -> None:
    runtime = await runtime_with(make_runtime, server, smtp_user="voltway", smtp_password="wrong")
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    assert (row.state, server.taken) == ("queued", [])
    assert row.last_error.startswith("535")


def test_only_loopback_may_be_plain() -> None:
    from voltway.integrations.messaging.smtp import server_at
    from voltway.kernel.request import is_loopback

    found = {host: server_at(f"smtp://{host}", is_loopback) for host in ("127.0.0.1", "localhost", "mail.example.org")}
    assert {host: server.may_be_plain for host, server in found.items()} == {
        "127.0.0.1": True,
        "localhost": True,
        "mail.example.org": False,
    }
    assert [server.port for server in found.values()] == [587] * 3
    assert "right" not in repr(server_at("smtp://a:right@mail.example.org", is_loopback))


@pytest.mark.parametrize(
    "settings",
    [
        {"smtp_url": "http://mail.example"},
        {"smtp_url": "smtp://"},
        {"smtp_url": "smtp://mail.example/path"},
        {"sender": "nobody"},
        {"sender": "a@b.example\r\nBcc: c@d.example"},
        {"smtp_url": "smtp://mail.example", "smtp_password_file": "/nowhere"},
        {"smtp_url": "smtp://mail.example", "smtp_authorities_file": "/nowhere"},
    ],
)
async def test_settings_with_which_no_mail_could_leave_end_the_start(
    make_runtime: MakeRuntime, settings: dict[str, str]
) -> None:
    with pytest.raises(StartUpError, match=r"notify\."):
        await make_runtime(QUIET, settings={"notify": settings})


# ---- into a folder


async def test_without_a_server_a_mail_is_a_file_for_its_owner_only(
    make_runtime: MakeRuntime, client_of: ClientOf, tmp_path: Path
) -> None:
    runtime = await make_runtime(QUIET)
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (file,) = (tmp_path / "mail").iterdir()
    (row,) = await rows(runtime)
    assert file.name == f"{row.id}.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    shown = (await (await client_of(runtime)).get(f"/mails/{row.id}")).json()
    assert shown["text"] == "Grüße\n\nhttps://example.org/verify?code=s3cret\n"
    assert (shown["to"], shown["state"], row.text) == ("driver1@example.org", "sent", None)


async def test_a_folder_that_cannot_be_written_is_tried_again(make_runtime: MakeRuntime, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    runtime = await make_runtime(QUIET)
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    assert (await rows(runtime))[0].state == "queued"
    (tmp_path / "mail").unlink()
    await hurry(runtime)
    await mailing.send_due(runtime)
    assert (await rows(runtime))[0].state == "sent"


async def test_old_mails_are_forgotten_with_their_files_and_texts_of_failed_ones_sooner(
    make_runtime: MakeRuntime, tmp_path: Path
) -> None:
    runtime = await make_runtime(QUIET)
    await wanted(runtime, a_mail(1), a_mail(2))
    await mailing.send_due(runtime)
    old, new = await rows(runtime)
    async with runtime.database.begin() as tx:
        long_ago = clock.now() - timedelta(days=91)
        await tx.execute(sa.update(mails).where(mails.c.id == old.id).values(created_at=long_ago))
        failed = {"state": "failed", "text": "x", "finished_at": clock.now() - timedelta(days=8)}
        await tx.execute(sa.update(mails).where(mails.c.id == new.id).values(**failed))
    await mailing.forget_old(runtime)
    (left,) = await rows(runtime)
    assert (left.id, left.text) == (new.id, None)
    assert [file.stem for file in (tmp_path / "mail").iterdir()] == [new.id]


# ---- the API


async def test_who_is_no_administrator_sees_masked_addresses_and_no_text(
    make_runtime: MakeRuntime, client_of: ClientOf, stranger_id: str
) -> None:
    runtime = await make_runtime(QUIET)
    await wanted(runtime, a_mail())
    await mailing.send_due(runtime)
    (row,) = await rows(runtime)
    support = await client_of(runtime, "support")
    (listed,) = (await support.get("/mails")).json()["items"]
    assert (listed["to"], listed["subject"]) == ("d***@e***.org", "Bitte bestätigen")
    shown = (await support.get(f"/mails/{row.id}")).json()
    assert (shown["to"], shown["text"]) == ("d***@e***.org", None)
    assert (await support.post(f"/mails/{row.id}/retry")).status_code == 403
    for role in ("site_host", "driver", "auditor", "finance", "field_technician"):
        assert (await (await client_of(runtime, role)).get("/mails")).status_code == 403, role
    stranger, nobody = await client_of(runtime, operator_id=stranger_id), await client_of(runtime, None)
    assert (await stranger.get("/mails")).json()["items"] == []
    for method, path in (("GET", f"/mails/{row.id}"), ("POST", f"/mails/{row.id}/retry")):
        assert (await stranger.request(method, path)).status_code == 404, path
        assert (await nobody.request(method, path)).status_code == 401, path
    assert (await nobody.get("/mails")).status_code == 401


async def test_mails_are_filtered(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    runtime = await make_runtime(QUIET)
    await wanted(runtime, a_mail(1), a_mail(2, kind="incident.raised"))
    client = await client_of(runtime)
    assert len((await client.get("/mails", params={"kind": "incident.raised"})).json()["items"]) == 1
    assert len((await client.get("/mails", params={"state": "queued"})).json()["items"]) == 2
    assert (await client.get("/mails", params={"state": "sent"})).json()["items"] == []
    assert (await client.get("/mails", params={"state": "lost"})).status_code == 422
    assert (await client.get("/mails", params={"kind": "x" * 65})).status_code == 422


async def test_a_mail_that_failed_is_sent_again_by_hand_and_others_are_not(
    make_runtime: MakeRuntime, client_of: ClientOf, server: MailServer
) -> None:
    runtime = await runtime_with(make_runtime, server)
    client: httpx.AsyncClient = await client_of(runtime)
    server.to_recipient = ["550 no such user"]
    await wanted(runtime, a_mail())
    (row,) = await rows(runtime)
    assert (await client.post(f"/mails/{row.id}/retry")).status_code == 409  # it is on its way
    await mailing.send_due(runtime)
    assert (await client.get(f"/mails/{row.id}")).json()["can_retry"] is True
    assert (await client.post(f"/mails/{row.id}/retry")).json()["state"] == "queued"
    await mailing.send_due(runtime)
    assert len(server.taken) == 1
    answer = await client.post(f"/mails/{row.id}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/mail-not-retryable")
