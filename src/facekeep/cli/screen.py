"""How anything reaches the terminal: harmless text, tables, JSON, one-line errors.

Names, sources and file names come from outside. Control characters, ANSI escapes and characters that turn the
direction of text are shown as visible escapes, so that no name can repaint the screen.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_DANGEROUS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_UNBROKEN = {"Id", "Face id", "When"}  # what people copy or scan stays on one line
_JOINERS = {"\u200c", "\u200d"}  # several scripts need them, and they move nothing


def safe(untrusted_text: object) -> str:
    """The text with everything a terminal might obey turned into a visible escape."""
    return "".join(_visible(character) for character in str(untrusted_text))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _DANGEROUS or character in _JOINERS:
        return character
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def say(*lines: str) -> None:
    """Print lines that were made safe already."""
    for line in lines:
        print(line)


def note(line: str) -> None:
    """Print a line for people beside the result: on standard error."""
    print(safe(line), file=sys.stderr, flush=True)


def emit_json(result: object) -> None:
    """Print `result` as indented ASCII JSON on standard output."""
    import msgspec  # noqa: PLC0415 - `facekeep --help` must not wait for it

    print(json.dumps(msgspec.to_builtins(result), indent=2, ensure_ascii=True))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, file: TextIO | None = None) -> None:
    """Print a table; every cell is made safe, and nothing in it is read as markup."""
    from rich import box  # noqa: PLC0415 - `facekeep --help` must not wait for it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = file or sys.stdout
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        drawn.add_column(heading, overflow="fold", no_wrap=heading in _UNBROKEN)
    for row in rows:
        drawn.add_row(*(Text(safe(cell)) for cell in row))
    Console(file=out, width=None if out.isatty() else 160, highlight=False).print(drawn)


def show_error(code: str, message: str, advice: str, *, as_json: bool, **more: Any) -> None:
    """Say on standard error what is wrong, and what to do; with `as_json` as one JSON object."""
    if as_json:
        members = {key: value for key, value in more.items() if value not in (None, "")}
        print(json.dumps({"error": {"code": code, "message": message, "advice": advice, **members}}), file=sys.stderr)
        return
    entry = f", log entry {more['entry']}" if more.get("entry") is not None else ""
    print(f"facekeep: {safe(message)} [{safe(code)}{entry}]", file=sys.stderr)
    print(f"  try: {advice}", file=sys.stderr)
