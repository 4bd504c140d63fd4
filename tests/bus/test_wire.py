"""What is said between processes, as bytes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import voltway.contracts
import voltway.modules
from voltway.contracts.station_link import BootReceipt, CommandOutcome
from voltway.contracts.vocabulary import CommandState, Registration
from voltway.kernel.bus.asks import Ask, NobodyAnswers
from voltway.kernel.errors import InvalidField, NotFound, Problem
from voltway.kernel.processes import wire


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


for _found in pkgutil.iter_modules(voltway.contracts.__path__, "voltway.contracts."):
    importlib.import_module(_found.name)
ASKS = [kind for kind in subclasses(Ask) if kind.__module__.startswith("voltway.contracts.")]


@pytest.mark.parametrize("kind", ASKS, ids=lambda kind: kind.__name__)
def test_every_ask_and_its_reply_can_be_read_by_another_process(kind: type[Ask[Any]]) -> None:
    msgspec.msgpack.Decoder(kind)
    if kind.__subclasses__():
        return  # a base, asked by its kinds
    msgspec.msgpack.Decoder(wire.reply_type(kind))


def test_all_asks_were_found() -> None:
    assert len(ASKS) >= 60


def test_a_receipt_comes_back_as_what_it_is() -> None:
    outcome = CommandOutcome(state=CommandState.ACCEPTED, result={"a": [1, None]})
    assert wire.unpack_receipt(*wire.pack_receipt(outcome)) == outcome
    assert wire.unpack_receipt(*wire.pack_receipt(None)) is None
    assert wire.unpack_receipt(*wire.pack_receipt(17)) == 17
    assert BootReceipt.__module__.startswith(wire.CONTRACTS)
    assert Registration.ACCEPTED


def test_a_receipt_of_a_type_that_is_no_contract_is_refused() -> None:
    for kind in ("subprocess:Popen", "voltway.kernel.errors:Problem", "builtins:eval"):
        with pytest.raises(ValueError, match="is no contract"):
            wire.unpack_receipt(wire.pack({}), kind)


def test_problems_keep_their_class_their_words_and_their_context() -> None:
    for problem in (
        NotFound("No such thing.", id="7"),
        InvalidField.at("$.a[0]", "is wrong"),
        NobodyAnswers("Nobody."),
    ):
        found = wire.unpack_problem(wire.pack_problem(problem))
        assert type(found) is type(problem)
        assert (found.status, found.title, found.detail) == (problem.status, problem.title, problem.detail)
        assert found.context == problem.context


def test_a_problem_that_is_not_imported_here_looks_the_same_at_the_edge() -> None:
    refused = wire.Refused(
        "voltway.modules.roaming.errors:NoPartner", 409, "No partner", "no-partner", "None.", {"a": 1}
    )
    found = wire.unpack_problem(refused)
    assert isinstance(found, Problem)
    assert (found.status, found.title, found.kind(), found.detail) == (409, "No partner", "no-partner", "None.")


def test_a_name_that_is_no_problem_makes_none() -> None:
    found = wire.unpack_problem(wire.Refused("os:system", 400, "t", "s", "d", {}))
    assert isinstance(found, wire.RemoteProblem)


def test_what_is_not_sealed_with_our_key_is_not_read() -> None:
    sealed = wire.seal(b"hello", b"ours")
    assert wire.unseal(sealed, b"ours") == b"hello"
    for wrong in (b"", b"hello", sealed[:-1], wire.seal(b"hello", b"theirs")):
        with pytest.raises(ValueError, match="seal"):
            wire.unseal(wrong, b"ours")
