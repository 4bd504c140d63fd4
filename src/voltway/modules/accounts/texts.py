"""What the mails say, in the languages of the readers. Pure: a table of texts, and how one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

DEFAULT = "en"


class Text(NamedTuple):
    """A mail's subject and body, with the places of what differs from reader to reader in braces."""

    subject: str
    body: str


_IF_NOT_YOU = {
    "en": "If this was not you: set a new password at once ({url}/reset-password) and look at your devices.",
    "de": "Falls Sie das nicht waren: Setzen Sie sofort ein neues Passwort ({url}/reset-password) und sehen Sie Ihre Geräte durch.",
    "zh": "如果不是您本人操作，请立即重设密码（{url}/reset-password），并检查您的设备。",
}

TEXTS: Mapping[str, Mapping[str, Text]] = {
    "verify": {
        "en": Text(
            "Confirm your e-mail address",
            "Hello {name},\n\nto open your account, confirm your address and choose a password within 24 hours:\n\n"
            "{url}/app/verify-email#{token}\n\nIf you did not ask for this, do nothing.",
        ),
        "de": Text(
            "Bestätigen Sie Ihre E-Mail-Adresse",
            "Guten Tag {name},\n\num Ihr Konto zu eröffnen, bestätigen Sie Ihre Adresse und wählen Sie innerhalb von 24 Stunden ein "
            "Passwort:\n\n{url}/app/verify-email#{token}\n\nHaben Sie das nicht angefordert, ist nichts zu tun.",
        ),
        "zh": Text(
            "请确认您的电子邮箱",
            "{name}，您好：\n\n请在 24 小时内打开以下链接，确认邮箱并设置密码，即可开通账户：\n\n{url}/app/verify-email#{token}\n\n"
            "如果您没有申请，请忽略此邮件。",
        ),
    },
    "exists": {
        "en": Text(
            "You have an account already",
            "Hello {name},\n\nsomebody wanted to open an account with this address, which has one. Log in here:\n\n{url}/\n\n"
            "Forgotten your password? {url}/reset-password\n\nIf it was not you, do nothing: nothing has changed.",
        ),
        "de": Text(
            "Sie haben bereits ein Konto",
            "Guten Tag {name},\n\njemand wollte mit dieser Adresse ein Konto eröffnen; es gibt schon eines. Hier melden Sie sich an:"
            "\n\n{url}/\n\nPasswort vergessen? {url}/reset-password\n\nWaren Sie das nicht, ist nichts zu tun: Es hat sich nichts "
            "geändert.",
        ),
        "zh": Text(
            "您已拥有账户",
            "{name}，您好：\n\n有人想用此邮箱注册账户，但该邮箱已有账户。请在此登录：\n\n{url}/\n\n忘记密码？{url}/reset-password\n\n"
            "如果不是您本人操作，请忽略此邮件，您的账户没有任何变化。",
        ),
    },
    "reset": {
        "en": Text(
            "Set a new password",
            "Hello {name},\n\nset a new password within one hour:\n\n{url}/reset-password#{token}\n\nAll your log-ins end with it. "
            "If you did not ask for this, do nothing: your password stays as it is.",
        ),
        "de": Text(
            "Neues Passwort setzen",
            "Guten Tag {name},\n\nsetzen Sie innerhalb einer Stunde ein neues Passwort:\n\n{url}/reset-password#{token}\n\nDamit enden "
            "alle Ihre Anmeldungen. Haben Sie das nicht angefordert, ist nichts zu tun: Ihr Passwort bleibt, wie es ist.",
        ),
        "zh": Text(
            "设置新密码",
            "{name}，您好：\n\n请在一小时内设置新密码：\n\n{url}/reset-password#{token}\n\n设置后，您的所有登录都将失效。"
            "如果您没有申请，请忽略此邮件，您的密码保持不变。",
        ),
    },
    "password_changed": {
        "en": Text("Your password has changed", "Hello {name},\n\nyour password was changed. {if_not_you}"),
        "de": Text("Ihr Passwort wurde geändert", "Guten Tag {name},\n\nIhr Passwort wurde geändert. {if_not_you}"),
        "zh": Text("您的密码已更改", "{name}，您好：\n\n您的密码已更改。{if_not_you}"),
    },
    "email_confirm": {
        "en": Text(
            "Confirm your new e-mail address",
            "Hello {name},\n\nconfirm within 24 hours that this is your new address:\n\n{url}/confirm-email#{token}\n\n"
            "If you did not ask for this, do nothing.",
        ),
        "de": Text(
            "Bestätigen Sie Ihre neue E-Mail-Adresse",
            "Guten Tag {name},\n\nbestätigen Sie innerhalb von 24 Stunden, dass dies Ihre neue Adresse ist:\n\n"
            "{url}/confirm-email#{token}\n\nHaben Sie das nicht angefordert, ist nichts zu tun.",
        ),
        "zh": Text(
            "请确认您的新邮箱",
            "{name}，您好：\n\n请在 24 小时内打开以下链接，确认这是您的新邮箱：\n\n{url}/confirm-email#{token}\n\n"
            "如果您没有申请，请忽略此邮件。",
        ),
    },
    "email_changed": {
        "en": Text(
            "Your e-mail address has changed",
            "Hello {name},\n\nyour account has another e-mail address now; this one is not used any more. If this was not you, "
            "turn to whoever runs {url}.",
        ),
        "de": Text(
            "Ihre E-Mail-Adresse wurde geändert",
            "Guten Tag {name},\n\nIhr Konto hat jetzt eine andere E-Mail-Adresse; diese hier wird nicht mehr benutzt. Falls Sie das "
            "nicht waren, wenden Sie sich an den Betreiber von {url}.",
        ),
        "zh": Text(
            "您的邮箱已更改",
            "{name}，您好：\n\n您的账户已改用其他邮箱，此邮箱不再使用。如果不是您本人操作，请联系 {url} 的运营方。",
        ),
    },
    "factor_changed": {
        "en": Text(
            "How you log in has changed",
            "Hello {name},\n\na passkey, an authenticator app or the recovery codes of your account were added, removed or renewed. "
            "{if_not_you}",
        ),
        "de": Text(
            "Ihre Anmeldung wurde geändert",
            "Guten Tag {name},\n\nein Passkey, eine Authenticator-App oder die Wiederherstellungscodes Ihres Kontos wurden hinzugefügt, "
            "entfernt oder erneuert. {if_not_you}",
        ),
        "zh": Text(
            "您的登录方式已更改",
            "{name}，您好：\n\n您账户的通行密钥、身份验证器或恢复代码已被添加、移除或更新。{if_not_you}",
        ),
    },
    "new_device": {
        "en": Text(
            "New log-in",
            "Hello {name},\n\nsomebody logged in to your account from a browser that is new to us:\n\n{device}\n{address}\n\n"
            "{if_not_you}",
        ),
        "de": Text(
            "Neue Anmeldung",
            "Guten Tag {name},\n\njemand hat sich mit einem uns unbekannten Browser bei Ihrem Konto angemeldet:\n\n{device}\n{address}"
            "\n\n{if_not_you}",
        ),
        "zh": Text(
            "新的登录",
            "{name}，您好：\n\n有人用一个我们没有见过的浏览器登录了您的账户：\n\n{device}\n{address}\n\n{if_not_you}",
        ),
    },
    "erased": {
        "en": Text(
            "Your account is gone", "Hello {name},\n\nyour account has been erased. This is the last mail about it."
        ),
        "de": Text(
            "Ihr Konto ist gelöscht", "Guten Tag {name},\n\nIhr Konto wurde gelöscht. Dies ist die letzte E-Mail dazu."
        ),
        "zh": Text("您的账户已删除", "{name}，您好：\n\n您的账户已删除。这是与之相关的最后一封邮件。"),
    },
}


def compose(kind: str, locale: str, *, url: str, **places: str) -> Text:
    """A mail in the language of `locale` (`de-AT` is `de`), English where there is none. `url` has no slash at its end.

    What people call themselves stands in mails to addresses that nobody has proved yet: a name cannot break a line, and one that
    looks like an address is left out, so that nobody sends advertisements through us.
    """
    language = locale.replace("_", "-").partition("-")[0].lower()
    language = language if language in TEXTS[kind] else DEFAULT
    text = TEXTS[kind][language]
    name = " ".join(places.pop("name", "").split())
    places["name"] = "" if any(sign in name for sign in (".", "/", "@", ":")) else name
    places["if_not_you"] = _IF_NOT_YOU[language].replace("{url}", url)
    body = text.body.format_map({**places, "url": url})
    return Text(text.subject, body.replace(" ,", ",", 1) if not places["name"] else body)
