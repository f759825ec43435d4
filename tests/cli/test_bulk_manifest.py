"""Manifests are read strictly, and reports are written so that no spreadsheet executes them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.cli.bulk.manifest import COLUMNS, harmless, parse_manifest, read_manifest, write_rows
from facekeep.errors import BadInput

CELL = st.text(st.characters(exclude_characters="\x00\r", exclude_categories=("Cs",)), max_size=40)


def parsed(text: str) -> list:
    return list(parse_manifest(text.splitlines(keepends=True)))


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_what_a_spreadsheet_writes_is_read_back(rows) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([("path", "person", "source"), *rows])
    found = list(parse_manifest(io.StringIO(out.getvalue(), newline="")))
    assert len(found) == len(rows)
    for (_, row), (path, person, source) in zip(found, rows, strict=True):
        if path.strip():
            assert row == {"path": path.strip(), "person": person.strip(), "source": source.strip()}
        else:
            assert row == "no path"


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text) -> None:
    try:
        for number, row in parse_manifest(io.StringIO(text, newline="")):
            assert number >= 2
            assert isinstance(row, str) or set(row) <= set(COLUMNS)
    except BadInput:
        return


def test_bad_rows_are_named_and_good_ones_kept() -> None:
    rows = parsed(
        "path,person,captured_at,retain_until\n"
        "a.jpg,Ana,2020-05-01,2031\n"
        "b.jpg,Ben\n"
        ",Cai,,\n"
        "d.jpg,Dee,yesterday,\n"
        f"e.jpg,{'x' * 201},,\n"
        "\n"
        "f.jpg,,2020-05-01T10:00:00Z,2031-01\n"
    )
    assert [number for number, _ in rows] == [2, 3, 4, 5, 6, 8]
    assert [row if isinstance(row, str) else row["path"] for _, row in rows] == [
        "a.jpg",
        "2 values for 4 columns",
        "no path",
        "captured_at is not an ISO 8601 date such as 2026-03-01",
        "person is longer than 200 characters",
        "f.jpg",
    ]


@pytest.mark.parametrize("text", ["", "person\nAna\n", "path,path\n", "path,legalbasis\n", 'path\n"open\n', '"a"b\n'])
def test_an_unusable_manifest_is_refused_as_a_whole(text) -> None:
    with pytest.raises(BadInput):
        parsed(text)


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(BadInput, match="legalbasis"):
        parsed("path,legalbasis\n")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"path\n" + b"x" * 70_000 + b"\n"])
def test_other_encodings_and_endless_lines_are_refused(tmp_path, content) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        list(read_manifest(path))


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xef\xbb\xbfpath\r\na.jpg\r\n")
    assert list(read_manifest(path)) == [(2, {"path": "a.jpg"})]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\n=1"])
def test_formulas_are_disarmed(cell) -> None:
    assert harmless(cell) == f"'{cell}"


@given(st.lists(CELL, min_size=1, max_size=4))
def test_no_written_cell_begins_like_a_formula(cells) -> None:
    out = io.StringIO(newline="")
    write_rows(out, [cells])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
