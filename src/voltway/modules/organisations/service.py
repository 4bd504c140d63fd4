"""What members, roles and invitations may become, and what is written down of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from voltway.contracts.accounts import MemberRemoved
from voltway.contracts.notify import MailWanted
from voltway.contracts.stations import KnownLocations
from voltway.kernel import audit, clock
from voltway.kernel.auth import Permission, Principal, Role
from voltway.kernel.auth.callers import Verified
from voltway.kernel.auth.granting import require_grantable
from voltway.kernel.auth.resolving import locations_of, permissions_of
from voltway.kernel.auth.roles import PERMISSIONS
from voltway.kernel.auth.tables import custom_roles
from voltway.kernel.clock import to_rfc3339
from voltway.kernel.database import Tx
from voltway.kernel.errors import InvalidField
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.organisations import rules, store
from voltway.modules.organisations.errors import (
    AlreadyMember,
    InvitationNotFound,
    LastAdministrator,
    NotYoursToChange,
    RoleNotFound,
    StaysPlatformAdmin,
)
from voltway.modules.organisations.settings import OrganisationsSettings

GRANT = ("role", "custom_role_id", "location_ids", "location_group_ids")
"""The columns that say what somebody may do, and where."""


# ---- granting


async def require_locations(runtime: Runtime, operator_id: str, location_ids: list[str] | None, path: str) -> None:
    """Raise InvalidField for a location that the operator has not. With no transaction open."""
    if location_ids:
        question = KnownLocations(operator_id=operator_id, location_ids=tuple(dict.fromkeys(location_ids)))
        known: list[str] = await runtime.ask(question)
        unknown = set(location_ids) - set(known)
        if unknown:
            raise InvalidField.at(path, f"there is no location {min(unknown)}")


async def require_granted(tx: Tx, principal: Principal, grant: Mapping[str, Any]) -> None:
    """Raise InvalidField for a role or group that is not there, PermissionMissing for more than the caller has. `grant`: the
    columns of GRANT."""
    role, groups = Role(grant["role"]), grant["location_group_ids"]
    permissions = PERMISSIONS[role]
    if role is Role.CUSTOM:
        try:
            await store.get_named(tx, principal, custom_roles, grant["custom_role_id"])
        except RoleNotFound:
            raise InvalidField.at("$.grant.custom_role_id", "there is no such role") from None
        permissions = await permissions_of(tx, principal.operator_id, grant["custom_role_id"])
    if groups and set(groups) - await store.known_groups(tx, principal.operator_id, groups):
        raise InvalidField.at("$.grant.location_group_ids", "there is no such location group")
    reach = await locations_of(tx, principal.operator_id, role, grant["location_ids"], groups)
    require_grantable(principal, permissions, reach)


def grant_of(row: Any) -> dict[str, Any]:
    """What a row says of what somebody may do."""
    return {name: getattr(row, name) for name in GRANT}


# ---- members


async def require_weaker(tx: Tx, principal: Principal, row: Any) -> None:
    """Raise NotYoursToChange for a member who may do what the caller may not: nobody disarms a stronger one."""
    held = PERMISSIONS[Role(row.role)]
    if row.role == Role.CUSTOM:
        held = await permissions_of(tx, row.operator_id, row.custom_role_id)
    if held - principal.permissions:
        raise NotYoursToChange("Somebody with that role changes this member.")


async def change_member(tx: Tx, principal: Principal, account_id: str, values: Mapping[str, Any]) -> None:
    """Change a member's grant, or whether they are let in. Raises MemberNotFound, NotYoursToChange, LastAdministrator."""
    administrators = await store.administrators_of(tx, principal.operator_id)
    row = await store.get_member(tx, principal, account_id)
    await require_weaker(tx, principal, row)
    before = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
    after = {name: values[name] for name in before}
    if not after:
        return
    is_one_still = rules.is_administrator(rules.Standing.of(row, after))
    if not is_one_still and rules.stays_without_administrator(administrators, row.id):
        raise LastAdministrator("Make somebody else an administrator first.")
    await store.change_account(tx, row.id, after)
    audit.note(tx, principal, "member.changed", ("account", row.id), before=before, after=after)


async def remove_member(tx: Tx, principal: Principal, account_id: str) -> None:
    """Delete a member's account; what they had handed out ends with it: a key outlives nobody who knew it.

    Raises MemberNotFound, NotYoursToChange, LastAdministrator.
    """
    administrators = await store.administrators_of(tx, principal.operator_id)
    row = await store.get_member(tx, principal, account_id)
    await require_weaker(tx, principal, row)
    if rules.stays_without_administrator(administrators, row.id):
        raise LastAdministrator("Make somebody else an administrator first.")
    keys = await store.revoke_keys_of(tx, row.id)
    await store.remove_account(tx, row.id)
    tx.publish(MemberRemoved(operator_id=row.operator_id, at=clock.now(), account_id=row.id))
    told = {**grant_of(row), "api_keys": keys}
    audit.note(tx, principal, "member.removed", ("account", row.id), before=told)


