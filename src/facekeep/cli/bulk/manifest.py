"""Reading a CSV manifest of photos, and writing CSV that no spreadsheet executes.

A manifest is UTF-8 with a header row: `path` and any of the other columns below. Paths are relative to the manifest.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from facekeep.errors import BadInput, Code

COLUMNS = ("path", "person", "source", "license", "legal_basis", "captured_at", "retain_until")
_DATES = ("captured_at", "retain_until")
_LONGEST_LINE = 64 * 1024
_LONGEST_NAME, _LONGEST_TEXT = 200, 2_000
_MOST_ROWS = 1_000_000
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:\d{2})?)?)?)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_manifest(manifest: Path) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Rows of `manifest` with their number (the header is 1): the columns, or a sentence on what is wrong with a row.

    Raises
    ------
    BadInput
        `invalid_request`: the file as a whole is unusable.
    """
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            yield from parse_manifest(_bounded_lines(file))
    except UnicodeDecodeError as error:
        raise BadInput(Code.INVALID_REQUEST, "the manifest is not UTF-8") from error
    except OSError as error:
        raise BadInput(Code.INVALID_REQUEST, f"cannot read the manifest: {error.strerror}") from error


def parse_manifest(untrusted_lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Rows of a manifest given as lines; see `read_manifest`."""
    reader = csv.reader(untrusted_lines, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for number, values in enumerate(reader, start=2):
            if number > _MOST_ROWS + 1:
                raise BadInput(Code.INVALID_REQUEST, f"the manifest has more than {_MOST_ROWS:,} rows")
            if values:
                yield number, _row(header, values)
    except csv.Error as error:
        where = f"line {reader.line_num}"
        raise BadInput(Code.INVALID_REQUEST, f"the manifest is not valid CSV, {where}: {error}") from error


def wrong_value(column: str, value: str) -> str | None:
    """What is wrong with a value of a column, or None."""
    longest = _LONGEST_NAME if column == "person" else _LONGEST_TEXT
    if len(value) > longest:
        return f"{column} is longer than {longest} characters"
    if column in _DATES and not _DATE.fullmatch(value):
        return f"{column} is not an ISO 8601 date such as 2026-03-01"
    return None


def write_rows(file: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write CSV in which no cell begins like a formula."""
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before anything that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.lstrip(" \n").startswith(_FORMULA) else cell


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if "path" not in header or unknown or len(set(header)) != len(header):
        named = f"; unknown: {', '.join(unknown)}" if unknown else ""
        raise BadInput(
            Code.INVALID_REQUEST, f"the manifest's first row must name columns out of {', '.join(COLUMNS)}{named}"
        )


def _row(header: list[str], values: list[str]) -> dict[str, str] | str:
    if len(values) != len(header):
        return f"{len(values)} values for {len(header)} columns"
    row = {name: value.strip() for name, value in zip(header, values, strict=True)}
    if not row["path"]:
        return "no path"
    return next((wrong for name, value in row.items() if value and (wrong := wrong_value(name, value))), row)


def _bounded_lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise BadInput(Code.INVALID_REQUEST, "the manifest has a line longer than 64 KiB")
        yield line
