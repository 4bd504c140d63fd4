"""The API's reference as one page without a script: made from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
nav a { margin-right: 1rem; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
summary { padding: .6rem .8rem; cursor: pointer; }
summary code { font-weight: 600; }
details > div { padding: 0 .8rem .8rem; }
.method { display: inline-block; width: 4.5rem; font: 700 12px ui-monospace, monospace; }
.get { color: #2b8a3e } .post { color: #1971c2 } .put, .patch { color: #e8590c } .delete { color: #e03131 }
table { border-collapse: collapse; width: 100%; } td, th { border-bottom: 1px solid var(--line); padding: .3rem .5rem;
text-align: left; vertical-align: top; } pre { background: var(--soft); padding: .7rem; border-radius: 6px; overflow: auto; }
"""
_DEPTH_MAX = 6


def to_page(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    by_tag: dict[str, list[str]] = {}
    for path, path_item in document["paths"].items():
        for method, operation in path_item.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(document, method, path, operation))
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in by_tag)
    parts = "".join(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(found)}' for tag, found in by_tag.items())
    name = escape(f"{document['info']['title']} API {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{name}</h1>'
        "<p>Send <code>Authorization: Bearer KEY</code>; <code>voltway api-key create --role operator_admin</code> prints "
        'a key. The machine-readable form is <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f"<nav>{links}</nav>{parts}</body></html>"
    )


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>", _parameters(operation)]
    body = operation.get("requestBody", {}).get("content", {})
    parts += [f"<h4>Body</h4>{_example(document, media)}" for media in body.values()]
    for status, response in operation.get("responses", {}).items():
        if status != "default":
            content = "".join(_example(document, media) for media in response.get("content", {}).values())
            parts.append(f"<h4>{escape(status)}</h4>{content}")
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><span class="method {method}">{method.upper()}</span>'
        f"<code>{escape(path)}</code> {escape(operation.get('summary', ''))}</summary><div>{''.join(parts)}</div></details>"
    )


def _parameters(operation: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in operation.get("parameters", [])
    ]
    return f"<table><tr><th>Parameter</th><th>In</th><th></th></tr>{''.join(rows)}</table>" if rows else ""


def _example(document: dict[str, Any], media: dict[str, Any]) -> str:
    shape = _shape(document, media.get("schema", {}), 0)
    return f"<pre>{escape(json.dumps(shape, indent=2, ensure_ascii=False))}</pre>"


def _shape(document: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """A schema as an example of itself: objects and lists with the names of types in the place of values."""
    schema = _resolved(document, schema)
    if depth > _DEPTH_MAX:
        return "…"
    if "properties" in schema:
        required = set(schema.get("required", ()))
        return {
            name + ("" if name in required else "?"): _shape(document, below, depth + 1)
            for name, below in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [_shape(document, schema.get("items", {}), depth + 1)]
    choices = [_shape(document, one, depth + 1) for one in schema.get("anyOf", schema.get("oneOf", ()))]
    if choices:
        structured = [one for one in choices if not isinstance(one, str)]
        return structured[0] if structured else " | ".join(choices)
    return " | ".join(_words(schema))


def _words(schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield from (json.dumps(value) for value in schema["enum"])
    elif "const" in schema:
        yield json.dumps(schema["const"])
    else:
        yield str(schema.get("format") or schema.get("type") or "any")


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
