"""Accounts: people, and how they prove who they are.

Owns: passkeys, authenticator apps, recovery codes, consents, who accounts are at OpenID Connect providers, OAuth clients. The
accounts themselves, sessions of browsers, devices and one-time tickets are the kernel's (`kernel/auth`), as are the log-in by
password and API keys (`kernel/http/access.py`): they are needed to know a caller at all.

Asks every `PersonalDataAsk` of the contract for the copy of a person's data. Listens to its own `AccountWanted`,
`PasswordForgotten`, `EmailChangeWanted`, so that an answer never shows whether an address has an account, to `NewDeviceSeen` of
the kernel and `MemberRemoved` of organisations (the OAuth clients they made end). Publishes `AccountErased`, and `MailWanted` for notify.

The log-in of staff by an OpenID Connect provider stands in `oidc.py`, the tokens of machines in `oauth_api.py`.
"""

from voltway.contracts.accounts import (
    AccountErased,
    AccountWanted,
    EmailChangeWanted,
    MemberRemoved,
    PasswordForgotten,
)
from voltway.contracts.desk import SearchDrivers
from voltway.contracts.notify import MailWanted
from voltway.kernel.auth.devices import NewDeviceSeen
from voltway.kernel.module import Manifest
from voltway.modules.accounts import (
    admin_api,
    drivers_api,
    factors_api,
    handlers,
    log_in_api,
    me_api,
    oauth_api,
    oidc_api,
    registration_api,
    searching,
)
from voltway.modules.accounts.settings import AccountsSettings

MANIFEST = Manifest(
    name="accounts",
    settings=AccountsSettings,
    listens={
        AccountWanted: handlers.on_account_wanted,
        PasswordForgotten: handlers.on_password_forgotten,
        EmailChangeWanted: handlers.on_email_change_wanted,
        NewDeviceSeen: handlers.on_new_device,
        MemberRemoved: handlers.on_member_removed,
    },
    answers={SearchDrivers: searching.search_drivers},
    publishes=(AccountErased, MailWanted),
    routes=lambda: (
        registration_api.router,
        log_in_api.router,
        oidc_api.router,
        me_api.router,
        factors_api.router,
        admin_api.router,
        drivers_api.router,
        oauth_api.router,
    ),
)
