"""Tables of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.modules.users import csv_rules
from voltway.modules.users.csv_rules import Line


def lines(text: str) -> list[Line]:
    return list(csv_rules.read(text))


def test_rows_are_read_with_the_line_on_which_they_end() -> None:
    text = '\ufeffValue,message,location_ids\r\nA1,"two\r\nlines",x y\r\n,,\r\nB2,,\r\n'
    assert lines(text) == [
        Line(3, {"value": "A1", "message": "two\r\nlines", "location_ids": ["x", "y"]}),
        Line(5, {"value": "B2"}),
    ]


def test_row_with_other_fields_than_the_header_is_wrong_and_the_next_is_read() -> None:
    found = lines("value,group\nA1\nB2,G\n")
    assert (found[0].number, found[0].error) == (2, "1 fields where the header has 2")
    assert found[1].fields == {"value": "B2", "group": "G"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the first line names the columns"),
        ("group\nG\n", "`value` among them"),
        ("value,colour\n", "no such column: colour"),
        ("value,VALUE\n", "twice"),
        ('value\n"A1\n', "line 2"),
        ("value\n" + "A\n" * 10_001, "at most 10000 rows"),
        ("value\nA\0\n", "line"),
    ],
)
def test_what_is_no_table_is_refused_and_says_why(text: str, why: str) -> None:
    if "\0" in text:
        assert lines(text)[0].fields == {"value": "A\0"}  # a value that its field refuses
        return
    with pytest.raises(csv_rules.NotATable, match=why):
        lines(text)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(cell: str) -> None:
    assert csv_rules.guarded(cell) == f"'{cell}"
    assert csv_rules.unguarded(f"'{cell}") == cell


@given(st.text())
def test_what_was_guarded_reads_as_before(cell: str) -> None:
    assert csv_rules.unguarded(csv_rules.guarded(cell)) == cell or cell.startswith("'")
    assert not csv_rules.guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_second_of_two_equal_tokens_is_a_repeat_of_the_first() -> None:
    keys = [(2, ("a", "")), (3, ("b", "")), (4, ("a", "")), (5, ("a", "emaid")), (6, ("a", ""))]
    assert csv_rules.repeated(keys) == {4: 2, 6: 2}
