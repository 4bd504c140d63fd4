"""What mails about bookings and queues say, in the reader's language: one row for each occasion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Text(NamedTuple):
    """A mail: `{where}`, `{when}`, `{evse}`, `{until}`, `{fee}`, `{credit}`, `{reason}` are filled in."""

    subject: str
    body: str


OCCASIONS = (
    "requested", "confirmed", "changed", "moved", "cancelled", "cancelled_by_operator", "no_show", "failed",
    "called", "lost", "expired", "removed",
)  # fmt: skip

TEXTS: Mapping[str, Mapping[str, Text]] = {
    "en": {
        "requested": Text(
            "Your booking at {where} waits for confirmation",
            "You have asked for {evse} at {where}, {when}. You hear from us when it is confirmed.",
        ),
        "confirmed": Text(
            "Your booking at {where} is confirmed",
            "{evse} at {where} is yours: {when}. It is kept for you until {until}. Cancel in time if you do not need it.{fee}",
        ),
        "changed": Text("Your booking at {where} has changed", "It is now: {evse} at {where}, {when}.{fee}"),
        "moved": Text(
            "Your booking at {where} has moved to another charging point",
            "The charging point you had booked cannot be used. Please go to {evse} at {where}: {when}.",
        ),
        "cancelled": Text("Your booking at {where} is cancelled", "You have cancelled {evse} at {where}, {when}.{fee}"),
        "cancelled_by_operator": Text(
            "Your booking at {where} had to be cancelled",
            "We had to cancel {evse} at {where}, {when}: {reason}. You owe nothing for it.",
        ),
        "no_show": Text(
            "You did not come to {where}",
            "{evse} at {where} was kept for you from {when} and is free for others now.{fee}",
        ),
        "failed": Text(
            "We could not keep your booking at {where}",
            "No charging point at {where} could be kept for you ({when}). We are sorry. You owe nothing for it.{credit}",
        ),
        "called": Text(
            "It is your turn at {where}",
            "{evse} at {where} is kept for you until {until}. If you need longer, let others pass.",
        ),
        "lost": Text(
            "Please wait a little longer at {where}",
            "The charging point we called you to cannot be used. You are the first in line again.",
        ),
        "expired": Text("Your place in the queue at {where} is gone", "Nobody came while {evse} was kept for you."),
        "removed": Text("Your place in the queue at {where} is gone", "We had to take it back: {reason}."),
    },
    "de": {
        "requested": Text(
            "Ihre Buchung an {where} wartet auf Bestätigung",
            "Sie haben {evse} an {where} angefragt, {when}. Wir melden uns, sobald sie bestätigt ist.",
        ),
        "confirmed": Text(
            "Ihre Buchung an {where} ist bestätigt",
            "{evse} an {where} gehört Ihnen: {when}. Wir halten den Ladepunkt bis {until} frei. "
            "Bitte sagen Sie rechtzeitig ab, wenn Sie ihn nicht brauchen.{fee}",
        ),
        "changed": Text("Ihre Buchung an {where} ist geändert", "Es gilt jetzt: {evse} an {where}, {when}.{fee}"),
        "moved": Text(
            "Ihre Buchung an {where} ist an einen anderen Ladepunkt verlegt",
            "Der gebuchte Ladepunkt fällt aus. Bitte fahren Sie zu {evse} an {where}: {when}.",
        ),
        "cancelled": Text(
            "Ihre Buchung an {where} ist storniert", "Sie haben {evse} an {where} storniert, {when}.{fee}"
        ),
        "cancelled_by_operator": Text(
            "Ihre Buchung an {where} musste entfallen",
            "Wir mussten {evse} an {where}, {when}, absagen: {reason}. Es entstehen Ihnen keine Kosten.",
        ),
        "no_show": Text(
            "Sie waren nicht an {where}",
            "{evse} an {where} war für Sie frei gehalten ({when}) und steht jetzt anderen offen.{fee}",
        ),
        "failed": Text(
            "Wir konnten Ihre Buchung an {where} nicht halten",
            "An {where} war kein Ladepunkt für Sie frei ({when}). Das tut uns leid. Es entstehen Ihnen keine Kosten.{credit}",
        ),
        "called": Text(
            "Sie sind dran an {where}",
            "{evse} an {where} ist bis {until} für Sie frei gehalten. Brauchen Sie länger, lassen Sie andere vor.",
        ),
        "lost": Text(
            "Bitte warten Sie noch etwas an {where}",
            "Der Ladepunkt, zu dem wir Sie gerufen haben, fällt aus. Sie sind wieder zuerst an der Reihe.",
        ),
        "expired": Text(
            "Ihr Platz in der Schlange an {where} ist verfallen", "{evse} war für Sie frei gehalten, und niemand kam."
        ),
        "removed": Text("Ihr Platz in der Schlange an {where} ist weg", "Wir mussten ihn zurücknehmen: {reason}."),
    },
    "zh": {
        "requested": Text("{where} 的预约等待确认", "您申请了 {where} 的 {evse}，时间 {when}。确认后我们会通知您。"),
        "confirmed": Text(
            "{where} 的预约已确认",
            "{where} 的 {evse} 已为您保留：{when}，保留至 {until}。如不需要，请及时取消。{fee}",
        ),
        "changed": Text("{where} 的预约已更改", "现在为：{where} 的 {evse}，{when}。{fee}"),
        "moved": Text("{where} 的预约已换到另一充电点", "您预约的充电点无法使用，请前往 {where} 的 {evse}：{when}。"),
        "cancelled": Text("{where} 的预约已取消", "您取消了 {where} 的 {evse}，{when}。{fee}"),
        "cancelled_by_operator": Text(
            "{where} 的预约被取消", "我们不得不取消 {where} 的 {evse}（{when}）：{reason}。您无需付费。"
        ),
        "no_show": Text("您没有到 {where}", "{where} 的 {evse} 曾为您保留（{when}），现已释放。{fee}"),
        "failed": Text(
            "我们无法保留 {where} 的预约", "{where} 没有可用的充电点（{when}）。非常抱歉，您无需付费。{credit}"
        ),
        "called": Text("轮到您了：{where}", "{where} 的 {evse} 为您保留至 {until}。需要更多时间可让他人先行。"),
        "lost": Text("请在 {where} 稍候", "刚才为您保留的充电点无法使用，您仍排在最前。"),
        "expired": Text("{where} 的排队已失效", "{evse} 曾为您保留，但无人到来。"),
        "removed": Text("{where} 的排队已失效", "我们取消了您的排队：{reason}。"),
    },
}

EVSE = {
    "en": "charging point {number} ({station})",
    "de": "Ladepunkt {number} ({station})",
    "zh": "{station} 的 {number} 号充电点",
}
FEE = {"en": " The fee is {amount}.", "de": " Die Gebühr beträgt {amount}.", "zh": "费用为 {amount}。"}
FEE_IF_MISSED = {
    "en": " If you do not come, {amount} is due.",
    "de": " Wenn Sie nicht kommen, werden {amount} fällig.",
    "zh": "如未到场，将收取 {amount}。",
}
CREDIT = {
    "en": " You have a credit of {amount}.",
    "de": " Sie erhalten eine Gutschrift von {amount}.",
    "zh": "您将获得 {amount} 的补偿。",
}


def language_of(locale: str | None) -> str:
    """The language of a locale, if these texts exist in it; else English."""
    language = (locale or "").replace("_", "-").partition("-")[0].casefold()
    return language if language in TEXTS else "en"
