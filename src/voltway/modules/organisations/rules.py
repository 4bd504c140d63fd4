"""Who counts as an administrator, what an invitation says. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from voltway.kernel.auth.roles import Role


@dataclass(frozen=True)
class Standing:
    """What of an account says whether it is an administrator."""

    role: str
    is_active: bool
    location_ids: list[str] | None
    location_group_ids: list[str] | None

    @classmethod
    def of(cls, row: Any, changes: Mapping[str, Any]) -> Self:
        """That of an account after these changes."""
        return cls(**{name: changes.get(name, getattr(row, name)) for name in cls.__dataclass_fields__})


def is_administrator(row: Any) -> bool:
    """Whether an account can do everything for its operator, everywhere."""
    is_bound = row.location_ids is not None or row.location_group_ids is not None
    return row.role == Role.OPERATOR_ADMIN and bool(row.is_active) and not is_bound


def stays_without_administrator(administrators: Sequence[Any], account_id: str) -> bool:
    """Whether nobody would be left, if this one of the administrators were none any more."""
    return [row.id for row in administrators if is_administrator(row)] == [account_id]


_MAILS = {
    "en": (
        "{inviter} invites you to {operator}",
        """Hello,

{inviter} invites you to work with {operator} on Voltway.

Accept the invitation here, until {until} UTC:

{link}

If you did not expect this mail, you need not do anything.
""",
    ),
    "de": (
        "{inviter} lädt Sie zu {operator} ein",
        """Guten Tag,

{inviter} lädt Sie ein, mit {operator} auf Voltway zu arbeiten.

Nehmen Sie die Einladung hier an, bis {until} UTC:

{link}

Wenn Sie diese Nachricht nicht erwartet haben, müssen Sie nichts tun.
""",
    ),
    "zh": (
        "{inviter} 邀请您加入 {operator}",
        """您好：

{inviter} 邀请您在 Voltway 上与 {operator} 一起工作。

请在 {until}（UTC）之前通过以下链接接受邀请：

{link}

如果您没有预料到这封邮件，则无需进行任何操作。
""",
    ),
}
LOCALES = tuple(_MAILS)


def invitation_mail(locale: str, *, inviter: str, operator: str, until: str, link: str) -> tuple[str, str]:
    """(subject, text) of an invitation, in the language of the reader. Names are kept to one line."""
    subject, text = _MAILS[locale]
    words = {
        "inviter": " ".join(inviter.split()),
        "operator": " ".join(operator.split()),
        "until": until,
        "link": link,
    }
    return subject.format(**words), text.format(**words)
