"""Mails into a folder: one file each, for an installation without a mail server. The console shows them."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from voltway.integrations.messaging.mail import TAKEN, Fate, Mail, Verdict, to_message

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class FolderSender:
    """Writes `<id>.eml`, readable by the server's user only; a mail that is sent again is the same file again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, mails: Sequence[Mail]) -> AsyncIterator[tuple[Mail, Verdict]]:
        for mail in mails:
            try:
                await asyncio.to_thread(self._write, mail)
            except ValueError as error:
                yield mail, Verdict(Fate.NEVER, str(error))
            except OSError as error:
                yield mail, Verdict(Fate.LATER, f"the folder cannot be written: {error.strerror or error}")
            else:
                yield mail, TAKEN

    def text_of(self, mail_id: str) -> str | None:
        try:
            content = self._file(mail_id).read_bytes()
        except (OSError, ValueError):
            return None
        body = message_from_bytes(content, policy=default).get_body(("plain",))
        return None if body is None else str(body.get_content()).replace("\r\n", "\n")

    def forget(self, mail_id: str) -> None:
        """Remove a mail's file, if it is there."""
        self._file(mail_id).unlink(missing_ok=True)

    def _file(self, mail_id: str) -> Path:
        if not _ID.fullmatch(mail_id):
            raise ValueError("this is no id")
        return self.folder / f"{mail_id}.eml"

    def _write(self, mail: Mail) -> None:
        file, content = self._file(mail.id), to_message(mail).as_bytes()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
