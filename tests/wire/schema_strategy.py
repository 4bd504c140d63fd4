"""The official JSON schemas as a source of payloads: random ones for Hypothesis, the fullest, the barest, and broken ones."""

import copy
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

Schema = dict[str, Any]
SUBPROTOCOLS = {"v16": "ocpp1.6", "v201": "ocpp2.0.1", "v21": "ocpp2.1"}

# Everything a station may write, but for surrogates and U+0000 (see test_messages.DIFFERENCES).
TEXT = st.characters(codec="utf-8", exclude_characters="\0")
INSTANTS = ["2026-01-31T23:59:60Z", "2026-07-01T12:00:00.123456789+05:30", "2026-07-01T12:00:00", "222222017-01-01T0"]
CUSTOM_DATA = {"vendorId": "org.example", "nested": {"list": [1, 2.5, None, True], "text": "ä"}}


@cache
def schemas(version: str) -> dict[str, Schema]:
    """Message class name to the official schema."""
    package = importlib.util.find_spec("ocpp")
    assert package is not None
    assert package.origin is not None
    found = {}
    for path in sorted((Path(package.origin).parent / version / "schemas").glob("*.json")):
        name = path.stem if path.stem.endswith(("Request", "Response")) else f"{path.stem}Request"
        found[name] = json.loads(path.read_text(encoding="utf-8-sig"))
    return found


@cache
def validator(version: str, name: str) -> Any:
    """The official schema as a validator of the draft that it declares; date-times and URIs are text to it as to us."""
    schema = schemas(version)[name]
    drafts = {"04": jsonschema_rs.Draft4Validator, "06": jsonschema_rs.Draft6Validator}
    return drafts[schema["$schema"].split("draft-")[1][:2]](schema, validate_formats=False)


def resolve(schema: Schema, root: Schema) -> Schema:
    """The schema itself, or the definition that it refers to."""
    return root["definitions"][schema["$ref"].removeprefix("#/definitions/")] if "$ref" in schema else schema


def is_custom_data(schema: Schema) -> bool:
    return schema.get("$ref", "").endswith("/CustomDataType")


# -- random payloads -------------------------------------------------------------------------------------------------


def payloads(schema: Schema, root: Schema) -> st.SearchStrategy[Any]:
    """Random values that the schema accepts."""
    if is_custom_data(schema):
        return st.just(CUSTOM_DATA)
    schema = resolve(schema, root)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            required = set(schema.get("required", ()))
            fields = {name: payloads(inner, root) for name, inner in schema.get("properties", {}).items()}
            return st.fixed_dictionaries(
                {name: inner for name, inner in fields.items() if name in required},
                optional={name: inner for name, inner in fields.items() if name not in required},
            )
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 2), least + 2)
            return st.lists(payloads(schema["items"], root), min_size=least, max_size=most)
        case "string" if schema.get("format") == "date-time":
            return st.sampled_from(INSTANTS)
        case "string":
            return st.text(TEXT, max_size=min(schema.get("maxLength", 20), 20))
        case "integer":
            return st.integers(int(schema.get("minimum", -(2**63))), int(schema.get("maximum", 2**63 - 1)))
        case "number" if "multipleOf" in schema:
            return st.integers(-(10**9), 10**9).map(lambda tenths: tenths / 10)
        case "number":
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
    return st.sampled_from(["text", 1, 2.5, True, [1, {"a": []}], {"deep": {"er": [None]}}])


# -- the fullest and the barest payload ------------------------------------------------------------------------------


