"""JSON text and structs: one encoder and one decoder per type for the whole process."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_encoder = msgspec.json.Encoder(decimal_format="string")


def to_json(value: Any) -> str:
    """Compact JSON text."""
    return _encoder.encode(value).decode()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def to_struct(text: str | bytes, kind: type[T]) -> T:
    """The struct that a JSON text holds. Raises msgspec.ValidationError if it holds something else."""
    decoder: msgspec.json.Decoder[T] = _decoder(kind)  # type: ignore[arg-type]  # mypy: type[T] counts as not hashable
    return decoder.decode(text)
