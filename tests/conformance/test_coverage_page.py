"""The rules of the coverage page: nothing is claimed that is not there."""

from __future__ import annotations

import ast
import importlib
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from voltway.station.conformance.running import CASES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return loaded("coverage_page")


@pytest.fixture(scope="module")
def mutate() -> ModuleType:
    return loaded("mutate")


def loaded(name: str) -> ModuleType:
    """A tool, which finds those beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
        return importlib.import_module(name)


def listed(protocol: str) -> list[dict[str, Any]]:
    return list(tomllib.loads((ROOT / f"tests/conformance/cases/{protocol}.toml").read_text())["case"])


def test_every_case_is_listed_once() -> None:
    counts = {
        protocol: len({case["id"] for case in listed(protocol)}) for protocol in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
    }
    assert counts == {"ocpp1.6": 77, "ocpp2.0.1": 245, "ocpp2.1": 85}


def test_every_script_plays_a_case_that_is_listed() -> None:
    ids = {case["id"] for protocol in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1") for case in listed(protocol)}
    assert {case.case_id for case in CASES} <= ids | {"TC_031"}


def test_case_is_found_by_its_whole_id_only(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["test_tc_n_10_threshold", "test_tc_n_102_log", "test_tc_n_102_2_https", "test_tc_n_1"]
    found = tuple(tool.Function("tests/conformance/test_n.py", name, False) for name in names)
    monkeypatch.setattr(tool, "functions", lambda: found)
    assert [test.name for test in tool.tests_of_case("TC_N_10", "ocpp2.1")] == ["test_tc_n_10_threshold"]
    assert [test.name for test in tool.tests_of_case("TC_N_102", "ocpp2.1")] == ["test_tc_n_102_log"]
    assert [test.name for test in tool.tests_of_case("TC_N_102_2", "ocpp2.1")] == ["test_tc_n_102_2_https"]
    assert tool.tests_of_case("TC_N_11", "ocpp2.1") == []


def test_case_is_found_among_others_and_as_a_parameter(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    written = """
@pytest.mark.parametrize("kind", ["csms", pytest.param("oem", id="tc_m_101"), pytest.param("x", id="tc_m_2", marks=skip)])
def test_tc_m_20_tc_m_101_install(kind): ...
"""
    (function,) = ast.parse(written.replace("marks=skip", "marks=pytest.mark.skip")).body
    assert list(tool.parameter_ids(function)) == [("tc_m_101", False), ("tc_m_2", True)]
    names = ["test_tc_m_20_tc_m_101_install", "test_tc_m_20_tc_m_101_install[tc_m_101]", "test_tc_m_30_31_both"]
    found = tuple(tool.Function("tests/conformance/test_m.py", name, False) for name in names)
    monkeypatch.setattr(tool, "functions", lambda: found)
    assert [test.name for test in tool.tests_of_case("TC_M_101", "ocpp2.1")] == names[1:2]
    assert [test.name for test in tool.tests_of_case("TC_M_20", "ocpp2.0.1")] == names[:1]
    assert tool.tests_of_case("TC_M_30", "ocpp2.0.1") == [], "a bare number after it may belong to the id"
    assert tool.tests_of_case("TC_M_31", "ocpp2.0.1") == []


def test_message_is_handled_only_where_its_row_reads_something(tool: ModuleType) -> None:
    first = tool.VERSIONS[0]
    assert tool.handling("BootNotification", first) == "handled"
    assert tool.handling("DataTransfer", first) in ("answered", "handled")
    assert tool.handling("NoSuchMessage", first) == "-"
    assert tool.sending("Reset", first) == "command"
    assert tool.sending("NoSuchMessage", first) == "raw call"


def test_message_that_no_test_names_is_missing(tool: ModuleType) -> None:
    assert tool.tests_of_action("No" + "SuchMessage", tool.VERSIONS[0]) == []
    assert "tests/gateway/test_bad_input.py" in tool.tests_of_action("StartTransaction", tool.VERSIONS[0])
    speaks_16_only = ROOT / "src/voltway/station/conformance/cases_16.py"
    assert [tool.speaks(speaks_16_only, version) for version in tool.VERSIONS] == [True, False, False]
    by_its_stations = ROOT / "tests/conformance/test_ocpp21.py"
    assert tool.speaks(by_its_stations, tool.VERSIONS[2])
    assert "network21.py" in [path.name for path in tool.neighbours(by_its_stations)]


def test_case_is_red_only_if_a_test_of_its_own_is(tool: ModuleType, mutate: ModuleType) -> None:
    function = tool.Function("t.py", "test_tc_x", False)
    assert [mutate.is_red(function, [red]) for red in ("t.py::test_tc_x", "t.py::test_tc_x[ocpp2.1]")] == [True, True]
    assert not mutate.is_red(function, ["t.py::test_tc_x_y", "other.py::test_tc_x"])
    parameter = tool.Function("t.py", "test_install[tc_m_01]", False)
    assert mutate.is_red(parameter, ["t.py::test_install[ocpp2.1-tc_m_01]"])
    assert not mutate.is_red(parameter, ["t.py::test_install[ocpp2.1-tc_m_011]", "t.py::test_install[tc_m_02]"])
    assert mutate.node_of(parameter) == "t.py::test_install"
    scripted = tool.Function(tool.COMMAND_TEST, "test_case_passes_on_ourselves[TC_001-ocpp1.6]", False)
    assert mutate.node_of(scripted) == f"{tool.COMMAND_TEST}::test_case_passes_on_ourselves[TC_001-ocpp1.6]"


def test_case_without_a_mutation_is_told(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool.without_mutation() == []
    named = tool.mutations_of_cases()
    assert "tokens: an expired one may charge" in named["TC_023_2"]
    monkeypatch.setattr(tool, "mutations_of_cases", lambda: {**named, "TC_001": [], "TC_M_12": []})
    assert tool.without_mutation() == ["TC_001"], "TC_M_12 is neither M nor C"