def take_effect(tx: Tx, runtime: Runtime) -> None:
    """Who may do what has changed: every caller is verified anew after the commit; in other processes within 5 s."""
    tx.after_commit(runtime.state(Verified).forget)


# ---- invitations


async def invite(
    tx: Tx, runtime: Runtime, principal: Principal, operator_id: str, email: str, locale: str, grant: Mapping[str, Any]
) -> Any:
    """Invite somebody; the invitation. Raises AlreadyMember, AlreadyInvited."""
    if await store.find_member_by_email(tx, operator_id, email.casefold()) is not None:
        raise AlreadyMember(f"{email} works for this operator already.")
    code, now = _new_code(), clock.now()
    row = await store.add_invitation(
        tx,
        {
            **grant,
            "id": new_id(),
            "operator_id": operator_id,
            "email": email,
            "email_key": email.casefold(),
            "locale": locale,
            "code_hash": hash_code(code, runtime.secret),
            "invited_by": principal.id,
            "invited_by_name": principal.name[:200],
            "created_at": now,
            "sent_at": now,
            "expires_at": now + _validity(runtime),
        },
    )
    await _send(tx, runtime, row, code)
    audit.note(tx, principal, "invitation.made", ("invitation", row.id), after=grant_of(row))
    return row


async def invite_again(tx: Tx, runtime: Runtime, principal: Principal, row: Any) -> Any:
    """Send an invitation with another code; the code of the mail before is over."""
    code = _new_code()
    row = await store.renew_invitation(tx, row.id, hash_code(code, runtime.secret), clock.now() + _validity(runtime))
    await _send(tx, runtime, row, code)
    audit.note(tx, principal, "invitation.sent_again", ("invitation", row.id))
    return row


async def take(tx: Tx, code: str, secret: bytes, email_key: str | None = None) -> Any:
    """The invitation of a code, which is over with this transaction. `email_key`: it must be for this address.

    Raises InvitationNotFound, alike for a code that nobody made, that has expired and that was used.
    """
    row = await store.find_by_code(tx, hash_code(code, secret))
    is_theirs = row is not None and email_key in (None, row.email_key)
    if row is None or not is_theirs or not await store.remove_invitation(tx, row.id):
        raise InvitationNotFound("This invitation does not hold (any more). Ask for another one.")
    return row


async def attach(tx: Tx, row: Any, invitation: Any) -> None:
    """Let somebody who has an account work for the operator of an invitation. Raises LastAdministrator, StaysPlatformAdmin."""
    if row.role == Role.PLATFORM_ADMIN:
        raise StaysPlatformAdmin("Accept with an account of another address.")
    if rules.stays_without_administrator(await store.administrators_of(tx, row.operator_id), row.id):
        raise LastAdministrator("Make somebody else an administrator first.")
    await store.change_account(tx, row.id, {**grant_of(invitation), "operator_id": invitation.operator_id})


def hash_code(code: str, secret: bytes) -> str:
    """What the database knows of a code. It is random: no salt is needed, and the hash can be looked up."""
    return hmac.new(derive_key(secret, "invitations"), code.encode(), hashlib.sha256).hexdigest()


def _new_code() -> str:
    return secrets.token_urlsafe(32)


def _validity(runtime: Runtime) -> timedelta:
    return timedelta(days=runtime.settings(OrganisationsSettings).invitation_days)


async def _send(tx: Tx, runtime: Runtime, row: Any, code: str) -> None:
    console = (runtime.settings(OrganisationsSettings).console_url or runtime.own_url).rstrip("/")
    operator = await store.get_operator(tx, row.operator_id)
    subject, text = rules.invitation_mail(
        row.locale,
        inviter=row.invited_by_name,
        operator=operator.name,
        until=f"{row.expires_at:%Y-%m-%d %H:%M}",
        link=f"{console}/invitation#code={code}",  # behind the #: no server's log sees it
    )
    tx.publish(
        MailWanted(
            operator_id=row.operator_id,
            at=clock.now(),
            mail_id=new_id(),
            kind="organisation.invitation",
            to=row.email,
            subject=subject,
            text=text,
            expires_at=to_rfc3339(row.expires_at),
        )
    )


def known_permissions(names: list[str]) -> list[Permission]:
    """Permissions as they are stored, in the order of the table; what no longer exists is left out."""
    return [permission for permission in Permission if permission.value in names]
