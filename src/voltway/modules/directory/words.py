"""The words of the public pages, by language."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "de", "zh")
NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "zh": "中文"}

_EN: Mapping[str, str] = {
    "title": "Charge here",
    "search": "Search",
    "placeholder": "Place, street or operator",
    "only_free": "Free now",
    "none": "No place fits. Try fewer words.",
    "count": "{count} places",
    "free_of": "{free} of {all} free",
    "more": "More",
    "back": "All places",
    "open": "Open now",
    "closed": "Closed now",
    "always": "Open day and night",
    "until": "until {time}",
    "from": "opens {time}",
    "access": "Access",
    "access_public": "Open to everybody",
    "access_restricted": "Only for some, such as guests or staff",
    "hours": "Opening hours",
    "by": "Run by {operator}",
    "help": "Help by phone, day and night",
    "directions": "How to find it",
    "way": "Show the way",
    "charger": "Charger {name}, plug {number}",
    "free": "Free",
    "taken": "In use",
    "out_of_order": "Out of order",
    "unknown": "Not known at the moment",
    "told": "as of {time}",
    "price": "Price",
    "no_price": "The price is shown before you start.",
    "success": "{percent} % of the last attempts worked",
    "last": "last charge {time}",
    "up_to": "up to {power} kW",
    "page_not_found": "There is no such place",
    "page_not_found_text": "It may have been removed, or is not open to the public any more.",
}
_DE: Mapping[str, str] = {
    "title": "Hier laden",
    "search": "Suchen",
    "placeholder": "Ort, Straße oder Betreiber",
    "only_free": "Jetzt frei",
    "none": "Kein Standort passt. Versuchen Sie es mit weniger Wörtern.",
    "count": "{count} Standorte",
    "free_of": "{free} von {all} frei",
    "more": "Weitere",
    "back": "Alle Standorte",
    "open": "Jetzt geöffnet",
    "closed": "Jetzt geschlossen",
    "always": "Tag und Nacht geöffnet",
    "until": "bis {time}",
    "from": "öffnet {time}",
    "access": "Zugang",
    "access_public": "Für alle offen",
    "access_restricted": "Nur für bestimmte Personen, etwa Gäste oder Beschäftigte",
    "hours": "Öffnungszeiten",
    "by": "Betrieben von {operator}",
    "help": "Hilfe am Telefon, Tag und Nacht",
    "directions": "So finden Sie hin",
    "way": "Weg zeigen",
    "charger": "Ladesäule {name}, Ladepunkt {number}",
    "free": "Frei",
    "taken": "Belegt",
    "out_of_order": "Außer Betrieb",
    "unknown": "Zurzeit nicht bekannt",
    "told": "Stand {time}",
    "price": "Preis",
    "no_price": "Der Preis wird vor dem Start gezeigt.",
    "success": "{percent} % der letzten Versuche gelangen",
    "last": "zuletzt geladen {time}",
    "up_to": "bis {power} kW",
    "page_not_found": "Diesen Standort gibt es nicht",
    "page_not_found_text": "Er wurde vielleicht entfernt oder ist nicht mehr öffentlich.",
}
_ZH: Mapping[str, str] = {
    "title": "在此充电",
    "search": "搜索",
    "placeholder": "地点、街道或运营商",
    "only_free": "当前空闲",
    "none": "没有符合条件的地点，请减少关键词。",
    "count": "{count} 个地点",
    "free_of": "{all} 个中有 {free} 个空闲",
    "more": "更多",
    "back": "所有地点",
    "open": "营业中",
    "closed": "已关闭",
    "always": "全天开放",
    "until": "至 {time}",
    "from": "{time} 开放",
    "access": "进入条件",
    "access_public": "对所有人开放",
    "access_restricted": "仅限特定人员，如住客或员工",
    "hours": "开放时间",
    "by": "运营商：{operator}",
    "help": "全天电话帮助",
    "directions": "如何到达",
    "way": "导航",
    "charger": "充电桩 {name}，充电位 {number}",
    "free": "空闲",
    "taken": "使用中",
    "out_of_order": "故障",
    "unknown": "暂时未知",
    "told": "截至 {time}",
    "price": "价格",
    "no_price": "开始充电前会显示价格。",
    "success": "近期 {percent}% 的充电成功",
    "last": "最近一次充电 {time}",
    "up_to": "最高 {power} kW",
    "page_not_found": "没有这个地点",
    "page_not_found_text": "它可能已被移除，或不再对公众开放。",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE, "zh": _ZH}

DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}

CONNECTORS: Mapping[str, str] = {
    "cCCS1": "CCS 1",
    "cCCS2": "CCS 2",
    "cG105": "CHAdeMO",
    "cTesla": "Tesla",
    "cType1": "Type 1",
    "cType2": "Type 2",
    "sType2": "Type 2",
    "sType3": "Type 3",
    "cChaoJi": "ChaoJi",
    "cGBT": "GB/T",
    "cNACS": "NACS",
}
"""What drivers call the connector types of OCPP."""


def language_of(chosen: str | None, accepted: str) -> str:
    """The language that was chosen, else the best that a browser accepts (RFC 9110, 12.5.4), else English."""
    if chosen in LANGUAGES:
        return chosen
    weighed: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.partition(";q=")
        language = tag.strip().split("-")[0].casefold()
        if language in LANGUAGES:
            weighed.append((_weight(weight), language))
    return max(weighed, key=lambda each: each[0])[1] if weighed else LANGUAGES[0]


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0
