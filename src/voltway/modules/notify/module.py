"""Notify: mails to people, webhooks to machines.

Owns: the queue of mails, webhooks with their deliveries and the log of attempts, the devices of drivers that show messages (web
push) and the messages on their way there. A mail's text is erased when it has left, a message to a device with its row.

Listens to: `MailWanted` and `PushWanted` (any module publishes them in the transaction that is the reason), `AccountErased` (devices
go with their driver), and every event of the table in outside.py. Answers: `FindPersonalDevices`. Publishes: `MailWanted` (a webhook was switched off).

Mails leave through an adapter of integrations/messaging: an SMTP server if the settings name one, else files in a folder, which
the console shows. They are tried again with growing pauses for a day; an answer of 5yz ends it at once. A mail is sent twice
only if this process dies between the server's word and our note of it: its Message-ID is the same then.

Webhooks get `POST` with the event as JSON, signed: `X-Voltway-Signature: t=<s>,v1=<hex>`, where v1 is HMAC-SHA256 of
`<t>.<body>` with the webhook's secret, twice while a secret is being rotated. `X-Voltway-Delivery` stays the same at each
attempt. Anything but 2xx is tried again for a day; no redirects are followed, and addresses pass the kernel's guard. What
concerns one station is delivered in order as long as the receiver takes it. A receiver that has failed for days is switched
off, and the operator's administrators are told.

Messages to devices are encrypted for the device (web push, pushing.py). 404 and 410 remove it; 429, 5xx and silence are tried again
until the message has expired; what is refused otherwise is dropped.
"""

from voltway.contracts.accounts import AccountErased, FindPersonalDevices
from voltway.contracts.notify import MailWanted, PushWanted
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.notify import delivering, handlers, mailing, outside, pushing
from voltway.modules.notify.api import mails, pushes, webhooks
from voltway.modules.notify.settings import NotifySettings


async def _start(runtime: Runtime) -> None:
    mailing.open_sender(runtime)


async def _stop(runtime: Runtime) -> None:
    await runtime.state(delivering.Workers).stop()


MANIFEST = Manifest(
    name="notify",
    settings=NotifySettings,
    answers={FindPersonalDevices: pushing.find_personal_devices},
    listens={
        MailWanted: handlers.on_mail_wanted,
        PushWanted: pushing.on_push_wanted,
        AccountErased: pushing.on_account_erased,
        **dict.fromkeys(outside.TOLD, handlers.on_event),
    },
    publishes=(MailWanted,),
    routes=lambda: (mails.router, pushes.router, webhooks.router),
    jobs=(
        Job("mails", 1.0, mailing.send_due),
        Job("webhooks", 1.0, delivering.deliver_due, everywhere=True),
        Job("pushes", 1.0, pushing.push_due, everywhere=True),
        Job("forget_mails", 3600.0, mailing.forget_old),
        Job("forget_deliveries", 3600.0, delivering.forget_old),
    ),
    start=_start,
    stop=_stop,
)
