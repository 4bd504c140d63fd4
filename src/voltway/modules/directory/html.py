"""The public pages as HTML: everything that comes from outside is escaped here. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from voltway.modules.directory.schemas import OpenPeriodOut, PublicEvse, PublicPlace
from voltway.modules.directory.words import CONNECTORS, DAYS, NAMES, WORDS

STYLE = """
:root{color-scheme:light dark;--text:#14212b;--soft:#51626f;--line:#d8e0e6;--card:#fff;--page:#f3f6f8;--brand:#0b6e4f;--free:#0b6e4f;
--taken:#8a5a00;--down:#b3261e}
@media(prefers-color-scheme:dark){:root{--text:#e8eef2;--soft:#a5b4bf;--line:#2c3a45;--card:#17222b;--page:#0e161c;--brand:#5fd0a5;
--free:#5fd0a5;--taken:#f0b95a;--down:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:46rem;margin:0 auto;padding:1rem}
header{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap;align-items:center}
header a.home{font-weight:700;font-size:1.1rem;text-decoration:none;color:var(--brand)}
a{color:var(--brand)}nav a,nav b{margin-inline-start:.75rem;font-size:.95rem;display:inline-block;padding:.25rem 0}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}h2{font-size:1.1rem;margin:0}
form{display:flex;gap:.5rem;flex-wrap:wrap;margin-bottom:1rem;align-items:center}
input[type=search]{flex:1 1 14rem;padding:.7rem .8rem;border:1px solid var(--soft);border-radius:.6rem;font:inherit;background:var(--card);
color:inherit;min-width:0}
button,.button{padding:.7rem 1.1rem;border:0;border-radius:.6rem;background:var(--brand);color:var(--page);font:inherit;font-weight:600;
text-decoration:none;display:inline-block;cursor:pointer}
label{display:flex;gap:.4rem;align-items:center;min-height:2.75rem}
ul{list-style:none;margin:0;padding:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1rem;margin-bottom:.75rem}
.row{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}
.soft{color:var(--soft)}.state{font-weight:700}.free{color:var(--free)}.taken{color:var(--taken)}.out_of_order{color:var(--down)}
.unknown{color:var(--soft)}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:.5rem 0}dt{color:var(--soft)}dd{margin:0}
p{margin:.35rem 0}
"""


def page(title: str, body: str, language: str, address: str, data: Any = None) -> str:
    """A whole page. `address`: its own, for the links to other languages; `data`: what search engines read (schema.org)."""
    others = "".join(
        f'<b lang="{each}" aria-current="true">{name}</b>'
        if each == language
        else f'<a lang="{each}" hreflang="{each}" href="{escape(_with(address, lang=each))}">{name}</a>'
        for each, name in NAMES.items()
    )
    described = "" if data is None else f'<script type="application/ld+json">{_in_script(data)}</script>'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>{described}</head><body><header>"
        f'<a class="home" href="{escape(_with("/places", lang=language))}">{escape(WORDS[language]["title"])}</a>'
        f"<nav>{others}</nav></header><main>{body}</main></body></html>"
    )


def list_page(
    places: Sequence[PublicPlace], count: int, asked: dict[str, str], language: str, following: int | None
) -> str:
    """The search and what it found. `following`: where the next page begins."""
    words = WORDS[language]
    address = f"/places?{urlencode(asked)}" if asked else "/places"
    checked = " checked" if "free" in asked else ""
    form = (
        f'<form action="/places" role="search"><input type="hidden" name="lang" value="{language}">'
        f'<input type="search" name="text" value="{escape(asked.get("text", ""))}" maxlength="100" '
        f'placeholder="{escape(words["placeholder"])}" aria-label="{escape(words["placeholder"])}">'
        f'<label><input type="checkbox" name="free" value="1"{checked}>{escape(words["only_free"])}</label>'
        f"<button>{escape(words['search'])}</button></form>"
    )
    found = "".join(f"<li>{_card(place, language)}</li>" for place in places)
    said = escape(words["count"].format(count=count) if count else words["none"])
    more = ""
    if following is not None:
        further = escape(_with(address, begin=str(following), lang=language))
        more = f'<p><a class="button" rel="next" href="{further}">{escape(words["more"])}</a></p>'
    title = words["title"]
    return page(
        title, f'<h1>{escape(title)}</h1>{form}<p class="soft">{said}</p><ul>{found}</ul>{more}', language, address
    )


def _card(place: PublicPlace, language: str) -> str:
    words = WORDS[language]
    free = words["free_of"].format(free=place.free_count, all=len(place.evses))
    state = "free" if place.free_count else "taken"
    return (
        f'<article class="card"><div class="row"><h2><a href="{_address(place, language)}">{escape(place.name)}</a></h2>'
        f'<span class="state {state}">{escape(free)}</span></div>'
        f'<p class="soft">{escape(_street(place))}</p></article>'
    )


def place_page(place: PublicPlace, language: str) -> str:
    """One place: is it open, is something free, what does it cost, who helps."""
    words = WORDS[language]
    parts = [f"<h1>{escape(place.name)}</h1>", f"<p>{escape(_street(place))}</p>"]
    parts.append(f"<p>{_open(place, language)}</p>")
    if place.latitude is not None and place.longitude is not None:
        point = f"{place.latitude},{place.longitude}"
        parts.append(f'<p><a class="button" href="geo:{point}?q={quote(point)}">{escape(words["way"])}</a></p>')
    parts.append(f"<ul>{''.join(f'<li>{_evse(evse, place, language)}</li>' for evse in place.evses)}</ul>")
    parts.append(f'<section class="card"><dl>{"".join(_facts(place, language))}</dl></section>')
    address = f"/places/{quote(place.id)}"
    return page(f"{place.name} · {words['title']}", "".join(parts), language, address, _structured(place))


def _facts(place: PublicPlace, language: str) -> Iterable[str]:
    words = WORDS[language]
    if place.help_phone:
        digits = "".join(each for each in place.help_phone if each.isdigit() or each == "+")
        yield f'<dt>{escape(words["help"])}</dt><dd><a href="tel:{digits}">{escape(place.help_phone)}</a></dd>'
    if place.directions:
        yield f"<dt>{escape(words['directions'])}</dt><dd>{escape(place.directions)}</dd>"
    if place.access is not None:
        yield f"<dt>{escape(words['access'])}</dt><dd>{escape(words[f'access_{place.access}'])}</dd>"
    if place.opening_hours:
        days = "<br>".join(escape(each) for each in _hours(place.opening_hours, language))
        yield f"<dt>{escape(words['hours'])}</dt><dd>{days}</dd>"
    yield f"<dd>{escape(words['by'].format(operator=place.operator_name))}</dd>"


def _hours(periods: Sequence[OpenPeriodOut], language: str) -> Iterable[str]:
    for period in sorted(periods, key=lambda each: (each.weekday, each.begin)):
        yield f"{DAYS[language][period.weekday - 1]} {period.begin}–{period.end}"


def _open(place: PublicPlace, language: str) -> str:
    words = WORDS[language]
    if place.opening_hours is None:
        return f'<span class="state free">{escape(words["always"])}</span>'
    word, edge, style = ("open", "until", "free") if place.is_open else ("closed", "from", "out_of_order")
    when = ""
    if place.opens_or_closes_at is not None:
        at = place.opens_or_closes_at.astimezone(ZoneInfo(place.time_zone))
        clock = f"{DAYS[language][at.weekday()]} {at:%H:%M}"
        when = f" · {escape(words[edge].format(time=clock))}"
    return f'<span class="state {style}">{escape(words[word])}</span>{when}'


def _evse(evse: PublicEvse, place: PublicPlace, language: str) -> str:
    words = WORDS[language]
    zone = ZoneInfo(place.time_zone)
    named = words["charger"].format(name=evse.station_name, number=evse.evse_number)
    types = ", ".join(dict.fromkeys(CONNECTORS.get(each.type or "", each.type or "") for each in evse.connectors))
    power = words["up_to"].format(power=f"{evse.power_w_max / 1000:g}") if evse.power_w_max else ""
    told = words["told"].format(time=_instant(evse.told_at, zone)) if evse.told_at else ""
    record = [] if evse.success_percent is None else [words["success"].format(percent=evse.success_percent)]
    if evse.last_success_at is not None:
        record.append(words["last"].format(time=_instant(evse.last_success_at, zone)))
    price = evse.price or words["no_price"]
    return (
        f'<article class="card" id="{escape(evse.id)}"><div class="row"><h2>{escape(named)}</h2>'
        f'<span class="state {evse.state}">{escape(words[evse.state])}</span></div>'
        f'<p class="soft">{escape(" · ".join(filter(None, (types, power, told))))}</p>'
        f"<p>{escape(words['price'])}: {escape(price)}</p>"
        f'<p class="soft">{escape(" · ".join(record))}</p></article>'
    )


def not_found_page(language: str) -> str:
    """No such place."""
    words = WORDS[language]
    back = f'<p><a href="{escape(_with("/places", lang=language))}">{escape(words["back"])}</a></p>'
    body = f"<h1>{escape(words['page_not_found'])}</h1><p>{escape(words['page_not_found_text'])}</p>{back}"
    return page(words["page_not_found"], body, language, "/places")


# ---- parts


def _street(place: PublicPlace) -> str:
    town = " ".join(filter(None, (place.postal_code, place.city)))
    return ", ".join(filter(None, (place.address, town, place.country)))


def _address(place: PublicPlace, language: str) -> str:
    return escape(_with(f"/places/{quote(place.id)}", lang=language))


def _with(address: str, **parameters: str) -> str:
    """An address with parameters added to it, or in the place of those that it has."""
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in parameters]
    return f"{path}?{'&'.join([*kept, urlencode(parameters)])}"


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _in_script(data: Any) -> str:
    """JSON that ends no script element, whatever is in it."""
    text = json.dumps(data, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _structured(place: PublicPlace) -> dict[str, Any]:
    """The place in the terms of schema.org."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "AutomotiveBusiness",
        "additionalType": "https://schema.org/ElectricVehicleChargingStation",
        "name": place.name,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": place.address,
            "postalCode": place.postal_code,
            "addressLocality": place.city,
            "addressCountry": place.country,
        },
        "brand": place.operator_name,
        "telephone": place.help_phone,
    }
    if place.latitude is not None and place.longitude is not None:
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    return found
