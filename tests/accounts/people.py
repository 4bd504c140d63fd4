"""People with browsers and mailboxes, for the tests of accounts: over real HTTP on a port of loopback."""

from __future__ import annotations

import re
from typing import Any

import httpx

from builders import eventually
from voltway.contracts.notify import MailWanted
from voltway.kernel.audit import ActDone
from voltway.kernel.runtime import Runtime

PASSWORD = "correct horse battery"
EMAIL = "ada@example.org"
CONSENTS = {"terms": "1", "privacy": "1"}


class Mailbox:
    """The mails that the platform wants sent, and the acts that it tells the audit log of."""

    def __init__(self, runtime: Runtime) -> None:
        self.mails: list[MailWanted] = []
        self.acts: list[ActDone] = []
        runtime.events.hear(self._hear, (MailWanted, ActDone))

    def _hear(self, event: Any) -> None:
        (self.mails if isinstance(event, MailWanted) else self.acts).append(event)

    async def take(self, kind: str, to: str = EMAIL) -> MailWanted:
        """The next mail of a kind to an address; it is out of the box then."""
        await eventually(lambda: self._find(kind, to))
        mail = self._find(kind, to)
        assert mail is not None
        self.mails.remove(mail)
        return mail

    async def token(self, kind: str, to: str = EMAIL) -> str:
        """What the link of the next such mail holds."""
        found = re.search(r"^\S+#(\S+)$", (await self.take(kind, to)).text, re.MULTILINE)
        assert found is not None
        return found[1]

    def _find(self, kind: str, to: str) -> MailWanted | None:
        return next((mail for mail in self.mails if (mail.kind, mail.to) == (f"account.{kind}", to)), None)

    async def acted(self, action: str, count: int = 1) -> list[ActDone]:
        """The acts of a kind that were noted, once there are so many."""
        await eventually(lambda: len(self._acts(action)) >= count)
        return self._acts(action)

    def _acts(self, action: str) -> list[ActDone]:
        return [act for act in self.acts if act.action == action]


class Browser(httpx.AsyncClient):
    """A browser: keeps cookies, and sends the CSRF token as the console does. Patient: machines that test are busy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": 60.0, "trust_env": False, **options})

    async def took(self, answer: httpx.Response) -> httpx.Response:
        """An answer that begins a session, or goes on with it under another cookie."""
        if answer.is_success:
            self.headers["x-csrf-token"] = answer.json()["csrf_token"]
        return answer

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
        """Log in by password."""
        return await self.took(await self.post("/login", json={"email": email, "password": password}))

    async def step_up(self, **proof: Any) -> httpx.Response:
        """Prove again who one is."""
        return await self.took(await self.post("/me/step-up", json=proof or {"password": PASSWORD}))


def problem(answer: httpx.Response) -> tuple[int, str]:
    """What is wrong with a request, exactly."""
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")
