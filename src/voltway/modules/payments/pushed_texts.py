"""What messages about a charge say on a driver's device, in the reader's language: one row for each occasion. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """Title and words; `{amount}` is what a charge cost, `{price}` what a minute of staying does, `{minutes}` from now."""

    title: str
    body: str


TEXTS: dict[str, dict[str, Text]] = {
    "en": {
        "started": Text("Charging has started", "Your car is being charged."),
        "failed": Text("Charging has not started", "No energy has flowed. You can try again; nothing is taken for it."),
        "finished": Text("Charging is over", "It cost {amount}."),
        "free": Text("Charging is over", "It costs nothing."),
        "idle": Text(
            "Staying will cost you soon",
            "Your car no longer charges. In {minutes} min your idle fee begins: {price} per minute. Move your car in time.",
        ),
    },
    "de": {
        "started": Text("Die Ladung hat begonnen", "Ihr Auto wird geladen."),
        "failed": Text(
            "Die Ladung hat nicht begonnen",
            "Es ist kein Strom geflossen. Sie können es noch einmal versuchen; abgebucht wird dafür nichts.",
        ),
        "finished": Text("Die Ladung ist beendet", "Sie hat {amount} gekostet."),
        "free": Text("Die Ladung ist beendet", "Sie kostet nichts."),
        "idle": Text(
            "Stehen bleiben kostet bald",
            "Ihr Auto lädt nicht mehr. In {minutes} min beginnt die Blockiergebühr: {price} je Minute. Fahren Sie rechtzeitig weg.",
        ),
    },
    "zh": {
        "started": Text("充电已开始", "您的车辆正在充电。"),
        "failed": Text("充电未开始", "没有电量输出。您可以重试；此次不收费。"),
        "finished": Text("充电已结束", "费用为 {amount}。"),
        "free": Text("充电已结束", "此次免费。"),
        "idle": Text(
            "即将收取占位费", "您的车辆已停止充电。{minutes} 分钟后开始收取占位费：每分钟 {price}。请及时驶离。"
        ),
    },
}


def text_of(occasion: str, locale: str | None) -> Text:
    """What is said on an occasion; in English for a locale that these texts do not speak."""
    language = (locale or "").replace("_", "-").partition("-")[0].casefold()
    return TEXTS.get(language, TEXTS["en"])[occasion]
