"""Organisations: operators, who works for them, as what, and where.

Owns: invitations. Operators, accounts, custom roles and location groups are the kernel's (kernel/auth/tables.py), because
every request is resolved by them; this module is how people change them. Asks: `KnownLocations` of stations.

Rules: nobody grants what they do not have; built-in roles do not change; an operator keeps an administrator; whoever is bound
to locations manages nobody. A change holds at once in this process, and within 5 s in others (`callers.Verified`).

Publishes: `MailWanted` (invitations), `ActDone` (every change), `MemberRemoved`.
"""

from voltway.contracts.accounts import MemberRemoved
from voltway.contracts.notify import MailWanted
from voltway.kernel.audit import ActDone
from voltway.kernel.module import Manifest
from voltway.modules.organisations.api import invitations, members, operators, roles
from voltway.modules.organisations.settings import OrganisationsSettings

MANIFEST = Manifest(
    name="organisations",
    settings=OrganisationsSettings,
    publishes=(MailWanted, ActDone, MemberRemoved),
    routes=lambda: (operators.router, members.router, roles.router, invitations.router),
)