def example(schema: Schema, root: Schema, *, full: bool) -> Any:
    """One accepted value: with every field, longest texts and two items each, or with the required fields alone."""
    if is_custom_data(schema):
        return copy.deepcopy(CUSTOM_DATA)
    schema = resolve(schema, root)
    if "enum" in schema:
        return schema["enum"][-1 if full else 0]
    match schema.get("type"):
        case "object":
            required = set(schema.get("required", ()))
            fields = schema.get("properties", {}).items()
            return {name: example(inner, root, full=full) for name, inner in fields if full or name in required}
        case "array":
            least = schema.get("minItems", 0)
            count = min(schema.get("maxItems", 2), max(least, 2)) if full else least
            return [example(schema["items"], root, full=full) for _ in range(count)]
        case "string" if schema.get("format") == "date-time":
            return INSTANTS[0]
        case "string":
            return "ß" * min(schema.get("maxLength", 100), 20_000) if full else ""
        case "integer":
            return int(schema.get("maximum" if full else "minimum", 7))
        case "number":
            return schema.get("maximum" if full else "minimum", 0.3)
        case "boolean":
            return True
    return {"free": [1, {"form": "text"}]}


# -- broken payloads -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutation:
    """A payload with one thing changed; `place` is the path without indices, `change` says what was done."""

    place: str
    change: str
    payload: Any


@dataclass
class Mutator:
    """Breaks the full payload of one message in one place after another, through all its types.

    Some changes are harmless (another word of an enum, `1.0`): the verdicts must agree on those as well.
    """

    root: Schema
    seen: set[str] = field(default_factory=set)
    """Definitions already broken: within one message each type needs breaking once."""

    def mutations(self) -> Iterator[Mutation]:
        payload = example(self.root, self.root, full=True)
        for steps, place, change, value in self._changes(self.root, payload, [], "$"):
            yield Mutation(place, change, _changed(payload, steps, value))

    def _changes(self, schema: Schema, value: Any, steps: list[Any], place: str) -> Iterator[tuple[Any, ...]]:
        name = schema.get("$ref", "")
        if name and not is_custom_data(schema):
            if name in self.seen:
                return
            self.seen.add(name)
        schema = resolve(schema, self.root)
        for change, broken in _broken_values(schema):
            yield steps, place, change, broken
        if schema.get("type") == "object":
            yield [*steps, "surplusField"], place, "extra field", 1
            for field_name, inner in schema.get("properties", {}).items():
                here, there = [*steps, field_name], f"{place}.{field_name}"
                if field_name in schema.get("required", ()):
                    yield here, there, "drop required", _ABSENT
                yield from self._changes(inner, value[field_name], here, there)
        if schema.get("type") == "array":
            for change, broken in _broken_arrays(schema, value):
                yield steps, place, change, broken
            yield from self._changes(schema["items"], value[0], [*steps, 0], place)


_ABSENT = object()


def _broken_values(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "type" not in schema:
        return
    kind = schema["type"]
    wrong = {"string": 5, "integer": "5", "number": "5", "boolean": "true", "object": [], "array": {}}[kind]
    yield "null", None
    yield "wrong type", wrong
    if kind == "integer":
        yield "fraction", 1.5
        yield "whole float", 1.0 if schema.get("maximum") != 0 else 0.0
        yield "true", True
    if "enum" in schema:
        yield "unknown word", "NoSuchWord"
        yield from ((f"word {word}", word) for word in schema["enum"])
    if "maxLength" in schema:
        yield "too long", "x" * (schema["maxLength"] + 1)
    if "minimum" in schema:
        yield "too small", schema["minimum"] - 1
    if "maximum" in schema:
        yield "too large", schema["maximum"] + 1
    if "multipleOf" in schema:
        yield "no multiple", 0.35
        yield "decimal multiple", 7.7


def _broken_arrays(schema: Schema, value: list[Any]) -> Iterator[tuple[str, Any]]:
    yield "empty array", []
    if "maxItems" in schema:
        yield "too many items", value[:1] * (schema["maxItems"] + 1)


def _changed(payload: Any, steps: list[Any], value: Any) -> Any:
    """The payload with the value at `steps` replaced; what is not on the way is shared with the original."""
    if not steps:
        return value
    first, *others = steps
    changed = copy.copy(payload)
    if value is _ABSENT and not others:
        del changed[first]
    else:
        changed[first] = value if not others else _changed(payload[first], others, value)
    return changed
