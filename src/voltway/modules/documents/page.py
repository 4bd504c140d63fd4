"""A document as a page that needs no script: every text is escaped, the style is the only thing that it loads, and that is in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from voltway.modules.documents import texts
from voltway.modules.documents.presenting import Checked, Pair, Section, View

STYLE = (Path(__file__).with_name("templates") / "page.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # the address is the key to the document
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "private, no-store",
}


def page_of(view: View, *, path: str, has_xml: bool) -> str:
    """A document's page. `path`: its own address without the host."""
    words = view.labels
    language = f"?lang={view.language}"
    get = [f'<li><a class="first" href="{path}/pdf{language}">{_(words["get_pdf"])}</a></li>']
    if has_xml:
        get.append(f'<li><a href="{path}/xml">{_(words["get_xml"])}</a></li>')
    body = (
        f"<h1>{_(view.title)} {_(view.number)}</h1>"
        f'<p class="sum">{_(view.total[1])}</p><ul class="get">{"".join(get)}</ul>'
        f"{_block('address', view.buyer)}{_pairs(view.facts)}"
        f"{''.join(_section(section, index, view, path) for index, section in enumerate(view.sections))}"
        f"{_rows(view)}{_sums(view)}{''.join(f'<p>{_(note)}</p>' for note in view.notes)}"
    )
    return _frame(f"{view.title} {view.number}", view.language, view.seller[0], body, _footer(view), path)


def nothing_here(language: str) -> str:
    """The page of an address that leads to nothing."""
    words = texts.labels_in(language)
    body = f"<h1>{_(words['not_found'])}</h1><p>{_(words['not_found_is'])}</p>"
    return _frame(words["not_found"], language, "", body, "", None)


def _frame(title: str, language: str, seller: str, body: str, footer: str, path: str | None) -> str:
    others = [
        f'<span aria-current="true">{name}</span>'
        if code == language
        else f'<a href="{path or ""}?lang={code}" lang="{code}" hreflang="{code}">{name}</a>'
        for code, name in texts.NAMES.items()
    ]
    label = _(texts.labels_in(language)["language"])
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><strong>{_(seller)}</strong><nav aria-label="{label}">{"".join(others)}</nav></header>'
        f"<main>{body}</main><footer>{footer}</footer></body></html>"
    )


# ---- parts


def _section(section: Section, index: int, view: View, path: str) -> str:
    words = view.labels
    tariff = f'<p class="tariff"><small>{_(words["tariff"])}</small>{_(section.tariff)}</p>' if section.tariff else ""
    heads = [words[key] for key in ("what", "quantity", "unit_price", "vat_rate", "amount")]
    return (
        f"<section><h2>{_(section.title)}</h2>{_pairs(section.facts)}{tariff}"
        f"{_table(heads, section.lines)}{_meter_data(section, index, view, path)}</section>"
    )


def _meter_data(section: Section, index: int, view: View, path: str) -> str:
    if not section.checked:
        return ""
    words = view.labels
    note = ""
    if section.energy_note:
        note = f'<p class="{"valid" if section.is_energy_right else "wrong"}">{_(section.energy_note)}</p>'
    found = "".join(_check(one, f"{path}/signed/{index}/{at}", view) for at, one in enumerate(section.checked))
    return f"<h3>{_(words['meter_data'])}</h3><p>{_(words['meter_data_is'])}</p>{note}{found}"


def _check(one: Checked, address: str, view: View) -> str:
    words = view.labels
    mark = {"valid": "✓ ", "invalid": "✗ "}.get(one.verdict, "")
    key = f"<p>{_(words['key'])}</p><pre>{_(one.public_key)}</pre>" if one.public_key else ""
    return (
        f'<div class="check"><p class="verdict {one.verdict}">{mark}{_(one.verdict_text)}</p>'
        f"<p>{_(one.explanation)}</p>{_pairs(one.facts)}"
        f"<details><summary>{_(words['meter_data'])} {one.name}</summary><pre>{_(one.text)}</pre>{key}"
        f'<p><a href="{address}">{_(words["get_text"])}</a></p></details></div>'
    )


def _rows(view: View) -> str:
    return f'<div class="rows">{_table(view.row_heads, view.rows)}</div>' if view.rows else ""


def _sums(view: View) -> str:
    total = f'<dt class="total">{_(view.total[0])}</dt><dd class="total">{_(view.total[1])}</dd>'
    return f'<dl class="sums">{_defined(view.sums)}{total}{_defined(view.payments)}</dl>'


def _footer(view: View) -> str:
    lines = [*view.imprint, f"{view.labels['fingerprint']}: {view.sha256}"]
    return "".join(f"<p>{_(line)}</p>" for line in lines)


def _block(name: str, lines: Sequence[str]) -> str:
    return f"<{name}>{'<br>'.join(_(line) for line in lines)}</{name}>" if lines else ""


def _pairs(found: Sequence[Pair]) -> str:
    return f"<dl>{_defined(found)}</dl>" if found else ""


def _defined(found: Iterable[Pair]) -> str:
    return "".join(f"<dt>{_(name)}</dt><dd>{_(said)}</dd>" for name, said in found)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{_(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _(text: str | None) -> str:
    return escape(text or "")
